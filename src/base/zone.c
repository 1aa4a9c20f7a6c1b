#include "base/zone.h"

#include <string.h>

#include "base/file.h"
#include "base/span.h"

#define ZONE_FOLDER "/usr/share/zoneinfo"
#define DAY INT64_C(86400)

/* More changes and kinds of time than any zone has had (RFC 9636, 3.1). */
enum { TIMES_MAX = 4096, TYPES_MAX = 256, FOOTER_MAX = 128 };

/* A day of each year, of the footer: Mm.w.d, Jn or n, and a time of it. */
struct rule {
	char form; /* 'M', 'J', or '0' for the third */
	int month, week, day;
	int64_t time;
};

struct zone {
	int64_t *times; /* when a kind of time begins, ascending */
	unsigned char *kinds;
	size_t count;
	int64_t *offsets;
	size_t types;
	/* After the last of them; has_rules: there are two kinds of time. */
	bool has_footer, has_rules;
	int64_t standard, summer;
	struct rule begin, end; /* of summer time */
};

/* ---- the file ---- */

struct counts {
	uint32_t isut, isstd, leap, time, type, chars;
};

static bool read_header(struct span *s, struct counts *ret)
{
	struct span skipped;

	return span_literal(s, "TZif") && span_take(s, 16, &skipped) &&
	       span_u32(s, &ret->isut) && span_u32(s, &ret->isstd) &&
	       span_u32(s, &ret->leap) && span_u32(s, &ret->time) &&
	       span_u32(s, &ret->type) && span_u32(s, &ret->chars) &&
	       ret->isut <= TYPES_MAX && ret->isstd <= TYPES_MAX &&
	       ret->leap <= TIMES_MAX && ret->time <= TIMES_MAX &&
	       ret->type >= 1 && ret->type <= TYPES_MAX &&
	       ret->chars <= ZONE_FILE_MAX;
}

/* The bytes of what follows a header whose times have `width` bytes. */
static size_t body_size(const struct counts *c, size_t width)
{
	return c->time * (width + 1) + c->type * 6 + c->chars +
	       c->leap * (width + 4) + c->isstd + c->isut;
}

static bool read_time(struct span *s, int64_t *ret)
{
	uint32_t high = 0, low = 0;

	if (!span_u32(s, &high) || !span_u32(s, &low))
		return false;
	*ret = (int64_t)((uint64_t)high << 32 | low);
	return true;
}

static bool read_times(struct span *s, struct zone *z)
{
	for (size_t i = 0; i < z->count; i++)
		if (!read_time(s, &z->times[i]) ||
		    (i && z->times[i] <= z->times[i - 1]))
			return false;
	for (size_t i = 0; i < z->count; i++)
		if (!span_u8(s, &z->kinds[i]) || z->kinds[i] >= z->types)
			return false;
	return true;
}

static bool read_types(struct span *s, struct zone *z)
{
	struct span rest;

	for (size_t i = 0; i < z->types; i++) {
		uint32_t offset = 0;

		if (!span_u32(s, &offset) || !span_take(s, 2, &rest))
			return false;
		z->offsets[i] = (int32_t)offset;
		if (z->offsets[i] < -2 * DAY || z->offsets[i] > 2 * DAY)
			return false;
	}
	return true;
}

/* ---- the footer: a TZ string of POSIX (RFC 9636, 3.3) ---- */

static bool read_name(struct span *s)
{
	struct span name;

	if (span_literal(s, "<"))
		return span_until(s, '>', 32, &name) && span_len(name);
	name.p = s->p;
	while (s->p < s->end && ((*s->p >= 'A' && *s->p <= 'Z') ||
				 (*s->p >= 'a' && *s->p <= 'z')))
		s->p++;
	return s->p - name.p >= 3;
}

/* hh[:mm[:ss]] with a sign: up to a week of hours, as RFC 9636 allows. */
static bool read_clock(struct span *s, int64_t *ret)
{
	bool negative = span_literal(s, "-");
	uint64_t hours = 0, minutes = 0, seconds = 0;

	if (!negative)
		span_literal(s, "+");
	if (!span_number(s, 167, &hours) ||
	    (span_literal(s, ":") && !span_number(s, 59, &minutes)) ||
	    (span_literal(s, ":") && !span_number(s, 59, &seconds)))
		return false;
	*ret = (int64_t)(hours * 3600 + minutes * 60 + seconds);
	if (negative)
		*ret = -*ret;
	return true;
}

static bool read_day(struct span *s, struct rule *ret)
{
	uint64_t month = 0, week = 0, day = 0;

	if (span_literal(s, "M")) {
		ret->form = 'M';
		if (!span_number(s, 12, &month) || !span_literal(s, ".") ||
		    !span_number(s, 5, &week) || !span_literal(s, ".") ||
		    !span_number(s, 6, &day) || !month || !week)
			return false;
	} else {
		ret->form = span_literal(s, "J") ? 'J' : '0';
		if (!span_number(s, 365, &day) || (ret->form == 'J' && !day))
			return false;
	}
	ret->month = (int)month;
	ret->week = (int)week;
	ret->day = (int)day;
	return true;
}

static bool read_rule(struct span *s, struct rule *ret)
{
	if (!span_literal(s, ",") || !read_day(s, ret))
		return false;
	ret->time = 7200;
	return !span_literal(s, "/") || read_clock(s, &ret->time);
}

static bool read_footer(struct span s, struct zone *z)
{
	if (!span_len(s))
		return true;
	z->has_footer = true;
	if (!read_name(&s) || !read_clock(&s, &z->standard))
		return false;
	z->standard = -z->standard; /* POSIX counts westward */
	if (!span_len(s))
		return true;
	z->has_rules = true;
	z->summer = z->standard + 3600;
	if (!read_name(&s))
		return false;
	if (span_len(s) && *s.p != ',') {
		if (!read_clock(&s, &z->summer))
			return false;
		z->summer = -z->summer;
	}
	return read_rule(&s, &z->begin) && read_rule(&s, &z->end) &&
	       !span_len(s);
}

/* The second half of a file: version 2 and later, with 64-bit times. */
static bool read_body(struct span *s, const struct counts *c, struct arena *a,
		      struct zone *z)
{
	struct span rest, footer;

	z->count = c->time;
	z->types = c->type;
	z->times = arena_array(a, c->time + 1, sizeof(*z->times));
	z->kinds = arena_array(a, c->time + 1, sizeof(*z->kinds));
	z->offsets = arena_array(a, c->type, sizeof(*z->offsets));
	return read_times(s, z) && read_types(s, z) &&
	       span_take(s,
			 c->chars + (size_t)c->leap * 12 + c->isstd + c->isut,
			 &rest) &&
	       span_literal(s, "\n") && span_line(s, FOOTER_MAX, &footer) &&
	       read_footer(footer, z);
}

bool zone_read(const void *bytes, size_t len, struct arena *a,
	       const struct zone **ret, struct err *err)
{
	struct zone *z = arena_alloc(a, sizeof(*z));
	struct span s = span_of(bytes, len), skipped;
	struct counts c = { 0 };

	if (len < 5 || s.p[4] < '2' || !read_header(&s, &c) ||
	    !span_take(&s, body_size(&c, 4), &skipped) ||
	    !read_header(&s, &c) || !read_body(&s, &c, a, z))
		return err_set(err, ERR_INVALID, "not a time zone file");
	*ret = z;
	return true;
}

/* Parts of letters, digits, '_', '-', '+'; none that leads out. */
static bool name_ok(const char *name)
{
	if (!*name || strlen(name) > ZONE_NAME_MAX || !strchr(name, '/'))
		return false;
	if (!strncmp(name, "right/", 6) || !strncmp(name, "posix/", 6))
		return false;
	for (const char *p = name; *p; p++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
			    "yz0123456789_+-/",
			    *p))
			return false;
	return *name != '/' && !strstr(name, "//") &&
	       name[strlen(name) - 1] != '/';
}

bool zone_open(const char *name, struct arena *a, const struct zone **ret,
	       struct err *err)
{
	char *bytes = NULL;
	size_t len = 0;

	*ret = NULL;
	if (!strcmp(name, "UTC"))
		return true;
	if (name_ok(name) &&
	    file_read(arena_printf(a, ZONE_FOLDER "/%s", name), ZONE_FILE_MAX,
		      a, &bytes, &len, NULL) &&
	    zone_read(bytes, len, a, ret, NULL))
		return true;
	return err_set(err, ERR_INVALID,
		       "'%.64s' is not a time zone that this system knows; "
		       "write it as Europe/Rome",
		       name);
}

/* ---- years, for the footer's rules ---- */

/* Days from 1970-01-01 to the first of a month (proleptic Gregorian). */
static int64_t days_to(int64_t year, int month)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - 719468;
}

static bool is_leap(int64_t year)
{
	return (!(year % 4) && year % 100) || !(year % 400);
}

static int64_t year_of(int64_t seconds)
{
	int64_t days = seconds / DAY - (seconds % DAY < 0);
	int64_t year = 1970 + days / 366 - (days < 0);

	while (days_to(year + 1, 1) <= days)
		year++;
	return year;
}

/* When a rule falls in a year, in the local time that holds before it. */
static int64_t rule_at(const struct rule *r, int64_t year)
{
	int64_t first = days_to(year, 1), weekday, day;

	if (r->form == '0')
		return (first + r->day) * DAY + r->time;
	if (r->form == 'J')
		return (first + r->day - 1 +
			(is_leap(year) && r->day >= 60 ? 1 : 0)) *
			       DAY +
		       r->time;
	first = days_to(year, r->month);
	weekday = ((first + 4) % 7 + 7) % 7;
	day = first + (r->day - weekday + 7) % 7 + (r->week - 1) * 7;
	while (day >= (r->month == 12 ? days_to(year + 1, 1)
				      : days_to(year, r->month + 1)))
		day -= 7;
	return day * DAY + r->time;
}

static int64_t footer_offset(const struct zone *z, int64_t utc)
{
	int64_t year, begin, end;
	bool summer;

	if (!z->has_rules)
		return z->standard;
	year = year_of(utc + z->standard);
	begin = rule_at(&z->begin, year) - z->standard;
	end = rule_at(&z->end, year) - z->summer;
	summer = begin < end ? utc >= begin && utc < end
			     : utc >= begin || utc < end;
	return summer ? z->summer : z->standard;
}

int64_t zone_offset(const struct zone *z, int64_t utc)
{
	size_t low = 0, high;

	if (!z)
		return 0;
	high = z->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (z->times[middle] <= utc)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == z->count && z->has_footer)
		return footer_offset(z, utc);
	return z->offsets[low ? z->kinds[low - 1] : 0];
}

int zone_moments(const struct zone *z, int64_t local, int64_t ret[2])
{
	/* No change of a zone is larger than a day, none follows so soon. */
	int64_t before = zone_offset(z, local - DAY);
	int64_t after = zone_offset(z, local + DAY);
	int count = 0;

	ret[0] = ret[1] = local - before;
	if (zone_offset(z, local - before) == before)
		ret[count++] = local - before;
	if (after != before && zone_offset(z, local - after) == after)
		ret[count++] = local - after;
	return count;
}
