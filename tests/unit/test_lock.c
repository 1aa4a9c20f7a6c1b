/* How long an account is closed after failed sign-ins. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/lock.h"
#include "base/clock.h"

#define S CLOCK_SECOND
#define HOME "192.0.2.7"

/* Seconds to wait, 0 when the account is open. */
static int waits(struct arena *a, const char *key, int64_t now)
{
	struct err err = { 0 };

	return lock_check(a, key, HOME, now, &err) ? 0 : err.retry_after;
}

static void failures(struct arena *a, const char *key, int times, int64_t now)
{
	while (times-- > 0)
		lock_failed(a, key, HOME, now, NULL);
}

static void four_failures_are_forgiven_and_five_are_not(void **state)
{
	_arena_ struct arena a = { 0 };

	(void)state;
	failures(&a, "four", 4, S);
	assert_int_equal(waits(&a, "four", S), 0);
	failures(&a, "four", 1, 2 * S);
	assert_int_equal(waits(&a, "four", 2 * S), 60);
	assert_int_equal(waits(&a, "four", 61 * S), 1);
	assert_int_equal(waits(&a, "four", 62 * S), 0);
}

static void
failures_of_more_than_a_quarter_of_an_hour_ago_do_not_count(void **state)
{
	_arena_ struct arena a = { 0 };

	(void)state;
	failures(&a, "slow", 4, S);
	failures(&a, "slow", 4, 902 * S);
	assert_int_equal(waits(&a, "slow", 902 * S), 0);
}

static void a_success_ends_the_count(void **state)
{
	_arena_ struct arena a = { 0 };

	(void)state;
	failures(&a, "good", 4, S);
	lock_passed(&a, "good", HOME, 2 * S);
	failures(&a, "good", 4, 2 * S);
	assert_int_equal(waits(&a, "good", 2 * S), 0);
}

static void
each_lock_is_twice_as_long_and_none_is_longer_than_an_hour(void **state)
{
	static const int expected[] = {
		60, 120, 240, 480, 960, 1920, 3600, 3600
	};
	_arena_ struct arena a = { 0 };
	int64_t now = S;

	(void)state;
	for (int i = 0; i < 8; i++) {
		failures(&a, "again", 5, now);
		assert_int_equal(waits(&a, "again", now), expected[i]);
		now += (expected[i] + 1) * S;
	}
}

static void accounts_do_not_lock_each_other(void **state)
{
	_arena_ struct arena a = { 0 };

	(void)state;
	failures(&a, "mine", 5, S);
	assert_int_equal(waits(&a, "yours", S), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_failures_are_forgiven_and_five_are_not),
		cmocka_unit_test(
			failures_of_more_than_a_quarter_of_an_hour_ago_do_not_count),
		cmocka_unit_test(a_success_ends_the_count),
		cmocka_unit_test(
			each_lock_is_twice_as_long_and_none_is_longer_than_an_hour),
		cmocka_unit_test(accounts_do_not_lock_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
