/* Memory for one unit of work, and strings that grow in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/arena.h"

static void memory_comes_zeroed_and_aligned(void **state)
{
	_arena_ struct arena a = { 0 };
	static const unsigned char zero[70000];
	static const size_t sizes[] = { 1, 7, 16, 100, 4096, 5000, 70000 };

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			unsigned char *p = arena_alloc(&a, sizes[i]);

			assert_int_equal((uintptr_t)p % 16, 0);
			assert_memory_equal(p, zero, sizes[i]);
			memset(p, 0xee, sizes[i]);
		}
		arena_reset(&a);
	}
}

static void pieces_do_not_overlap(void **state)
{
	_arena_ struct arena a = { 0 };
	unsigned char *p[500];

	for (int i = 0; i < 500; i++)
		p[i] = memset(arena_bytes(&a, (size_t)i + 1), i, (size_t)i + 1);
	for (int i = 0; i < 500; i++)
		for (int n = 0; n <= i; n++)
			assert_int_equal(p[i][n], (unsigned char)i);
}

static void copies_end_where_they_should(void **state)
{
	_arena_ struct arena a = { 0 };

	assert_null(arena_strdup(&a, NULL));
	assert_null(arena_strndup(&a, NULL, 4));
	assert_string_equal(arena_strdup(&a, ""), "");
	assert_string_equal(arena_strndup(&a, "abcdef", 3), "abc");
	assert_string_equal(arena_strndup(&a, "ab", 30), "ab");
	assert_string_equal(arena_printf(&a, "%s:%d", "h", 80), "h:80");
}

static void count_up(void *arg)
{
	int **place = arg;

	*(*place)++ = 1;
}

struct order {
	char *at;
	char letter;
};

static void note(void *arg)
{
	struct order *o = arg;

	*strchr(o->at, '\0') = o->letter;
}

static void deferred_calls_run_newest_first_and_once(void **state)
{
	char seen[8] = "";
	struct order first = { seen, 'a' }, second = { seen, 'b' };
	int done[2] = { 0 }, *next = done;
	struct arena a = { 0 };

	arena_defer(&a, note, &first);
	arena_defer(&a, note, &second);
	arena_reset(&a);
	assert_string_equal(seen, "ba");
	arena_free(&a);
	assert_string_equal(seen, "ba");
	arena_defer(&a, count_up, &next);
	arena_free(&a);
	assert_int_equal(next - done, 1);
}

static void a_string_grows(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sb b = sb_new(&a, 0);

	assert_string_equal(b.s, "");
	for (int i = 0; i < 1000; i++) {
		sb_addf(&b, "%d,", i);
		sb_addc(&b, '-');
	}
	assert_int_equal(b.len, strlen(b.s));
	assert_int_equal(b.len, 10 * 3 + 90 * 4 + 900 * 5);
	assert_string_equal(b.s + b.len - 5, "999,-");
	assert_false(b.truncated);
}

static void room_is_there_before_it_is_used(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sb b = sb_new(&a, 4);

	sb_add(&b, "begin ");
	memset(sb_room(&b, 5000), 'x', 5000);
	b.len += 5000;
	sb_add(&b, " end");
	assert_int_equal(b.len, 5010);
	assert_memory_equal(b.s, "begin xx", 8);
	assert_string_equal(b.s + 5005, "x end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_comes_zeroed_and_aligned),
		cmocka_unit_test(pieces_do_not_overlap),
		cmocka_unit_test(copies_end_where_they_should),
		cmocka_unit_test(deferred_calls_run_newest_first_and_once),
		cmocka_unit_test(a_string_grows),
		cmocka_unit_test(room_is_there_before_it_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
