/* Which passwords are refused, and that honest ones are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "api/password_rules.h"
#include "core/embedded.h"
#include "table.h"

#define EMAIL "Alice.Smith1@Example.com"
#define NAME "Älfred Jones"

struct choice {
	const char *name;
	const char *password;
	bool allowed;
};

static const struct choice choices[] = {
	{ "a phrase", "A long enough passphrase 7", true },
	{ "a phrase in small letters", "purple otters juggle", true },
	{ "random letters", "vkqxwmzt", true },
	{ "random digits", "83920174", true },
	{ "four kinds of characters", "Test1234!", true },
	{ "a common one with a capital, a digit and a sign", "P@ssw0rd1",
	  true },
	{ "a common one inside of a longer one", "my password is long", true },
	{ "three runs and a word", "qwerty 123 omnibus", true },
	{ "letters of another script", "пароль-для-дома", true },

	{ "a common one", "password", false },
	{ "a common one in capitals", "PASSWORD", false },
	{ "a common one with a number", "password123", false },
	{ "a common one in another language", "Contraseña", false },
	{ "the first one of the list", "!qaz2wsx", false },
	{ "one character", "aaaaaaaa", false },
	{ "one character of two bytes", "éééééééé", false },
	{ "blanks", "        ", false },
	{ "a piece again and again", "xyxyxyxy", false },
	{ "a piece again, cut short", "wow!wow!wo", false },
	{ "counting", "12345678", false },
	{ "counting past nine", "234567890123", false },
	{ "counting down", "9876543210", false },
	{ "the alphabet", "ghijklmnop", false },
	{ "a row of keys", "QWERTYUIOP", false },
	{ "a row of keys backwards", "lkjhgfdsa", false },
	{ "a row of keys in France", "azertyui", false },
	{ "a row of keys in Germany", "qwertzui", false },
	{ "keys in a zigzag", "1q2w3e4r5t6y", false },
	{ "columns of keys", "1qaz2wsx3edc4rfv", false },
	{ "letters, then numbers", "abcdef123456", false },
	{ "three runs", "qwe456asd", false },

	{ "the address", EMAIL, false },
	{ "the address in small letters", "alice.smith1@example.com", false },
	{ "what is before the @", "alice.smith1", false },
	{ "what is before the @, and a year", "alice.smith12026", false },
	{ "what is before the @ in a phrase", "alice.smith1 went home", true },
	{ "the name", "Älfred Jones", false },
	{ "the name in other letters", "äLFRED jONES", false },
	{ "the name without blanks", "älfredjones", false },
	{ "half of the name in a phrase", "jones and his cats", true },
};

static void is_judged(void **state)
{
	const struct choice *c = *state;
	struct err err = { 0 };
	bool allowed = password_allowed(c->password, EMAIL, NAME,
					"body.new_password", &err);

	assert_int_equal(allowed, c->allowed);
	if (allowed)
		return;
	assert_int_equal(err.kind, ERR_INVALID);
	assert_string_equal(err.field, "body.new_password");
	assert_string_equal(err.type, "value_error");
}

static void a_short_local_part_is_in_many_honest_ones(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_true(password_allowed("ann42xyz", "ann@example.com", NULL,
				     "body.password", &err));
	assert_false(password_allowed("anna42xy", "anna@example.com", NULL,
				      "body.password", &err));
}

static void nothing_need_be_known_of_the_account(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_true(password_allowed("otters juggle", NULL, NULL,
				     "body.password", &err));
	assert_false(password_allowed("letmein1", NULL, NULL, "body.password",
				      &err));
}

/* A capital in the list would never be found. */
static void the_list_is_sorted_long_enough_and_folded(void **state)
{
	const char *line =
		(const char *)embedded_find("data/passwords.txt")->bytes;
	size_t count = 0, longest = 0;
	const char *last = "";
	size_t last_len = 0;

	(void)state;
	for (const char *end; *line; line = end + 1, count++) {
		size_t len;

		end = strchr(line, '\n');
		assert_non_null(end);
		len = (size_t)(end - line);
		for (const char *p = line; p < end; p++)
			assert_false(*p >= 'A' && *p <= 'Z');
		assert_true(len >= 8);
		assert_true(memcmp(last, line,
				   len < last_len ? len : last_len) < 0 ||
			    last_len < len);
		longest = len > longest ? len : longest;
		last = line;
		last_len = len;
	}
	assert_true(count > 1000);
	assert_true(longest <= 128);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(choices) + 3];
	size_t n = 0;

	ADD(choices, is_judged);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(
		a_short_local_part_is_in_many_honest_ones);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(
		nothing_need_be_known_of_the_account);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(
		the_list_is_sorted_long_enough_and_folded);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
