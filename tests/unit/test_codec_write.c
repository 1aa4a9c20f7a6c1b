/*
 * What a struct looks like as JSON, and how its members are filled from the
 * columns of a row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "codec/codec.h"
#include "gen/sample_types.h"
#include "table.h"

static const char *write_sample(struct arena *a, const struct sample *value)
{
	struct sb out = sb_new(a, 16);

	codec_write(&sample_type, value, &out);
	return out.s;
}

/* ---- strings and numbers */

struct text {
	const char *name;
	const char *text;
	const char *json;
};

static const struct text texts[] = {
	{ "nothing", "", "\"\"" },
	{ "null", NULL, "null" },
	{ "clean text", "abc", "\"abc\"" },
	{ "clean text longer than a word", "abcdefghijklmnopqrstuvwxyz",
	  "\"abcdefghijklmnopqrstuvwxyz\"" },
	{ "a quote and a backslash", "a\"b\\c", "\"a\\\"b\\\\c\"" },
	{ "a quote in the last of eight", "abcdefg\"", "\"abcdefg\\\"\"" },
	{ "a quote after eight", "abcdefgh\"i", "\"abcdefgh\\\"i\"" },
	{ "escapes with a letter", "\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\"" },
	{ "other controls", "\x01\x1f", "\"\\u0001\\u001f\"" },
	{ "a slash and DEL are as they are", "/\x7f", "\"/\x7f\"" },
	{ "UTF-8 is as it is", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 abcdefgh",
	  "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 abcdefgh\"" },
};

static void is_text(void **state)
{
	const struct text *c = *state;
	_arena_ struct arena a = { 0 };
	struct sb out = sb_new(&a, 1);

	codec_write_string(&out, c->text);
	assert_string_equal(out.s, c->json);
}

struct number {
	const char *name;
	double value;
	const char *json;
};

static const struct number numbers[] = {
	{ "zero", 0, "0.0" },
	{ "minus zero", -0.0, "-0.0" },
	{ "a whole number", 9, "9.0" },
	{ "one decimal", 9.8, "9.8" },
	{ "a decimal below zero", -0.5, "-0.5" },
	{ "two decimals with a zero", 1.05, "1.05" },
	{ "three decimals with zeros", 0.001, "0.001" },
	{ "four decimals", 0.0001, "0.0001" },
	{ "a sum that is not what it seems", 0.1 + 0.2, "0.30000000000000004" },
	{ "a third", 1.0 / 3, "0.3333333333333333" },
	{ "large", 1e15, "1e+15" },
	{ "large without an exponent", 123456789012345.0, "123456789012345.0" },
	{ "the largest", 1.7976931348623157e308, "1.7976931348623157e+308" },
	{ "the smallest", 5e-324, "4.94065645841247e-324" },
	{ "not a number", NAN, "null" },
	{ "endless", INFINITY, "null" },
};

static void is_number(void **state)
{
	const struct number *c = *state;
	_arena_ struct arena a = { 0 };
	struct sample value = { .any_share = c->value, .has_any_share = true };

	assert_string_equal(write_sample(&a, &value),
			    arena_printf(&a, "{\"any_share\":%s}", c->json));
}

/* ---- structs */

static void a_member_without_a_value_is_left_out(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sample value = { .count = 5 };

	assert_string_equal(write_sample(&a, &value), "{}");
}

static void a_required_member_without_a_value_is_null(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sample_null value = { 0 };
	struct sb out = sb_new(&a, 16);

	codec_write(&sample_null_type, &value, &out);
	assert_string_equal(out.s,
			    "{\"text\":null,\"count\":null,\"share\":null,"
			    "\"on\":null,\"at\":null,\"level\":null,\"tags\":"
			    "null,\"owner\":null,\"extra\":null}");
}

static void all_kinds_of_members(void **state)
{
	const char *tags[] = { "a", "b" };
	_arena_ struct arena a = { 0 };
	struct sample_must value = {
		.text = "x",
		.count = -12,
		.share = 0.5,
		.on = true,
		.at = 1772355600123456,
		.level = SAMPLE_LEVEL_HIGH,
		.tags = { tags, 2 },
		.owner = { .name = "me", .size = 3, .has_size = true },
		.extra = "{\"k\":[1]}",
	};
	struct sb out = sb_new(&a, 16);

	codec_write(&sample_must_type, &value, &out);
	assert_string_equal(out.s,
			    "{\"text\":\"x\",\"count\":-12,\"share\":0.5,"
			    "\"on\":true,\"at\":\"2026-03-01T09:00:00.123456Z\""
			    ",\"level\":\"high\",\"tags\":[\"a\",\"b\"],"
			    "\"owner\":{\"name\":\"me\",\"size\":3},\"extra\":"
			    "{\"k\":[1]}}");
}

static void a_list_is_an_answer(void **state)
{
	struct sample_part parts[] = { { .name = "a" }, { .name = "b" } };
	struct any_list list = { parts, 2 };
	_arena_ struct arena a = { 0 };
	struct sb out = sb_new(&a, 16);

	codec_write_list(&sample_part_type, &list, &out);
	list.len = 0;
	codec_write_list(&sample_part_type, &list, &out);
	assert_string_equal(out.s, "[{\"name\":\"a\"},{\"name\":\"b\"}][]");
}

static void what_is_there_already_stays(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sb out = sb_new(&a, 16);
	struct sample value = { .on = true, .has_on = true };

	sb_add(&out, "data: ");
	codec_write(&sample_type, &value, &out);
	sb_addc(&out, '\n');
	assert_string_equal(out.s, "data: {\"on\":true}\n");
}

static void pretty_is_for_people(void **state)
{
	const char *tags[] = { "\xc3\xa9", "\xf0\x9f\x98\x80\"" };
	_arena_ struct arena a = { 0 };
	struct sample value = {
		.text = "a:{b",
		.tags = { tags, 2 },
		.has_tags = true,
		.has_numbers = true,
		.extra = "{\"k\":{},\"l\":[1,2]}",
	};
	struct sb out = sb_new(&a, 16);

	codec_write_pretty(&sample_type, &value, &out);
	assert_string_equal(out.s, "{\n"
				   "  \"text\": \"a:{b\",\n"
				   "  \"tags\": [\n"
				   "    \"\\u00e9\",\n"
				   "    \"\\ud83d\\ude00\\\"\"\n"
				   "  ],\n"
				   "  \"numbers\": [],\n"
				   "  \"extra\": {\n"
				   "    \"k\": {},\n"
				   "    \"l\": [\n"
				   "      1,\n"
				   "      2\n"
				   "    ]\n"
				   "  }\n"
				   "}\n");
}

static void a_text_that_is_full_says_so(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sb out = sb_new(&a, 16);
	size_t len = SB_MAX / 2 + 1;
	char *big = arena_bytes(&a, len + 1);

	memset(big, 'x', len);
	big[len] = '\0';
	codec_write_string(&out, big);
	assert_false(out.truncated);
	codec_write_string(&out, big);
	assert_true(out.truncated);
	assert_true(out.len <= SB_MAX);
	assert_int_equal(out.s[out.len], '\0');
}

/* ---- columns */

struct column {
	const char *name;
	const char *member;
	const char *text;
	const char *json; /* NULL: it does not parse */
};

static const struct column columns[] = {
	{ "text", "text", "longer than the contract allows",
	  "{\"text\":\"longer than the contract allows\"}" },
	{ "an enum", "level", "medium", "{\"level\":\"medium\"}" },
	{ "an enum of a later release", "level", "extreme", NULL },
	{ "a list of strings", "tags", "[\"a\",\"b\",\"c\",\"too long\"]",
	  "{\"tags\":[\"a\",\"b\",\"c\",\"too long\"]}" },
	{ "an empty list", "tags", "[]", "{\"tags\":[]}" },
	{ "a list with blanks", "tags", "[ \"a\", \"b\" ]",
	  "{\"tags\":[\"a\",\"b\"]}" },
	{ "a list with escapes", "tags", "[\"a\\\"b\",\"\\u00e9\"]",
	  "{\"tags\":[\"a\\\"b\",\"\u00e9\"]}" },
	{ "a list with commas in it", "tags", "[\",\",\"],[\"]",
	  "{\"tags\":[\",\",\"],[\"]}" },
	{ "a list of empty words", "tags", "[\"\",\"\"]",
	  "{\"tags\":[\"\",\"\"]}" },
	{ "a list with a comma too many", "tags", "[\"a\",]", NULL },
	{ "a list with a comma only", "tags", "[,]", NULL },
	{ "a list and more", "tags", "[\"a\"] ]", NULL },
	{ "a list that is not UTF-8", "tags", "[\"\xff\"]", NULL },
	{ "a list of numbers for words", "tags", "[1]", NULL },
	{ "a list that is none", "tags", "{}", NULL },
	{ "a list cut short", "tags", "[\"a\"", NULL },
	{ "free-form JSON", "extra", "{\"b\":1,\"a\":[2.5]}",
	  "{\"extra\":{\"b\":1,\"a\":[2.5]}}" },
	{ "free-form JSON of the wrong kind", "extra", "[]", NULL },
	{ "free-form JSON that is none", "extra", "{b}", NULL },
	{ "a struct", "owner", "{\"name\":\"x\"}",
	  "{\"owner\":{\"name\":\"x\"}}" },
	{ "a list of structs", "parts", "[{\"name\":\"x\",\"size\":1}]",
	  "{\"parts\":[{\"name\":\"x\",\"size\":1}]}" },
	{ "NULL", "text", NULL, "{}" },
};

static void is_column(void **state)
{
	const struct column *c = *state;
	_arena_ struct arena a = { 0 };
	struct sample row = { .text = "before" };
	struct err err = { 0 };
	bool ok = codec_set_text(codec_find(&sample_type, c->member), &a, &row,
				 c->text, &err);

	if (c->text && strcmp(c->member, "text") != 0)
		row.text = NULL;
	if (c->json) {
		assert_true(ok);
		assert_string_equal(write_sample(&a, &row), c->json);
		return;
	}
	assert_false(ok);
	assert_int_equal(err.kind, ERR_INTERNAL);
	assert_non_null(strstr(err.cause, c->member));
}

static const struct field *member(const char *name)
{
	return codec_find(&sample_type, name);
}

static void numbers_come_from_number_columns(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sample row = { 0 };

	codec_set_int(member("count"), &row, 7);
	codec_set_int(member("on"), &row, 1);
	codec_set_int(member("share"), &row, 1);
	codec_set_num(member("any_share"), &row, 0.25);
	codec_set_int(member("at"), &row, 0);
	assert_string_equal(write_sample(&a, &row),
			    "{\"count\":7,\"share\":1.0,\"any_share\":0.25,"
			    "\"on\":true,\"at\":\"1970-01-01T00:00:00Z\"}");
}

static void null_clears_every_kind(void **state)
{
	static const char json[] =
		"{\"text\":\"ab\",\"count\":1,\"share\":1,\"on\":true,\"at\":"
		"\"2026-01-01T00:00:00Z\",\"level\":\"low\",\"tags\":[\"a\"],"
		"\"owner\":{\"name\":\"x\"},\"extra\":{}}";
	_arena_ struct arena a = { 0 };
	struct sample row = { 0 };
	struct err err = { 0 };

	assert_true(codec_read(&sample_type, json, strlen(json), "row", &a,
			       &row, NULL, &err));
	for (const struct field *f = sample_type.fields; f->name; f++)
		codec_set_null(f, &row);
	assert_string_equal(write_sample(&a, &row), "{}");
}

static void a_member_that_is_not_there(void **state)
{
	assert_null(member("nothing"));
	assert_string_equal(member("child")->name, "child");
}

static void a_list_of_strings_as_a_column(void **state)
{
	const char *items[] = { "a\"", "" };
	struct str_list list = { items, 2 }, empty = { 0 };
	_arena_ struct arena a = { 0 };

	assert_string_equal(codec_str_list_json(&a, &list), "[\"a\\\"\",\"\"]");
	assert_string_equal(codec_str_list_json(&a, &empty), "[]");
}

int main(void)
{
	static const struct CMUnitTest single[] = {
		cmocka_unit_test(a_member_without_a_value_is_left_out),
		cmocka_unit_test(a_required_member_without_a_value_is_null),
		cmocka_unit_test(all_kinds_of_members),
		cmocka_unit_test(a_list_is_an_answer),
		cmocka_unit_test(what_is_there_already_stays),
		cmocka_unit_test(pretty_is_for_people),
		cmocka_unit_test(a_text_that_is_full_says_so),
		cmocka_unit_test(numbers_come_from_number_columns),
		cmocka_unit_test(null_clears_every_kind),
		cmocka_unit_test(a_member_that_is_not_there),
		cmocka_unit_test(a_list_of_strings_as_a_column),
	};
	static struct CMUnitTest tests[COUNT(texts) + COUNT(numbers) +
				       COUNT(columns) + COUNT(single)];
	size_t n = 0;

	ADD(texts, is_text);
	ADD(numbers, is_number);
	ADD(columns, is_column);
	for (size_t i = 0; i < COUNT(single); i++)
		tests[n++] = single[i];
	return _cmocka_run_group_tests("codec_write", tests, n, NULL, NULL);
}
