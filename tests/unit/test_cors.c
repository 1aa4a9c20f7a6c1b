/* What scripts of other origins may do. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "exchange.h"
#include "http/cors.h"

static void origins_are_exact(void **state)
{
	static const struct {
		const char *list, *environment, *origin;
		bool allowed;
	} cases[] = {
		{ "https://a.example", "production", "https://a.example",
		  true },
		{ "https://a.example , https://b.example", "production",
		  "https://b.example", true },
		{ "https://a.example", "production", "https://A.example",
		  false },
		{ "https://a.example", "production", "https://a.example:444",
		  false },
		{ "https://a.example", "production", "https://a.example.evil",
		  false },
		{ "https://a.example", "production", "https://a.exampl",
		  false },
		{ "https://a.example", "production", "", false },
		{ "https://a.example", "production", "null", false },
		{ "", "production", "http://localhost:3000", false },
		{ "", "development", "http://localhost:3000", true },
		{ "", "development", "http://localhost:8077", true },
		{ "", "development", "http://localhost:3001", false },
		{ "https://a.example", "development", "http://localhost:3000",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct settings s = test_settings();

		s.cors_origins = cases[i].list;
		s.environment = cases[i].environment;
		if (cors_allows(&s, cases[i].origin) != cases[i].allowed)
			fail_msg("%s in '%s'", cases[i].origin, cases[i].list);
	}
}

static void preflights(void **state)
{
	static const struct {
		const char *origin, *method, *headers;
		int status;
		const char *text;
	} cases[] = {
		{ "https://app.example", "POST", "content-type, x-csrf-token",
		  200, "OK" },
		{ "https://app.example", "PATCH", "", 200, "OK" },
		{ "https://app.example", "GET",
		  "Accept,Accept-Language,Authorization,Content-Language,"
		  "Content-Type,X-CSRF-Token,X-Organization-Id",
		  200, "OK" },
		{ "https://evil.example", "POST", "", 400,
		  "Disallowed CORS origin" },
		{ "https://app.example", "TRACE", "", 400,
		  "Disallowed CORS method" },
		{ "https://app.example", "POST", "X-Evil", 400,
		  "Disallowed CORS headers" },
		{ "https://app.example", "POST", "content-type, x-evil", 400,
		  "Disallowed CORS headers" },
	};
	const struct settings s = test_settings();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct exchange x = { .reply.fd = -1 };

		x.request.method = "OPTIONS";
		x.credentials.origin = cases[i].origin;
		x.headers.request_method = cases[i].method;
		x.headers.request_headers = cases[i].headers;
		assert_true(cors_preflight(&s, &x));
		assert_int_equal(x.reply.status, cases[i].status);
		assert_string_equal(x.reply.bytes, cases[i].text);
		assert_true(
			(cases[i].status == 200) ==
			(test_header(&x, "Access-Control-Max-Age") != NULL));
		arena_free(&x.arena);
	}
}

static void what_is_no_preflight_is_left_alone(void **state)
{
	const struct settings s = test_settings();
	struct exchange x = { .reply.fd = -1 };

	(void)state;
	x.request.method = "OPTIONS";
	assert_false(cors_preflight(&s, &x));
	x.credentials.origin = "https://app.example";
	assert_false(cors_preflight(&s, &x));
	x.headers.request_method = "POST";
	x.request.method = "POST";
	assert_false(cors_preflight(&s, &x));
	assert_int_equal(x.reply.status, 0);
}

static void replies_name_the_origin_that_may_read_them(void **state)
{
	const struct settings s = test_settings();
	struct exchange x = { .reply.fd = -1 };

	(void)state;
	x.credentials.origin = "https://app.example";
	cors_headers(&s, &x);
	assert_string_equal(test_header(&x, "Access-Control-Allow-Origin"),
			    "https://app.example");
	assert_string_equal(test_header(&x, "Access-Control-Allow-Credentials"),
			    "true");
	assert_string_equal(test_header(&x, "Vary"), "Origin");
	x.reply.headers = NULL;
	x.credentials.origin = "https://evil.example";
	cors_headers(&s, &x);
	assert_null(test_header(&x, "Access-Control-Allow-Origin"));
	assert_string_equal(test_header(&x, "Vary"), "Origin");
	arena_free(&x.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(origins_are_exact),
		cmocka_unit_test(preflights),
		cmocka_unit_test(what_is_no_preflight_is_left_alone),
		cmocka_unit_test(replies_name_the_origin_that_may_read_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
