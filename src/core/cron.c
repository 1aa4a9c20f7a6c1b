#include "core/cron.h"

#include "base/clock.h"
#include "base/span.h"

#define DAY INT64_C(86400)

enum { FIELDS = 5, MINUTE = 0, HOUR, DAY_OF_MONTH, MONTH, WEEKDAY };
/* 29 February comes again within eight years; a week more for the zones. */
enum { SEARCH_DAYS = 8 * 366 + 7 };

struct field_def {
	const char *name;
	int low, high;
};

static const struct field_def fields[FIELDS] = {
	{ "minute", 0, 59 }, { "hour", 0, 23 },	      { "day-of-month", 1, 31 },
	{ "month", 1, 12 },  { "day-of-week", 0, 7 },
};

/* ---- reading ---- */

/* A whole number in the range, blanks and signs are none of it. */
static bool read_value(const struct field_def *f, struct span s, int low,
		       int high, int *ret, struct err *err)
{
	struct span rest = s;
	uint64_t n = 0;
	int digits = 0;

	while (rest.p < rest.end && *rest.p >= '0' && *rest.p <= '9') {
		n = n < 100000 ? n * 10 + (uint64_t)(*rest.p - '0') : n;
		rest.p++;
		digits++;
	}
	if (!digits || span_len(rest))
		return err_set(err, ERR_INVALID, "%s: '%.*s' is not a number",
			       f->name, (int)span_len(s), s.p);
	if ((int)n < low || (int)n > high)
		return err_set(err, ERR_INVALID,
			       "%s: %d is outside the allowed range %d-%d",
			       f->name, (int)n, low, high);
	*ret = (int)n;
	return true;
}

/* Whether `stop` is in `s`: before it and after it. */
static bool split(struct span s, char stop, struct span *before,
		  struct span *after)
{
	for (const char *p = s.p; p < s.end; p++)
		if (*p == stop) {
			*before = (struct span){ s.p, p };
			*after = (struct span){ p + 1, s.end };
			return true;
		}
	*before = s;
	return false;
}

struct range {
	int first, last;
	bool all, single;
};

/* `*`, N or N-M. */
static bool read_range(const struct field_def *f, struct span s,
		       struct range *ret, struct err *err)
{
	struct span from = s, to = { 0 };

	*ret = (struct range){ f->low, f->high, span_is(s, "*"), false };
	if (ret->all)
		return true;
	ret->single = !split(s, '-', &from, &to);
	if (!ret->single && (!span_len(from) || !span_len(to)))
		from = s; /* "-5" and "5-" are no numbers */
	if (!read_value(f, from, f->low, f->high, &ret->first, err))
		return false;
	ret->last = ret->first;
	if (!ret->single &&
	    !read_value(f, to, f->low, f->high, &ret->last, err))
		return false;
	if (ret->first > ret->last)
		return err_set(err, ERR_INVALID,
			       "%s: range start %d is greater than end %d",
			       f->name, ret->first, ret->last);
	return true;
}

/* One element of a comma list, its values into `bits`. */
static bool read_element(const struct field_def *f, struct span s,
			 uint64_t *bits, bool *any, struct err *err)
{
	struct span base = s, steps = { 0 };
	bool stepped = split(s, '/', &base, &steps);
	struct range r = { 0 };
	int step = 1;

	if (stepped && (!span_len(base) || !span_len(steps)))
		return err_set(err, ERR_INVALID,
			       "%s: '%.*s' has an empty base or step", f->name,
			       (int)span_len(s), s.p);
	if (!read_range(f, base, &r, err) ||
	    (stepped && !read_value(f, steps, 1, f->high, &step, err)))
		return false;
	if (stepped && r.single)
		r.last = f->high;
	*any |= r.all;
	for (int n = r.first; n <= r.last; n++)
		if (r.all ? n % step == 0 : (n - r.first) % step == 0)
			*bits |= UINT64_C(1) << n;
	return true;
}

static bool read_field(const struct field_def *f, struct span s, uint64_t *bits,
		       bool *any, struct err *err)
{
	struct span rest = s, one = { 0 };
	bool more;

	do {
		more = split(rest, ',', &one, &rest);
		if (!span_len(one))
			return err_set(err, ERR_INVALID,
				       "%s: empty list element in '%.*s'",
				       f->name, (int)span_len(s), s.p);
		if (!read_element(f, one, bits, any, err))
			return false;
	} while (more);
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The words of the text; how many there are, also past the first five. */
static int split_words(struct span s, struct span words[FIELDS])
{
	int count = 0;

	for (;;) {
		struct span word;

		while (s.p < s.end && is_blank(*s.p))
			s.p++;
		if (s.p == s.end)
			return count;
		word.p = s.p;
		while (s.p < s.end && !is_blank(*s.p))
			s.p++;
		word.end = s.p;
		if (count < FIELDS)
			words[count] = word;
		count++;
	}
}

/* ---- days ---- */

struct date {
	int64_t year;
	int month, day, weekday;
};

/* Of days since 1970-01-01 (proleptic Gregorian calendar). */
static struct date date_of(int64_t days)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t year_of_era =
		(of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) /
		365;
	int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 -
				    year_of_era / 100);
	int64_t month = (5 * of_year + 2) / 153;
	struct date d = { .day = (int)(of_year - (153 * month + 2) / 5 + 1) };

	d.month = (int)(month < 10 ? month + 3 : month - 9);
	d.year = year_of_era + era * 400 + (d.month <= 2);
	d.weekday = (int)(((days + 4) % 7 + 7) % 7);
	return d;
}

static bool day_fits(const struct cron *c, int64_t days)
{
	struct date d = date_of(days);
	bool of_month = c->days >> d.day & 1;
	bool of_week = c->weekdays >> d.weekday & 1;

	if (!(c->months >> d.month & 1))
		return false;
	return c->any_day || c->any_weekday ? of_month && of_week
					    : of_month || of_week;
}

/* 30 February: days and months that never meet. */
static bool ever_comes(const struct cron *c)
{
	int64_t leap_year = 10957; /* 2000-01-01 */

	for (int64_t day = leap_year; day < leap_year + SEARCH_DAYS; day++)
		if (day_fits(c, day))
			return true;
	return false;
}

bool cron_parse(const char *text, struct cron *ret, struct err *err)
{
	struct span words[FIELDS];
	uint64_t bits[FIELDS] = { 0 };
	bool any[FIELDS] = { 0 };
	int count;

	if (!text || !*text)
		return err_set(err, ERR_INVALID, "cron expression is required");
	count = split_words(span_str(text), words);
	if (count != FIELDS)
		return err_set(err, ERR_INVALID,
			       "cron expression must have exactly 5 fields "
			       "(minute hour day-of-month month day-of-week); "
			       "got %d",
			       count);
	for (int i = 0; i < FIELDS; i++)
		if (!read_field(&fields[i], words[i], &bits[i], &any[i], err))
			return false;
	*ret = (struct cron){
		.minutes = bits[MINUTE],
		.hours = (uint32_t)bits[HOUR],
		.days = (uint32_t)bits[DAY_OF_MONTH],
		.months = (uint32_t)bits[MONTH],
		/* 7 is Sunday too. */
		.weekdays =
			(uint32_t)((bits[WEEKDAY] | bits[WEEKDAY] >> 7) & 0x7f),
		.any_hour = any[HOUR],
		.any_day = any[DAY_OF_MONTH],
		.any_weekday = any[WEEKDAY],
	};
	return ever_comes(ret) ||
	       err_set(err, ERR_INVALID,
		       "day-of-month: no such day in any of the months");
}

/* ---- the next time ---- */

/* The earliest moment after `after` that a local time stands for. */
static bool moment_after(const struct cron *c, const struct zone *zone,
			 int64_t local, int64_t after, int64_t *ret)
{
	int64_t at[2];
	int count = zone_moments(zone, local, at);
	int last = c->any_hour ? count : 1;

	for (int i = 0; i < last; i++)
		if (at[i] > after) {
			*ret = at[i];
			return true;
		}
	return false;
}

/* The earliest of a day of the local calendar. */
static bool first_of_day(const struct cron *c, const struct zone *zone,
			 int64_t day, int64_t after, int64_t *ret)
{
	bool found = false;
	int64_t at = 0;

	if (!day_fits(c, day))
		return false;
	for (int minute = 0; minute < 1440; minute++) {
		if (!(c->hours >> minute / 60 & 1) ||
		    !(c->minutes >> minute % 60 & 1) ||
		    !moment_after(c, zone, day * DAY + minute * 60, after, &at))
			continue;
		if (!found || at < *ret)
			*ret = at;
		found = true;
	}
	return found;
}

bool cron_next(const struct cron *c, const struct zone *zone, int64_t after,
	       int64_t *ret)
{
	int64_t from = after / CLOCK_SECOND - (after % CLOCK_SECOND < 0);
	int64_t local = from + zone_offset(zone, from);
	int64_t today = local / DAY - (local % DAY < 0);
	int64_t best = 0, at = 0;

	/* Where the clock is put back, yesterday may still have a turn. */
	for (int64_t day = today - 1; day < today + SEARCH_DAYS; day++) {
		if (!first_of_day(c, zone, day, from, &best))
			continue;
		if (first_of_day(c, zone, day + 1, from, &at) && at < best)
			best = at;
		*ret = best * CLOCK_SECOND;
		return true;
	}
	return false;
}
