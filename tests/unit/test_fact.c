/*
 * Facts: what is stated, in what bounds, and how they travel as lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/fact.h"
#include "table.h"

static char *line_of(const struct fact *f, struct arena *a)
{
	struct sb out = sb_new(a, 64);

	fact_write(f, &out);
	return out.s;
}

static void every_kind_survives_the_way(void **state)
{
	static const char *const lines[] = {
		"{\"f\":\"tls.tested\",\"port\":443,\"yes\":false}",
		"{\"f\":\"cookie.secure\",\"port\":443,\"item\":\"sid\","
		"\"yes\":true}",
		"{\"f\":\"cert.days_left\",\"port\":443,\"number\":-3}",
		"{\"f\":\"tls.version\",\"port\":443,\"text\":\"TLSv1.3\"}",
		"{\"f\":\"tls.ciphers\",\"port\":443,\"list\":[]}",
		"{\"f\":\"tls.ciphers\",\"port\":0,\"list\":[\"a\",\"b\"]}",
		"{\"f\":\"cert.not_after\",\"port\":443,"
		"\"time\":\"2026-03-01T09:00:00.5Z\"}",
	};
	_arena_ struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct fact f = { 0 };
		struct err err = { 0 };

		if (!fact_read(lines[i], strlen(lines[i]), &a, &f, &err))
			fail_msg("%s: %s", lines[i], err.msg);
		if (i == COUNT(lines) - 1) /* fractions have six digits */
			assert_string_equal(line_of(&f, &a),
					    "{\"f\":\"cert.not_after\","
					    "\"port\":443,\"time\":"
					    "\"2026-03-01T09:00:00.500000Z\"}");
		else
			assert_string_equal(line_of(&f, &a), lines[i]);
	}
}

static void a_line_that_is_no_fact_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"{}",
		"[]",
		"{\"f\":\"a\",\"port\":1}",
		"{\"f\":\"\",\"port\":1,\"yes\":true}",
		"{\"f\":\"a\",\"port\":65536,\"yes\":true}",
		"{\"f\":\"a\",\"port\":-1,\"yes\":true}",
		"{\"f\":\"a\",\"port\":1,\"yes\":true,\"number\":1}",
		"{\"f\":\"a\",\"port\":1,\"yes\":1}",
		"{\"f\":\"a\",\"port\":1,\"number\":1.5}",
		"{\"f\":\"a\",\"port\":1,\"time\":\"yesterday\"}",
		"{\"f\":\"a\",\"port\":1,\"list\":[1]}",
		"{\"f\":\"a\",\"port\":1,\"text\":\"x\"",
	};
	_arena_ struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct fact f = { 0 };
		struct err err = { 0 };

		if (fact_read(lines[i], strlen(lines[i]), &a, &f, &err))
			fail_msg("read %s", lines[i]);
		assert_int_equal(err.kind, ERR_INVALID);
	}
}

struct dirty {
	const char *in, *out;
};

static void text_becomes_valid_utf8(void **state)
{
	static const struct dirty texts[] = {
		{ "plain", "plain" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "latin \xe9", "latin \xef\xbf\xbd" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" }, /* overlong */
		{ "\xed\xa0\x80x", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx" },
		{ "cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf5\x80\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
				      "\xef\xbf\xbd" },
	};
	_arena_ struct arena a = { 0 };
	struct fact_list f = { .arena = &a };

	for (size_t i = 0; i < COUNT(texts); i++) {
		fact_text(&f, "x", 1, texts[i].in);
		assert_string_equal(f.items[i].text, texts[i].out);
	}
}

static void long_text_is_cut_between_characters(void **state)
{
	_arena_ struct arena a = { 0 };
	struct fact_list f = { .arena = &a };
	char *text = arena_alloc(&a, 3 * FACT_TEXT_MAX + 1);
	size_t len;

	for (int i = 0; i < FACT_TEXT_MAX; i++)
		memcpy(text + 3 * i, "\xe2\x82\xac", 3);
	fact_text(&f, "x", 1, text);
	len = strlen(f.items[0].text);
	assert_true(len <= FACT_TEXT_MAX && len > FACT_TEXT_MAX - 3);
	assert_int_equal(len % 3, 0);
}

static void lists_and_hosts_have_bounds(void **state)
{
	_arena_ struct arena a = { 0 };
	struct fact_list f = { .arena = &a };
	const char *items[FACT_LIST_MAX + 1];
	struct str_list list = { items, FACT_LIST_MAX + 1 };

	for (size_t i = 0; i < list.len; i++)
		items[i] = "x";
	fact_strs(&f, "list", 1, &list);
	assert_int_equal(f.items[0].list.len, FACT_LIST_MAX);
	assert_true(f.truncated);

	f.truncated = false;
	for (int i = 0; i < FACTS_PER_HOST; i++)
		fact_int(&f, "n", i, i);
	assert_int_equal(f.len, FACTS_PER_HOST);
	assert_true(f.truncated);
	/* The item of a fact that had no room must not stick to another. */
	fact_item(&f, "stray");
	assert_null(f.items[f.len - 1].item);
}

static void a_fact_is_found_by_name_and_port(void **state)
{
	_arena_ struct arena a = { 0 };
	struct fact_list f = { .arena = &a };

	fact_bool(&f, "tls.tested", 443, true);
	fact_bool(&f, "tls.tested", 8443, false);
	assert_true(fact_find(&f, "tls.tested", 443)->yes);
	assert_false(fact_find(&f, "tls.tested", 8443)->yes);
	assert_true(fact_find(&f, "tls.tested", FACT_ANY_PORT)->yes);
	assert_null(fact_find(&f, "tls.tested", 80));
	assert_null(fact_find(&f, "tls", FACT_ANY_PORT));
}

static void a_fact_holds_when_it_says_something(void **state)
{
	_arena_ struct arena a = { 0 };
	struct fact_list f = { .arena = &a };
	struct str_list none = { NULL, 0 };

	fact_bool(&f, "a", 1, true);
	fact_bool(&f, "b", 1, false);
	fact_int(&f, "c", 1, 0);
	fact_text(&f, "d", 1, "");
	fact_text(&f, "e", 1, "x");
	fact_strs(&f, "f", 1, &none);
	assert_true(fact_holds(&f.items[0]));
	assert_false(fact_holds(&f.items[1]));
	assert_true(fact_holds(&f.items[2]));
	assert_false(fact_holds(&f.items[3]));
	assert_true(fact_holds(&f.items[4]));
	assert_false(fact_holds(&f.items[5]));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_survives_the_way),
		cmocka_unit_test(a_line_that_is_no_fact_is_refused),
		cmocka_unit_test(text_becomes_valid_utf8),
		cmocka_unit_test(long_text_is_cut_between_characters),
		cmocka_unit_test(lists_and_hosts_have_bounds),
		cmocka_unit_test(a_fact_is_found_by_name_and_port),
		cmocka_unit_test(a_fact_holds_when_it_says_something),
	};

	return cmocka_run_group_tests_name("fact", tests, NULL, NULL);
}
