/* The RDATA of a TXT record: strings with their lengths, made one text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "net/dns_txt.h"
#include "table.h"

static const struct rdata {
	const char *name;
	const char *bytes;
	size_t len;
	const char *text; /* NULL: malformed */
} records[] = {
	{ "one string", "\005hello", 6, "hello" },
	{ "several are one text, without blanks", "\002ab\003cde\001f", 9,
	  "abcdef" },
	{ "an empty string", "\000", 1, "" },
	{ "nothing at all", "", 0, "" },
	{ "empty ones between", "\001a\000\001b", 5, "ab" },
	{ "a length past the end", "\006hello", 6, NULL },
	{ "a length alone", "\001", 1, NULL },
	{ "a good one and a bad one", "\001a\377b", 4, NULL },
};

static void is_joined(void **state)
{
	const struct rdata *r = *state;
	_arena_ struct arena a = { 0 };
	const char *text = dns_txt_join(r->bytes, r->len, &a);

	if (!r->text)
		assert_null(text);
	else
		assert_string_equal(text, r->text);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(records)];
	size_t n = 0;

	ADD(records, is_joined);
	return _cmocka_run_group_tests("dns_txt", tests, n, NULL, NULL);
}
