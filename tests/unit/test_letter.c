/* Characters of any script: case, class, and back to UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "codec/format.h"
#include "codec/letter.h"

struct letter {
	const char *text; /* one character */
	const char *lower;
	bool alnum;
	bool space;
};

static const struct letter letters[] = {
	{ "a", "a", true, false },
	{ "Z", "z", true, false },
	{ "7", "7", true, false },
	{ "-", "-", false, false },
	{ "_", "_", false, false },
	{ " ", " ", false, true },
	{ "\t", "\t", false, true },
	{ "É", "é", true, false },
	{ "Ω", "ω", true, false },
	{ "Ж", "ж", true, false },
	{ "ß", "ß", true, false },
	{ "日", "日", true, false },
	{ "𐐀", "𐐨", true, false },
	{ "🦊", "🦊", false, false },
	{ "«", "«", false, false },
	{ "\u00a0", "\u00a0", false, true },
	{ "\u2003", "\u2003", false, true },
	{ "\u202f", "\u202f", false, true },
	{ "\u3000", "\u3000", false, true },
};

static void each_letter(void **state)
{
	_arena_ struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++) {
		const struct letter *l = &letters[i];
		struct sb b = sb_new(&a, 8);
		int len;
		unsigned c = format_next(l->text, &len);

		assert_int_equal(letter_is_alnum(c), l->alnum);
		assert_int_equal(letter_is_space(c), l->space);
		letter_add(&b, letter_lower(c));
		assert_string_equal(b.s, l->lower);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_letter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
