#include "scan/probes/http_observatory.h"

#include <string.h>
#include <strings.h>

#include "scan/probes/cookies.h"
#include "scan/probes/http.h"
#include "scan/probes/http_csp.h"
#include "scan/probes/http_sri.h"

/* Six months as the algorithm counts them: many sites say 180 days. */
enum { HALF_YEAR = 15552000, COOKIES_MAX = WEB_FIELDS_MAX };

/* ---- headers ---- */

/* One header as a client shows it that joins what is repeated. */
static bool value_of(const struct web_answer *w, const char *name,
		     struct span *ret, bool *ret_repeated)
{
	const char *value = web_header(w, name);
	size_t count = 0;

	for (size_t i = 0; i < w->field_count; i++)
		count += !strcasecmp(w->fields[i].name, name);
	*ret = span_trim(span_str(value ? value : ""));
	*ret_repeated = count > 1;
	return span_len(*ret) > 0;
}

/* Of a table that ends with NULL; a value of several headers is none of it. */
static const char *by_word(const struct web_answer *w, const char *name,
			   const char *const (*table)[2], const char *absent,
			   const char *invalid)
{
	struct span value;
	bool repeated;

	if (!value_of(w, name, &value, &repeated))
		return repeated ? invalid : absent;
	for (; !repeated && (*table)[0]; table++)
		if (span_is_nocase(value, (*table)[0]))
			return (*table)[1];
	return invalid;
}

/* ---- Strict-Transport-Security ---- */

const char *observatory_hsts(const struct observatory_input *in)
{
	struct hsts hsts = { 0 };
	struct span value;
	bool repeated;

	if (!in->https)
		return "hsts-not-implemented-no-https";
	if (!in->page->verified)
		return "hsts-invalid-cert";
	if (!web_header(in->page, "Strict-Transport-Security"))
		return "hsts-not-implemented";
	value_of(in->page, "Strict-Transport-Security", &value, &repeated);
	if (repeated || memchr(value.p, ',', span_len(value)) ||
	    !http_parse_hsts(value.p, &hsts))
		return "hsts-header-invalid";
	return hsts.max_age < HALF_YEAR
		       ? "hsts-implemented-max-age-less-than-six-months"
		       : "hsts-implemented-max-age-at-least-six-months";
}

/* ---- cookies ---- */

static bool is_of(const char *host, const char *domain)
{
	size_t h = strlen(host), d = strlen(domain);

	return h >= d && !strcasecmp(host + h - d, domain) &&
	       (h == d || host[h - d - 1] == '.');
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* A cookie that is set again replaces the one before. */
static void put(struct cookie *jar, size_t *len, const struct cookie *c)
{
	for (size_t i = 0; i < *len; i++)
		if (!strcmp(jar[i].name, c->name) &&
		    same_text(jar[i].domain, c->domain) &&
		    same_text(jar[i].path, c->path)) {
			jar[i] = *c;
			return;
		}
	jar[(*len)++] = *c;
}

/* The load balancer of a hosting company, which its customers cannot change. */
static bool is_exempt(const struct cookie *c)
{
	return !strcmp(c->name, "heroku-session-affinity");
}

static bool takes(const struct observatory_input *in, const struct cookie *c)
{
	return !is_exempt(c) && cookie_keeps_prefix(c) &&
	       (!c->domain || is_of(in->host, c->domain));
}

/* From good to bad. */
static const char *const cookie_results[] = {
	"cookies-without-secure-flag-but-protected-by-hsts",
	"cookies-without-secure-flag",
	"cookies-session-without-secure-flag-but-protected-by-hsts",
	"cookies-samesite-flag-invalid",
	"cookies-anticsrf-without-samesite-flag",
	"cookies-session-without-httponly-flag",
	"cookies-session-without-secure-flag",
};

/* The index of the worst that is to be said of one cookie; -1: nothing. */
static int worst_of(const struct cookie *c, bool hsts)
{
	bool session = cookie_is_session(c);

	if (session && !c->secure && !hsts)
		return 6;
	if (session && !c->http_only)
		return 5;
	if (cookie_is_csrf(c) && !c->same_site)
		return 4;
	if (!c->secure && c->same_site && !strcmp(c->same_site, "None"))
		return 3;
	if (session && !c->secure)
		return 2;
	if (!c->secure)
		return hsts ? 0 : 1;
	return -1;
}

const char *observatory_cookies(const struct observatory_input *in,
				struct arena *a)
{
	struct cookie *jar = arena_array(a, COOKIES_MAX, sizeof(*jar));
	bool hsts = !strcmp(observatory_hsts(in),
			    "hsts-implemented-max-age-at-least-six-months");
	bool all_same_site = true;
	size_t len = 0;
	int worst = -1;

	for (size_t i = 0; i < in->page->field_count; i++) {
		const struct web_field *f = &in->page->fields[i];
		struct cookie c = { 0 };

		if (strcasecmp(f->name, "Set-Cookie") != 0 ||
		    !cookie_parse(f->value, in->now, a, &c))
			continue;
		if (c.bad_same_site && worst < 3)
			worst = 3;
		if (takes(in, &c))
			put(jar, &len, &c);
	}
	if (!len)
		return "cookies-not-found";
	for (size_t i = 0; i < len; i++) {
		int now = worst_of(&jar[i], hsts);

		worst = now > worst ? now : worst;
		all_same_site &= jar[i].same_site != NULL;
	}
	if (worst >= 0)
		return cookie_results[worst];
	return all_same_site
		       ? "cookies-secure-with-httponly-sessions-and-samesite"
		       : "cookies-secure-with-httponly-sessions";
}

/* ---- others ---- */

const char *observatory_cors(const struct web_answer *w, const char *origin)
{
	const char *allow =
		w ? web_header(w, "Access-Control-Allow-Origin") : NULL;
	const char *credentials =
		w ? web_header(w, "Access-Control-Allow-Credentials") : NULL;

	if (!allow || !*allow)
		return "cross-origin-resource-sharing-not-implemented";
	if (!strcmp(allow, "*"))
		return "cross-origin-resource-sharing-implemented-with-public-"
		       "access";
	if (!strcmp(allow, origin) && credentials &&
	    !strcasecmp(credentials, "true"))
		return "cross-origin-resource-sharing-implemented-with-"
		       "universal-access";
	return "cross-origin-resource-sharing-implemented-with-restricted-"
	       "access";
}

static bool is_meta(const struct html_element *e, const char *attribute,
		    const char *name)
{
	const char *value =
		strcmp(e->tag, "meta") ? NULL : html_attribute(e, attribute);

	return value && span_is_nocase(span_trim(span_str(value)), name);
}

/* The last <meta name="referrer"> comes after the headers. */
const char *observatory_referrer(const struct observatory_input *in)
{
	const char *last = NULL;
	bool any = false;

	for (size_t i = 0; i < in->page->field_count; i++) {
		const struct web_field *f = &in->page->fields[i];
		const char *known = strcasecmp(f->name, "Referrer-Policy")
					    ? NULL
					    : http_referrer_policy(f->value);

		any |= !strcasecmp(f->name, "Referrer-Policy");
		last = known ? known : last;
	}
	for (size_t i = 0; in->html && i < in->html->len; i++) {
		const struct html_element *e = &in->html->items[i];
		const char *content = html_attribute(e, "content");
		const char *known;

		if (!is_meta(e, "name", "referrer") || !content || !*content)
			continue;
		any = true;
		known = http_referrer_policy(content);
		last = known ? known : last;
	}
	if (!any)
		return "referrer-policy-not-implemented";
	if (!last)
		return "referrer-policy-header-invalid";
	if (!strcmp(last, "no-referrer") || !strcmp(last, "same-origin") ||
	    !strncmp(last, "strict-origin", 13))
		return "referrer-policy-private";
	return "referrer-policy-unsafe";
}

static struct csp_input csp_input(const struct observatory_input *in,
				  struct arena *a)
{
	struct csp_input ret = { .https = in->https };

	ret.headers = http_values(in->page, "Content-Security-Policy", a);
	ret.report_only =
		web_header(in->page, "Content-Security-Policy-Report-Only");
	if (in->html)
		ret.metas = http_meta_policies(in->html, a);
	return ret;
}

static const char *frame_options(const struct web_answer *w, bool by_csp)
{
	struct span value;
	bool repeated;

	if (by_csp)
		return "x-frame-options-implemented-via-csp";
	if (!value_of(w, "X-Frame-Options", &value, &repeated))
		return "x-frame-options-not-implemented";
	if (!repeated && (span_is_nocase(value, "deny") ||
			  span_is_nocase(value, "sameorigin")))
		return "x-frame-options-sameorigin-or-deny";
	return span_starts_nocase(value, "allow-from")
		       ? "x-frame-options-allow-from-origin"
		       : "x-frame-options-header-invalid";
}

static const char *sniffing(const struct web_answer *w)
{
	static const char *const words[][2] = {
		{ "nosniff", "x-content-type-options-nosniff" }, { NULL }
	};

	return by_word(w, "X-Content-Type-Options", words,
		       "x-content-type-options-not-implemented",
		       "x-content-type-options-header-invalid");
}

static const char *resource_policy(const struct web_answer *w)
{
	static const char *const words[][2] = {
		{ "same-site", "corp-implemented-with-same-site" },
		{ "same-origin", "corp-implemented-with-same-origin" },
		{ "cross-origin", "corp-implemented-with-cross-origin" },
		{ NULL }
	};

	return by_word(w, "Cross-Origin-Resource-Policy", words,
		       "corp-not-implemented", "corp-header-invalid");
}

/*
 * These two are structured fields (RFC 8941): a token, in its own case, and
 * parameters that do not matter here.
 */
static const char *by_token(const struct web_answer *w, const char *name,
			    const char *const (*table)[2], const char *absent,
			    const char *invalid)
{
	struct span value, token;
	bool repeated;

	if (!value_of(w, name, &value, &repeated))
		return repeated ? invalid : absent;
	if (repeated || !span_until(&value, ';', WEB_LINE_MAX, &token))
		return invalid;
	for (; (*table)[0]; table++)
		if (span_is(span_trim(token), (*table)[0]))
			return (*table)[1];
	return invalid;
}

static const char *embedder_policy(const struct web_answer *w)
{
	static const char *const words[][2] = {
		{ "require-corp", "coep-implemented-with-require-corp" },
		{ "credentialless", "coep-implemented-with-credentialless" },
		{ "unsafe-none", "coep-implemented-with-unsafe-none" },
		{ NULL }
	};

	return by_token(w, "Cross-Origin-Embedder-Policy", words,
			"coep-not-implemented", "coep-header-invalid");
}

static const char *opener_policy(const struct web_answer *w)
{
	static const char *const words[][2] = {
		{ "same-origin", "coop-implemented-with-same-origin" },
		{ "same-origin-allow-popups",
		  "coop-implemented-with-same-origin-allow-popups" },
		{ "noopener-allow-popups",
		  "coop-implemented-with-noopener-allow-popups" },
		{ "unsafe-none", "coop-implemented-with-unsafe-none" },
		{ NULL }
	};

	return by_token(w, "Cross-Origin-Opener-Policy", words,
			"coop-not-implemented", "coop-header-invalid");
}

/* ---- all of them ---- */

void observatory_facts(const struct observatory_input *in, int port,
		       struct fact_list *facts)
{
	struct csp_input policies = csp_input(in, facts->arena);
	struct sri sri = { 0 };
	bool by_csp = false;

	fact_text(facts, "observatory.content_security_policy", port,
		  csp_verdict(&policies, facts->arena, &by_csp));
	fact_text(facts, "observatory.cookies", port,
		  observatory_cookies(in, facts->arena));
	fact_text(facts, "observatory.cross_origin_resource_sharing", port,
		  observatory_cors(in->cors, OBSERVATORY_ORIGIN));
	fact_text(facts, "observatory.redirection", port,
		  redirect_verdict(in->route));
	fact_text(facts, "observatory.referrer_policy", port,
		  observatory_referrer(in));
	fact_text(facts, "observatory.strict_transport_security", port,
		  observatory_hsts(in));
	sri_read(in->html, in->host, in->https, facts->arena, &sri);
	fact_text(facts, "observatory.subresource_integrity", port, sri.result);
	fact_text(facts, "observatory.x_content_type_options", port,
		  sniffing(in->page));
	fact_text(facts, "observatory.x_frame_options", port,
		  frame_options(in->page, by_csp));
	fact_text(facts, "observatory.cross_origin_resource_policy", port,
		  resource_policy(in->page));
	fact_text(facts, "observatory.cross_origin_embedder_policy", port,
		  embedder_policy(in->page));
	fact_text(facts, "observatory.cross_origin_opener_policy", port,
		  opener_policy(in->page));
}
