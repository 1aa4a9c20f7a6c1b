#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/span.h"

static pthread_once_t offset_once = PTHREAD_ONCE_INIT;
static int64_t offset;

static void read_offset(void)
{
	const char *text = getenv("NIS2_CLOCK_OFFSET");

	if (text)
		offset = strtoll(text, NULL, 10) * CLOCK_SECOND;
}

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * CLOCK_SECOND + ts.tv_nsec / 1000;
}

int64_t clock_now(void)
{
	pthread_once(&offset_once, read_offset);
	return read_clock(CLOCK_REALTIME) + offset;
}

int64_t clock_tick(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/*
 * Days and civil dates by counting from 0000-03-01, so that the leap day is
 * the last of its year; 146097 days are 400 years, the Gregorian cycle.
 */
enum { CYCLE = 146097, DAYS_TO_1970 = 719468 };

static int64_t days_from_civil(int64_t y, int m, int d)
{
	int64_t cycle, year, day;

	y -= m <= 2;
	cycle = (y >= 0 ? y : y - 399) / 400;
	year = y - cycle * 400;
	day = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return cycle * CYCLE + year * 365 + year / 4 - year / 100 + day -
	       DAYS_TO_1970;
}

static void civil_from_days(int64_t days, int *y, int *m, int *d)
{
	int64_t z = days + DAYS_TO_1970;
	int64_t cycle = (z >= 0 ? z : z - (CYCLE - 1)) / CYCLE;
	int64_t doc = z - cycle * CYCLE; /* day of the cycle */
	int64_t year = (doc - doc / 1460 + doc / 36524 - doc / 146096) / 365;
	int64_t doy = doc - (365 * year + year / 4 - year / 100);
	int month = (int)((5 * doy + 2) / 153);

	*d = (int)(doy - (153 * month + 2) / 5 + 1);
	*m = month < 10 ? month + 3 : month - 9;
	*y = (int)(year + cycle * 400 + (*m <= 2));
}

/* Writes `n` with `width` digits and what follows it; returns the end. */
static char *put(char *p, int n, int width, char after)
{
	for (int i = width - 1; i >= 0; i--) {
		p[i] = (char)('0' + n % 10);
		n /= 10;
	}
	p[width] = after;
	return p + width + 1;
}

/* The first and the last moment that four digits of year can show. */
#define TEXT_FIRST (INT64_C(-62167219200) * CLOCK_SECOND)
#define TEXT_LAST (INT64_C(253402300800) * CLOCK_SECOND - 1)

int clock_text(int64_t time, char *buf)
{
	int64_t day, rest;
	int y, m, d, second;
	char *p = buf;

	if (time < TEXT_FIRST)
		time = TEXT_FIRST;
	if (time > TEXT_LAST)
		time = TEXT_LAST;
	day = (time >= 0 ? time : time - (CLOCK_DAY - 1)) / CLOCK_DAY;
	rest = time - day * CLOCK_DAY;
	second = (int)(rest / CLOCK_SECOND);
	rest %= CLOCK_SECOND;
	civil_from_days(day, &y, &m, &d);
	p = put(p, y, 4, '-');
	p = put(p, m, 2, '-');
	p = put(p, d, 2, 'T');
	p = put(p, second / 3600, 2, ':');
	p = put(p, second / 60 % 60, 2, ':');
	p = put(p, second % 60, 2, rest ? '.' : 'Z');
	if (rest)
		p = put(p, (int)rest, 6, 'Z');
	*p = '\0';
	return (int)(p - buf);
}

/* Exactly `width` digits. */
static bool take_digits(struct span *s, int width, int *ret)
{
	int n = 0;

	if (span_len(*s) < (size_t)width)
		return false;
	for (int i = 0; i < width; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		n = n * 10 + (s->p[i] - '0');
	}
	s->p += width;
	*ret = n;
	return true;
}

static int days_in_month(int y, int m)
{
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	if (m == 2)
		return leap ? 29 : 28;
	return m == 4 || m == 6 || m == 9 || m == 11 ? 30 : 31;
}

static bool take_date(struct span *s, int64_t *ret_day)
{
	int y, m, d;

	if (!take_digits(s, 4, &y) || !span_literal(s, "-") ||
	    !take_digits(s, 2, &m) || !span_literal(s, "-") ||
	    !take_digits(s, 2, &d))
		return false;
	if (m < 1 || m > 12 || d < 1 || d > days_in_month(y, m))
		return false;
	*ret_day = days_from_civil(y, m, d);
	return true;
}

/* HH:MM:SS and a fraction, of which six digits count. */
static bool take_time(struct span *s, int64_t *ret)
{
	int h, m, sec, digits = 0;
	int64_t fraction = 0;

	if (!take_digits(s, 2, &h) || !span_literal(s, ":") ||
	    !take_digits(s, 2, &m) || !span_literal(s, ":") ||
	    !take_digits(s, 2, &sec) || h > 23 || m > 59 || sec > 59)
		return false;
	if (span_literal(s, ".")) {
		for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++)
			if (digits++ < 6)
				fraction = fraction * 10 + (*s->p - '0');
		if (!digits)
			return false;
		for (; digits < 6; digits++)
			fraction *= 10;
	}
	*ret = (h * 3600 + m * 60 + sec) * CLOCK_SECOND + fraction;
	return true;
}

/* Z, +HH:MM, -HH:MM, or nothing; in minutes east. */
static bool take_offset(struct span *s, int *ret)
{
	int sign, h, m;

	*ret = 0;
	if (s->p == s->end || span_literal(s, "Z") || span_literal(s, "z"))
		return true;
	sign = *s->p == '-' ? -1 : 1;
	if (!(span_literal(s, "+") || span_literal(s, "-")) ||
	    !take_digits(s, 2, &h) || !span_literal(s, ":") ||
	    !take_digits(s, 2, &m) || h > 23 || m > 59)
		return false;
	*ret = sign * (h * 60 + m);
	return true;
}

bool clock_parse(const char *text, int64_t *ret)
{
	/* Longer texts are none: 20 digits of fraction are plenty. */
	enum { LONGEST = 48 };
	struct span s = span_of(text, strnlen(text, LONGEST));
	int64_t day, time;
	int minutes;

	if (span_len(s) == LONGEST || !take_date(&s, &day) ||
	    !(span_literal(&s, "T") || span_literal(&s, "t") ||
	      span_literal(&s, " ")) ||
	    !take_time(&s, &time) || !take_offset(&s, &minutes) || s.p != s.end)
		return false;
	*ret = day * CLOCK_DAY + time - minutes * 60 * CLOCK_SECOND;
	return true;
}
