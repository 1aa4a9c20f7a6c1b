/* How long an account is closed after failed sign-ins. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>

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

/* ---- W11: strangers ---- */

static int waits_at(struct arena *a, const char *key, const char *ip,
		    int64_t now)
{
	struct err err = { 0 };

	return lock_check(a, key, ip, now, &err) ? 0 : err.retry_after;
}

static bool fails_at(struct arena *a, const char *key, const char *ip,
		     int64_t now)
{
	bool locked = false;

	lock_failed(a, key, ip, now, &locked);
	return locked;
}

static void a_lock_is_for_the_network_that_failed(void **state)
{
	static const struct {
		const char *ip;
		bool closed;
	} cases[] = {
		{ "198.51.100.200", true },
		{ "198.51.101.1", false },
		{ "::ffff:198.51.100.9", true },
		{ "2001:db8::1", false },
	};
	_arena_ struct arena a = { 0 };

	(void)state;
	for (int i = 1; i <= 5; i++)
		assert_int_equal(fails_at(&a, "net",
					  arena_printf(&a, "198.51.100.%d", i),
					  S),
				 i == 5);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(waits_at(&a, "net", cases[i].ip, S) > 0,
				 cases[i].closed);
}

static void an_ipv6_network_is_one_client(void **state)
{
	_arena_ struct arena a = { 0 };

	(void)state;
	for (int i = 1; i <= 5; i++)
		fails_at(&a, "six", arena_printf(&a, "2001:db8:0:1::%d", i), S);
	assert_int_equal(waits_at(&a, "six", "2001:db8:0:1:f::1", S), 60);
	assert_int_equal(waits_at(&a, "six", "2001:db8:0:2::1", S), 0);
}

/* Thirty from everywhere close it, but not to where its owner signs in. */
static void guesses_from_many_networks_close_it_to_strangers(void **state)
{
	_arena_ struct arena a = { 0 };

	(void)state;
	lock_passed(&a, "spread", HOME, S);
	for (int i = 1; i <= 30; i++)
		assert_int_equal(fails_at(&a, "spread",
					  arena_printf(&a, "10.0.%d.1", i), S),
				 i == 30);
	assert_int_equal(waits_at(&a, "spread", "203.0.113.9", S), 60);
	assert_int_equal(waits_at(&a, "spread", HOME, S), 0);
	assert_int_equal(waits_at(&a, "spread", "203.0.113.9", 62 * S), 0);
	/* Failures of its own close a known network like any other. */
	for (int i = 0; i < 5; i++)
		fails_at(&a, "spread", HOME, 2 * S);
	assert_int_equal(waits_at(&a, "spread", HOME, 2 * S), 60);
}

/* One network alone is stopped by its own locks long before. */
static void one_network_never_closes_it_to_others(void **state)
{
	_arena_ struct arena a = { 0 };
	int64_t now = S;

	(void)state;
	for (int i = 0; i < 100; i++) {
		if (!waits_at(&a, "one", HOME, now))
			fails_at(&a, "one", HOME, now);
		assert_int_equal(waits_at(&a, "one", "203.0.113.9", now), 0);
		now += 20 * S;
	}
}

enum { BURST = 20 };

static void *fail_once(void *arg)
{
	_arena_ struct arena a = { 0 };
	bool *locked = arg;

	lock_failed(&a, "burst", HOME, S, locked);
	return NULL;
}

/* W11: whoever gets past the check at the same moment makes one lock each five
 * failures, and not one each failure. */
static void a_burst_makes_no_more_locks_than_its_failures(void **state)
{
	_arena_ struct arena a = { 0 };
	pthread_t threads[BURST];
	bool locked[BURST] = { 0 };
	int locks = 0;

	(void)state;
	for (int i = 0; i < BURST; i++)
		pthread_create(&threads[i], NULL, fail_once, &locked[i]);
	for (int i = 0; i < BURST; i++) {
		pthread_join(threads[i], NULL);
		locks += locked[i];
	}
	assert_in_range(locks, 1, BURST / 5);
	assert_in_range(waits_at(&a, "burst", HOME, S), 60, 480);
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
		cmocka_unit_test(a_lock_is_for_the_network_that_failed),
		cmocka_unit_test(an_ipv6_network_is_one_client),
		cmocka_unit_test(
			guesses_from_many_networks_close_it_to_strangers),
		cmocka_unit_test(one_network_never_closes_it_to_others),
		cmocka_unit_test(a_burst_makes_no_more_locks_than_its_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
