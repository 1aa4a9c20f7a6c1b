/* Time zones: names that are none, files that are none, offsets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/zone.h"
#include "table.h"

static const struct named {
	const char *name;
} unknown[] = {
	{ "" },
	{ "Europe/Nowhere" },
	{ "europe/rome/" },
	{ "/Europe/Rome" },
	{ "Europe//Rome" },
	{ "../../../etc/passwd" },
	{ "Europe/../Europe/Rome" },
	{ "Europe/Rome\n" },
	{ "Europe" },
	{ "America/Argentina" },
	{ "posix/Europe/Rome" },
	{ "right/Europe/Rome" },
	{ "CEST" },
	{ "+02:00" },
};

static void is_unknown(void **state)
{
	const struct named *n = *state;
	_arena_ struct arena a = { 0 };
	const struct zone *zone = NULL;
	struct err err = { 0 };

	assert_false(zone_open(n->name, &a, &zone, &err));
	assert_int_equal(err.kind, ERR_INVALID);
	assert_non_null(strstr(err.msg, "time zone"));
}

static const struct named known[] = {
	{ "Europe/Rome" },	 { "Europe/London" },	    { "Europe/Dublin" },
	{ "America/New_York" },	 { "America/Sao_Paulo" },   { "America/Nuuk" },
	{ "Africa/Casablanca" }, { "Asia/Tehran" },	    { "Asia/Kolkata" },
	{ "Asia/Gaza" },	 { "Australia/Lord_Howe" }, { "Pacific/Apia" },
	{ "Pacific/Chatham" },	 { "Antarctica/Troll" },    { "Etc/GMT+5" },
};

/* The C library, alone in this process, is the second opinion. */
static void agrees_with_the_c_library(void **state)
{
	const struct named *n = *state;
	_arena_ struct arena a = { 0 };
	const struct zone *zone = NULL;

	assert_true(zone_open(n->name, &a, &zone, NULL));
	setenv("TZ", n->name, 1);
	tzset();
	/* 1930 to 2110, in steps that meet every hour of the day. */
	for (time_t t = -1262304000; t < 4417977600; t += 40009) {
		struct tm tm;

		localtime_r(&t, &tm);
		if (zone_offset(zone, t) != tm.tm_gmtoff)
			fail_msg("%s at %lld: %lld, not %ld", n->name,
				 (long long)t, (long long)zone_offset(zone, t),
				 tm.tm_gmtoff);
	}
}

static void utc_needs_no_file(void **state)
{
	_arena_ struct arena a = { 0 };
	const struct zone *zone = NULL;
	int64_t at[2];

	(void)state;
	assert_true(zone_open("UTC", &a, &zone, NULL));
	assert_int_equal(zone_offset(zone, 1772355600), 0);
	assert_int_equal(zone_moments(zone, 1772355600, at), 1);
	assert_true(at[0] == 1772355600);
}

static void local_times_have_one_moment_or_two_or_none(void **state)
{
	static const struct {
		const char *local, *first, *second;
		int count;
	} cases[] = {
		{ "2026-07-01T12:00:00Z", "2026-07-01T10:00:00Z", NULL, 1 },
		{ "2026-03-29T01:59:59Z", "2026-03-29T00:59:59Z", NULL, 1 },
		{ "2026-03-29T02:00:00Z", "2026-03-29T01:00:00Z", NULL, 0 },
		{ "2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z", NULL, 1 },
		{ "2026-10-25T02:00:00Z", "2026-10-25T00:00:00Z",
		  "2026-10-25T01:00:00Z", 2 },
		{ "2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z", NULL, 1 },
	};
	_arena_ struct arena a = { 0 };
	const struct zone *zone = NULL;

	(void)state;
	assert_true(zone_open("Europe/Rome", &a, &zone, NULL));
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t local = 0, at[2];
		char text[CLOCK_TEXT];

		clock_parse(cases[i].local, &local);
		assert_int_equal(zone_moments(zone, local / CLOCK_SECOND, at),
				 cases[i].count);
		clock_text(at[0] * CLOCK_SECOND, text);
		assert_string_equal(text, cases[i].first);
		if (!cases[i].second)
			continue;
		clock_text(at[1] * CLOCK_SECOND, text);
		assert_string_equal(text, cases[i].second);
	}
}

static void other_files_are_refused(void **state)
{
	static const char *const files[] = { "", "TZif", "TZif2",
					     "root:x:0:0:root:/root:/bin/sh" };
	_arena_ struct arena a = { 0 };
	const struct zone *zone = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++)
		assert_false(
			zone_read(files[i], strlen(files[i]), &a, &zone, NULL));
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(unknown) + COUNT(known) + 3];
	size_t n = 0;

	ADD(unknown, is_unknown);
	ADD(known, agrees_with_the_c_library);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(utc_needs_no_file);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(
		local_times_have_one_moment_or_two_or_none);
	tests[n++] =
		(struct CMUnitTest)cmocka_unit_test(other_files_are_refused);
	return _cmocka_run_group_tests("zone", tests, n, NULL, NULL);
}
