/* Addresses that are put together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/url.h"

static void what_is_not_unreserved_is_encoded(void **state)
{
	static const struct {
		const char *text, *encoded;
	} cases[] = {
		{ "", "" },
		{ "azAZ09-._~", "azAZ09-._~" },
		{ "a b", "a%20b" },
		{ "anna+x@x.example", "anna%2Bx%40x.example" },
		{ "&=?#/%", "%26%3D%3F%23%2F%25" },
		{ "[\\]^`{|}", "%5B%5C%5D%5E%60%7B%7C%7D" },
		{ "\xc3\xbc", "%C3%BC" },
		{ "\x01\x7f", "%01%7F" },
	};
	_arena_ struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(url_encode(&a, cases[i].text),
				    cases[i].encoded);
}

static void one_slash_stands_between(void **state)
{
	static const struct {
		const char *base, *path, *whole;
	} cases[] = {
		{ "https://x.example", "/a", "https://x.example/a" },
		{ "https://x.example/", "/a", "https://x.example/a" },
		{ "https://x.example/nis2//", "/a?b=c",
		  "https://x.example/nis2/a?b=c" },
		{ "https://x.example/", "", "https://x.example" },
	};
	_arena_ struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(url_under(&a, cases[i].base, cases[i].path),
				    cases[i].whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_unreserved_is_encoded),
		cmocka_unit_test(one_slash_stands_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
