/*
 * cron: when a schedule is due.
 *
 * Five fields: minute (0-59), hour (0-23), day of the month (1-31), month
 * (1-12), day of the week (0-7, 0 and 7 are Sunday). In each, separated by
 * commas: `*`, N, N-M, and one of these with a step, as in 0-30/10. A step
 * after `*` takes the values that it divides; after N it goes on to the end of
 * the range. No names, no @daily, no L, W, # or ?. Zeros in front are fine.
 *
 * As in the classic cron, when both day fields are restricted (neither has a
 * `*` in it) a day that fits one of them is enough.
 *
 * Fields are local time in the schedule's zone. Where the clock is put forward
 * a time that does not exist is taken as with the offset before (RFC 5545,
 * 3.3.5), so nothing is skipped; where it is put back, a time that comes twice
 * counts the first time. Expressions whose hour has a `*` in it mean an
 * interval, and go on through both with the time that really passes.
 *
 * Pure: values in, values out.
 */
#ifndef NIS2_CORE_CRON_H
#define NIS2_CORE_CRON_H

#include <stdint.h>

#include "base/err.h"
#include "base/zone.h"

enum { CRON_MAX = 100 }; /* characters of an expression */

/* Bit n of a member stands for the value n. */
struct cron {
	uint64_t minutes;
	uint32_t hours;
	uint32_t days;
	uint32_t months;
	uint32_t weekdays; /* 0 is Sunday; 7 became 0 */
	bool any_hour;	   /* the hour has a `*` */
	bool any_day, any_weekday;
};

/*
 * Reads an expression. ERR_INVALID says what is wrong, in words for people;
 * also when it names a day that never comes (31 February).
 */
bool cron_parse(const char *text, struct cron *ret, struct err *err);

/*
 * The first moment (base/clock.h) after `after` when it is due, in the zone
 * (NULL: UTC). False: never, which cron_parse() has ruled out.
 */
bool cron_next(const struct cron *c, const struct zone *zone, int64_t after,
	       int64_t *ret);

#endif
