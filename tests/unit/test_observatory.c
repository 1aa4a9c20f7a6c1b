/*
 * The tests of the HTTP Observatory and what they are made of: policies,
 * redirects, scripts of others, cookies, the score. What MDN's own program says
 * of whole sites is compared in tests/scan/test_observatory.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <zlib.h>

#include "core/observatory.h"
#include "scan/html.h"
#include "scan/inflate.h"
#include "scan/page.h"
#include "scan/probes/cookies.h"
#include "scan/probes/http.h"
#include "scan/probes/http_csp.h"
#include "scan/probes/http_observatory.h"
#include "scan/probes/http_redirect.h"
#include "scan/probes/http_sri.h"
#include "scan/result.h"
#include "table.h"

/* ---- Content-Security-Policy ---- */

static const struct csp_case {
	const char *name;
	const char *policies[3];
	const char *unsafe; /* NULL: safe */
	bool frames;
} csp_cases[] = {
	{ "csp_none_is_safe", { "default-src 'none'" }, NULL, false },
	{ "csp_self_with_frames",
	  { "script-src 'self'; frame-ancestors 'self'" },
	  NULL,
	  true },
	{ "csp_inline_is_unsafe",
	  { "default-src 'self' 'unsafe-inline'" },
	  "'unsafe-inline'",
	  false },
	{ "csp_inline_in_styles_only_is_fine",
	  { "default-src 'self'; style-src 'unsafe-inline'" },
	  NULL,
	  false },
	{ "csp_a_nonce_outweighs_inline",
	  { "script-src 'nonce-abc' 'unsafe-inline'" },
	  NULL,
	  false },
	{ "csp_a_hash_outweighs_inline",
	  { "script-src 'sha256-abc=' 'unsafe-inline'" },
	  NULL,
	  false },
	{ "csp_strict_dynamic_outweighs_https",
	  { "script-src 'strict-dynamic' 'nonce-a' https:" },
	  NULL,
	  false },
	{ "csp_eval_is_unsafe",
	  { "script-src 'self' 'unsafe-eval'" },
	  "'unsafe-eval'",
	  false },
	{ "csp_star_is_anywhere",
	  { "script-src *" },
	  "scripts from anywhere",
	  false },
	{ "csp_https_is_anywhere",
	  { "default-src https:" },
	  "scripts from anywhere",
	  false },
	{ "csp_data_is_anywhere",
	  { "script-src 'self' data:" },
	  "scripts from anywhere",
	  false },
	{ "csp_script_src_comes_before_default_src",
	  { "default-src *; script-src 'self'" },
	  NULL,
	  false },
	{ "csp_the_first_of_two_directives_counts",
	  { "script-src 'self'; script-src *" },
	  NULL,
	  false },
	{ "csp_without_scripts_restricts_none",
	  { "img-src 'self'" },
	  "no script-src and no default-src",
	  false },
	{ "csp_frames_from_anywhere_are_not_restricted",
	  { "default-src 'self'; frame-ancestors *" },
	  NULL,
	  false },
	{ "csp_one_safe_policy_of_two_is_enough",
	  { "script-src *", "script-src 'self'" },
	  NULL,
	  false },
	{ "csp_policies_in_one_header_are_several",
	  { "script-src *, script-src 'none'; frame-ancestors 'none'" },
	  NULL,
	  true },
	{ "csp_words_have_any_case",
	  { "SCRIPT-SRC 'UNSAFE-INLINE'" },
	  "'unsafe-inline'",
	  false },
	{ "csp_of_a_page_counts_like_a_header",
	  { "script-src 'unsafe-inline'", "meta:script-src 'self'" },
	  NULL,
	  false },
	{ "csp_of_a_page_cannot_restrict_frames",
	  { "meta:default-src 'self'; frame-ancestors 'none'" },
	  NULL,
	  false },
	{ "csp_a_nonce_does_not_outweigh_https",
	  { "script-src 'nonce-a' https:" },
	  "scripts from anywhere",
	  false },
	{ "csp_strict_dynamic_outweighs_inline_even_alone",
	  { "script-src 'strict-dynamic' 'unsafe-inline'" },
	  NULL,
	  false },
	{ "csp_elements_have_a_directive_of_their_own",
	  { "script-src *; script-src-elem 'self'; script-src-attr 'none'" },
	  NULL,
	  false },
	{ "csp_attributes_have_a_directive_of_their_own",
	  { "script-src 'self'; script-src-attr 'unsafe-inline'" },
	  "'unsafe-inline'",
	  false },
	{ "csp_eval_is_asked_of_script_src",
	  { "script-src 'unsafe-eval'; script-src-elem 'self'" },
	  "'unsafe-eval'",
	  false },
	{ "csp_two_policies_that_allow_different_things_allow_none",
	  { "script-src 'unsafe-inline'", "script-src *" },
	  NULL,
	  false },
	{ "csp_empty_restricts_nothing",
	  { ";" },
	  "no script-src and no default-src",
	  false },
};

/* What begins with "meta:" stands in the page. */
static void split(const char *const *policies, struct csp_input *ret,
		  struct arena *a)
{
	ret->headers.items = arena_array(a, 4, sizeof(char *));
	ret->metas.items = arena_array(a, 4, sizeof(char *));
	for (; *policies; policies++)
		if (!strncmp(*policies, "meta:", 5))
			ret->metas.items[ret->metas.len++] = *policies + 5;
		else
			ret->headers.items[ret->headers.len++] = *policies;
}

static void csp_is_judged(void **state)
{
	const struct csp_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct csp_input in = { 0 };
	struct str_list words;
	struct csp csp = { 0 };

	split(c->policies, &in, &a);
	csp_read(&in, &csp);
	words = csp_words(csp.weaknesses, &a);
	assert_true(csp.stated);
	if (c->unsafe)
		assert_string_equal(words.items[0], c->unsafe);
	else
		assert_int_equal(words.len, 0);
	assert_int_equal(csp.restricts_frames, c->frames);
}

static const struct verdict_case {
	const char *name;
	const char *policies[4];
	const char *result; /* without "csp-" */
	bool frames;
} verdict_cases[] = {
	{ "verdict_of_none", { NULL }, "not-implemented", false },
	{ "verdict_of_default_none",
	  { "default-src 'none'; frame-ancestors 'none'" },
	  "implemented-with-no-unsafe-default-src-none",
	  true },
	{ "verdict_of_self",
	  { "default-src 'self'" },
	  "implemented-with-no-unsafe",
	  false },
	{ "verdict_of_a_repeated_directive",
	  { "default-src 'self'; default-src 'none'" },
	  "header-invalid",
	  false },
	{ "verdict_of_a_repeated_report",
	  { "default-src 'self'; report-uri /a; report-uri /b" },
	  "implemented-but-duplicate-directives",
	  false },
	{ "verdict_of_too_short_a_policy", { "x" }, "header-invalid", false },
	{ "verdict_of_nothing_but_semicolons",
	  { ";;;;;;;;" },
	  "not-implemented",
	  false },
	{ "verdict_of_strict_dynamic_without_a_nonce",
	  { "script-src 'strict-dynamic'" },
	  "header-invalid",
	  false },
	{ "verdict_of_frames_in_the_page_alone",
	  { "meta:frame-ancestors 'none'" },
	  "not-implemented",
	  false },
	{ "verdict_of_styles",
	  { "default-src 'self'; style-src 'unsafe-inline'" },
	  "implemented-with-unsafe-inline-in-style-src-only",
	  false },
	{ "verdict_of_pictures_over_http",
	  { "default-src 'self'; img-src http:" },
	  "implemented-with-insecure-scheme-in-passive-content-only",
	  false },
	{ "verdict_of_connections_over_http",
	  { "default-src 'self'; connect-src http://a.example" },
	  "implemented-with-insecure-scheme",
	  false },
	{ "verdict_of_a_policy_that_the_second_narrows",
	  { "default-src *", "default-src 'self'" },
	  "implemented-with-no-unsafe-default-src-none",
	  false },
	{ "verdict_of_objects_from_anywhere",
	  { "script-src 'self'" },
	  "implemented-with-unsafe-inline",
	  false },
};

static void csp_has_the_verdict(void **state)
{
	const struct verdict_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct csp_input in = { .https = true };
	bool frames = false;

	split(c->policies, &in, &a);
	assert_string_equal(csp_verdict(&in, &a, &frames) + 4, c->result);
	assert_int_equal(frames, c->frames);
}

static void a_policy_that_only_reports_is_told_apart(void **state)
{
	_arena_ struct arena a = { 0 };
	struct csp_input in = { .report_only = true };
	bool frames;

	assert_string_equal(csp_verdict(&in, &a, &frames),
			    "csp-not-implemented-but-reporting-enabled");
}

/* ---- redirects ---- */

static const struct url_case {
	const char *name, *location;
	const char *url; /* NULL: refused; beside https://a.example/b/c?d */
} url_cases[] = {
	{ "url_whole", "http://B.Example:8080/x#y", "http://b.example:8080/x" },
	{ "url_without_a_path", "https://b.example", "https://b.example/" },
	{ "url_with_a_query_alone", "https://b.example?q",
	  "https://b.example/?q" },
	{ "url_without_a_scheme", "//b.example/", "https://b.example/" },
	{ "url_path", "/x", "https://a.example/x" },
	{ "url_path_beside", "x", "https://a.example/b/x" },
	{ "url_query", "?x", "https://a.example/b/c?x" },
	{ "url_empty", "", "https://a.example/b/c" },
	{ "url_of_an_address", "http://[2001:DB8::1]:81/",
	  "http://[2001:db8::1]:81/" },
	{ "url_of_another_kind", "mailto:a@b.example", NULL },
	{ "url_with_a_person", "https://a@b.example/", NULL },
	{ "url_without_a_host", "https:///x", NULL },
	{ "url_with_a_bad_port", "https://b.example:99999/", NULL },
	{ "url_that_would_end_the_line", "/x\r\nHost: evil", NULL },
	{ "url_with_a_blank", "/x y", NULL },
	{ "url_half", "https:x", NULL },
};

/* "https://example.com/login" */
static const char *url_text(const struct redirect_url *url, struct arena *a)
{
	const char *host =
		url->is_ipv6 ? arena_printf(a, "[%s]", url->host) : url->host;
	const char *scheme = url->https ? "https" : "http";

	if (url->port == (url->https ? 443 : 80))
		return arena_printf(a, "%s://%s%s", scheme, host, url->path);
	return arena_printf(a, "%s://%s:%d%s", scheme, host, url->port,
			    url->path);
}

static void url_is_read(void **state)
{
	const struct url_case *c = *state;
	const struct redirect_url from = { .https = true,
					   .host = "a.example",
					   .port = 443,
					   .path = "/b/c?d" };
	_arena_ struct arena a = { 0 };
	struct redirect_url url = { 0 };

	assert_int_equal(redirect_parse(c->location, &from, &a, &url),
			 c->url != NULL);
	if (c->url)
		assert_string_equal(url_text(&url, &a), c->url);
}

static const struct route_case {
	const char *name;
	const char *urls[4];
	const char *result;
	bool bad_certificate;
} route_cases[] = {
	{ "route_of_nobody", { NULL }, "redirection-not-needed-no-http" },
	{ "route_that_stays", { "http://a.example/" }, "redirection-missing" },
	{ "route_to_https",
	  { "http://a.example/", "https://a.example/" },
	  "redirection-to-https" },
	{ "route_to_another_host_first",
	  { "http://a.example/", "https://www.a.example/" },
	  "redirection-off-host-from-http" },
	{ "route_over_http",
	  { "http://a.example/", "http://a.example/x", "https://a.example/" },
	  "redirection-not-to-https-on-initial-redirection" },
	{ "route_that_comes_back",
	  { "http://a.example/", "https://a.example/", "http://a.example/x" },
	  "redirection-not-to-https" },
	{ "route_with_a_bad_certificate",
	  { "http://a.example/", "https://a.example/" },
	  "redirection-invalid-cert",
	  true },
};

static void route_is_judged(void **state)
{
	const struct route_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct redirect_route route = { .bad_certificate = c->bad_certificate };

	while (c->urls[route.len]) {
		assert_true(redirect_parse(c->urls[route.len], NULL, &a,
					   &route.urls[route.len]));
		route.len++;
	}
	assert_string_equal(redirect_verdict(&route), c->result);
}

static const struct own_case {
	const char *name, *location, *path;
} own_cases[] = {
	{ "own_path", "/login", "/login" },
	{ "own_path_beside", "login?x#y", "/a/login?x" },
	{ "own_host", "https://HOST.example/x", "/x" },
	{ "own_host_with_the_port", "https://host.example:443/x", "/x" },
	{ "own_host_without_a_scheme", "//host.example", "/" },
	{ "not_on_another_port", "https://host.example:8443/x", NULL },
	{ "not_over_http", "http://host.example/x", NULL },
	{ "not_a_host_that_begins_alike", "https://host.example.org/", NULL },
	{ "not_with_a_line_end", "/x\ny", NULL },
	{ "not_another_kind", "javascript:1", NULL },
};

static void own_redirect_is_told_apart(void **state)
{
	const struct own_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct web_field field = { "Location", c->location };
	struct web_answer answer = { .status = 302,
				     .fields = &field,
				     .field_count = 1 };
	const char *path =
		page_own_path(&answer, "/a/b", "host.example", 443, true, &a);

	if (c->path)
		assert_string_equal(path, c->path);
	else
		assert_null(path);
}

/* ---- pages ---- */

static void read_html(const char *text, struct arena *a, struct html_page *ret)
{
	html_parse(span_str(text), a, ret);
}

static const struct html_case {
	const char *name, *html;
	const char *elements; /* "TAG NAME=VALUE …;" of each */
} html_cases[] = {
	{ "html_attributes", "<SCRIPT SRC='a.js' Async></SCRIPT>",
	  "script src=a.js async=;" },
	{ "html_without_quotes", "<script src=//c.example/a.js>",
	  "script src=//c.example/a.js;" },
	{ "html_entities", "<a href=\"/?a=1&amp;b\">x</a>", "a href=/?a=1&b;" },
	{ "html_in_a_comment", "<!-- <script src=a></script> -->", "" },
	{ "html_in_a_script", "<script>'<script src=a>'</script>", "script;" },
	{ "html_in_a_text_area", "<p title='<script src=a>'>x", "" },
	{ "html_metas", "<meta http-equiv=X content=Y><base href=/b>",
	  "meta http-equiv=X content=Y;base href=/b;" },
	{ "html_the_first_of_two_attributes", "<img src=a src=b>",
	  "img src=a;" },
	{ "html_of_broken_bytes", "<a href='\xff\xc0x'>", "a href=??x;" },
	{ "html_of_umlauts", "<a href='\xc3\xa4'>", "a href=\xc3\xa4;" },
	{ "html_unfinished", "<img src=a><p", "img src=a;" },
	{ "html_of_nothing", "", "" },
};

static void html_is_read(void **state)
{
	const struct html_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct html_page page = { 0 };
	struct sb text = sb_new(&a, 64);

	read_html(c->html, &a, &page);
	for (size_t i = 0; i < page.len; i++) {
		const struct html_element *e = &page.items[i];

		sb_add(&text, e->tag);
		for (size_t k = 0; k < e->count; k++)
			sb_addf(&text, " %s=%s", e->attributes[k].name,
				e->attributes[k].value);
		sb_addc(&text, ';');
	}
	assert_string_equal(text.s, c->elements);
}

static void a_page_that_nests_for_ever_is_cut(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sb text = sb_new(&a, 1024);
	struct html_page page = { 0 };

	for (int i = 0; i < 20000; i++)
		sb_add(&text, "<b><i>");
	for (int i = 0; i < 20000; i++)
		sb_add(&text, "</u>");
	read_html(text.s, &a, &page);
	assert_true(page.cut);
}

static void a_page_of_scripts_without_end_is_cut(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sb text = sb_new(&a, 1024);
	struct html_page page = { 0 };

	for (int i = 0; i < 2 * HTML_ELEMENTS_MAX; i++)
		sb_add(&text, "<img src=a>");
	read_html(text.s, &a, &page);
	assert_true(page.cut);
	assert_int_equal(page.len, HTML_ELEMENTS_MAX);
}

static const struct sri_case {
	const char *name, *html;
	const char *result;   /* without "sri-" */
	const char *unpinned; /* joined by blanks */
} sri_cases[] = {
	{ "sri_without_scripts", "<p>", "not-implemented-but-no-scripts-loaded",
	  "" },
	{ "sri_of_own_scripts", "<script src=/a></script>",
	  "not-implemented-but-all-scripts-loaded-from-secure-origin", "" },
	{ "sri_of_the_same_organisation",
	  "<script src=https://b.example.net/a></script>",
	  "not-implemented-but-all-scripts-loaded-from-secure-origin", "" },
	{ "sri_of_others", "<script src=https://c.example.org/a></script>",
	  "not-implemented-but-external-scripts-loaded-securely",
	  "https://c.example.org/a" },
	{ "sri_of_others_pinned",
	  "<script src=https://c.example.org/a integrity=sha384-x></script>",
	  "implemented-and-external-scripts-loaded-securely", "" },
	{ "sri_with_a_pin_that_is_none",
	  "<script src=https://c.example.org/a integrity=md5-x></script>",
	  "implemented-and-external-scripts-loaded-securely",
	  "https://c.example.org/a" },
	{ "sri_without_a_scheme", "<script src=//c.example.org/a></script>",
	  "not-implemented-and-external-scripts-not-loaded-securely",
	  "//c.example.org/a" },
	{ "sri_of_own_scripts_without_a_scheme",
	  "<script src=//b.example.net/a></script>",
	  "not-implemented-and-external-scripts-not-loaded-securely", "" },
	{ "sri_over_http", "<script src=http://c.example.org/a></script>",
	  "not-implemented-and-external-scripts-not-loaded-securely",
	  "http://c.example.org/a" },
	{ "sri_of_style_sheets",
	  "<link rel='preload stylesheet' href=//c.example.org/s>",
	  "not-implemented-but-no-scripts-loaded", "//c.example.org/s" },
	{ "sri_of_links_that_are_no_style",
	  "<link rel=icon href=//c.example.org/s>",
	  "not-implemented-but-no-scripts-loaded", "" },
	{ "sri_beside_a_base",
	  "<base href=https://c.example.org/><script src=a></script>",
	  "not-implemented-but-external-scripts-loaded-securely", "a" },
	{ "sri_listed_once",
	  "<script src=//c.example.org/a></script>"
	  "<script src=' //c.example.org/a '></script>",
	  "not-implemented-and-external-scripts-not-loaded-securely",
	  "//c.example.org/a" },
	{ "sri_of_a_host_that_hides_behind_a_person",
	  "<script src=https://www.example.net@c.example.org/a></script>",
	  "not-implemented-but-external-scripts-loaded-securely",
	  "https://www.example.net@c.example.org/a" },
};

static void sri_is_judged(void **state)
{
	const struct sri_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct html_page page = { 0 };
	struct sb text = sb_new(&a, 64);
	struct sri sri = { 0 };

	read_html(c->html, &a, &page);
	sri_read(&page, "www.example.net", true, &a, &sri);
	assert_string_equal(sri.result + 4, c->result);
	for (size_t i = 0; i < sri.unpinned.len; i++)
		sb_addf(&text, "%s%s", i ? " " : "", sri.unpinned.items[i]);
	assert_string_equal(text.s, c->unpinned);
}

/* ---- single tests ---- */

static const struct header_case {
	const char *name;
	const char *test;   /* of observatory_tests */
	const char *fields; /* "NAME: VALUE" lines */
	const char *result;
	bool unverified;
} header_cases[] = {
	{ "result_hsts_of_half_a_year", "strict-transport-security",
	  "Strict-Transport-Security: max-age=15552000\n",
	  "hsts-implemented-max-age-at-least-six-months" },
	{ "result_hsts_shorter", "strict-transport-security",
	  "Strict-Transport-Security: max-age=15551999\n",
	  "hsts-implemented-max-age-less-than-six-months" },
	{ "result_hsts_twice", "strict-transport-security",
	  "Strict-Transport-Security: max-age=31536000\n"
	  "Strict-Transport-Security: max-age=31536000\n",
	  "hsts-header-invalid" },
	{ "result_hsts_with_a_bad_certificate", "strict-transport-security",
	  "Strict-Transport-Security: max-age=31536000\n", "hsts-invalid-cert",
	  true },
	{ "result_hsts_none", "strict-transport-security", "",
	  "hsts-not-implemented" },
	{ "result_cookie_careful", "cookies",
	  "Set-Cookie: sess=1; Secure; HttpOnly; SameSite=Lax\n",
	  "cookies-secure-with-httponly-sessions-and-samesite" },
	{ "result_cookie_none", "cookies", "", "cookies-not-found" },
	{ "result_cookie_careless", "cookies", "Set-Cookie: a=1\n",
	  "cookies-without-secure-flag" },
	{ "result_cookie_careless_behind_hsts", "cookies",
	  "Set-Cookie: a=1\nStrict-Transport-Security: max-age=31536000\n",
	  "cookies-without-secure-flag-but-protected-by-hsts" },
	{ "result_cookie_of_a_session_in_clear", "cookies",
	  "Set-Cookie: PHPSESSID=1; HttpOnly\n",
	  "cookies-session-without-secure-flag" },
	{ "result_cookie_of_a_session_for_scripts", "cookies",
	  "Set-Cookie: login=1; Secure\n",
	  "cookies-session-without-httponly-flag" },
	{ "result_cookie_against_forgery", "cookies",
	  "Set-Cookie: csrf=1; Secure\n",
	  "cookies-anticsrf-without-samesite-flag" },
	{ "result_cookie_with_an_odd_word", "cookies",
	  "Set-Cookie: a=1; Secure; SameSite=Never\n",
	  "cookies-samesite-flag-invalid" },
	{ "result_cookie_that_replaces_another", "cookies",
	  "Set-Cookie: a=1\nSet-Cookie: a=2; Secure; SameSite=Lax\n",
	  "cookies-secure-with-httponly-sessions-and-samesite" },
	{ "result_cookie_of_another_host", "cookies",
	  "Set-Cookie: a=1; Domain=example.org\n", "cookies-not-found" },
	{ "result_cookie_that_breaks_its_prefix", "cookies",
	  "Set-Cookie: __Host-a=1; Secure\n", "cookies-not-found" },
	{ "result_frames", "x-frame-options", "X-Frame-Options: deny\n",
	  "x-frame-options-sameorigin-or-deny" },
	{ "result_frames_by_policy", "x-frame-options",
	  "Content-Security-Policy: frame-ancestors 'none'\n",
	  "x-frame-options-implemented-via-csp" },
	{ "result_frames_twice", "x-frame-options",
	  "X-Frame-Options: deny\nX-Frame-Options: deny\n",
	  "x-frame-options-header-invalid" },
	{ "result_frames_allowed", "x-frame-options",
	  "X-Frame-Options: ALLOW-FROM https://a\n",
	  "x-frame-options-allow-from-origin" },
	{ "result_sniffing", "x-content-type-options",
	  "x-content-type-options: NOSNIFF\n",
	  "x-content-type-options-nosniff" },
	{ "result_sniffing_misspelt", "x-content-type-options",
	  "X-Content-Type-Options: sniff\n",
	  "x-content-type-options-header-invalid" },
	{ "result_referrer_the_last_known", "referrer-policy",
	  "Referrer-Policy: unsafe-url\nReferrer-Policy: no-referrer, x\n",
	  "referrer-policy-private" },
	{ "result_referrer_unsafe", "referrer-policy",
	  "Referrer-Policy: origin\n", "referrer-policy-unsafe" },
	{ "result_resource_policy", "cross-origin-resource-policy",
	  "Cross-Origin-Resource-Policy: Same-Origin\n",
	  "corp-implemented-with-same-origin" },
	{ "result_embedder_policy", "cross-origin-embedder-policy",
	  "Cross-Origin-Embedder-Policy: require-corp; report-to=\"a\"\n",
	  "coep-implemented-with-require-corp" },
	{ "result_embedder_policy_is_a_token", "cross-origin-embedder-policy",
	  "Cross-Origin-Embedder-Policy: \"require-corp\"\n",
	  "coep-header-invalid" },
	{ "result_opener_policy", "cross-origin-opener-policy",
	  "Cross-Origin-Opener-Policy: same-origin\n",
	  "coop-implemented-with-same-origin" },
};

static const char *stated(const struct fact_list *facts, const char *test)
{
	for (size_t i = 0; i < OBSERVATORY_TESTS; i++)
		if (!strcmp(observatory_tests[i].name, test))
			return fact_find(facts, observatory_tests[i].fact, 443)
				->text;
	return NULL;
}

static void headers_have_the_result(void **state)
{
	const struct header_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };
	struct redirect_route route = { 0 };
	struct web_answer page = { 0 };
	const char *head = arena_printf(&a, "HTTP/1.1 200 OK\n%s\n", c->fields);
	struct observatory_input in = { .page = &page,
					.host = "www.example.net",
					.https = true,
					.route = &route };

	assert_true(web_parse_head(span_str(head), &a, &page, NULL));
	page.verified = !c->unverified;
	observatory_facts(&in, 443, &facts);
	assert_string_equal(stated(&facts, c->test), c->result);
}

static const struct cors_case {
	const char *name, *allow, *credentials, *result;
} cors_cases[] = {
	{ "cors_of_none", NULL, NULL, "not-implemented" },
	{ "cors_of_everybody", "*", NULL, "implemented-with-public-access" },
	{ "cors_of_everybody_with_credentials_is_refused_by_browsers", "*",
	  "true", "implemented-with-public-access" },
	{ "cors_of_some", "https://b.example", "true",
	  "implemented-with-restricted-access" },
	{ "cors_of_whoever_asks", "https://origin.invalid", NULL,
	  "implemented-with-restricted-access" },
	{ "cors_of_whoever_asks_with_credentials", "https://origin.invalid",
	  "TRUE", "implemented-with-universal-access" },
};

static void cors_is_judged(void **state)
{
	const struct cors_case *c = *state;
	struct web_field fields[2] = {
		{ "access-control-allow-origin", c->allow },
		{ "Access-Control-Allow-Credentials", c->credentials },
	};
	struct web_answer answer = {
		.status = 204,
		.fields = fields,
		.field_count = (size_t)(c->allow != NULL) +
			       (size_t)(c->credentials != NULL),
	};

	assert_string_equal(observatory_cors(&answer, OBSERVATORY_ORIGIN) +
				    strlen("cross-origin-resource-sharing-"),
			    c->result);
}

/* ---- the score ---- */

static const struct score_case {
	const char *name;
	const char *results[4]; /* of the first tests */
	int score;
	const char *grade;
} score_cases[] = {
	{ "score_of_nothing_special",
	  { "csp-implemented-with-unsafe-inline-in-style-src-only" },
	  100,
	  "A+" },
	{ "score_with_a_bonus",
	  { "csp-implemented-with-no-unsafe",
	    "cookies-without-secure-flag-but-protected-by-hsts" },
	  100,
	  "A+" },
	{ "score_at_ninety_has_the_bonus",
	  { "csp-implemented-with-no-unsafe",
	    "cookies-session-without-secure-flag-but-protected-by-hsts" },
	  95,
	  "A" },
	{ "score_below_ninety_has_no_bonus",
	  { "csp-implemented-with-no-unsafe", "cookies-without-secure-flag" },
	  80,
	  "B+" },
	{ "score_is_never_negative",
	  { "csp-header-invalid", "cookies-session-without-secure-flag",
	    "cross-origin-resource-sharing-implemented-with-universal-access" },
	  0,
	  "F" },
	{ "score_passes_over_what_it_does_not_know",
	  { "something-new", "cookies-not-found" },
	  100,
	  "A+" },
};

static void score_is_reckoned(void **state)
{
	const struct score_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };
	struct observatory o = { 0 };

	for (size_t i = 0; c->results[i]; i++)
		fact_text(&facts, observatory_tests[i].fact, 443,
			  c->results[i]);
	assert_true(observatory_score(&facts, 443, &o));
	assert_int_equal(o.score, c->score);
	assert_string_equal(o.grade, c->grade);
	assert_false(observatory_score(&facts, 80, &o));
}

static void grades_are_those_of_the_chart(void **state)
{
	static const char *const chart[] = { "F",  "F",	 "F",  "F",  "F",  "D-",
					     "D",  "D",	 "D+", "C-", "C",  "C",
					     "C+", "B-", "B",  "B",  "B+", "A-",
					     "A",  "A",	 "A+" };

	for (int i = 0; i <= 20; i++) {
		assert_string_equal(observatory_grade(5 * i), chart[i]);
		assert_string_equal(observatory_grade(5 * i + 4), chart[i]);
	}
}

static void a_result_shows_score_grade_and_tests(void **state)
{
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };
	struct result_info info = { 0 };

	fact_int(&facts, "http.status", 443, 200);
	fact_text(&facts, "observatory.content_security_policy", 443,
		  "csp-not-implemented");
	fact_text(&facts, "observatory.referrer_policy", 443,
		  "referrer-policy-private");
	result_make(&facts, &a, &info);
	assert_string_equal(
		info.http_info,
		"{\"443\":{\"status\":200,\"redirects\":[],"
		"\"cookies_analysis\":[],\"observatory\":{\"score\":75,"
		"\"grade\":\"B\",\"algorithm\":4,\"tests\":{"
		"\"content-security-policy\":{\"result\":"
		"\"csp-not-implemented\",\"modifier\":-25},"
		"\"referrer-policy\":{\"result\":"
		"\"referrer-policy-private\",\"modifier\":5}}}}}");
}

/* ---- cookies ---- */

static const struct prefix_case {
	const char *name, *line;
	bool has, keeps;
} prefix_cases[] = {
	{ "prefix_of_none", "a=1", false, true },
	{ "prefix_secure", "__Secure-a=1; Secure", true, true },
	{ "prefix_secure_in_clear", "__Secure-a=1", true, false },
	{ "prefix_host", "__Host-a=1; Path=/; Secure", true, true },
	{ "prefix_host_has_any_case", "__hOST-a=1; Path=/", true, false },
	{ "prefix_host_without_a_path", "__Host-a=1; Secure", true, false },
	{ "prefix_host_of_a_folder", "__Host-a=1; Path=/x; Secure", true,
	  false },
	{ "prefix_host_of_a_domain",
	  "__Host-a=1; Path=/; Secure; Domain=.Example.org", true, false },
};

static void prefix_is_kept_or_not(void **state)
{
	const struct prefix_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct cookie cookie = { 0 };

	assert_true(cookie_parse(c->line, 0, &a, &cookie));
	assert_int_equal(cookie_has_prefix(&cookie), c->has);
	assert_int_equal(cookie_keeps_prefix(&cookie), c->keeps);
}

/* ---- compressed bodies ---- */

enum { PLAIN = 5 * 1000 * 1000 };

/* Zeros, which are small when they are packed. */
static size_t packed(int window, size_t plain, char *out, size_t max)
{
	static char zeros[PLAIN];
	z_stream z = { 0 };

	deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (Bytef *)zeros;
	z.avail_in = (uInt)plain;
	z.next_out = (Bytef *)out;
	z.avail_out = (uInt)max;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

static const struct inflate_case {
	const char *name, *coding;
	int window;
	size_t plain, cut, len; /* of the packed bytes `cut` are missing */
	bool whole;
} inflate_cases[] = {
	{ "inflate_gzip", "gzip", 31, 1000, 0, 1000, true },
	{ "inflate_gzip_by_its_old_name", " X-GZIP ", 31, 10, 0, 10, true },
	{ "inflate_deflate", "deflate", 15, 1000, 0, 1000, true },
	{ "inflate_deflate_without_its_wrapping", "deflate", -15, 1000, 0, 1000,
	  true },
	{ "inflate_a_bomb_to_its_bound", "gzip", 31, PLAIN, 0, 100000, false },
	{ "inflate_what_came_of_a_body", "gzip", 31, 1000, 9, 1000, false },
	{ "inflate_no_such_coding", "gzip", 15, 1000, 0, 0, false },
	{ "inflate_a_coding_of_the_future", "br", 31, 1000, 0, 0, false },
};

static void body_is_inflated(void **state)
{
	const struct inflate_case *c = *state;
	_arena_ struct arena a = { 0 };
	char bytes[16 * 1024], *body = NULL;
	size_t len = packed(c->window, c->plain, bytes, sizeof(bytes)), got = 0;
	bool whole = inflate_body(inflate_coding(c->coding),
				  span_of(bytes, len - c->cut), 100000, &a,
				  &body, &got);

	assert_int_equal(whole, c->whole);
	assert_int_equal(got, c->len);
}

int main(void)
{
	static const struct CMUnitTest rest[] = {
		cmocka_unit_test(a_policy_that_only_reports_is_told_apart),
		cmocka_unit_test(a_page_that_nests_for_ever_is_cut),
		cmocka_unit_test(a_page_of_scripts_without_end_is_cut),
		cmocka_unit_test(grades_are_those_of_the_chart),
		cmocka_unit_test(a_result_shows_score_grade_and_tests),
	};
	static struct CMUnitTest tests[COUNT(csp_cases) + COUNT(verdict_cases) +
				       COUNT(url_cases) + COUNT(route_cases) +
				       COUNT(own_cases) + COUNT(html_cases) +
				       COUNT(sri_cases) + COUNT(header_cases) +
				       COUNT(cors_cases) + COUNT(score_cases) +
				       COUNT(prefix_cases) +
				       COUNT(inflate_cases) + COUNT(rest)];
	size_t n = 0;

	ADD(csp_cases, csp_is_judged);
	ADD(verdict_cases, csp_has_the_verdict);
	ADD(url_cases, url_is_read);
	ADD(route_cases, route_is_judged);
	ADD(own_cases, own_redirect_is_told_apart);
	ADD(html_cases, html_is_read);
	ADD(sri_cases, sri_is_judged);
	ADD(header_cases, headers_have_the_result);
	ADD(cors_cases, cors_is_judged);
	ADD(score_cases, score_is_reckoned);
	ADD(prefix_cases, prefix_is_kept_or_not);
	ADD(inflate_cases, body_is_inflated);
	memcpy(tests + n, rest, sizeof(rest));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
