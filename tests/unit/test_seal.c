/* What a sealed text must be to open, and where (W13). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/seal.h"

#define PLACE "app_user.totp_secret:11111111-1111-4111-8111-111111111111"
#define OTHER "app_user.totp_secret:22222222-2222-4222-8222-222222222222"
#define SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

static const struct settings ours = {
	.data_key = "kD0v4q9zXw1rT8yB3nF6uH5jL2mP7sAe",
	.data_key_previous = "",
};

static const struct settings theirs = {
	.data_key = "another key of the same length..",
	.data_key_previous = "",
};

/* After a change of key: ours was the one before. */
static const struct settings newer = {
	.data_key = "another key of the same length..",
	.data_key_previous = "kD0v4q9zXw1rT8yB3nF6uH5jL2mP7sAe",
};

static bool opens(const struct settings *s, const char *kept, struct arena *a)
{
	char *text = NULL;

	return seal_open(s, "totp", PLACE, kept, a, &text, NULL) &&
	       !strcmp(text, SECRET);
}

static void what_was_sealed_opens(void **state)
{
	static const char *const texts[] = { "", "a", SECRET,
					     "übung \x01\x7f" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		_arena_ struct arena a = { 0 };
		char *kept = seal_text(&ours, "totp", PLACE, texts[i], &a);
		char *text = NULL;

		assert_true(
			seal_open(&ours, "totp", PLACE, kept, &a, &text, NULL));
		assert_string_equal(text, texts[i]);
	}
}

static void the_longest_text_fits(void **state)
{
	_arena_ struct arena a = { 0 };
	char *text = arena_alloc(&a, SEAL_TEXT_MAX + 1), *kept, *got = NULL;

	(void)state;
	memset(text, 'x', SEAL_TEXT_MAX);
	kept = seal_text(&ours, "totp", PLACE, text, &a);
	assert_true(strlen(kept) <= SEAL_MAX);
	assert_true(seal_open(&ours, "totp", PLACE, kept, &a, &got, NULL));
	assert_string_equal(got, text);
}

static void it_names_version_and_key_and_hides_the_rest(void **state)
{
	_arena_ struct arena a = { 0 };
	char *one = seal_text(&ours, "totp", PLACE, SECRET, &a);
	char *two = seal_text(&ours, "totp", PLACE, SECRET, &a);
	char *third = seal_text(&theirs, "totp", PLACE, SECRET, &a);

	(void)state;
	assert_memory_equal(one, "v1.", 3);
	assert_int_equal(strspn(one + 3, "0123456789abcdef"), 8);
	assert_int_equal(one[11], '.');
	assert_memory_equal(one, two, 12);
	assert_string_not_equal(one, two);
	assert_memory_not_equal(one, third, 12);
	assert_null(strstr(one, SECRET));
}

/* Computed with another implementation: what is kept today opens for ever. */
static void a_text_of_before_opens(void **state)
{
	_arena_ struct arena a = { 0 };

	(void)state;
	assert_true(opens(
		&ours,
		"v1.99d73475."
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXKr0lDdxAxzIdndOzGchPDbr9IrfA"
		"tI9kr_BaQns3HotA1sfPSMJK7-cKcH452cAR",
		&a));
}

static void any_other_character_is_noticed(void **state)
{
	_arena_ struct arena a = { 0 };
	char *kept = seal_text(&ours, "totp", PLACE, SECRET, &a);
	size_t len = strlen(kept);

	(void)state;
	assert_true(opens(&ours, kept, &a));
	for (size_t i = 0; i < len; i++) {
		char was = kept[i];

		kept[i] = was == 'A' ? 'B' : 'A';
		if (opens(&ours, kept, &a))
			fail_msg("character %zu", i);
		kept[i] = was;
	}
	for (size_t cut = 0; cut < len; cut++)
		assert_false(opens(&ours, arena_strndup(&a, kept, cut), &a));
}

static void what_does_not_open(void **state)
{
	static const struct {
		const char *what, *kept, *cause;
	} cases[] = {
		{ "nothing", "", "never sealed" },
		{ "plain text", SECRET, "never sealed" },
		{ "plain text that looks like it", "v1." SECRET,
		  "never sealed" },
		{ "another version", "v2.%s", "never sealed" },
		{ "more behind it", "v1.%sAAAA", "altered" },
		{ "a blank in front", " v1.%s", "never sealed" },
		{ "a line end behind it", "v1.%s\n", "altered" },
		{ "a key that nobody has", "v1.00000000.AAAA",
		  "DATA_ENCRYPTION_KEY" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		char *rest = seal_text(&ours, "totp", PLACE, SECRET, &a) + 3;
		const char *at = strstr(cases[i].kept, "%s");
		const char *kept = cases[i].kept;
		char *text = NULL;
		struct err err = { 0 };

		if (at)
			kept = arena_printf(&a, "%.*s%s%s", (int)(at - kept),
					    kept, rest, at + 2);
		if (seal_open(&ours, "totp", PLACE, kept, &a, &text, &err))
			fail_msg("%s", cases[i].what);
		assert_null(text);
		assert_int_equal(err.kind, ERR_BUSY);
		assert_non_null(strstr(err.msg, "encryption key"));
		if (!strstr(err.cause, cases[i].cause))
			fail_msg("%s: %s", cases[i].what, err.cause);
		assert_null(strstr(err.cause, SECRET));
	}
}

/* A row copied over another one, or from one column into another. */
static void it_opens_in_its_own_place_alone(void **state)
{
	static const struct {
		const char *label, *place;
		bool ok;
	} cases[] = {
		{ "totp", PLACE, true }, { "totp", OTHER, false },
		{ "totp", "", false },	 { "totp", PLACE " ", false },
		{ "sso", PLACE, false }, { "", PLACE, false },
	};
	_arena_ struct arena a = { 0 };
	char *kept = seal_text(&ours, "totp", PLACE, SECRET, &a);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = NULL;
		struct err err = { 0 };

		assert_int_equal(seal_open(&ours, cases[i].label,
					   cases[i].place, kept, &a, &text,
					   &err),
				 cases[i].ok);
		if (!cases[i].ok)
			assert_non_null(strstr(err.cause, "another row"));
	}
}

static void the_key_before_opens_and_is_told_apart(void **state)
{
	_arena_ struct arena a = { 0 };
	char *kept = seal_text(&ours, "totp", PLACE, SECRET, &a);
	char *anew = seal_text(&newer, "totp", PLACE, SECRET, &a);

	(void)state;
	assert_false(opens(&theirs, kept, &a));
	assert_true(opens(&newer, kept, &a));
	assert_true(opens(&newer, anew, &a));
	assert_false(opens(&ours, anew, &a));
	assert_true(seal_is_current(&ours, kept));
	assert_false(seal_is_current(&newer, kept));
	assert_true(seal_is_current(&newer, anew));
	assert_false(seal_is_current(&ours, SECRET));
}

/* The key of another text with the same start, though its name was put in. */
static void a_name_alone_opens_nothing(void **state)
{
	_arena_ struct arena a = { 0 };
	char *kept = seal_text(&ours, "totp", PLACE, SECRET, &a);
	char *foreign = seal_text(&theirs, "totp", PLACE, SECRET, &a);

	(void)state;
	memcpy(foreign, kept, 12);
	assert_false(opens(&ours, foreign, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sealed_opens),
		cmocka_unit_test(the_longest_text_fits),
		cmocka_unit_test(it_names_version_and_key_and_hides_the_rest),
		cmocka_unit_test(a_text_of_before_opens),
		cmocka_unit_test(any_other_character_is_noticed),
		cmocka_unit_test(what_does_not_open),
		cmocka_unit_test(it_opens_in_its_own_place_alone),
		cmocka_unit_test(the_key_before_opens_and_is_told_apart),
		cmocka_unit_test(a_name_alone_opens_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
