/* What is read from request lines, headers and forms. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "exchange.h"
#include "http/address.h"
#include "http/form.h"

static void same(const char *what, const char *got, const char *want)
{
	if ((got == NULL) != (want == NULL) || (got && strcmp(got, want)))
		fail_msg("%s: '%s', not '%s'", what, got ? got : "(null)",
			 want ? want : "(null)");
}

static void paths_and_queries(void **state)
{
	static const struct {
		const char *target, *path, *query;
	} cases[] = {
		{ "/a/b", "/a/b", "" },	    { "/a?b=c", "/a", "b=c" },
		{ "/a?", "/a", "" },	    { "/a?b?c", "/a", "b?c" },
		{ "/%61%2Fb", "/a/b", "" }, { "/a%", "", "" },
		{ "/a%4", "", "" },	    { "/a%zz", "", "" },
		{ "/a%00b", "", "" },	    { "/a+b", "/a+b", "" },
		{ "*", "*", "" },	    { "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct exchange x = { .reply.fd = -1 };

		request_line(&x, cases[i].target);
		same(cases[i].target, x.request.path, cases[i].path);
		same(cases[i].target, x.query, cases[i].query);
		assert_int_equal(x.reply.status, 0);
		arena_free(&x.arena);
	}
}

static void a_target_that_is_too_long_is_answered(void **state)
{
	struct exchange x = { .reply.fd = -1 };
	char target[8192];

	(void)state;
	memset(target, 'a', sizeof(target));
	target[0] = '/';
	target[sizeof(target) - 1] = '\0';
	x.request.id = "x";
	request_line(&x, target);
	assert_int_equal(x.reply.status, 414);
	target[1] = '?';
	x.reply.status = 0;
	request_line(&x, target);
	assert_int_equal(x.reply.status, 414);
	arena_free(&x.arena);
}

static struct exchange with_header(const char *header)
{
	const char *headers[] = { header, NULL };
	const struct settings s = test_settings();
	struct exchange x = { 0 };

	test_request(&x, &s, "GET", "/", headers, NULL);
	return x;
}

static void cookies(void **state)
{
	static const struct {
		const char *header, *access, *csrf;
	} cases[] = {
		{ "Cookie: access_token=a; csrf_token=b", "a", "b" },
		{ "Cookie: access_token=a;csrf_token=b", "a", "b" },
		{ "cookie:  x=y; access_token = a ", "a", NULL },
		{ "Cookie: access_token=\"a\"", "a", NULL },
		{ "Cookie: access_token=", "", NULL },
		{ "Cookie: access_token", "", NULL },
		{ "Cookie: access_token=first; access_token=last", "first",
		  NULL },
		{ "Cookie: Access_Token=a; xaccess_token=b", NULL, NULL },
		{ "Cookie: access_token=a=b", "a=b", NULL },
		{ "Cookie: ;;; =; csrf_token=b", NULL, "b" },
		{ "Cookie: csrf_token=\xc3\xa4", NULL, "\xc3\xa4" },
		{ "Cookie: ", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct exchange x = with_header(cases[i].header);

		same(cases[i].header, x.request.access_cookie, cases[i].access);
		same(cases[i].header, x.request.csrf_cookie, cases[i].csrf);
		arena_free(&x.arena);
	}
}

static void headers_that_come_twice(void **state)
{
	const char *headers[] = { "X-Forwarded-For: 192.0.2.1",
				  "X-FORWARDED-FOR: 192.0.2.2",
				  "Authorization: first",
				  "Authorization: last",
				  "Cookie: access_token=a",
				  "Cookie: csrf_token=b",
				  NULL };
	const struct settings s = test_settings();
	struct exchange x = { 0 };

	(void)state;
	test_request(&x, &s, "GET", "/", headers, NULL);
	same("list", x.headers.forwarded_for, "192.0.2.1,192.0.2.2");
	same("single", x.credentials.authorization, "first");
	same("cookie", x.request.access_cookie, "a");
	same("cookie", x.request.csrf_cookie, "b");
	arena_free(&x.arena);
}

static void content_lengths(void **state)
{
	static const struct {
		const char *header;
		int64_t len;
	} cases[] = {
		{ "Content-Length: 0", 0 },
		{ "Content-Length: 17", 17 },
		{ "Content-Length: 17x", INT64_MAX },
		{ "Content-Length: -1", INT64_MAX },
		{ "Content-Length: 99999999999999999999", INT64_MAX },
		{ "Content-Length: ", INT64_MAX },
		{ "Accept: */*", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct exchange x = with_header(cases[i].header);

		if (request_body_length(&x) != cases[i].len)
			fail_msg("%s", cases[i].header);
		arena_free(&x.arena);
	}
}

static void whose_request_it_is(void **state)
{
	static const struct {
		const char *peer, *forwarded, *trusted, *client;
	} cases[] = {
		/* Nobody is trusted: the header means nothing. */
		{ "192.0.2.1", "198.51.100.1", "", "192.0.2.1" },
		{ "192.0.2.1", NULL, "192.0.2.0/24", "192.0.2.1" },
		{ "192.0.2.1", "", "192.0.2.0/24", "192.0.2.1" },
		{ "203.0.113.1", "198.51.100.1", "192.0.2.0/24",
		  "203.0.113.1" },
		{ "192.0.2.1", "198.51.100.1", "192.0.2.0/24", "198.51.100.1" },
		/* The right-most that is not ours; the client made the rest. */
		{ "192.0.2.1", "10.0.0.1, 198.51.100.1, 192.0.2.9",
		  "192.0.2.0/24", "198.51.100.1" },
		{ "192.0.2.1", "192.0.2.8, 192.0.2.9", "192.0.2.0/24",
		  "192.0.2.8" },
		{ "192.0.2.1", "evil, 192.0.2.9", "192.0.2.0/24", "192.0.2.9" },
		{ "192.0.2.1", "evil", "192.0.2.0/24", "192.0.2.1" },
		{ "192.0.2.1", "198.51.100.1:4711", "192.0.2.1",
		  "198.51.100.1" },
		{ "::1", "[2001:db8::1]:443", "::1", "2001:db8::1" },
		{ "::1", "2001:DB8:0::1", "127.0.0.1, ::1", "2001:db8::1" },
		{ "127.0.0.1", "::ffff:198.51.100.1", "127.0.0.0/8",
		  "198.51.100.1" },
		{ "127.0.0.1", "198.51.100.1", "::ffff:127.0.0.1",
		  "198.51.100.1" },
		{ "127.0.0.1",
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "127.0.0.0/8", "127.0.0.1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };

		same(cases[i].forwarded ? cases[i].forwarded : "(none)",
		     address_client(cases[i].peer, cases[i].forwarded,
				    cases[i].trusted, &a),
		     cases[i].client);
	}
}

static void networks(void **state)
{
	static const struct {
		const char *address, *networks;
		bool in;
	} cases[] = {
		{ "10.1.2.3", "10.0.0.0/8", true },
		{ "11.1.2.3", "10.0.0.0/8", false },
		{ "10.1.2.3", "10.1.2.3", true },
		{ "10.1.2.3", "10.1.2.2/31", true },
		{ "10.1.2.4", "10.1.2.2/31", false },
		{ "10.1.2.3", "0.0.0.0/0", true },
		{ "2001:db8::1", "0.0.0.0/0", false },
		{ "2001:db8::1", "2001:db8::/32", true },
		{ "2001:db9::1", "2001:db8::/32", false },
		{ "10.1.2.3", "10.0.0.0/33", false },
		{ "10.1.2.3", "10.0.0.0/", false },
		{ "10.1.2.3", "nonsense, 10.0.0.0/8x, 10.1.2.3", true },
		{ "10.1.2.3", "", false },
		{ "nonsense", "0.0.0.0/0", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (address_in(cases[i].address, cases[i].networks) !=
		    cases[i].in)
			fail_msg("%s in '%s'", cases[i].address,
				 cases[i].networks);
}

#define PART "Content-Disposition: form-data; name=\"file\"; filename=\"a.csv\""

static void forms(void **state)
{
	static const struct {
		const char *what, *type, *body, *filename, *content;
	} cases[] = {
		{ "as browsers send it", "multipart/form-data; boundary=xx",
		  "--xx\r\n" PART "\r\nContent-Type: text/csv\r\n\r\na,b\r\n"
		  "\r\n--xx--\r\n",
		  "a.csv", "a,b\r\n" },
		{ "a quoted boundary", "Multipart/Form-Data; boundary=\"x x\"",
		  "--x x\r\n" PART "\r\n\r\n1\r\n--x x--", "a.csv", "1" },
		{ "an empty file", "multipart/form-data; boundary=xx",
		  "--xx\r\n" PART "\r\n\r\n\r\n--xx--\r\n", "a.csv", "" },
		{ "another part before it", "multipart/form-data; boundary=xx",
		  "preamble\r\n--xx\r\nContent-Disposition: form-data; "
		  "name=other\r\n\r\nno\r\n--xx\r\n" PART
		  "\r\n\r\nyes\r\n--xx--",
		  "a.csv", "yes" },
		{ "no file name", "multipart/form-data; boundary=xx",
		  "--xx\r\nContent-Disposition: form-data; name=file\r\n\r\n"
		  "1\r\n--xx--",
		  "", "1" },
		{ "an escaped file name", "multipart/form-data; boundary=xx",
		  "--xx\r\nContent-Disposition: form-data; name=\"file\"; "
		  "filename=\"a\\\"; name=x\"\r\n\r\n1\r\n--xx--",
		  "a\"; name=x", "1" },
		{ "the delimiter in the content",
		  "multipart/form-data; boundary=xx",
		  "--xx\r\n" PART "\r\n\r\n--xx --x\n--xx\r\n--xx--", "a.csv",
		  "--xx --x\n--xx" },
		{ "no end", "multipart/form-data; boundary=xx",
		  "--xx\r\n" PART "\r\n\r\n1", NULL, NULL },
		{ "no headers", "multipart/form-data; boundary=xx",
		  "--xx\r\n1\r\n--xx--", NULL, NULL },
		{ "another name", "multipart/form-data; boundary=xx",
		  "--xx\r\nContent-Disposition: form-data; name=\"files\"\r\n"
		  "\r\n1\r\n--xx--",
		  NULL, NULL },
		{ "no boundary", "multipart/form-data",
		  "--xx\r\n" PART "\r\n\r\n1\r\n--xx--", NULL, NULL },
		{ "an empty boundary", "multipart/form-data; boundary=",
		  "--\r\n" PART "\r\n\r\n1\r\n----", NULL, NULL },
		{ "another type", "application/json; boundary=xx",
		  "--xx\r\n" PART "\r\n\r\n1\r\n--xx--", NULL, NULL },
		{ "nothing", "multipart/form-data; boundary=xx", "", NULL,
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct upload got = { 0 };
		struct err err = { 0 };

		if (!form_file(cases[i].type, cases[i].body,
			       strlen(cases[i].body), "file", &a, &got, &err)) {
			assert_string_equal(err.field, "body.file");
			assert_string_equal(err.type, "missing");
		}
		same(cases[i].what, got.filename, cases[i].filename);
		same(cases[i].what, got.bytes, cases[i].content);
		if (got.bytes)
			assert_int_equal(got.len, strlen(cases[i].content));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_and_queries),
		cmocka_unit_test(a_target_that_is_too_long_is_answered),
		cmocka_unit_test(cookies),
		cmocka_unit_test(headers_that_come_twice),
		cmocka_unit_test(content_lengths),
		cmocka_unit_test(whose_request_it_is),
		cmocka_unit_test(networks),
		cmocka_unit_test(forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
