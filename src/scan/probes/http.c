#include "scan/probes/http.h"

#include <string.h>
#include <strings.h>

#include "scan/page.h"
#include "scan/probe.h"
#include "scan/probes/cookies.h"

/* security.txt may not be larger (RFC 9116 advises 32 KiB). */
enum { TXT_MAX = 64 * 1024 };

/* ---- from an answer to facts ---- */

static bool is_header(const struct web_field *f, const char *name)
{
	return !strcasecmp(f->name, name);
}

/* Every value of one header, in order. */
static struct str_list values_of(const struct web_answer *w, const char *name,
				 struct arena *a)
{
	struct str_list ret = {
		arena_array(a, w->field_count + 1, sizeof(char *)), 0
	};

	for (size_t i = 0; i < w->field_count; i++)
		if (is_header(&w->fields[i], name))
			ret.items[ret.len++] = w->fields[i].value;
	return ret;
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
}

/* DENY and SAMEORIGIN; ALLOW-FROM is obeyed by no browser any more. */
static bool frame_options_protect(const struct web_answer *w)
{
	const char *value = web_header(w, "X-Frame-Options");

	return value &&
	       (!strcasecmp(value, "DENY") || !strcasecmp(value, "SAMEORIGIN"));
}

/*
 * What protects a page: an answer that only sends people elsewhere shows
 * nothing that could be framed or injected into.
 */
static void state_page(const struct web_answer *w, int port,
		       struct fact_list *facts)
{
	struct str_list policies =
		values_of(w, "Content-Security-Policy", facts->arena);
	const char *options = web_header(w, "X-Content-Type-Options");
	const char *referrer = web_header(w, "Referrer-Policy");
	struct csp csp = { 0 };

	http_parse_csp(&policies, &csp);
	if (policies.len) {
		struct sb text = sb_new(facts->arena, 256);

		for (size_t i = 0; i < policies.len; i++)
			sb_addf(&text, "%s%s", i ? ", " : "",
				policies.items[i]);
		fact_text(facts, "http.csp", port, text.s);
		fact_bool(facts, "http.csp_unsafe", port,
			  csp.why_unsafe != NULL);
	}
	if (csp.why_unsafe)
		fact_text(facts, "http.csp_weakness", port, csp.why_unsafe);
	fact_bool(facts, "http.frame_protection", port,
		  csp.restricts_frames || frame_options_protect(w));
	fact_bool(facts, "http.nosniff", port,
		  options && !strcasecmp(options, "nosniff"));
	referrer = referrer ? http_referrer_policy(referrer) : NULL;
	if (referrer)
		fact_text(facts, "http.referrer_policy", port, referrer);
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
	fact_text(facts, "cookie.line", port, c->masked);
	fact_item(facts, c->name);
}

static void state_cookies(const struct web_answer *w, int port, int64_t now,
			  struct fact_list *facts)
{
	struct str_list lines = values_of(w, "Set-Cookie", facts->arena);

	for (size_t i = 0; i < lines.len; i++) {
		struct cookie c = { 0 };

		if (cookie_parse(lines.items[i], now, facts->arena, &c) &&
		    !c.deleted && !is_stated(facts, port, c.name))
			state_cookie(&c, port, facts);
	}
}

void http_facts(const struct web_answer *w, int port, bool tls,
		const char *name, int64_t now, struct fact_list *facts)
{
	const char *location = web_header(w, "Location");
	bool redirect = w->status >= 300 && w->status < 400;

	fact_text(facts, "service.name", port, tls ? "https" : "http");
	fact_bool(facts, "service.confirmed", port, true);
	fact_int(facts, "http.status", port, w->status);
	fact_bool(facts, "http.page", port, !redirect);
	if (location)
		fact_text(facts, "http.location", port, location);
	/* Whoever gets nothing but an error over http loses nothing by it. */
	if (!tls && w->status < 400)
		fact_bool(facts, "http.redirects_to_https", port,
			  http_goes_to_https(w, name));
	state_headers(w, port, now, facts);
	state_missing(w, port, facts);
	if (tls)
		state_hsts(w, port, facts);
	if (!redirect)
		state_page(w, port, facts);
	state_software(w, port, facts);
	state_cookies(w, port, now, facts);
}

/* ---- looking ---- */

/* RFC 9116 section 3: under /.well-known/, or at the top in older times. */
static bool look_for_security_txt(struct probe_run *run, struct err *err)
{
	static const char *const paths[] = { "/.well-known/security.txt",
					     "/security.txt" };
	struct web_answer answer = { 0 };

	for (size_t i = 0; i < 2; i++) {
		if (!page_ask(run, paths[i], TXT_MAX, &answer, err))
			return false;
		if (!http_is_security_txt(&answer))
			continue;
		fact_bool(run->facts, "http.security_txt", run->port, true);
		fact_text(run->facts, "http.security_txt_path", run->port,
			  paths[i]);
		return true;
	}
	fact_bool(run->facts, "http.security_txt", run->port, false);
	return true;
}

static bool failed(struct probe_run *run, struct err *err)
{
	fact_text(run->facts, "http.error", run->port, err->msg);
	return err_wrap(err, "HTTP on port %d", run->port);
}

static bool run_http(struct probe_run *run, struct err *err)
{
	const struct web_page *page = NULL;

	if (!page_get(run, &page, err))
		return page && probe_port_is_web(run->port) ? failed(run, err)
							    : true;
	http_facts(&page->first, run->port, page->tls, run->host->name,
		   run->now, run->facts);
	if (!look_for_security_txt(run, err))
		return err_wrap(err, "security.txt on port %d", run->port);
	return true;
}

const struct probe probe_http = {
	.name = "http",
	.about = "Headers, cookies and security.txt of a web server",
	.feature = PROBE_WEB,
	.any_port = true,
	.requests = 3,
	.facts =
		(const struct fact_def[]){
			{ "service.name", FACT_TEXT, "http or https" },
			{ "service.confirmed", FACT_BOOL,
			  "The service answered as its protocol wants" },
			{ "http.status", FACT_INT, "Status of GET /" },
			{ "http.page", FACT_BOOL,
			  "The answer shows something: it is no redirect" },
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
			{ "http.csp", FACT_TEXT, "Content-Security-Policy" },
			{ "http.csp_unsafe", FACT_BOOL,
			  "The policy lets foreign scripts run" },
			{ "http.csp_weakness", FACT_TEXT, "What lets them" },
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
			{ "http.security_txt", FACT_BOOL,
			  "There is a security.txt with a contact" },
			{ "http.security_txt_path", FACT_TEXT, "Where" },
			{ "http.error", FACT_TEXT, "Why there was no answer" },
			{ "cookie.secure", FACT_BOOL,
			  "Item: cookie. Sent over TLS only" },
			{ "cookie.httponly", FACT_BOOL,
			  "Item: cookie. Scripts cannot read it" },
			{ "cookie.samesite", FACT_BOOL,
			  "Item: cookie. Not sent with requests of other "
			  "sites" },
			{ "cookie.line", FACT_TEXT,
			  "Item: cookie. Set-Cookie without the value" },
			{ 0 } },
	.run = run_http,
};
