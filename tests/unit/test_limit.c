/* How often one client may call one route. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "http/limit.h"

#define S CLOCK_SECOND

/* Seconds to wait, 0 when the call may go on. */
static int waits(const char *route, const char *client, int64_t now)
{
	_arena_ struct arena a = { 0 };
	struct limit_state state = { 0 };
	struct err err = { 0 };

	if (limit_count(route, client, 3, now, &a, &state, &err))
		return 0;
	assert_int_equal(err.kind, ERR_LIMITED);
	assert_string_equal(err.msg, "Rate limit exceeded: 3 per 1 minute");
	return err.retry_after;
}

static void use_up(const char *route, const char *client, int64_t now)
{
	for (int i = 0; i < 3; i++)
		assert_int_equal(waits(route, client, now), 0);
}

static void the_fourth_of_three_waits_for_the_end_of_the_minute(void **state)
{
	(void)state;
	use_up("fourth", "192.0.2.1", 100 * S);
	assert_in_range(waits("fourth", "192.0.2.1", 100 * S), 60, 61);
	assert_in_range(waits("fourth", "192.0.2.1", 150 * S), 10, 11);
	assert_in_range(waits("fourth", "192.0.2.1", 159 * S), 1, 2);
}

static void a_new_minute_begins_anew(void **state)
{
	(void)state;
	use_up("anew", "192.0.2.1", 100 * S);
	assert_true(waits("anew", "192.0.2.1", 130 * S) > 0);
	use_up("anew", "192.0.2.1", 161 * S);
	assert_true(waits("anew", "192.0.2.1", 162 * S) > 0);
}

static void clients_and_routes_have_counts_of_their_own(void **state)
{
	(void)state;
	use_up("own", "192.0.2.1", 100 * S);
	assert_true(waits("own", "192.0.2.1", 100 * S) > 0);
	assert_int_equal(waits("own", "192.0.2.2", 100 * S), 0);
	assert_int_equal(waits("other", "192.0.2.1", 100 * S), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_fourth_of_three_waits_for_the_end_of_the_minute),
		cmocka_unit_test(a_new_minute_begins_anew),
		cmocka_unit_test(clients_and_routes_have_counts_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
