/*
 * What each format accepts, what it makes of it, and what it refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "codec/format.h"
#include "table.h"

#define X10 "aaaaaaaaaa"
#define X50 X10 X10 X10 X10 X10
#define X64 X50 X10 "aaaa"

struct example {
	const char *name;
	enum format format;
	const char *text;
	const char *is; /* NULL: refused */
};

#define ID "018f0000-0000-7000-8000-00000000000a"

static const struct example examples[] = {
	{ "no format", FORMAT_NONE, " a\n", " a\n" },

	{ "a canonical id", FORMAT_UUID, ID, ID },
	{ "an id in upper case", FORMAT_UUID,
	  "018F0000-0000-7000-8000-00000000000A", ID },
	{ "an id without hyphens", FORMAT_UUID,
	  "018f000000007000800000000000000a", ID },
	{ "an id in braces", FORMAT_UUID, "{" ID "}", ID },
	{ "an id as a URN", FORMAT_UUID, "URN:uuid:" ID, ID },
	{ "an id one short", FORMAT_UUID, "018f0000-0000-7000-8000-00000000000",
	  NULL },
	{ "an id one long", FORMAT_UUID, ID "0", NULL },
	{ "an id with a misplaced hyphen", FORMAT_UUID,
	  "018f000-00000-7000-8000-00000000000a", NULL },
	{ "an id with a letter too high", FORMAT_UUID,
	  "018g0000-0000-7000-8000-00000000000a", NULL },
	{ "an id with a brace missing", FORMAT_UUID, "{" ID, NULL },
	{ "no id", FORMAT_UUID, "", NULL },

	{ "an address", FORMAT_EMAIL, "me@example.com", "me@example.com" },
	{ "only the domain is lowered", FORMAT_EMAIL, "Me@Example.COM",
	  "Me@example.com" },
	{ "blanks around an address", FORMAT_EMAIL, " me@example.com\n",
	  "me@example.com" },
	{ "an address with a name", FORMAT_EMAIL, "Me <me@example.com>",
	  "me@example.com" },
	{ "an address in brackets", FORMAT_EMAIL, "<me@example.com>",
	  "me@example.com" },
	{ "odd but allowed", FORMAT_EMAIL, "a.b+c_d'e@sub.example.co",
	  "a.b+c_d'e@sub.example.co" },
	{ "letters of all languages", FORMAT_EMAIL,
	  "\xc3\xa9l\xc3\xa8ve@b\xc3\xbc"
	  "cher.example",
	  "\xc3\xa9l\xc3\xa8ve@b\xc3\xbc"
	  "cher.example" },
	{ "a Punycode domain", FORMAT_EMAIL, "me@xn--bcher-kva.example",
	  "me@xn--bcher-kva.example" },
	{ "64 characters before the @", FORMAT_EMAIL, X64 "@example.com",
	  X64 "@example.com" },
	{ "65 characters before the @", FORMAT_EMAIL, "a" X64 "@example.com",
	  NULL },
	{ "no @", FORMAT_EMAIL, "example.com", NULL },
	{ "nothing before the @", FORMAT_EMAIL, "@example.com", NULL },
	{ "nothing after the @", FORMAT_EMAIL, "me@", NULL },
	{ "two @", FORMAT_EMAIL, "a@b@example.com", NULL },
	{ "a domain without a dot", FORMAT_EMAIL, "me@example", NULL },
	{ "a leading dot", FORMAT_EMAIL, ".me@example.com", NULL },
	{ "a trailing dot", FORMAT_EMAIL, "me.@example.com", NULL },
	{ "two dots", FORMAT_EMAIL, "m..e@example.com", NULL },
	{ "two dots in the domain", FORMAT_EMAIL, "me@example..com", NULL },
	{ "a dot before the domain", FORMAT_EMAIL, "me@.example.com", NULL },
	{ "a dot after the domain", FORMAT_EMAIL, "me@example.com.", NULL },
	{ "a quoted local part", FORMAT_EMAIL, "\"me\"@example.com", NULL },
	{ "a domain that is an address", FORMAT_EMAIL, "me@[127.0.0.1]", NULL },
	{ "a domain that ends in digits", FORMAT_EMAIL, "me@127.0.0.1", NULL },
	{ "a domain with an underscore", FORMAT_EMAIL, "me@a_b.example.com",
	  NULL },
	{ "a label that begins with a hyphen", FORMAT_EMAIL, "me@-a.com",
	  NULL },
	{ "a label of 64 characters", FORMAT_EMAIL, "me@" X64 ".com", NULL },
	{ "a domain of 254 characters", FORMAT_EMAIL,
	  "me@" X50 "." X50 "." X50 "." X50 "." X10 X10 X10 X10 "aaaaaa.com",
	  NULL },
	{ "a blank inside", FORMAT_EMAIL, "m e@example.com", NULL },
	{ "a line end inside", FORMAT_EMAIL, "me@exa\r\nmple.com", NULL },
	{ "a no-break space inside", FORMAT_EMAIL,
	  "m\xc2\xa0"
	  "e@example.com",
	  NULL },
	{ "a mark that turns the direction", FORMAT_EMAIL,
	  "me\xe2\x80\xae@example.com", NULL },
	{ "a reserved name: test", FORMAT_EMAIL, "me@example.test", NULL },
	{ "a reserved name: local", FORMAT_EMAIL, "me@printer.LOCAL", NULL },
	{ "a reserved name: localhost", FORMAT_EMAIL, "me@a.localhost", NULL },
	{ "a reserved name: invalid", FORMAT_EMAIL, "me@a.invalid", NULL },
	{ "a reserved name: onion", FORMAT_EMAIL, "me@a.onion", NULL },
	{ "a reserved name of two labels", FORMAT_EMAIL, "me@a.home.arpa",
	  NULL },
	{ "only its end makes a name reserved", FORMAT_EMAIL,
	  "me@test.example.com", "me@test.example.com" },
	{ "an end that only looks reserved", FORMAT_EMAIL, "me@a.mytest",
	  "me@a.mytest" },

	{ "a link", FORMAT_URI, "https://example.com/a?b=%20#c",
	  "https://example.com/a?b=%20#c" },
	{ "a link that is no URL", FORMAT_URI, "urn:isbn:1", "urn:isbn:1" },
	{ "a link without a scheme", FORMAT_URI, "//example.com", NULL },
	{ "a scheme alone", FORMAT_URI, "https:", NULL },
	{ "a scheme that begins with a digit", FORMAT_URI, "1a:b", NULL },
	{ "a link with a blank", FORMAT_URI, "https://example.com/a b", NULL },
	{ "a link with a quote", FORMAT_URI, "https://example.com/\"", NULL },
	{ "a link with half an escape", FORMAT_URI, "https://example.com/%2",
	  NULL },
	{ "a link with a wrong escape", FORMAT_URI, "https://a/%zz", NULL },

	{ "a day", FORMAT_DATE, "2024-02-29", "2024-02-29" },
	{ "a day that is not", FORMAT_DATE, "2026-02-29", NULL },
	{ "a day with one digit", FORMAT_DATE, "2026-2-01", NULL },
	{ "a day with a time", FORMAT_DATE, "2026-02-01T00:00:00Z", NULL },

	{ "a host", FORMAT_HOST, " WWW.Example.com ", "www.example.com" },
	{ "a host of one label", FORMAT_HOST, "localhost", "localhost" },
	{ "a host that is nothing", FORMAT_HOST, "", NULL },
	{ "a host with a leading dot", FORMAT_HOST, ".example.com", NULL },
	{ "a host with a port", FORMAT_HOST, "example.com:80", NULL },
	{ "a host with an empty label", FORMAT_HOST, "a..b", NULL },

	{ "a line", FORMAT_TEXT, "Caf\xc3\xa9 No. 1", "Caf\xc3\xa9 No. 1" },
	{ "blanks at the ends of a line", FORMAT_TEXT, "\t a  b \r\n", "a  b" },
	{ "wide blanks at the ends of a line", FORMAT_TEXT,
	  "\xc2\xa0\xe3\x80\x80"
	  "a\xe2\x80\x89",
	  "a" },
	{ "a line of blanks is empty", FORMAT_TEXT, " \xc2\xa0 ", "" },
	{ "two lines", FORMAT_TEXT, "a\nb", NULL },
	{ "an escape", FORMAT_TEXT, "a\x1b[31m", NULL },
	{ "DEL", FORMAT_TEXT, "a\x7f", NULL },
	{ "a C1 control", FORMAT_TEXT,
	  "a\xc2\x85"
	  "b",
	  NULL },
	{ "a line separator", FORMAT_TEXT,
	  "a\xe2\x80\xa8"
	  "b",
	  NULL },
	{ "a mark that turns the text", FORMAT_TEXT,
	  "a\xe2\x80\xae"
	  "b",
	  NULL },
};

static void is_example(void **state)
{
	const struct example *c = *state;
	_arena_ struct arena a = { 0 };
	const char *why = NULL;
	const char *text = format_apply(c->format, &a, c->text, &why);

	if (!c->is) {
		assert_null(text);
		assert_non_null(why);
		return;
	}
	assert_non_null(text);
	assert_string_equal(text, c->is);
	/* Twice is the same as once. */
	assert_string_equal(format_apply(c->format, &a, text, &why), c->is);
}

struct bytes {
	const char *name;
	const char *bytes;
	size_t len;
	bool valid;
};

static const struct bytes encodings[] = {
	{ "no bytes", "", 0, true },
	{ "ASCII", "abc", 3, true },
	{ "two, three and four bytes", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
	  9, true },
	{ "the last character", "\xf4\x8f\xbf\xbf", 4, true },
	{ "beyond the last character", "\xf4\x90\x80\x80", 4, false },
	{ "NUL", "a\0b", 3, false },
	{ "Latin-1", "caf\xe9", 4, false },
	{ "a continuation alone", "\x80", 1, false },
	{ "cut short", "\xe2\x82", 2, false },
	{ "followed by ASCII", "\xe2\x82z", 3, false },
	{ "overlong", "\xc0\xaf", 2, false },
	{ "overlong in three", "\xe0\x80\xaf", 3, false },
	{ "a surrogate", "\xed\xa0\x80", 3, false },
	{ "UTF-16", "\xff\xfe\x61\x00", 4, false },
};

static void is_encoding(void **state)
{
	const struct bytes *c = *state;
	char *exact = malloc(c->len ? c->len : 1);
	bool valid;

	assert_non_null(exact);
	memcpy(exact, c->bytes, c->len);
	valid = format_utf8(exact, c->len);
	free(exact);
	assert_int_equal(valid, c->valid);
}

static void characters_are_counted(void **state)
{
	assert_int_equal(format_length(""), 0);
	assert_int_equal(format_length("abc"), 3);
	assert_int_equal(format_length("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
			 3);
}

static void every_format_has_a_word_for_its_issue(void **state)
{
	for (int f = FORMAT_NONE; f <= FORMAT_TEXT; f++)
		assert_non_null(format_issue((enum format)f));
}

int main(void)
{
	static const struct CMUnitTest single[] = {
		cmocka_unit_test(characters_are_counted),
		cmocka_unit_test(every_format_has_a_word_for_its_issue),
	};
	static struct CMUnitTest
		tests[COUNT(examples) + COUNT(encodings) + COUNT(single)];
	size_t n = 0;

	ADD(examples, is_example);
	ADD(encodings, is_encoding);
	for (size_t i = 0; i < COUNT(single); i++)
		tests[n++] = single[i];
	return _cmocka_run_group_tests("format", tests, n, NULL, NULL);
}
