/* Counters and values that end by themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "store/kv.h"

enum { WINDOW = 60 };

static int setup(void **state)
{
	*state = kv_memory_open(1000);
	return 0;
}

static int teardown(void **state)
{
	kv_close(*state);
	return 0;
}

static int64_t take(struct kv *kv, const char *key, int64_t now)
{
	int64_t count = -1;

	assert_true(kv_take(kv, key, WINDOW, now, &count, NULL, NULL));
	return count;
}

static const char *get(struct kv *kv, const char *key, int64_t now,
		       struct arena *a)
{
	const char *value = NULL;

	assert_true(kv_get(kv, key, now, a, &value, NULL));
	return value;
}

static void a_window_counts_and_ends(void **state)
{
	struct kv *kv = *state;
	int64_t count, end;

	assert_int_equal(take(kv, "a", 100), 1);
	assert_int_equal(take(kv, "a", 159), 2);
	assert_int_equal(take(kv, "b", 159), 1);
	assert_true(kv_take(kv, "a", WINDOW, 159, &count, &end, NULL));
	assert_int_equal(count, 3);
	assert_int_equal(end, 160);
	assert_int_equal(take(kv, "a", 160), 1);
}

static void values_live_until_their_time(void **state)
{
	_arena_ struct arena a = { 0 };
	struct kv *kv = *state;

	assert_null(get(kv, "k", 0, &a));
	assert_true(kv_set(kv, "k", "one", 10, 100, NULL));
	assert_string_equal(get(kv, "k", 109, &a), "one");
	assert_true(kv_set(kv, "k", "two", 10, 105, NULL));
	assert_string_equal(get(kv, "k", 114, &a), "two");
	assert_null(get(kv, "k", 115, &a));
	assert_true(kv_set(kv, "k", "three", 10, 200, NULL));
	assert_true(kv_delete(kv, "k", NULL));
	assert_true(kv_delete(kv, "k", NULL));
	assert_null(get(kv, "k", 200, &a));
}

static void a_counter_reads_as_its_number(void **state)
{
	_arena_ struct arena a = { 0 };
	struct kv *kv = *state;

	take(kv, "n", 0);
	take(kv, "n", 0);
	assert_string_equal(get(kv, "n", 1, &a), "2");
}

static void long_keys_are_told_apart(void **state)
{
	struct kv *kv = *state;
	char one[1000], two[1000];

	memset(one, 'k', sizeof(one));
	memset(two, 'k', sizeof(two));
	one[999] = two[999] = '\0';
	two[998] = 'x';
	assert_int_equal(take(kv, one, 0), 1);
	assert_int_equal(take(kv, two, 0), 1);
	assert_int_equal(take(kv, one, 0), 2);
}

static void a_long_value_is_refused(void **state)
{
	struct kv *kv = *state;
	struct err err = { 0 };
	char value[KV_VALUE_MAX + 2];

	memset(value, 'v', sizeof(value));
	value[KV_VALUE_MAX + 1] = '\0';
	assert_false(kv_set(kv, "k", value, 10, 0, &err));
	assert_int_equal(err.kind, ERR_INTERNAL);
	value[KV_VALUE_MAX] = '\0';
	assert_true(kv_set(kv, "k", value, 10, 0, &err));
}

static void a_flood_costs_what_ends_first(void **state)
{
	_arena_ struct arena a = { 0 };
	struct kv *kv = *state;
	int kept = 0;

	assert_true(kv_set(kv, "precious", "x", 1000000, 0, NULL));
	for (int i = 0; i < 20000; i++)
		take(kv, arena_printf(&a, "flood:%d", i), i % 50);
	assert_string_equal(get(kv, "precious", 50, &a), "x");
	for (int i = 0; i < 20000; i++)
		kept += get(kv, arena_printf(&a, "flood:%d", i), 50, &a) !=
			NULL;
	assert_true(kept > 0 && kept <= 1024);
}

enum { THREADS = 4, ROUNDS = 20000 };

static void *count_rounds(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		take(arg, i % 2 ? "odd" : "even", 0);
	return NULL;
}

static void no_count_is_lost_between_threads(void **state)
{
	struct kv *kv = *state;
	pthread_t threads[THREADS];

	for (int t = 0; t < THREADS; t++)
		pthread_create(&threads[t], NULL, count_rounds, kv);
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	assert_int_equal(take(kv, "odd", 0), THREADS * ROUNDS / 2 + 1);
	assert_int_equal(take(kv, "even", 0), THREADS * ROUNDS / 2 + 1);
}

static void a_process_has_one_store(void **state)
{
	assert_non_null(kv_process());
	assert_ptr_equal(kv_process(), kv_process());
	take(kv_process(), "x", 0);
}

#define kv_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		kv_test(a_window_counts_and_ends),
		kv_test(values_live_until_their_time),
		kv_test(a_counter_reads_as_its_number),
		kv_test(long_keys_are_told_apart),
		kv_test(a_long_value_is_refused),
		kv_test(a_flood_costs_what_ends_first),
		kv_test(no_count_is_lost_between_threads),
		cmocka_unit_test(a_process_has_one_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
