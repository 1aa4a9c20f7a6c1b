/* Codes of the second factor, against RFC 6238 and against people's typing. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/totp.h"

/* "12345678901234567890" of the RFC in base32. */
#define RFC "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

static bool matches(const char *code, int64_t now, int64_t *step)
{
	bool same = false;

	assert_true(totp_match(RFC, code, now, &same, step, NULL));
	return same;
}

/* Appendix B, SHA1, of whose eight digits we show the last six. */
static void codes_are_those_of_the_rfc(void **state)
{
	static const struct {
		int64_t now, step;
		const char *code;
	} cases[] = {
		{ 59, 0x1, "287082" },
		{ 1111111109, 0x23523EC, "081804" },
		{ 1111111111, 0x23523ED, "050471" },
		{ 1234567890, 0x273EF07, "005924" },
		{ 2000000000, 0x3F940AA, "279037" },
		{ 20000000000, 0x27BC86AA, "353130" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t step = 0;

		if (!matches(cases[i].code, cases[i].now, &step))
			fail_msg("%s", cases[i].code);
		assert_int_equal(step, cases[i].step);
	}
}

/* The code of step 0x23523ED, whose 30 seconds begin at 1111111110. */
static void one_step_before_and_after_count(void **state)
{
	static const struct {
		int64_t after;
		bool ok;
	} cases[] = {
		{ -31, false }, { -30, true }, { -1, true },  { 0, true },
		{ 29, true },	{ 59, true },  { 60, false }, { 90, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t step = 0;

		if (matches("050471", 1111111110 + cases[i].after, &step) !=
		    cases[i].ok)
			fail_msg("%d seconds", (int)cases[i].after);
		assert_int_equal(step, cases[i].ok ? 0x23523ED : 0);
	}
}

static void other_codes_do_not_match(void **state)
{
	static const char *const codes[] = { "050472",	"000000",   "05047",
					     "0504711", "14050471", "05047a",
					     "" };
	int64_t step = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (matches(codes[i], 1111111111, &step))
			fail_msg("%s", codes[i]);
	assert_int_equal(step, 7);
}

static void a_secret_that_is_none_is_an_error(void **state)
{
	struct err err = { 0 };
	bool same = false;
	int64_t step = 0;

	(void)state;
	assert_false(totp_match("not base32!", "050471", 1111111111, &same,
				&step, &err));
	assert_int_equal(err.kind, ERR_INTERNAL);
	assert_false(same);
}

static void secrets_are_160_bits_in_base32(void **state)
{
	_arena_ struct arena a = { 0 };
	char *one = totp_secret(&a);
	bool same = true;
	int64_t step = 0;

	(void)state;
	assert_int_equal(strlen(one), TOTP_SECRET_LEN);
	assert_int_equal(strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
			 TOTP_SECRET_LEN);
	assert_string_not_equal(one, totp_secret(&a));
	assert_true(totp_match(one, "12345", 0, &same, &step, NULL));
	assert_false(same);
}

static void recovery_codes_are_three_groups_of_hexadecimal(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *code = totp_recovery(&a), *read;

	(void)state;
	assert_int_equal(strlen(code), 14);
	assert_int_equal(strspn(code, "0123456789abcdef-"), 14);
	assert_int_equal(code[4], '-');
	assert_int_equal(code[9], '-');
	assert_string_not_equal(code, totp_recovery(&a));
	assert_int_equal(totp_read(code, &a, &read), TOTP_RECOVERY);
	assert_string_equal(read, code);
}

/* W12: typed by hand, from a piece of paper. */
static void what_people_type_is_read_kindly(void **state)
{
	static const struct {
		const char *typed;
		enum totp_kind kind;
		const char *read;
	} cases[] = {
		{ "123456", TOTP_CODE, "123456" },
		{ "123 456", TOTP_CODE, "123456" },
		{ " 12-34-56\t", TOTP_CODE, "123456" },
		{ "12ab-34cd-56ef", TOTP_RECOVERY, "12ab-34cd-56ef" },
		{ "12AB-34CD-56EF", TOTP_RECOVERY, "12ab-34cd-56ef" },
		{ "12ab34cd56ef", TOTP_RECOVERY, "12ab-34cd-56ef" },
		{ "12Ab 34cD 56eF", TOTP_RECOVERY, "12ab-34cd-56ef" },
		{ "123456123456", TOTP_RECOVERY, "1234-5612-3456" },
		{ "", TOTP_NEITHER, "" },
		{ "---", TOTP_NEITHER, "" },
		{ "12345", TOTP_NEITHER, "" },
		{ "1234567", TOTP_NEITHER, "" },
		{ "12345a", TOTP_NEITHER, "" },
		{ "12ab-34cd-56eg", TOTP_NEITHER, "" },
		{ "12ab-34cd-56e", TOTP_NEITHER, "" },
		{ "12ab-34cd-56eff", TOTP_NEITHER, "" },
		{ "\xd9\xa1\xd9\xa2\xd9\xa3", TOTP_NEITHER, "" },
		{ "000000000000000000000000000000000000000000000000000000000"
		  "0000000000000000000000000000000000000000000",
		  TOTP_NEITHER, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		const char *read = NULL;

		if (totp_read(cases[i].typed, &a, &read) != cases[i].kind)
			fail_msg("'%s'", cases[i].typed);
		assert_string_equal(read, cases[i].read);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_those_of_the_rfc),
		cmocka_unit_test(one_step_before_and_after_count),
		cmocka_unit_test(other_codes_do_not_match),
		cmocka_unit_test(a_secret_that_is_none_is_an_error),
		cmocka_unit_test(secrets_are_160_bits_in_base32),
		cmocka_unit_test(
			recovery_codes_are_three_groups_of_hexadecimal),
		cmocka_unit_test(what_people_type_is_read_kindly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
