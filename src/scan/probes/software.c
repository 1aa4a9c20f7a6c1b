/*
 * software: versions that a port tells of, in its banner, its headers, the
 * page's generator and the names of its scripts, and until when each gets
 * security fixes.
 */
#include "scan/probes/software_find.h"

#include <string.h>
#include <strings.h>

#include "scan/html.h"
#include "scan/page.h"

struct look {
	struct probe_run *run;
	const struct software_table *table;
	struct software_found found[SOFTWARE_MAX];
	size_t len;
	bool packaged; /* a distribution's, by its own words */
};

static void look_at(struct look *l, const char *text)
{
	if (!text)
		return;
	l->len = software_find(l->table, span_str(text), l->found, l->len);
	l->packaged |= software_is_packaged(span_str(text));
}

static void look_at_banner(struct look *l)
{
	struct fact_list *facts = l->run->facts;
	const struct fact *name =
		fact_find(facts, "service.name", l->run->port);
	const struct fact *version =
		fact_find(facts, "service.version", l->run->port);

	if (name && version && version->kind == FACT_TEXT)
		look_at(l, arena_printf(l->run->arena, "%s %s", name->text,
					version->text));
}

static void look_at_headers(struct look *l, const struct web_answer *answer)
{
	static const char *const names[] = { "Server", "X-Powered-By",
					     "X-Generator" };

	for (size_t i = 0; i < 3; i++)
		look_at(l, web_header(answer, names[i]));
}

static void look_at_page(struct look *l, const struct web_page *page)
{
	struct html_page html = { 0 };

	html_parse(span_of(page->answer.body, page->answer.body_len),
		   l->run->arena, &html);
	for (size_t i = 0; i < html.len; i++) {
		const struct html_element *e = &html.items[i];
		const char *name = html_attribute(e, "name");

		if (!strcmp(e->tag, "script"))
			look_at(l, html_attribute(e, "src"));
		else if (!strcmp(e->tag, "link"))
			look_at(l, html_attribute(e, "href"));
		else if (!strcmp(e->tag, "meta") && name &&
			 !strcasecmp(name, "generator"))
			look_at(l, html_attribute(e, "content"));
	}
}

/* One service says it, and the others of the host come of the same source. */
static void look_around(struct look *l)
{
	const struct fact_list *facts = l->run->facts;

	for (size_t i = 0; i < facts->len; i++) {
		const struct fact *f = &facts->items[i];

		if (f->kind == FACT_TEXT &&
		    (!strcmp(f->name, "service.version") ||
		     !strcmp(f->name, "http.server")))
			l->packaged |= software_is_packaged(span_str(f->text));
	}
}

static void state(const struct look *l)
{
	const char *end =
		l->packaged ? "software.packaged_end" : "software.end";
	int port = l->run->port;

	for (size_t i = 0; i < l->len; i++) {
		const struct software_found *f = &l->found[i];
		const char *words = arena_printf(l->run->arena, "%s %s",
						 f->name, f->version);

		fact_bool(l->run->facts, "software.seen", port, true);
		fact_item(l->run->facts, words);
		if (!f->dated)
			continue;
		fact_time(l->run->facts, end, port, f->ended);
		fact_item(l->run->facts, words);
	}
}

static bool run_software(struct probe_run *run, struct err *err)
{
	struct look l = { .run = run };
	const struct web_page *page = NULL;
	struct software_table *table = NULL;
	struct err ignored = { 0 };

	if (!software_open(run->arena, &table, err))
		return false;
	l.table = table;
	look_at_banner(&l);
	if (page_get(run, &page, &ignored)) {
		look_at_headers(&l, &page->first);
		look_at_headers(&l, &page->answer);
		if (page->is_html)
			look_at_page(&l, page);
	}
	look_around(&l);
	state(&l);
	return true;
}

const struct probe probe_software = {
	.name = "software",
	.about = "Versions of software, and until when they get fixes",
	.feature = PROBE_PORTS,
	.any_port = true,
	.deadline_ms = 5000,
	.facts =
		(const struct fact_def[]){
			{ "software.seen", FACT_BOOL,
			  "Item: product and version" },
			{ "software.end", FACT_TIME,
			  "Item: product and version. When security fixes "
			  "end" },
			{ "software.packaged_end", FACT_TIME,
			  "The same, where a distribution's package says so: "
			  "it may have fixes of its own" },
			{ 0 } },
	.run = run_software,
};
