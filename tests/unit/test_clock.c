/* Times as text and back, ids and tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define S CLOCK_SECOND

static void times_read_and_write_the_same(void **state)
{
	static const struct {
		const char *text;
		int64_t time;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31T23:59:59.999999Z", -1 },
		{ "2000-02-29T12:00:00Z", 951825600 * S },
		{ "2026-03-01T09:00:00.123456Z", 1772355600 * S + 123456 },
		{ "2026-03-01T09:00:00.000001Z", 1772355600 * S + 1 },
		{ "2024-12-31T23:59:59Z", 1735689599 * S },
		{ "1900-03-01T00:00:00Z", -2203891200 * S },
		{ "0000-01-01T00:00:00Z", -62167219200 * S },
		{ "9999-12-31T23:59:59.999999Z", 253402300800 * S - 1 },
	};
	char text[CLOCK_TEXT];
	int64_t time;

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(clock_text(cases[i].time, text),
				 strlen(cases[i].text));
		assert_string_equal(text, cases[i].text);
		assert_true(clock_parse(cases[i].text, &time));
		assert_true(time == cases[i].time);
	}
}

static void every_day_of_four_centuries_comes_back(void **state)
{
	char text[CLOCK_TEXT];
	int64_t time;

	for (int64_t day = -80000; day < 80000; day++) {
		clock_text(day * CLOCK_DAY, text);
		assert_true(clock_parse(text, &time));
		assert_true(time == day * CLOCK_DAY);
	}
}

static void any_offset_is_read(void **state)
{
	static const struct {
		const char *text;
		int64_t time;
	} cases[] = {
		{ "2026-03-01T10:30:00+01:30", 1772355600 * S },
		{ "2026-03-01T01:00:00-08:00", 1772355600 * S },
		{ "2026-03-01T09:00:00", 1772355600 * S },
		{ "2026-03-01t09:00:00z", 1772355600 * S },
		{ "2026-03-01 09:00:00.5+00:00", 1772355600 * S + 500000 },
		{ "2026-03-01T09:00:00.1234567890123Z",
		  1772355600 * S + 123456 },
	};
	int64_t time;

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(clock_parse(cases[i].text, &time));
		assert_true(time == cases[i].time);
	}
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"now",
		"2026-03-01",
		"2026-03-01T09:00",
		"2026-3-1T09:00:00Z",
		"2026-13-01T09:00:00Z",
		"2026-00-01T09:00:00Z",
		"2026-02-29T09:00:00Z",
		"1900-02-29T09:00:00Z",
		"2026-04-31T09:00:00Z",
		"2026-03-01T24:00:00Z",
		"2026-03-01T09:60:00Z",
		"2026-03-01T09:00:60Z",
		"2026-03-01T09:00:00.Z",
		"2026-03-01T09:00:00+0100",
		"2026-03-01T09:00:00+24:00",
		"2026-03-01T09:00:00ZZ",
		"2026-03-01T09:00:00Z ",
		"-026-03-01T09:00:00Z",
		"2026-03-01T09:00:00.00000000000000000000000000000000000001Z",
	};
	int64_t time = 7;

	for (size_t i = 0; i < COUNT(cases); i++)
		assert_false(clock_parse(cases[i], &time));
	assert_true(time == 7);
}

static void times_out_of_reach_show_the_nearest(void **state)
{
	char text[CLOCK_TEXT];

	clock_text(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999999Z");
	clock_text(INT64_MIN, text);
	assert_string_equal(text, "0000-01-01T00:00:00Z");
}

static void ids_have_the_form_of_version_7(void **state)
{
	_arena_ struct arena a = { 0 };

	for (int i = 0; i < 1000; i++) {
		const char *id = id_new(&a);

		assert_int_equal(strlen(id), ID_LEN);
		assert_int_equal(strspn(id, "0123456789abcdef-"), ID_LEN);
		assert_true(id[8] == '-' && id[13] == '-' && id[18] == '-' &&
			    id[23] == '-');
		assert_int_equal(id[14], '7');
		assert_non_null(strchr("89ab", id[19]));
	}
}

enum { THREADS = 4, IDS = 20000 };

struct maker {
	struct arena arena;
	char *ids[IDS];
};

static void *make_ids(void *arg)
{
	struct maker *m = arg;

	for (int i = 0; i < IDS; i++)
		m->ids[i] = id_new(&m->arena);
	return NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void ids_rise_and_are_never_the_same(void **state)
{
	static struct maker makers[THREADS];
	static char *all[THREADS * IDS];
	pthread_t threads[THREADS];

	for (int t = 0; t < THREADS; t++)
		pthread_create(&threads[t], NULL, make_ids, &makers[t]);
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	for (int t = 0; t < THREADS; t++) {
		memcpy(all + t * IDS, makers[t].ids, sizeof(makers[t].ids));
		for (int i = 1; i < IDS; i++)
			assert_true(strcmp(makers[t].ids[i - 1],
					   makers[t].ids[i]) < 0);
	}
	qsort(all, THREADS * IDS, sizeof(all[0]), by_text);
	for (int i = 1; i < THREADS * IDS; i++)
		assert_true(strcmp(all[i - 1], all[i]) < 0);
	for (int t = 0; t < THREADS; t++)
		arena_free(&makers[t].arena);
}

static void tokens_are_base64url(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *one = rand_token(&a, 32), *two = rand_token(&a, 32);

	assert_int_equal(strlen(one), 43);
	assert_int_equal(strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789-_"),
			 43);
	assert_string_not_equal(one, two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_read_and_write_the_same),
		cmocka_unit_test(every_day_of_four_centuries_comes_back),
		cmocka_unit_test(any_offset_is_read),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(times_out_of_reach_show_the_nearest),
		cmocka_unit_test(ids_have_the_form_of_version_7),
		cmocka_unit_test(ids_rise_and_are_never_the_same),
		cmocka_unit_test(tokens_are_base64url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
