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

static void a_reply_tells_what_is_left(void **state)
{
	_arena_ struct arena a = { 0 };
	struct limit_state now = { 0 };

	(void)state;
	assert_string_equal(limit_policy(3, &a), "\"default\";q=3;w=60");
	assert_null(limit_header(&now, &a));
	assert_true(limit_count("told", "c", 3, 100 * S, &a, &now, NULL));
	assert_string_equal(limit_header(&now, &a), "\"default\";r=2;t=60");
	assert_true(limit_count("told", "c", 3, 130 * S, &a, &now, NULL));
	assert_string_equal(limit_header(&now, &a), "\"default\";r=1;t=30");
	assert_true(limit_count("told", "c", 3, 131 * S + 1, &a, &now, NULL));
	assert_string_equal(limit_header(&now, &a), "\"default\";r=0;t=29");
	assert_false(limit_count("told", "c", 3, 160 * S - 1, &a, &now, NULL));
	assert_string_equal(limit_header(&now, &a), "\"default\";r=0;t=1");
}

/* W10: the key, the person, else the address; an IPv6 network is one client. */
static void a_call_counts_for_who_asks(void **state)
{
	static const struct {
		const char *user, *key, *ip, *client;
	} cases[] = {
		{ NULL, NULL, "192.0.2.1", "192.0.2.1" },
		{ NULL, NULL, "::ffff:192.0.2.1", "192.0.2.1" },
		{ NULL, NULL, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::" },
		{ NULL, NULL, "2001:db8:1:2:ffff::1", "2001:db8:1:2::" },
		{ NULL, NULL, "2001:db8:1:3::1", "2001:db8:1:3::" },
		{ NULL, NULL, "unknown", "unknown" },
		{ "u1", NULL, "192.0.2.1", "user:u1" },
		{ NULL, "k1", "192.0.2.1", "key:k1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct session s = { .user_id = cases[i].user,
				     .key_id = cases[i].key };

		assert_string_equal(limit_client(&s, cases[i].ip, &a),
				    cases[i].client);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_fourth_of_three_waits_for_the_end_of_the_minute),
		cmocka_unit_test(a_new_minute_begins_anew),
		cmocka_unit_test(clients_and_routes_have_counts_of_their_own),
		cmocka_unit_test(a_reply_tells_what_is_left),
		cmocka_unit_test(a_call_counts_for_who_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
