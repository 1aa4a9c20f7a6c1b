/* A cursor over bytes from outside: what it takes, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/span.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void lines_end_with_lf_or_cr_lf_and_have_a_maximum(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		const char *line; /* NULL: refused */
		const char *rest;
	} cases[] = {
		{ "one\ntwo\n", 80, "one", "two\n" },
		{ "one\r\ntwo", 80, "one", "two" },
		{ "\r\n", 80, "", "" },
		{ "\n", 0, "", "" },
		{ "a\rb\n", 80, "a\rb", "" },
		{ "abc\n", 3, "abc", "" },
		{ "abc\r\n", 3, "abc", "" },
		{ "abcd\n", 3, NULL, "abcd\n" },
		{ "abcd\r\n", 3, NULL, "abcd\r\n" },
		{ "no end", 80, NULL, "no end" },
		{ "", 80, NULL, "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span s = span_str(cases[i].text), line;
		bool ok = span_line(&s, cases[i].max, &line);

		assert_int_equal(ok, cases[i].line != NULL);
		if (ok)
			assert_true(span_is(line, cases[i].line));
		assert_true(span_is(s, cases[i].rest));
	}
}

static void items_end_at_the_stop_or_the_end(void **state)
{
	struct span s = span_str("a,,b"), item;

	assert_true(span_until(&s, ',', 9, &item) && span_is(item, "a"));
	assert_true(span_until(&s, ',', 9, &item) && span_is(item, ""));
	assert_true(span_until(&s, ',', 9, &item) && span_is(item, "b"));
	assert_false(span_until(&s, ',', 9, &item));
	s = span_str("abcd,e");
	assert_false(span_until(&s, ',', 3, &item));
	assert_true(span_is(s, "abcd,e"));
	assert_true(span_until(&s, ',', 4, &item) && span_is(s, "e"));
	s = span_str("abcd");
	assert_false(span_until(&s, ',', 3, &item));
	assert_true(span_until(&s, ',', SIZE_MAX, &item));
}

static void numbers_stay_within_their_maximum(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool ok;
		uint64_t number;
		const char *rest;
	} cases[] = {
		{ "65535", 65535, true, 65535, "" },
		{ "65536", 65535, false, 0, "65536" },
		{ "0080/tcp", 65535, true, 80, "/tcp" },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX, "" },
		{ "18446744073709551616", UINT64_MAX, false, 0,
		  "18446744073709551616" },
		{ "-1", 9, false, 0, "-1" },
		{ "+1", 9, false, 0, "+1" },
		{ " 1", 9, false, 0, " 1" },
		{ "", 9, false, 0, "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span s = span_str(cases[i].text);
		uint64_t n = 0;

		assert_int_equal(span_number(&s, cases[i].max, &n),
				 cases[i].ok);
		assert_true(n == cases[i].number);
		assert_true(span_is(s, cases[i].rest));
	}
}

static void words_end_at_blanks(void **state)
{
	struct span s = span_str("GET \t/x\r\n"), word;

	assert_true(span_word(&s, 3, &word) && span_is(word, "GET"));
	assert_false(span_word(&s, 9, &word));
	span_skip_blank(&s);
	assert_false(span_word(&s, 1, &word));
	assert_true(span_word(&s, 2, &word) && span_is(word, "/x"));
	assert_true(span_is(s, "\r\n"));
}

static void comparing_folds_ascii_only(void **state)
{
	assert_true(span_is_nocase(span_str("MAX-age"), "max-AGE"));
	assert_false(span_is_nocase(span_str("max-ag"), "max-age"));
	assert_true(span_starts_nocase(span_str("Text/HTML; x"), "text/html"));
	assert_false(span_starts_nocase(span_str("tex"), "text"));
	/* 0xc0 and 0xe0 differ by the same bit as A and a. */
	assert_false(span_is_nocase(span_str("\xc0"), "\xe0"));
	assert_false(span_is_nocase(span_str("@"), "`"));
}

static void finding_gives_the_first_place(void **state)
{
	struct span s = span_str("xxSecure; secure");

	assert_ptr_equal(span_find_nocase(s, "secure"), s.p + 2);
	assert_null(span_find_nocase(s, "secured"));
	assert_ptr_equal(span_find_nocase(s, ""), s.p);
	assert_null(span_find_nocase(span_of(NULL, 9), "a"));
}

static void trimming_leaves_the_inside(void **state)
{
	assert_true(span_is(span_trim(span_str(" \t a b\r\n")), "a b"));
	assert_true(span_is(span_trim(span_str(" \r\n")), ""));
}

static void integers_are_big_endian_and_never_past_the_end(void **state)
{
	static const unsigned char bytes[] = { 1, 2,	3,    4,    5,
					       6, 0xff, 0xfe, 0xfd, 0xfc };
	struct span s = span_of(bytes, sizeof(bytes)), piece;
	uint8_t u8;
	uint16_t u16;
	uint32_t u24, u32;

	assert_true(span_u8(&s, &u8) && u8 == 1);
	assert_true(span_u16(&s, &u16) && u16 == 0x0203);
	assert_true(span_u24(&s, &u24) && u24 == 0x040506);
	assert_true(span_u32(&s, &u32) && u32 == 0xfffefdfc);
	assert_false(span_u8(&s, &u8));
	s = span_of(bytes, 3);
	assert_false(span_u32(&s, &u32));
	assert_false(span_take(&s, 4, &piece));
	assert_int_equal(span_len(s), 3);
	assert_true(span_take(&s, 3, &piece) && span_len(piece) == 3);
	assert_true(span_take(&s, 0, &piece) && span_len(piece) == 0);
}

static void a_copy_ends_with_nul(void **state)
{
	_arena_ struct arena a = { 0 };
	struct span s = span_of("abcdef", 3);

	assert_string_equal(span_dup(&a, s), "abc");
	assert_string_equal(span_dup(&a, span_str(NULL)), "");
}

static void a_literal_is_taken_whole_or_not_at_all(void **state)
{
	struct span s = span_str("SSH-2.0-x");

	assert_false(span_literal(&s, "SSH-1"));
	assert_true(span_literal(&s, "SSH-") && span_is(s, "2.0-x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_with_lf_or_cr_lf_and_have_a_maximum),
		cmocka_unit_test(items_end_at_the_stop_or_the_end),
		cmocka_unit_test(numbers_stay_within_their_maximum),
		cmocka_unit_test(words_end_at_blanks),
		cmocka_unit_test(comparing_folds_ascii_only),
		cmocka_unit_test(finding_gives_the_first_place),
		cmocka_unit_test(trimming_leaves_the_inside),
		cmocka_unit_test(
			integers_are_big_endian_and_never_past_the_end),
		cmocka_unit_test(a_copy_ends_with_nul),
		cmocka_unit_test(a_literal_is_taken_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
