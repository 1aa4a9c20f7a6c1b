/*
 * What is read from JSON and from single words, and what is said when it is
 * not right: type, place and words of a 422.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "codec/codec.h"
#include "gen/sample_types.h"
#include "table.h"

/* ---- what is refused */

struct refusal {
	const char *name; /* the behaviour */
	const char *json;
	const char *type; /* of the only issue */
	const char *loc;
	const char *msg;
	const struct type *of; /* NULL: sample */
};

static const struct refusal refusals[] = {
	{ "no body at all", "", "missing", "body", "Field required" },
	{ "a body that is not JSON", "{\"count\": }", "json_invalid", "body.11",
	  "JSON decode error" },
	{ "text after the body", "{} {}", "json_invalid", "body.4",
	  "JSON decode error" },
	{ "a body cut short", "{\"count\": 1", "json_invalid", "body.11",
	  "JSON decode error" },
	{ "a body that is a list", "[]", "model_attributes_type", "body",
	  "Input should be a valid dictionary or object to extract fields "
	  "from" },
	{ "a body that is null", "null", "model_attributes_type", "body",
	  "Input should be a valid dictionary or object to extract fields "
	  "from" },
	{ "a member twice", "{\"on\":true,\"on\":false}", "json_invalid",
	  "body.15", "JSON decode error: duplicate member 'on'" },
	{ "a member twice, deep inside", "{\"x\":[{\"a\":1,\"a\":2}]}",
	  "json_invalid", "body.16",
	  "JSON decode error: duplicate member 'a'" },
	{ "a NUL character", "{\"text\":\"a\\u0000b\"}", "json_invalid",
	  "body.18", "JSON decode error" },
	{ "invalid UTF-8", "{\"text\":\"\xff\xfe\"}", "json_invalid", "body.9",
	  "JSON decode error" },
	{ "half a surrogate pair", "{\"text\":\"\\ud800\"}", "json_invalid",
	  "body.16", "JSON decode error" },
	{ "a number that no double holds", "{\"any_share\":1e999}",
	  "json_invalid", "body.18", "JSON decode error" },
	{ "an integer of more than 64 bits",
	  "{\"any_count\":9223372036854775808}", "json_invalid", "body.32",
	  "JSON decode error" },
	{ "nesting without end", "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]",
	  "json_invalid", "body", "JSON decode error: it nests too deep" },

	{ "a number for a string", "{\"text\":12}", "string_type", "body.text",
	  "Input should be a valid string" },
	{ "null where it is not allowed", "{\"text\":null}", "string_type",
	  "body.text", "Input should be a valid string" },
	{ "a short string", "{\"text\":\"a\"}", "string_too_short", "body.text",
	  "String should have at least 2 characters" },
	{ "an empty line", "{\"name\":\"  \"}", "string_too_short", "body.name",
	  "String should have at least 1 character" },
	{ "a long string", "{\"text\":\"abcdef\"}", "string_too_long",
	  "body.text", "String should have at most 5 characters" },
	{ "characters are counted, not bytes",
	  "{\"text\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}",
	  "string_too_long", "body.text",
	  "String should have at most 5 characters" },
	{ "a pattern that does not match", "{\"code\":\"A12\"}",
	  "string_pattern_mismatch", "body.code",
	  "String should match pattern '^[A-Z]{2}[0-9]+$'" },
	{ "a pattern is for the whole string", "{\"code\":\"AB12x\"}",
	  "string_pattern_mismatch", "body.code",
	  "String should match pattern '^[A-Z]{2}[0-9]+$'" },
	{ "a control character in a line", "{\"name\":\"a\\tb\"}",
	  "value_error", "body.name",
	  "Value error, control characters are not allowed" },
	{ "not a UUID", "{\"id\":\"123\"}", "uuid_parsing", "body.id",
	  "Input should be a valid UUID" },
	{ "not a link", "{\"link\":\"example.com\"}", "url_parsing",
	  "body.link", "Input should be a valid URL" },
	{ "not a host", "{\"host\":\"a..b\"}", "value_error", "body.host",
	  "Input should be a valid host name" },
	{ "not a day", "{\"day\":\"2026-02-30\"}", "date_parsing", "body.day",
	  "Input should be a valid date in the format YYYY-MM-DD" },
	{ "not an address", "{\"email\":\"me\"}", "value_error", "body.email",
	  "value is not a valid email address: there is no @" },

	{ "text for an integer", "{\"count\":\"5\"}", "int_parsing",
	  "body.count", "Input should be a valid integer, not a string" },
	{ "a fraction for an integer", "{\"count\":1.5}", "int_from_float",
	  "body.count",
	  "Input should be a valid integer, got a number with a fractional "
	  "part" },
	{ "true for an integer", "{\"count\":true}", "int_type", "body.count",
	  "Input should be a valid integer" },
	{ "an integer too small", "{\"count\":-1}", "greater_than_equal",
	  "body.count", "Input should be greater than or equal to 0" },
	{ "an integer too large", "{\"count\":101}", "less_than_equal",
	  "body.count", "Input should be less than or equal to 100" },
	{ "a number too large", "{\"share\":1.01}", "less_than_equal",
	  "body.share", "Input should be less than or equal to 1" },
	{ "text for a number", "{\"share\":\"1\"}", "float_type", "body.share",
	  "Input should be a valid number" },
	{ "a number for a boolean", "{\"on\":1}", "bool_type", "body.on",
	  "Input should be a valid boolean" },
	{ "a word that is not of the enum", "{\"level\":\"LOW\"}", "enum",
	  "body.level", "Input should be 'low', 'medium' or 'high'" },
	{ "a number for a moment", "{\"at\":5}", "string_type", "body.at",
	  "Input should be a valid string" },
	{ "not a moment", "{\"at\":\"tomorrow\"}", "datetime_parsing",
	  "body.at", "Input should be a valid datetime" },
	{ "a moment with much behind it",
	  "{\"at\":\"2026-01-01T00:00:00.0000000000000000000000000000000000"
	  "x\"}",
	  "datetime_parsing", "body.at", "Input should be a valid datetime" },

	{ "text for a list", "{\"tags\":\"a\"}", "list_type", "body.tags",
	  "Input should be a valid list" },
	{ "a list too short", "{\"tags\":[]}", "too_short", "body.tags",
	  "List should have at least 1 item after validation, not 0" },
	{ "a list too long", "{\"tags\":[\"a\",\"b\",\"c\",\"d\"]}", "too_long",
	  "body.tags",
	  "List should have at most 3 items after validation, not 4" },
	{ "the element at fault is named", "{\"tags\":[\"a\",\"toolong\"]}",
	  "string_too_long", "body.tags.1",
	  "String should have at most 5 characters" },
	{ "null in a list", "{\"numbers\":[1,null]}", "int_type",
	  "body.numbers.1", "Input should be a valid integer" },
	{ "a member of a struct of a list", "{\"parts\":[{\"name\":\"a\"},{}]}",
	  "missing", "body.parts.1.name", "Field required" },
	{ "a member of a struct", "{\"owner\":{\"name\":7}}", "string_type",
	  "body.owner.name", "Input should be a valid string" },
	{ "text for a struct", "{\"owner\":\"me\"}", "model_attributes_type",
	  "body.owner",
	  "Input should be a valid dictionary or object to extract fields "
	  "from" },
	{ "a list for free-form JSON", "{\"extra\":[]}", "dict_type",
	  "body.extra", "Input should be a valid dictionary" },
	{ "an object for a free-form list", "{\"rows\":{}}", "list_type",
	  "body.rows", "Input should be a valid list" },
	{ "free-form JSON too long",
	  "{\"rows\":[1234567890,1234567890,1234567890,1234567890]}",
	  "too_long", "body.rows",
	  "Value should have at most 40 bytes as "
	  "JSON" },
	{ "a required member that is missing",
	  "{\"text\":\"\",\"count\":1,\"share\":1,\"on\":true,"
	  "\"at\":\"2026-01-01T00:00:00Z\",\"level\":\"low\",\"tags\":[],"
	  "\"extra\":{}}",
	  "missing", "body.owner", "Field required", &sample_must_type },
	{ "a nullable member that is missing all the same",
	  "{\"text\":null,\"count\":null,\"share\":null,\"on\":null,"
	  "\"at\":null,\"level\":null,\"tags\":null,\"owner\":null}",
	  "missing", "body.extra", "Field required", &sample_null_type },
};

static void is_refused(void **state)
{
	const struct refusal *c = *state;
	const struct type *type = c->of ? c->of : &sample_type;
	_arena_ struct arena a = { 0 };
	struct issue_list issues = { 0 };
	struct err err = { 0 };

	assert_false(codec_read(type, c->json, strlen(c->json), "body", &a,
				arena_alloc(&a, type->size), &issues, &err));
	assert_int_equal(issues.len, 1);
	assert_string_equal(issues.items[0].type, c->type);
	assert_string_equal(issues.items[0].loc, c->loc);
	assert_string_equal(issues.items[0].msg, c->msg);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_string_equal(err.field, c->loc);
	assert_string_equal(err.type, c->type);
	assert_string_equal(err.msg, c->msg);
}

/* ---- what is accepted, and what it becomes (written again) */

struct reading {
	const char *name;
	const char *json;
	const char *again;
	const struct type *of;
};

static const struct reading readings[] = {
	{ "unknown members are ignored", "{\"x\":1,\"on\":true,\"y\":{}}",
	  "{\"on\":true}" },
	{ "nothing at all", "{}", "{}" },
	{ "order does not matter", "{\"on\":false,\"text\":\"ab\"}",
	  "{\"text\":\"ab\",\"on\":false}" },
	{ "the longest string",
	  "{\"text\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3"
	  "\xa9\xc3\xa9\"}",
	  "{\"text\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}" },
	{ "escapes are read", "{\"text\":\"\\u00e9\\ud83d\\ude00\\n\\/\"}",
	  "{\"text\":\"\xc3\xa9\xf0\x9f\x98\x80\\n/\"}" },
	{ "an id in any spelling",
	  "{\"id\":\"{018F0000-0000-7000-8000-00000000000A}\"}",
	  "{\"id\":\"018f0000-0000-7000-8000-00000000000a\"}" },
	{ "a line is trimmed", "{\"name\":\" a b\\t\"}", "{\"name\":\"a b\"}" },
	{ "a pattern that matches", "{\"code\":\"AB12\"}",
	  "{\"code\":\"AB12\"}" },
	{ "a whole number with a point", "{\"count\":3.0}", "{\"count\":3}" },
	{ "the largest integer", "{\"any_count\":9223372036854775807}",
	  "{\"any_count\":9223372036854775807}" },
	{ "the smallest integer", "{\"any_count\":-9223372036854775808}",
	  "{\"any_count\":-9223372036854775808}" },
	{ "limits are inclusive", "{\"count\":100,\"share\":-1}",
	  "{\"count\":100,\"share\":-1.0}" },
	{ "a moment with an offset", "{\"at\":\"2026-03-01T10:00:00+01:00\"}",
	  "{\"at\":\"2026-03-01T09:00:00Z\"}" },
	{ "lists",
	  "{\"tags\":[\"a\",\"b\"],\"numbers\":[],\"levels\":"
	  "[\"high\",\"low\"]}",
	  "{\"tags\":[\"a\",\"b\"],\"numbers\":[],\"levels\":[\"high\","
	  "\"low\"]}" },
	{ "structs in structs and lists",
	  "{\"parts\":[{\"name\":\"a\",\"size\":2}],\"owner\":{\"name\":"
	  "\"b\"},\"child\":{\"child\":{}}}",
	  "{\"parts\":[{\"name\":\"a\",\"size\":2}],\"owner\":{\"name\":"
	  "\"b\"},\"child\":{\"child\":{}}}" },
	{ "free-form JSON is carried",
	  "{\"extra\": {\"b\": [1, 2.50, null], "
	  "\"a\": {\"x\": \"\\u00e9\\n\"}}}",
	  "{\"extra\":{\"b\":[1,2.5,null],\"a\":{\"x\":\"\xc3\xa9\\n\"}}}" },
	{ "defaults", "{}",
	  "{\"rank\":20,\"ratio\":0.5,\"word\":\"hi\",\"mode\":\"b\",\"flag\":"
	  "true,\"marks\":[],\"note\":\"n\"}",
	  &sample_default_type },
	{ "values instead of defaults",
	  "{\"rank\":0,\"ratio\":0,\"word\":\"\",\"mode\":\"a\",\"flag\":false,"
	  "\"marks\":[\"x\"],\"note\":null}",
	  "{\"rank\":0,\"ratio\":0.0,\"word\":\"\",\"mode\":\"a\",\"flag\":"
	  "false,\"marks\":[\"x\"],\"note\":null}",
	  &sample_default_type },
	{ "null stays null where it is required",
	  "{\"text\":null,\"count\":null,\"share\":null,\"on\":null,\"at\":"
	  "null,\"level\":null,\"tags\":null,\"owner\":null,\"extra\":null}",
	  "{\"text\":null,\"count\":null,\"share\":null,\"on\":null,\"at\":"
	  "null,\"level\":null,\"tags\":null,\"owner\":null,\"extra\":null}",
	  &sample_null_type },
	{ "absent and null differ in a patch", "{\"text\":null,\"level\":null}",
	  "{\"text\":null,\"level\":null}", &sample_patch_type },
};

static void is_read(void **state)
{
	const struct reading *c = *state;
	const struct type *type = c->of ? c->of : &sample_type;
	_arena_ struct arena a = { 0 };
	void *value = arena_alloc(&a, type->size);
	struct sb out = sb_new(&a, 64);
	struct err err = { 0 };

	if (!codec_read(type, c->json, strlen(c->json), "body", &a, value, NULL,
			&err))
		fail_msg("%s: %s", err.field, err.msg);
	codec_write(type, value, &out);
	assert_string_equal(out.s, c->again);
}

/* ---- words of a query or a path */

struct word {
	const char *name;
	const char *member; /* of struct sample */
	const char *text;
	const char *type; /* of the issue; NULL: it is read */
	const char *again;
};

static const struct word words[] = {
	{ "absent", "count", NULL, NULL, "{}" },
	{ "an integer", "count", "42", NULL, "{\"count\":42}" },
	{ "an integer with a sign", "count", "+7", NULL, "{\"count\":7}" },
	{ "an empty integer", "count", "", "int_parsing" },
	{ "a sign alone", "count", "-", "int_parsing" },
	{ "a fraction", "count", "1.5", "int_parsing" },
	{ "a hexadecimal integer", "count", "0x10", "int_parsing" },
	{ "an endless integer", "any_count", "99999999999999999999999",
	  "int_parsing_size" },
	{ "an integer out of range", "count", "101", "less_than_equal" },
	{ "a number", "share", "0.25", NULL, "{\"share\":0.25}" },
	{ "no number", "share", "inf", "float_parsing" },
	{ "a number that overflows", "any_share", "1e999", "float_parsing" },
	{ "true", "on", "true", NULL, "{\"on\":true}" },
	{ "yes, in any case", "on", "YES", NULL, "{\"on\":true}" },
	{ "off", "on", "off", NULL, "{\"on\":false}" },
	{ "zero is false", "on", "0", NULL, "{\"on\":false}" },
	{ "no boolean", "on", "maybe", "bool_parsing" },
	{ "an enum", "level", "high", NULL, "{\"level\":\"high\"}" },
	{ "no enum", "level", "", "enum" },
	{ "an id", "id", "018F000000007000800000000000000A", NULL,
	  "{\"id\":\"018f0000-0000-7000-8000-00000000000a\"}" },
	{ "no id", "id", "stats", "uuid_parsing" },
	{ "a moment", "at", "2026-03-01T09:00:00Z", NULL,
	  "{\"at\":\"2026-03-01T09:00:00Z\"}" },
	{ "text", "text", "abc", NULL, "{\"text\":\"abc\"}" },
	{ "invalid UTF-8", "text", "\xff\xff\xff", "string_unicode" },
};

static void is_word(void **state)
{
	const struct word *c = *state;
	const struct field *field = codec_find(&sample_type, c->member);
	_arena_ struct arena a = { 0 };
	struct sample value = { 0 };
	struct issue_list issues = { 0 };
	struct sb out = sb_new(&a, 64);
	struct err err = { 0 };
	bool ok = codec_read_word(field, c->text, "query", &a, &value, &issues,
				  &err);

	if (c->type) {
		assert_false(ok);
		assert_string_equal(issues.items[0].type, c->type);
		assert_string_equal(issues.items[0].loc,
				    arena_printf(&a, "query.%s", c->member));
		return;
	}
	assert_true(ok);
	codec_write(&sample_type, &value, &out);
	assert_string_equal(out.s, c->again);
}

/* ---- the rest */

static bool read_sample(struct arena *a, const char *json, struct sample *ret,
			struct issue_list *issues)
{
	struct err err;

	return codec_read(&sample_type, json, strlen(json), "body", a, ret,
			  issues, &err);
}

static void all_issues_are_listed(void **state)
{
	_arena_ struct arena a = { 0 };
	struct issue_list issues = { 0 };
	struct sample value = { 0 };

	assert_false(read_sample(&a,
				 "{\"text\":1,\"count\":-1,\"tags\":[],"
				 "\"owner\":{}}",
				 &value, &issues));
	assert_int_equal(issues.len, 4);
	assert_string_equal(issues.items[0].loc, "body.text");
	assert_string_equal(issues.items[3].loc, "body.owner.name");
}

static void no_more_than_twenty_issues(void **state)
{
	_arena_ struct arena a = { 0 };
	struct issue_list issues = { 0 };
	struct sample value = { 0 };
	struct sb json = sb_new(&a, 64);

	sb_add(&json, "{\"parts\":[{}");
	for (int i = 1; i < 30; i++)
		sb_add(&json, ",{}");
	sb_add(&json, "]}");
	assert_false(read_sample(&a, json.s, &value, &issues));
	assert_int_equal(issues.len, CODEC_ISSUES);
}

static void words_add_to_one_list(void **state)
{
	_arena_ struct arena a = { 0 };
	struct issue_list issues = { 0 };
	struct sample value = { 0 };
	struct err err = { 0 };

	codec_read_word(codec_find(&sample_type, "count"), "x", "query", &a,
			&value, &issues, &err);
	codec_read_word(codec_find(&sample_type, "on"), "x", "query", &a,
			&value, &issues, &err);
	assert_int_equal(issues.len, 2);
	assert_string_equal(err.field, "query.count");
}

static void a_required_word_is_missing(void **state)
{
	_arena_ struct arena a = { 0 };
	struct issue_list issues = { 0 };
	struct sample_must value = { 0 };
	struct err err = { 0 };

	assert_false(codec_read_word(codec_find(&sample_must_type, "count"),
				     NULL, "query", &a, &value, &issues, &err));
	assert_string_equal(issues.items[0].type, "missing");
	assert_string_equal(issues.items[0].loc, "query.count");
}

static void a_patch_knows_what_was_sent(void **state)
{
	static const char json[] = "{\"text\":null,\"count\":5,\"tags\":null}";
	_arena_ struct arena a = { 0 };
	struct sample_patch p = { 0 };
	struct err err = { 0 };

	assert_true(codec_read(&sample_patch_type, json, strlen(json), "body",
			       &a, &p, NULL, &err));
	assert_true(p.set_text && !p.text);
	assert_true(p.set_count && p.has_count && p.count == 5);
	assert_true(p.set_tags && !p.has_tags);
	assert_false(p.set_level || p.has_level);
	assert_false(p.set_owner || p.owner);
}

/* No message repeats what was sent, be it a password or not. */
static void an_issue_never_repeats_the_value(void **state)
{
	static const char *const jsons[] = {
		"{\"secret\":\"hunter2\"}",
		"{\"secret\":hunter2}",
		"{\"secret\":\"hunter2\" hunter2}",
		"{\"secret\":[\"hunter2\"]}",
		"{\"id\":\"hunter2\",\"email\":\"hunter2\",\"link\":"
		"\"hunter2\","
		"\"level\":\"hunter2\",\"at\":\"hunter2\",\"code\":"
		"\"hunter2\"}",
		"{\"on\":\"hunter2\",\"on\":\"hunter2\"}",
	};

	for (size_t i = 0; i < COUNT(jsons); i++) {
		_arena_ struct arena a = { 0 };
		struct issue_list issues = { 0 };
		struct sample value = { 0 };

		assert_false(read_sample(&a, jsons[i], &value, &issues));
		for (size_t j = 0; j < issues.len; j++)
			assert_null(strstr(issues.items[j].msg, "hunter2"));
	}
}

static void a_tree_is_bounded_before_it_is_built(void **state)
{
	_arena_ struct arena a = { 0 };
	struct issue_list issues = { 0 };
	struct sample value = { 0 };
	struct sb json = sb_new(&a, 1 << 20);

	sb_add(&json, "{\"x\":[0");
	for (int i = 0; i < CODEC_VALUES; i++)
		sb_add(&json, ",0");
	sb_add(&json, "]}");
	assert_false(read_sample(&a, json.s, &value, &issues));
	assert_string_equal(issues.items[0].msg,
			    "JSON decode error: it has too many values");
}

/* Brackets in a string are no nesting, also after an escaped quote. */
static void text_is_not_counted_as_structure(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sample value = { 0 };

	assert_true(read_sample(
		&a, "{\"long_text\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[\\\\\"}",
		&value, NULL));
	assert_string_equal(value.long_text, "\"[[[[[[[[[[[[[[[[[[[[[[\\");
}

int main(void)
{
	static const struct CMUnitTest single[] = {
		cmocka_unit_test(all_issues_are_listed),
		cmocka_unit_test(no_more_than_twenty_issues),
		cmocka_unit_test(words_add_to_one_list),
		cmocka_unit_test(a_required_word_is_missing),
		cmocka_unit_test(a_patch_knows_what_was_sent),
		cmocka_unit_test(an_issue_never_repeats_the_value),
		cmocka_unit_test(a_tree_is_bounded_before_it_is_built),
		cmocka_unit_test(text_is_not_counted_as_structure),
	};
	static struct CMUnitTest tests[COUNT(refusals) + COUNT(readings) +
				       COUNT(words) + COUNT(single)];
	size_t n = 0;

	ADD(refusals, is_refused);
	ADD(readings, is_read);
	ADD(words, is_word);
	for (size_t i = 0; i < COUNT(single); i++)
		tests[n++] = single[i];
	return _cmocka_run_group_tests("codec_read", tests, n, NULL, NULL);
}
