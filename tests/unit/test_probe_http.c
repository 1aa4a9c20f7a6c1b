/*
 * What is understood of the headers of a web server, and that the client which
 * fetches them cannot be held up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "peer.h"
#include "scan/probes/cookies.h"
#include "scan/probes/http.h"
#include "table.h"

/* 2026-03-01T00:00:00Z */
static const int64_t now = INT64_C(1772323200) * 1000000;

/* ---- Strict-Transport-Security ---- */

static const struct hsts_case {
	const char *name, *value;
	bool valid;
	int64_t max_age;
	bool subdomains;
} hsts_cases[] = {
	{ "hsts_with_a_year", "max-age=31536000", true, 31536000, false },
	{ "hsts_directives_have_any_case_and_order",
	  "includeSubdomains ; MAX-AGE=10", true, 10, true },
	{ "hsts_age_may_be_quoted", "max-age=\"86400\"", true, 86400, false },
	{ "hsts_of_zero_switches_it_off", "max-age=0", true, 0, false },
	{ "hsts_unknown_directives_are_passed_over", "max-age=5; foo=bar;;",
	  true, 5, false },
	{ "hsts_age_of_ages_is_a_century", "max-age=99999999999999999999999999",
	  true, INT64_C(3153600000), false },
	{ "hsts_needs_an_age", "includeSubDomains", false },
	{ "hsts_age_must_be_a_number", "max-age=soon", false },
	{ "hsts_age_must_be_only_a_number", "max-age=10days", false },
	{ "hsts_age_once", "max-age=1; max-age=2", false },
	{ "hsts_empty", "", false },
};

static void hsts_is_read(void **state)
{
	const struct hsts_case *c = *state;
	struct hsts hsts = { 0 };

	assert_int_equal(http_parse_hsts(c->value, &hsts), c->valid);
	if (!c->valid)
		return;
	assert_int_equal(hsts.max_age, c->max_age);
	assert_int_equal(hsts.include_subdomains, c->subdomains);
}

/* ---- cookies ---- */

static const struct cookie_case {
	const char *name, *line;
	const char *cookie; /* its name; NULL: none */
	bool secure, http_only, same_site, deleted;
} cookie_cases[] = {
	{ "cookie_with_everything",
	  "sid=v; Path=/; Secure; HttpOnly; SameSite=Strict", "sid", true, true,
	  true },
	{ "cookie_names_are_no_flags", "secure_httponly_samesite=v",
	  "secure_httponly_samesite" },
	{ "cookie_values_are_no_flags", "a=secure; Path=/secure", "a" },
	{ "cookie_attributes_have_any_case", "a=b;SECURE;httponly;sameSITE=LAX",
	  "a", true, true, true },
	{ "cookie_same_site_none_needs_secure", "a=b; SameSite=None", "a" },
	{ "cookie_same_site_none_with_secure", "a=b; SameSite=None; Secure",
	  "a", true, false, true },
	{ "cookie_same_site_needs_a_known_word", "a=b; SameSite=Maybe", "a" },
	{ "cookie_deleted_by_age", "a=b; Max-Age=0", "a", .deleted = true },
	{ "cookie_deleted_by_negative_age", "a=b; Max-Age=-1", "a",
	  .deleted = true },
	{ "cookie_deleted_by_date", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
	  "a", .deleted = true },
	{ "cookie_deleted_by_short_date", "a=; expires=Sat, 28-Feb-26 10:00:00",
	  "a", .deleted = true },
	{ "cookie_of_the_future", "a=b; Expires=Fri, 31 Dec 2099 00:00:00 GMT",
	  "a" },
	{ "cookie_age_wins_over_date",
	  "a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a" },
	{ "cookie_with_a_broken_date", "a=b; Expires=whenever", "a" },
	{ "cookie_without_a_name", "=v; Secure", NULL },
	{ "cookie_without_a_value", "Secure", NULL },
	{ "cookie_empty", "", NULL },
};

static void cookie_is_read(void **state)
{
	const struct cookie_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct cookie cookie = { 0 };

	assert_int_equal(cookie_parse(c->line, now, &a, &cookie),
			 c->cookie != NULL);
	if (!c->cookie)
		return;
	assert_string_equal(cookie.name, c->cookie);
	assert_int_equal(cookie.secure, c->secure);
	assert_int_equal(cookie.http_only, c->http_only);
	assert_int_equal(cookie_is_same_site(&cookie), c->same_site);
	assert_int_equal(cookie.deleted, c->deleted);
}

static void the_value_of_a_cookie_is_nowhere(void **state)
{
	_arena_ struct arena a = { 0 };
	struct cookie c = { 0 };

	assert_true(
		cookie_parse("sid=hunter2==; Path=/x; Secure", now, &a, &c));
	assert_string_equal(c.masked, "sid=***; Path=/x; Secure");
}

/* ---- redirects and security.txt ---- */

static const struct redirect_case {
	const char *name;
	int status;
	const char *location, *host;
	bool fine;
} redirect_cases[] = {
	{ "redirect_to_https", 301, "https://example.com/", "example.com",
	  true },
	{ "redirect_for_now", 307, "https://example.com/", "example.com",
	  true },
	{ "redirect_to_www", 308, "https://www.example.com", "example.com",
	  true },
	{ "redirect_from_www", 302, "https://example.com/a?b",
	  "www.example.com", true },
	{ "redirect_with_port_and_case", 301, "HTTPS://Example.COM:443/",
	  "example.com", true },
	{ "redirect_of_an_address_may_go_anywhere", 301, "https://example.com/",
	  NULL, true },
	{ "redirect_to_another_site", 301, "https://example.net/",
	  "example.com", false },
	{ "redirect_to_a_site_that_looks_alike", 301,
	  "https://example.com.evil.example/", "example.com", false },
	{ "redirect_to_http", 301, "http://example.com/", "example.com",
	  false },
	{ "redirect_to_a_path", 301, "/login", "example.com", false },
	{ "redirect_to_nowhere", 301, "https://", NULL, false },
	{ "redirect_without_a_place", 301, NULL, "example.com", false },
	{ "no_redirect", 200, "https://example.com/", "example.com", false },
};

static void redirect_is_judged(void **state)
{
	const struct redirect_case *c = *state;
	struct web_field field = { "location", c->location };
	struct web_answer answer = { .status = c->status,
				     .fields = &field,
				     .field_count = c->location ? 1 : 0 };

	assert_int_equal(http_goes_to_https(&answer, c->host), c->fine);
}

static const struct version_case {
	const char *name, *value;
	bool tells;
} version_cases[] = {
	{ "version_of_nginx", "nginx/1.22.1", true },
	{ "version_of_php", "PHP/8", true },
	{ "version_after_a_blank", "ASP.NET 4.8", true },
	{ "version_of_dots", "Phusion 6.0.2", true },
	{ "version_of_none", "nginx", false },
	{ "version_of_a_name_with_a_digit", "cloudflare-h3", false },
	{ "version_of_http2", "h2o", false },
	{ "version_of_nothing", "", false },
};

static void version_is_noticed(void **state)
{
	const struct version_case *c = *state;

	assert_int_equal(http_tells_version(c->value), c->tells);
}

static void the_last_known_referrer_policy_counts(void **state)
{
	assert_string_equal(http_referrer_policy("no-referrer, unsafe-url"),
			    "unsafe-url");
	assert_string_equal(http_referrer_policy("Same-Origin, new-word"),
			    "same-origin");
	assert_null(http_referrer_policy("new-word"));
	assert_null(http_referrer_policy(""));
}

/* ---- recorded answers ---- */

static const struct recording {
	const char *name; /* of NAME.bytes and NAME.facts */
	int port;
	bool tls;
} recordings[] = {
	{ "good", 443, true },
	{ "bad", 443, true },
	{ "redirect", 80, false },
	{ "not_found", 8080, false },
};

static char *file_of(const struct recording *r, const char *kind,
		     struct arena *a, size_t *len)
{
	struct err err = { 0 };
	char *text = NULL;

	if (!file_read(arena_printf(a, "%s/tests/probe/http/%s.%s",
				    getenv("NIS2_SOURCE"), r->name, kind),
		       1 << 20, a, &text, len, &err))
		fail_msg("%s", err.msg);
	return text;
}

static void recorded_answer_gives_the_facts_beside_it(void **state)
{
	const struct recording *r = *state;
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };
	struct sb lines = sb_new(&a, 4096);
	struct web_answer answer = { 0 };
	struct err err = { 0 };
	size_t len = 0;
	struct span bytes;

	bytes.p = file_of(r, "bytes", &a, &len);
	bytes.end = bytes.p + len;
	assert_int_equal(web_head_length(bytes), len);
	assert_true(web_parse_head(bytes, &a, &answer, &err));
	http_facts(&(struct http_input){ .first = &answer,
					 .page = &answer,
					 .port = r->port,
					 .tls = r->tls,
					 .name = "example.com",
					 .now = now },
		   &facts);
	for (size_t i = 0; i < facts.len; i++) {
		fact_write(&facts.items[i], &lines);
		sb_addc(&lines, '\n');
	}
	assert_string_equal(lines.s, file_of(r, "facts", &a, NULL));
}

/* ---- heads and chunks ---- */

static void a_head_ends_with_an_empty_line(void **state)
{
	assert_int_equal(web_head_length(span_str("A\r\n\r\nbody")), 5);
	assert_int_equal(web_head_length(span_str("A\n\nbody")), 3);
	assert_int_equal(web_head_length(span_str("A\r\nB\r\n")), 0);
	assert_int_equal(web_head_length(span_str("")), 0);
}

static const struct head_case {
	const char *name, *head;
	int status;    /* 0: refused */
	const char *x; /* the value of "X", NULL if there is none */
} head_cases[] = {
	{ "head_plain", "HTTP/1.1 200 OK\r\nX: 1\r\n\r\n", 200, "1" },
	{ "head_without_a_reason", "HTTP/1.0 404\n\n", 404, NULL },
	{ "head_names_have_any_case", "HTTP/1.1 200 OK\nx:  a b \n\n", 200,
	  "a b" },
	{ "head_the_first_of_two_fields", "HTTP/1.1 200 OK\nX: 1\nx: 2\n\n",
	  200, "1" },
	{ "head_skips_what_is_no_field",
	  "HTTP/1.1 200 OK\nnonsense\nX : 1\nX: 2\n\n", 200, "2" },
	{ "head_shows_no_control_characters",
	  "HTTP/1.1 200 OK\nX: a\x1b[2Jb\n\n", 200, "a?[2Jb" },
	{ "head_of_another_protocol", "220 mail\r\n\r\n", 0 },
	{ "head_with_a_bad_status", "HTTP/1.1 99 x\r\n\r\n", 0 },
	{ "head_without_a_status", "HTTP/1.1\r\n\r\n", 0 },
};

static void head_is_read(void **state)
{
	const struct head_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct web_answer answer = { 0 };
	const char *x;

	assert_int_equal(web_parse_head(span_str(c->head), &a, &answer, NULL),
			 c->status != 0);
	if (!c->status)
		return;
	assert_int_equal(answer.status, c->status);
	x = web_header(&answer, "X");
	if (c->x)
		assert_string_equal(x, c->x);
	else
		assert_null(x);
}

static const struct chunk_case {
	const char *name, *bytes, *body;
	bool whole, bad;
} chunk_cases[] = {
	{ "chunks_two", "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
	  "abc0123456789", true },
	{ "chunks_none", "0\r\n\r\n", "", true },
	{ "chunks_cut_in_the_data", "5\r\nab", "ab", false },
	{ "chunks_cut_in_the_size", "5", "", false },
	{ "chunks_of_no_size", "xyz\r\nabc", "", false, true },
	{ "chunks_of_too_large_a_size", "7fffffff\r\nabc", "", false, true },
	{ "chunks_of_far_too_large_a_size", "ffffffffffffffffff\r\nabc", "",
	  false, true },
};

static void chunks_are_joined(void **state)
{
	const struct chunk_case *c = *state;
	char bytes[64];
	size_t len = 0;
	bool bad = false;

	snprintf(bytes, sizeof(bytes), "%s", c->bytes);
	assert_int_equal(web_dechunk(bytes, strlen(bytes), &len, &bad),
			 c->whole);
	assert_int_equal(bad, c->bad);
	assert_int_equal(len, strlen(c->body));
	assert_memory_equal(bytes, c->body, len);
}

/* ---- the client against a peer ---- */

/* Reads the request, so that closing does not reset, and says `ctx`. */
static void answer_and_close(struct peer *p, int fd)
{
	char request[2048];
	size_t len = 0;
	ssize_t n;

	while (!memmem(request, len, "\r\n\r\n", 4) &&
	       (n = recv(fd, request + len, sizeof(request) - len, 0)) > 0)
		len += (size_t)n;
	send(fd, p->ctx, p->len, MSG_NOSIGNAL);
}

static void fill_for_ever(struct peer *p, int fd)
{
	char text[1000];

	memset(text, 'a', sizeof(text));
	send(fd, p->ctx, p->len, MSG_NOSIGNAL);
	while (!p->stop && send(fd, text, sizeof(text), MSG_NOSIGNAL) > 0)
		;
}

static bool get(struct peer *p, const char *say, int64_t us, struct arena *a,
		struct web_answer *ret, struct err *err)
{
	struct addr addr = peer_addr();
	struct web_request request = { .addr = &addr,
				       .path = "/",
				       .user_agent = "test",
				       .max_body = 1000,
				       .deadline = clock_tick() + us };
	bool ok;

	p->ctx = say;
	p->len = strlen(say);
	peer_start(p);
	request.port = p->port;
	ok = web_get(&request, a, ret, err);
	peer_stop(p);
	return ok;
}

static const struct fetch {
	const char *name, *say, *body;
	bool cut;
} fetches[] = {
	{ "fetch_with_a_length",
	  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "hi" },
	{ "fetch_until_the_end", "HTTP/1.1 200 OK\r\n\r\nhi there",
	  "hi there" },
	{ "fetch_in_chunks",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "2\r\nhi\r\n0\r\n\r\n",
	  "hi" },
	{ "fetch_after_an_early_hint",
	  "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
	  "HTTP/1.1 200 OK\r\n\r\nhi",
	  "hi" },
	{ "fetch_of_less_than_promised",
	  "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", "hi", true },
	{ "fetch_of_cut_chunks",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhi", "hi",
	  true },
};

static void answer_is_fetched(void **state)
{
	const struct fetch *c = *state;
	struct peer p = { .serve = answer_and_close };
	_arena_ struct arena a = { 0 };
	struct web_answer answer = { 0 };
	struct err err = { 0 };

	if (!get(&p, c->say, 5000000, &a, &answer, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body, c->body);
	assert_int_equal(answer.cut, c->cut);
}

static void a_body_without_end_is_cut(void **state)
{
	struct peer p = { .serve = fill_for_ever };
	_arena_ struct arena a = { 0 };
	struct web_answer answer = { 0 };
	struct err err = { 0 };

	assert_true(
		get(&p, "HTTP/1.1 200 OK\r\n\r\n", 5000000, &a, &answer, &err));
	assert_int_equal(answer.body_len, 1000);
}

static void a_header_without_end_is_an_error(void **state)
{
	struct peer p = { .serve = fill_for_ever };
	_arena_ struct arena a = { 0 };
	struct web_answer answer = { 0 };
	struct err err = { 0 };

	assert_false(
		get(&p, "HTTP/1.1 200 OK\r\nX: ", 5000000, &a, &answer, &err));
	assert_non_null(strstr(err.msg, "header"));
}

static void silence_ends_with_the_deadline(void **state)
{
	struct peer p = { .serve = peer_be_silent };
	_arena_ struct arena a = { 0 };
	struct web_answer answer = { 0 };
	struct err err = { 0 };
	int64_t start = clock_tick();

	assert_false(get(&p, "", 200000, &a, &answer, &err));
	assert_true(clock_tick() - start < 2000000);
	assert_non_null(strstr(err.msg, "timed out"));
}

int main(void)
{
	static const struct CMUnitTest rest[] = {
		cmocka_unit_test(the_value_of_a_cookie_is_nowhere),
		cmocka_unit_test(the_last_known_referrer_policy_counts),
		cmocka_unit_test(a_head_ends_with_an_empty_line),
		cmocka_unit_test(a_body_without_end_is_cut),
		cmocka_unit_test(a_header_without_end_is_an_error),
		cmocka_unit_test(silence_ends_with_the_deadline),
	};
	static struct CMUnitTest
		tests[COUNT(hsts_cases) + COUNT(cookie_cases) +
		      COUNT(redirect_cases) + COUNT(version_cases) +
		      COUNT(recordings) + COUNT(head_cases) +
		      COUNT(chunk_cases) + COUNT(fetches) + COUNT(rest)];
	size_t n = 0;

	ADD(hsts_cases, hsts_is_read);
	ADD(cookie_cases, cookie_is_read);
	ADD(redirect_cases, redirect_is_judged);
	ADD(version_cases, version_is_noticed);
	ADD(recordings, recorded_answer_gives_the_facts_beside_it);
	ADD(head_cases, head_is_read);
	ADD(chunk_cases, chunks_are_joined);
	ADD(fetches, answer_is_fetched);
	memcpy(tests + n, rest, sizeof(rest));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
