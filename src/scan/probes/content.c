/*
 * content: what the page itself shows: what it loads over plain http, whose
 * servers its visitors are sent to, a listing of files, the page of a server
 * nobody set up. And whether the server answers TRACE.
 */
#include <string.h>
#include <strings.h>

#include "base/rand.h"
#include "scan/html.h"
#include "scan/page.h"
#include "scan/probes/html_source.h"

enum { LISTED_MAX = 64, ECHO_MAX = 16 * 1024 };

struct look {
	struct probe_run *run;
	const struct web_page *page;
	struct str_list active, passive, others;
};

static void keep(struct str_list *list, const char *text, struct arena *a)
{
	for (size_t i = 0; i < list->len; i++)
		if (!strcasecmp(list->items[i], text))
			return;
	if (!list->items)
		list->items = arena_array(a, LISTED_MAX, sizeof(char *));
	if (list->len < LISTED_MAX)
		list->items[list->len++] = text;
}

/* ---- what the page loads ---- */

/* Browsers block or warn of these; the others they show (W3C Mixed Content). */
static bool is_active(const struct html_element *e)
{
	static const char *const tags[] = { "script", "link",  "iframe",
					    "frame",  "embed", "object" };

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
		if (!strcmp(e->tag, tags[i]))
			return true;
	return false;
}

static const char *loaded(const struct html_element *e)
{
	static const char *const tags[] = { "img", "audio", "video", "source" };
	const char *rel = html_attribute(e, "rel");

	if (!strcmp(e->tag, "link"))
		return rel && strcasestr(rel, "stylesheet")
			       ? html_attribute(e, "href")
			       : NULL;
	if (!strcmp(e->tag, "object"))
		return html_attribute(e, "data");
	if (is_active(e))
		return html_attribute(e, "src");
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
		if (!strcmp(e->tag, tags[i]))
			return html_attribute(e, "src");
	return NULL;
}

static void look_at(struct look *l, const struct html_element *e,
		    const char *base)
{
	struct arena *a = l->run->arena;
	const struct probe_host *host = l->run->host;
	const char *own = host->name ? host->name : host->ip;
	const char *src = loaded(e);
	struct html_source source;

	if (!src)
		return;
	src = span_dup(a, span_trim(span_str(src)));
	source = html_source_of(src, base, own, a);
	if (!source.host || !*source.host)
		return;
	if (source.place == PLACE_FOREIGN ||
	    (source.place == PLACE_NO_SCHEME &&
	     !html_same_site(source.host, own)))
		keep(&l->others, source.host, a);
	if (l->page->tls && !source.https && source.place != PLACE_NO_SCHEME)
		keep(is_active(e) ? &l->active : &l->passive, src, a);
}

static void look_at_elements(struct look *l)
{
	struct fact_list *facts = l->run->facts;
	struct html_page html = { 0 };
	int port = l->run->port;
	const char *base;

	html_parse(span_of(l->page->answer.body, l->page->answer.body_len),
		   l->run->arena, &html);
	base = html_base_of(&html);
	for (size_t i = 0; i < html.len; i++)
		look_at(l, &html.items[i], base);
	if (l->page->tls) {
		fact_strs(facts, "content.mixed_active", port, &l->active);
		fact_strs(facts, "content.mixed_passive", port, &l->passive);
	}
	fact_strs(facts, "content.third_parties", port, &l->others);
}

/* ---- pages that nobody wrote ---- */

static bool shows(const struct look *l, const char *const words[])
{
	struct span body =
		span_of(l->page->answer.body, l->page->answer.body_len);

	for (size_t i = 0; words[i]; i++)
		if (span_find_nocase(body, words[i]))
			return true;
	return false;
}

static void look_at_page(struct look *l)
{
	static const char *const listings[] = {
		"<title>Index of /", "<title>Directory listing for /",
		"<title>Listing directory /", NULL
	};
	static const char *const defaults[] = {
		"<title>Welcome to nginx",
		"<title>Apache2 Debian Default Page",
		"<title>Apache2 Ubuntu Default Page",
		"<title>Test Page for the Apache",
		"<title>IIS Windows Server</title>",
		"<title>IIS7</title>",
		"<title>Apache Tomcat/",
		"<title>Caddy works!",
		NULL
	};
	struct fact_list *facts = l->run->facts;
	int port = l->run->port;

	fact_bool(facts, "content.listing", port, shows(l, listings));
	fact_bool(facts, "content.default_page", port, shows(l, defaults));
}

/* ---- TRACE (RFC 9110 section 9.3.8) ---- */

static void look_at_trace(struct look *l)
{
	struct web_request request = page_request(l->run);
	const char *mark = rand_hex(l->run->arena, 8);
	struct web_answer answer = { 0 };
	struct err ignored = { 0 };

	request.addr = &l->run->host->addr;
	request.port = l->run->port;
	request.tls = l->page->tls;
	request.name = l->run->host->name;
	request.path = "/";
	request.method = "TRACE";
	request.fields = arena_printf(l->run->arena, "X-Trace: %s\r\n", mark);
	request.max_body = ECHO_MAX;
	/* Many hang up at a method that they do not have. */
	if (!web_get(&request, l->run->arena, &answer, &ignored))
		return;
	fact_bool(l->run->facts, "content.trace", l->run->port,
		  answer.status == 200 && strstr(answer.body, mark));
}

static bool run_content(struct probe_run *run, struct err *err)
{
	struct look l = { .run = run };
	struct err ignored = { 0 };

	/* That there is no answer at all says the probe `http`. */
	(void)err;
	if (!page_get(run, &l.page, &ignored))
		return true;
	if (l.page->is_html) {
		look_at_elements(&l);
		look_at_page(&l);
	}
	look_at_trace(&l);
	return true;
}

const struct probe probe_content = {
	.name = "content",
	.about = "What a page loads, and pages that nobody wrote",
	.feature = PROBE_WEB,
	.any_port = true,
	.thorough = true,
	.requests = 1,
	.facts =
		(const struct fact_def[]){
			{ "content.mixed_active", FACT_LIST,
			  "Scripts, styles and frames over plain http in a "
			  "page over https" },
			{ "content.mixed_passive", FACT_LIST,
			  "Pictures, sound and films over plain http in a "
			  "page over https" },
			{ "content.third_parties", FACT_LIST,
			  "Servers of others that the page loads from" },
			{ "content.listing", FACT_BOOL,
			  "The page lists the files of a folder" },
			{ "content.default_page", FACT_BOOL,
			  "It is the page that the server came with" },
			{ "content.trace", FACT_BOOL,
			  "TRACE sends the request back" },
			{ 0 } },
	.run = run_content,
};
