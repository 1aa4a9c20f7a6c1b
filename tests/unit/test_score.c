/*
 * From findings to a number: hosts, scans, and how it is spoken of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/score.h"
#include "table.h"

struct host {
	struct severity_counts counts;
	int score;
};

static void findings_cost_by_their_severity(void **state)
{
	static const struct host hosts[] = {
		{ { { 0, 0, 0, 0, 0 } }, 100 },
		{ { { 1, 0, 0, 0, 0 } }, 50 },
		{ { { 0, 1, 0, 0, 0 } }, 80 },
		{ { { 0, 0, 1, 0, 0 } }, 90 },
		{ { { 0, 0, 0, 1, 0 } }, 95 },
		{ { { 0, 0, 0, 0, 9 } }, 100 },
		{ { { 0, 0, 7, 5, 0 } }, 5 },
		{ { { 2, 0, 0, 0, 0 } }, 0 },
		{ { { 3, 3, 3, 3, 3 } }, 0 },
		{ { { INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, 0 } }, 0 },
	};

	for (size_t i = 0; i < COUNT(hosts); i++)
		assert_int_equal(score_host(&hosts[i].counts), hosts[i].score);
}

static void a_scan_is_the_mean_of_hosts_that_answered(void **state)
{
	int score = -1;

	assert_true(score_scan(150, 2, &score));
	assert_int_equal(score, 75);
	assert_true(score_scan(299, 3, &score));
	assert_int_equal(score, 99); /* rounded down */
}

static void no_host_no_score(void **state)
{
	int score = -1;

	assert_false(score_scan(0, 0, &score));
	assert_int_equal(score, -1);
	assert_int_equal(score_band(false, 0), SCORE_NONE);
}

static void bands_begin_at_50_and_80(void **state)
{
	assert_int_equal(score_band(true, 0), SCORE_CRITICAL);
	assert_int_equal(score_band(true, 49), SCORE_CRITICAL);
	assert_int_equal(score_band(true, 50), SCORE_IMPROVE);
	assert_int_equal(score_band(true, 79), SCORE_IMPROVE);
	assert_int_equal(score_band(true, 80), SCORE_GOOD);
	assert_int_equal(score_band(true, 100), SCORE_GOOD);
}

static void severities_are_read_in_any_case(void **state)
{
	enum check_severity severity = CHECK_SEVERITY_INFO;

	assert_true(severity_parse("Critical", &severity));
	assert_int_equal(severity, CHECK_SEVERITY_CRITICAL);
	assert_true(severity_parse("low", &severity));
	assert_int_equal(severity, CHECK_SEVERITY_LOW);
	assert_false(severity_parse("", &severity));
	assert_false(severity_parse("CRITICALLY", &severity));
	assert_false(severity_parse(NULL, &severity));
	assert_int_equal(severity, CHECK_SEVERITY_LOW);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings_cost_by_their_severity),
		cmocka_unit_test(a_scan_is_the_mean_of_hosts_that_answered),
		cmocka_unit_test(no_host_no_score),
		cmocka_unit_test(bands_begin_at_50_and_80),
		cmocka_unit_test(severities_are_read_in_any_case),
	};

	return cmocka_run_group_tests_name("score", tests, NULL, NULL);
}
