/* When a schedule is due: what is an expression, and what comes next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "core/cron.h"
#include "table.h"

/* ---- expressions that are none ---- */

static const struct bad {
	const char *name; /* the expression */
	const char *why;
} bad[] = {
	{ "", "cron expression is required" },
	{ "* * * *", "must have exactly 5 fields (minute hour day-of-month "
		     "month day-of-week); got 4" },
	{ "* * * * * *", "exactly 5 fields" },
	{ "@daily", "got 1" },
	{ "  ", "got 0" },
	{ "99 99 99 99 99", "minute: 99 is outside the allowed range 0-59" },
	{ "60 * * * *", "minute: 60 is outside the allowed range 0-59" },
	{ "* 24 * * *", "hour: 24 is outside the allowed range 0-23" },
	{ "* * 0 * *", "day-of-month: 0 is outside the allowed range 1-31" },
	{ "* * 32 * *", "day-of-month: 32 is outside the allowed range 1-31" },
	{ "* * * 0 *", "month: 0 is outside the allowed range 1-12" },
	{ "* * * 13 *", "month: 13 is outside the allowed range 1-12" },
	{ "* * * * 8", "day-of-week: 8 is outside the allowed range 0-7" },
	{ "99999999999999999999 * * * *", "is outside the allowed range" },
	{ "*/60 * * * *", "minute: 60 is outside the allowed range 1-59" },
	{ "*/0 * * * *", "minute: 0 is outside the allowed range 1-59" },
	{ "* */24 * * *", "hour: 24 is outside the allowed range 1-23" },
	{ "0 17-9 * * *", "hour: range start 17 is greater than end 9" },
	{ "* * * * 7-5", "day-of-week: range start 7 is greater than end 5" },
	{ "-5 * * * *", "minute: '-5' is not a number" },
	{ "5- * * * *", "minute: '5-' is not a number" },
	{ "+5 * * * *", "minute: '+5' is not a number" },
	{ "1.5 * * * *", "minute: '1.5' is not a number" },
	{ "0 9 * * MON", "day-of-week: 'MON' is not a number" },
	{ "0 9 * JAN *", "month: 'JAN' is not a number" },
	{ "0 9 L * *", "day-of-month: 'L' is not a number" },
	{ "0 9 ? * 1", "day-of-month: '?' is not a number" },
	{ "0 9 * * 1#2", "day-of-week: '1#2' is not a number" },
	{ "1-2-3 * * * *", "minute: '2-3' is not a number" },
	{ "1/2/3 * * * *", "minute: '2/3' is not a number" },
	{ "**/2 * * * *", "minute: '**' is not a number" },
	{ "1,,2 * * * *", "minute: empty list element in '1,,2'" },
	{ ",1 * * * *", "minute: empty list element in ',1'" },
	{ "1, * * * *", "minute: empty list element in '1,'" },
	{ "*/ * * * *", "minute: '*/' has an empty base or step" },
	{ "/5 * * * *", "minute: '/5' has an empty base or step" },
	{ "0 0 31 2 *", "day-of-month: no such day in any of the months" },
	{ "0 0 30,31 2 *", "day-of-month: no such day in any of the months" },
	{ "0 0 31 4,6,9,11 *", "day-of-month: no such day" },
};

static void is_refused(void **state)
{
	const struct bad *b = *state;
	struct cron c = { 0 };
	struct err err = { 0 };

	assert_false(cron_parse(b->name, &c, &err));
	assert_int_equal(err.kind, ERR_INVALID);
	if (!strstr(err.msg, b->why))
		fail_msg("'%s' says '%s', not '%s'", b->name, err.msg, b->why);
}

/* ---- what comes next, in UTC ---- */

/* Two expressions that mean the same. */
static const struct same {
	const char *name, *other;
} same[] = {
	{ "30 14 * * 7", "30 14 * * 0" },
	{ "0 0 * * 5-7", "0 0 * * 5,6,0" },
	{ "0 0 * * 1/2", "0 0 * * 1,3,5,0" },
	{ "00 09 * * *", "0 9 * * *" },
	{ "007 01-09 01 012 06", "7 1-9 1 12 6" },
	{ "  */5\t *  *   * * ", "*/5 * * * *" },
	{ "5/10 * * * *", "5-59/10 * * * *" },
	{ "0,15-20,30/5 * * * *",
	  "0,15,16,17,18,19,20,30,35,40,45,50,55 * * * *" },
	{ "0 9-17/2 * * 1-5", "0 9,11,13,15,17 * * 1,2,3,4,5" },
	{ "0 0 */2 * *", "0 0 2,4,6,8,10,12,14,16,18,20,22,24,26,28,30 * *" },
	{ "0 0 * * */7", "0 0 * * 0" },
};

static void means_the_same(void **state)
{
	const struct same *s = *state;
	struct cron a = { 0 }, b = { 0 };
	struct err err = { 0 };

	if (!cron_parse(s->name, &a, &err) || !cron_parse(s->other, &b, &err))
		fail_msg("%s", err.msg);
	assert_true(a.minutes == b.minutes);
	assert_int_equal(a.hours, b.hours);
	assert_int_equal(a.months, b.months);
	assert_int_equal(a.weekdays, b.weekdays);
	assert_int_equal(a.days, b.days);
}

/* Each line is an expression and what follows the moment before. */
static const struct next {
	const char *name, *zone, *after, *then;
} nexts[] = {
	{ "*/5 * * * *", "UTC", "2026-03-01T09:00:00Z",
	  "2026-03-01T09:05:00Z" },
	{ "*/5 * * * *", "UTC", "2026-03-01T09:04:59.999999Z",
	  "2026-03-01T09:05:00Z" },
	{ "0 9 * * 1-5", "UTC", "2026-03-06T09:00:00Z",
	  "2026-03-09T09:00:00Z" },
	/* W54: 7 is Sunday, and so is a range that ends there. */
	{ "30 14 * * 7", "UTC", "2026-03-02T00:00:00Z",
	  "2026-03-08T14:30:00Z" },
	{ "0 0 * * 6-7", "UTC", "2026-03-07T00:00:00Z",
	  "2026-03-08T00:00:00Z" },
	/* W54: zeros in front. */
	{ "00 09 * * *", "UTC", "2026-03-01T09:00:00Z",
	  "2026-03-02T09:00:00Z" },
	/* W54: the 13th or a Friday, whichever is first. */
	{ "0 0 13 * 5", "UTC", "2026-03-01T00:00:00Z", "2026-03-06T00:00:00Z" },
	{ "0 0 13 * 5", "UTC", "2026-04-10T00:00:00Z", "2026-04-13T00:00:00Z" },
	/* A field with a * restricts nothing by itself: both must fit. */
	{ "0 0 */2 * 1", "UTC", "2026-03-01T00:00:00Z",
	  "2026-03-02T00:00:00Z" },
	{ "0 0 */2 * 1", "UTC", "2026-03-02T00:00:00Z",
	  "2026-03-16T00:00:00Z" },
	{ "0 0 31 * *", "UTC", "2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z" },
	{ "59 23 31 12 *", "UTC", "2026-12-31T23:59:00Z",
	  "2027-12-31T23:59:00Z" },
	{ "0 0 29 2 *", "UTC", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z" },
	{ "0 0 29 2 *", "UTC", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z" },
	{ "0 0 1 1 *", "UTC", "1969-06-01T00:00:00Z", "1970-01-01T00:00:00Z" },
	{ "0 0 30 2 3", "UTC", "2026-02-01T00:00:00Z", "2026-02-04T00:00:00Z" },
	/* W74: local time, in winter and in summer. */
	{ "0 9 * * *", "Europe/Rome", "2026-01-10T00:00:00Z",
	  "2026-01-10T08:00:00Z" },
	{ "0 9 * * *", "Europe/Rome", "2026-07-10T00:00:00Z",
	  "2026-07-10T07:00:00Z" },
	{ "0 0 * * 1", "Pacific/Auckland", "2026-07-10T00:00:00Z",
	  "2026-07-12T12:00:00Z" },
	{ "30 0 1 * *", "America/New_York", "2026-07-01T00:00:00Z",
	  "2026-07-01T04:30:00Z" },
	{ "15 5 * * *", "Asia/Kathmandu", "2026-07-01T00:00:00Z",
	  "2026-07-01T23:30:00Z" },
	/* Spring: 02:30 does not exist on 29 March, and becomes 03:30. */
	{ "30 2 * * *", "Europe/Rome", "2026-03-28T02:00:00Z",
	  "2026-03-29T01:30:00Z" },
	{ "30 2 * * *", "Europe/Rome", "2026-03-29T01:30:00Z",
	  "2026-03-30T00:30:00Z" },
	/* An interval leaves out the hour that is not there. */
	{ "30 * * * *", "Europe/Rome", "2026-03-29T00:30:00Z",
	  "2026-03-29T01:30:00Z" },
	{ "*/20 */2 * * *", "Europe/Rome", "2026-03-29T00:59:00Z",
	  "2026-03-29T02:00:00Z" },
	/* Autumn: 02:30 comes twice on 25 October, and counts once, */
	{ "30 2 * * *", "Europe/Rome", "2026-10-24T12:00:00Z",
	  "2026-10-25T00:30:00Z" },
	{ "30 2 * * *", "Europe/Rome", "2026-10-25T00:30:00Z",
	  "2026-10-26T01:30:00Z" },
	{ "30 2 * * *", "Europe/Rome", "2026-10-25T00:45:00Z",
	  "2026-10-26T01:30:00Z" },
	/* but an interval goes on through both. */
	{ "*/30 * * * *", "Europe/Rome", "2026-10-25T00:30:00Z",
	  "2026-10-25T01:00:00Z" },
	{ "*/30 * * * *", "Europe/Rome", "2026-10-25T01:00:00Z",
	  "2026-10-25T01:30:00Z" },
	/* Half an hour, in the south; midnight that does not exist. */
	{ "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z",
	  "2026-10-03T15:45:00Z" },
	{ "0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z",
	  "2026-09-06T04:00:00Z" },
	/* A day that a country left out altogether. */
	{ "0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z",
	  "2011-12-30T22:00:00Z" },
	/* Past the end of the table of changes: by rule. */
	{ "0 9 1 * *", "Europe/Rome", "2060-06-15T00:00:00Z",
	  "2060-07-01T07:00:00Z" },
	{ "0 9 1 * *", "America/New_York", "2060-12-15T00:00:00Z",
	  "2061-01-01T14:00:00Z" },
};

static void comes_next(void **state)
{
	const struct next *n = *state;
	_arena_ struct arena a = { 0 };
	const struct zone *zone = NULL;
	struct cron c = { 0 };
	struct err err = { 0 };
	int64_t after = 0, next = 0;
	char text[CLOCK_TEXT];

	assert_true(clock_parse(n->after, &after));
	if (!cron_parse(n->name, &c, &err) ||
	    !zone_open(n->zone, &a, &zone, &err))
		fail_msg("%s", err.msg);
	assert_true(cron_next(&c, zone, after, &next));
	clock_text(next, text);
	assert_string_equal(text, n->then);
}

/* A year of every quarter of an hour: none twice, none left out. */
static void an_interval_never_pauses_nor_repeats(void **state)
{
	_arena_ struct arena a = { 0 };
	const struct zone *zone = NULL;
	struct cron c = { 0 };
	int64_t at = 0, end = 0, next = 0;

	(void)state;
	assert_true(zone_open("Europe/Rome", &a, &zone, NULL));
	assert_true(cron_parse("*/15 * * * *", &c, NULL));
	clock_parse("2026-01-01T00:00:00Z", &at);
	clock_parse("2027-01-01T00:00:00Z", &end);
	while (at < end) {
		assert_true(cron_next(&c, zone, at, &next));
		assert_true(next - at == 900 * CLOCK_SECOND);
		at = next;
	}
}

/* One a day, whatever the clocks do. */
static void a_fixed_time_comes_once_a_day(void **state)
{
	static const char *const zones[] = { "Europe/Rome", "America/Santiago",
					     "Australia/Lord_Howe" };
	static const char *const times[] = { "30 2 * * *", "0 0 * * *",
					     "15 2 * * *", "45 1 * * *" };
	_arena_ struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(zones) * COUNT(times); i++) {
		const struct zone *zone = NULL;
		struct cron c = { 0 };
		int64_t at = 0, next = 0;
		int count = 0;

		assert_true(
			zone_open(zones[i % COUNT(zones)], &a, &zone, NULL));
		assert_true(cron_parse(times[i / COUNT(zones)], &c, NULL));
		clock_parse("2026-01-01T12:00:00Z", &at);
		for (int64_t end = at + 365 * CLOCK_DAY; at < end; at = next) {
			assert_true(cron_next(&c, zone, at, &next));
			assert_true(next > at);
			count += next <= end;
		}
		assert_int_equal(count, 365);
	}
}

int main(void)
{
	static struct CMUnitTest
		tests[COUNT(bad) + COUNT(same) + COUNT(nexts) + 2];
	size_t n = 0;

	ADD(bad, is_refused);
	ADD(same, means_the_same);
	ADD(nexts, comes_next);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(
		an_interval_never_pauses_nor_repeats);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(
		a_fixed_time_comes_once_a_day);
	return _cmocka_run_group_tests("cron", tests, n, NULL, NULL);
}
