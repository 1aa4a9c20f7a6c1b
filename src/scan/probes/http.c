#include "scan/probes/http.h"

#include <string.h>
#include <strings.h>

#include "scan/page.h"
#include "scan/probe.h"
#include "scan/probes/cookies.h"
#include "scan/probes/http_csp.h"
#include "scan/probes/http_sri.h"

/* ---- from an answer to facts ---- */

static bool is_header(const struct web_field *f, const char *name)
{
	return !strcasecmp(f->name, name);
}

/*
 * Whoever reads the findings must not be able to take over a session: the
 * values of cookies stay out.
 */
static const char *shown_field(const struct web_field *f, int64_t now,
			       struct arena *a)
{
	struct cookie c = { 0 };
	const char *value = f->value;

	if (is_header(f, "Set-Cookie"))
		value = cookie_parse(value, now, a, &c) ? c.masked : "***";
	return arena_printf(a, "%s: %s", f->name, value);
}

static void state_headers(const struct web_answer *w, int port, int64_t now,
			  struct fact_list *facts)
{
	struct arena *a = facts->arena;
	struct str_list all = {
		arena_array(a, w->field_count + 1, sizeof(char *)), 0
	};

	for (size_t i = 0; i < w->field_count; i++)
		all.items[all.len++] = shown_field(&w->fields[i], now, a);
	fact_strs(facts, "http.headers", port, &all);
}

static void state_missing(const struct web_answer *w, int port,
			  struct fact_list *facts)
{
	static const char *const wanted[] = { "Strict-Transport-Security",
					      "Content-Security-Policy",
					      "X-Frame-Options" };
	const char *missing[3];
	struct str_list list = { missing, 0 };

	for (size_t i = 0; i < 3; i++)
		if (!web_header(w, wanted[i]))
			missing[list.len++] = wanted[i];
	fact_strs(facts, "http.missing_headers", port, &list);
}

/* Browsers obey it over TLS only (RFC 6797 section 8.1). */
static void state_hsts(const struct web_answer *w, int port,
		       struct fact_list *facts)
{
	const char *value = web_header(w, "Strict-Transport-Security");
	struct hsts hsts = { 0 };

	if (!value || !http_parse_hsts(value, &hsts))
		return;
	fact_text(facts, "http.hsts", port, value);
	fact_int(facts, "http.hsts_max_age", port, hsts.max_age);
	fact_bool(facts, "http.hsts_include_subdomains", port,
		  hsts.include_subdomains);
	fact_bool(facts, "http.hsts_preload", port, hsts.preload);
	fact_bool(facts, "http.hsts_obeyed", port, w->verified);
}

/* DENY and SAMEORIGIN; ALLOW-FROM is obeyed by no browser any more. */
static bool frame_options_protect(const struct web_answer *w)
{
	const char *value = web_header(w, "X-Frame-Options");

	return value &&
	       (!strcasecmp(value, "DENY") || !strcasecmp(value, "SAMEORIGIN"));
}

static void state_csp(const struct http_input *in, const struct csp *csp,
		      const struct csp_input *policies, struct fact_list *facts)
{
	struct str_list weak = csp_words(csp->weaknesses, facts->arena);
	struct sb text = sb_new(facts->arena, 256);

	for (size_t i = 0; i < policies->headers.len; i++)
		sb_addf(&text, "%s%s", text.len ? ", " : "",
			policies->headers.items[i]);
	for (size_t i = 0; i < policies->metas.len; i++)
		sb_addf(&text, "%s%s", text.len ? ", " : "",
			policies->metas.items[i]);
	fact_text(facts, "http.csp", in->port, text.s);
	fact_strs(facts, "http.csp_weaknesses", in->port, &weak);
}

/* For information: no check asks for them. */
static void state_information(const struct http_input *in,
			      struct fact_list *facts)
{
	static const char *const headers[][2] = {
		{ "Permissions-Policy", "http.permissions_policy" },
		{ "Cross-Origin-Resource-Policy", "http.corp" },
		{ "Cross-Origin-Embedder-Policy", "http.coep" },
		{ "Cross-Origin-Opener-Policy", "http.coop" },
	};

	for (size_t i = 0; i < 4; i++) {
		const char *value = web_header(in->page, headers[i][0]);

		if (value)
			fact_text(facts, headers[i][1], in->port, value);
	}
}

/* Scripts and style sheets of others, each with whether it is pinned. */
static void state_sri(const struct http_input *in, struct fact_list *facts)
{
	struct sri sri = { 0 };

	sri_read(in->html, in->name ? in->name : in->ip, in->tls, facts->arena,
		 &sri);
	if (in->html)
		fact_int(facts, "sri.external", in->port,
			 (int64_t)sri.external);
	for (size_t i = 0; i < sri.pinned.len; i++) {
		fact_bool(facts, "sri.pinned", in->port, true);
		fact_item(facts, sri.pinned.items[i]);
	}
	for (size_t i = 0; i < sri.unpinned.len; i++) {
		fact_bool(facts, "sri.pinned", in->port, false);
		fact_item(facts, sri.unpinned.items[i]);
	}
}

/*
 * What protects a page: an answer that only sends people elsewhere shows
 * nothing that could be framed or injected into, nor does an error.
 */
static void state_page(const struct http_input *in, struct fact_list *facts)
{
	const char *options = web_header(in->page, "X-Content-Type-Options");
	const char *referrer = web_header(in->page, "Referrer-Policy");
	struct csp_input policies = {
		.headers = http_values(in->page, "Content-Security-Policy",
				       facts->arena),
	};
	struct csp csp = { 0 };

	if (in->html)
		policies.metas = http_meta_policies(in->html, facts->arena);
	csp_read(&policies, &csp);
	if (csp.stated)
		state_csp(in, &csp, &policies, facts);
	fact_bool(facts, "http.frame_protection", in->port,
		  csp.restricts_frames || frame_options_protect(in->page));
	fact_bool(facts, "http.nosniff", in->port,
		  options && !strcasecmp(options, "nosniff"));
	referrer = referrer ? http_referrer_policy(referrer) : NULL;
	if (referrer)
		fact_text(facts, "http.referrer_policy", in->port, referrer);
	state_information(in, facts);
	state_sri(in, facts);
}

static void state_software(const struct web_answer *w, int port,
			   struct fact_list *facts)
{
	static const char *const tell_tales[] = { "Server", "X-Powered-By",
						  "X-AspNet-Version",
						  "X-Generator" };
	const char *server = web_header(w, "Server");
	const char *powered = web_header(w, "X-Powered-By");
	struct sb leaks = sb_new(facts->arena, 64);

	for (size_t i = 0; i < 4; i++) {
		const char *value = web_header(w, tell_tales[i]);

		if (value &&
		    (http_tells_version(value) || (i == 2 && value[0])))
			sb_addf(&leaks, "%s%s: %s", leaks.len ? ", " : "",
				tell_tales[i], value);
	}
	if (server)
		fact_text(facts, "http.server", port, server);
	if (powered)
		fact_text(facts, "http.powered_by", port, powered);
	fact_bool(facts, "http.version_leak", port, leaks.len > 0);
	if (leaks.len)
		fact_text(facts, "http.versions_shown", port, leaks.s);
}

static bool is_stated(const struct fact_list *facts, int port,
		      const char *cookie)
{
	for (size_t i = 0; i < facts->len; i++) {
		const struct fact *f = &facts->items[i];

		if (f->port == port && f->item &&
		    !strcmp(f->name, "cookie.secure") &&
		    !strcmp(f->item, cookie))
			return true;
	}
	return false;
}

static void state_cookie(const struct cookie *c, int port,
			 struct fact_list *facts)
{
	fact_bool(facts, "cookie.secure", port, c->secure);
	fact_item(facts, c->name);
	fact_bool(facts, "cookie.httponly", port, c->http_only);
	fact_item(facts, c->name);
	fact_bool(facts, "cookie.samesite", port, cookie_is_same_site(c));
	fact_item(facts, c->name);
	if (cookie_has_prefix(c)) {
		fact_bool(facts, "cookie.prefix", port, cookie_keeps_prefix(c));
		fact_item(facts, c->name);
	}
	fact_text(facts, "cookie.line", port, c->masked);
	fact_item(facts, c->name);
}

static void state_cookies(const struct web_answer *w, int port, int64_t now,
			  struct fact_list *facts)
{
	struct str_list lines = http_values(w, "Set-Cookie", facts->arena);

	for (size_t i = 0; i < lines.len; i++) {
		struct cookie c = { 0 };

		if (cookie_parse(lines.items[i], now, facts->arena, &c) &&
		    !c.deleted && !is_stated(facts, port, c.name))
			state_cookie(&c, port, facts);
	}
}

static void state_answer(const struct http_input *in, struct fact_list *facts)
{
	const struct web_answer *w = in->first;
	const char *location = web_header(w, "Location");

	fact_text(facts, "service.name", in->port, in->tls ? "https" : "http");
	fact_bool(facts, "service.confirmed", in->port, true);
	fact_int(facts, "http.status", in->port, w->status);
	fact_bool(facts, "http.site", in->port, http_is_of_site(w->status));
	if (location)
		fact_text(facts, "http.location", in->port, location);
	/* Whoever gets nothing but an error over http loses nothing by it. */
	if (!in->tls && in->page->status < 400)
		fact_bool(facts, "http.redirects_to_https", in->port,
			  http_goes_to_https(in->page, in->name));
}

void http_facts(const struct http_input *in, struct fact_list *facts)
{
	int status = in->page->status;
	bool page = http_is_of_site(status) && (status < 300 || status >= 400);

	state_answer(in, facts);
	fact_bool(facts, "http.page", in->port, page);
	state_headers(in->first, in->port, in->now, facts);
	state_missing(in->page, in->port, facts);
	if (in->tls)
		state_hsts(in->first, in->port, facts);
	if (page)
		state_page(in, facts);
	state_software(in->first, in->port, facts);
	state_cookies(in->first, in->port, in->now, facts);
	if (in->page != in->first)
		state_cookies(in->page, in->port, in->now, facts);
}

/* ---- looking ---- */

static bool failed(struct probe_run *run, struct err *err)
{
	fact_text(run->facts, "http.error", run->port, err->msg);
	return err_wrap(err, "HTTP on port %d", run->port);
}

static void state(struct probe_run *run, const struct web_page *page)
{
	struct html_page html = { 0 };
	struct http_input in = { .first = &page->first,
				 .page = &page->answer,
				 .port = run->port,
				 .tls = page->tls,
				 .name = run->host->name,
				 .ip = run->host->ip,
				 .now = run->now };

	if (page->is_html) {
		html_parse(span_of(page->answer.body, page->answer.body_len),
			   run->arena, &html);
		in.html = &html;
	}
	http_facts(&in, run->facts);
}

static bool run_http(struct probe_run *run, struct err *err)
{
	const struct web_page *page = NULL;

	if (!page_get(run, &page, err))
		return page && probe_port_is_web(run->port) ? failed(run, err)
							    : true;
	state(run, page);
	return true;
}

const struct probe probe_http = {
	.name = "http",
	.about = "Headers and cookies of a web server",
	.feature = PROBE_WEB,
	.any_port = true,
	.requests = 1 + PAGE_HOPS_MAX,
	.facts =
		(const struct fact_def[]){
			{ "service.name", FACT_TEXT, "http or https" },
			{ "service.confirmed", FACT_BOOL,
			  "The service answered as its protocol wants" },
			{ "http.status", FACT_INT, "Status of GET /" },
			{ "http.page", FACT_BOOL,
			  "What a visitor sees is a page: no redirect, no "
			  "error" },
			{ "http.site", FACT_BOOL,
			  "The site answered, and not with an error" },
			{ "http.location", FACT_TEXT, "Where it redirects to" },
			{ "http.redirects_to_https", FACT_BOOL,
			  "Plain HTTP sends people to https on this host" },
			{ "http.headers", FACT_LIST,
			  "All headers, the values of cookies masked" },
			{ "http.missing_headers", FACT_LIST,
			  "Which of three security headers are missing" },
			{ "http.hsts", FACT_TEXT,
			  "Strict-Transport-Security that browsers obey" },
			{ "http.hsts_max_age", FACT_INT, "Its seconds" },
			{ "http.hsts_include_subdomains", FACT_BOOL,
			  "It covers subdomains" },
			{ "http.hsts_preload", FACT_BOOL,
			  "It asks to be on the lists of browsers" },
			{ "http.hsts_obeyed", FACT_BOOL,
			  "The certificate is one with which browsers obey" },
			{ "http.csp", FACT_TEXT,
			  "Content-Security-Policy, of headers and the page" },
			{ "http.csp_weaknesses", FACT_LIST,
			  "What lets foreign scripts run" },
			{ "http.permissions_policy", FACT_TEXT,
			  "Permissions-Policy header" },
			{ "http.corp", FACT_TEXT,
			  "Cross-Origin-Resource-Policy header" },
			{ "http.coep", FACT_TEXT,
			  "Cross-Origin-Embedder-Policy header" },
			{ "http.coop", FACT_TEXT,
			  "Cross-Origin-Opener-Policy header" },
			{ "sri.external", FACT_INT,
			  "How many scripts and style sheets of others the "
			  "page loads" },
			{ "sri.pinned", FACT_BOOL,
			  "Item: address of such a one. The page pins what it "
			  "holds" },
			{ "http.frame_protection", FACT_BOOL,
			  "Other sites cannot frame the page" },
			{ "http.nosniff", FACT_BOOL,
			  "X-Content-Type-Options: nosniff" },
			{ "http.referrer_policy", FACT_TEXT,
			  "Referrer-Policy that browsers obey" },
			{ "http.server", FACT_TEXT, "Server header" },
			{ "http.powered_by", FACT_TEXT, "X-Powered-By header" },
			{ "http.version_leak", FACT_BOOL,
			  "A header shows the version of a product" },
			{ "http.versions_shown", FACT_TEXT, "Those headers" },
			{ "http.error", FACT_TEXT, "Why there was no answer" },
			{ "cookie.secure", FACT_BOOL,
			  "Item: cookie. Sent over TLS only" },
			{ "cookie.httponly", FACT_BOOL,
			  "Item: cookie. Scripts cannot read it" },
			{ "cookie.samesite", FACT_BOOL,
			  "Item: cookie. Not sent with requests of other "
			  "sites" },
			{ "cookie.prefix", FACT_BOOL,
			  "Item: cookie with __Host- or __Secure-. It keeps "
			  "what that promises" },
			{ "cookie.line", FACT_TEXT,
			  "Item: cookie. Set-Cookie without the value" },
			{ 0 } },
	.run = run_http,
};
