/* Counters and values that end by themselves: in memory, in Redis, and where
 * Redis is configured and away. Redis is that of NIS2_TEST_REDIS; without it
 * its cases are skipped, visibly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rand.h"
#include "store/kv.h"

enum { MS = 1000, WINDOW = 300 * MS };

/* Nothing listens on port 1 of this machine. */
#define AWAY "redis://:secret@127.0.0.1:1/0"

struct fixture {
	struct kv *kv; /* NULL: skip */
	struct arena arena;
	const char *mark; /* in all keys: a Redis outlives a run */
};

static int set_up(void **state, struct kv *kv)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	signal(SIGPIPE, SIG_IGN);
	f->kv = kv;
	f->mark = rand_token(&f->arena, 9);
	*state = f;
	return 0;
}

static int set_up_memory(void **state)
{
	return set_up(state, kv_memory_open(1000));
}

static int set_up_redis(void **state)
{
	const char *url = getenv("NIS2_TEST_REDIS");
	struct kv *kv = NULL;
	struct err err = { 0 };

	if (url && !kv_redis_open(url, &kv, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return -1;
	}
	if (kv && !kv_ping(kv, &err)) {
		fprintf(stderr, "%s (%s)\n", err.msg, err.cause);
		return -1;
	}
	return set_up(state, kv);
}

static int set_up_away(void **state)
{
	struct kv *kv = NULL;

	if (!kv_redis_open(AWAY, &kv, NULL))
		return -1;
	return set_up(state, kv);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	kv_close(f->kv);
	arena_free(&f->arena);
	test_free(f);
	return 0;
}

static struct fixture *fixture_of(void **state)
{
	struct fixture *f = *state;

	if (!f->kv)
		skip();
	return f;
}

static const char *key(struct fixture *f, const char *name)
{
	return arena_printf(&f->arena, "%s:%s", name, f->mark);
}

static int64_t take(struct fixture *f, const char *name, int64_t now)
{
	int64_t count = -1;

	assert_true(
		kv_take(f->kv, key(f, name), WINDOW, now, &count, NULL, NULL));
	return count;
}

static void set(struct fixture *f, const char *name, const char *value,
		int64_t ttl)
{
	assert_true(kv_set(f->kv, key(f, name), value, ttl, clock_now(), NULL));
}

static const char *get(struct fixture *f, const char *name)
{
	const char *value = NULL;

	assert_true(kv_get(f->kv, key(f, name), clock_now(), &f->arena, &value,
			   NULL));
	return value;
}

static void pass(int64_t time)
{
	usleep((unsigned)(time + 30 * MS));
}

/* ---- the same of all ---- */

static void a_window_counts_and_ends(void **state)
{
	struct fixture *f = fixture_of(state);
	int64_t now = clock_now(), count = 0, end = 0;

	assert_int_equal(take(f, "a", now), 1);
	assert_int_equal(take(f, "a", clock_now()), 2);
	assert_int_equal(take(f, "b", clock_now()), 1);
	assert_true(kv_take(f->kv, key(f, "a"), WINDOW, clock_now(), &count,
			    &end, NULL));
	assert_int_equal(count, 3);
	/* The first count began it, the later ones leave it. */
	assert_in_range(end - now, WINDOW - 100 * MS, WINDOW + 20 * MS);
	pass(end - clock_now());
	assert_int_equal(take(f, "a", clock_now()), 1);
}

static void values_live_until_their_time(void **state)
{
	struct fixture *f = fixture_of(state);

	assert_null(get(f, "k"));
	set(f, "k", "one", 10 * CLOCK_SECOND);
	assert_string_equal(get(f, "k"), "one");
	set(f, "k", "two", 200 * MS);
	assert_string_equal(get(f, "k"), "two");
	pass(200 * MS);
	assert_null(get(f, "k"));
	set(f, "k", "", CLOCK_SECOND);
	assert_string_equal(get(f, "k"), "");
	assert_true(kv_delete(f->kv, key(f, "k"), NULL));
	assert_true(kv_delete(f->kv, key(f, "k"), NULL));
	assert_null(get(f, "k"));
}

static void a_counter_reads_as_its_number(void **state)
{
	struct fixture *f = fixture_of(state);

	take(f, "n", clock_now());
	take(f, "n", clock_now());
	assert_string_equal(get(f, "n"), "2");
	assert_true(kv_delete(f->kv, key(f, "n"), NULL));
	assert_int_equal(take(f, "n", clock_now()), 1);
}

static void long_keys_are_told_apart(void **state)
{
	struct fixture *f = fixture_of(state);
	char one[1000], two[1000];

	memset(one, 'k', sizeof(one));
	memset(two, 'k', sizeof(two));
	one[999] = two[999] = '\0';
	two[998] = 'x';
	assert_int_equal(take(f, one, clock_now()), 1);
	assert_int_equal(take(f, two, clock_now()), 1);
	assert_int_equal(take(f, one, clock_now()), 2);
}

static void keys_and_values_may_hold_anything(void **state)
{
	struct fixture *f = fixture_of(state);

	set(f, "%s \r\n*1 é", "\r\n$-1 %n", CLOCK_SECOND);
	assert_string_equal(get(f, "%s \r\n*1 é"), "\r\n$-1 %n");
}

static void a_long_value_is_refused(void **state)
{
	struct fixture *f = fixture_of(state);
	struct err err = { 0 };
	char value[KV_VALUE_MAX + 2];

	memset(value, 'v', sizeof(value));
	value[KV_VALUE_MAX + 1] = '\0';
	assert_false(kv_set(f->kv, key(f, "k"), value, CLOCK_SECOND,
			    clock_now(), &err));
	assert_int_equal(err.kind, ERR_INTERNAL);
	value[KV_VALUE_MAX] = '\0';
	set(f, "k", value, CLOCK_SECOND);
	assert_string_equal(get(f, "k"), value);
}

enum { THREADS = 4, ROUNDS = 1000 };

struct counter {
	struct kv *kv;
	const char *odd, *even;
	int64_t highest;
};

static void *count_rounds(void *arg)
{
	struct counter *c = arg;

	for (int i = 0; i < ROUNDS; i++) {
		int64_t n = 0;

		kv_take(c->kv, i % 2 ? c->odd : c->even, 60 * CLOCK_SECOND,
			clock_now(), &n, NULL, NULL);
		if (n > c->highest)
			c->highest = n;
	}
	return NULL;
}

static void no_count_is_lost_between_threads(void **state)
{
	struct fixture *f = fixture_of(state);
	struct counter counters[THREADS];
	pthread_t threads[THREADS];
	int64_t highest = 0;

	for (int t = 0; t < THREADS; t++) {
		counters[t] = (struct counter){ f->kv, key(f, "odd"),
						key(f, "even"), 0 };
		pthread_create(&threads[t], NULL, count_rounds, &counters[t]);
	}
	for (int t = 0; t < THREADS; t++) {
		pthread_join(threads[t], NULL);
		if (counters[t].highest > highest)
			highest = counters[t].highest;
	}
	assert_int_equal(highest, THREADS * ROUNDS / 2);
	assert_int_equal(take(f, "odd", clock_now()), THREADS * ROUNDS / 2 + 1);
	assert_int_equal(take(f, "even", clock_now()),
			 THREADS * ROUNDS / 2 + 1);
}

/* ---- in memory ---- */

static void time_is_what_the_caller_says(void **state)
{
	struct fixture *f = fixture_of(state);

	assert_int_equal(take(f, "a", 100), 1);
	assert_int_equal(take(f, "a", 100 + WINDOW - 1), 2);
	assert_int_equal(take(f, "a", 100 + WINDOW), 1);
}

static void a_flood_costs_what_ends_first(void **state)
{
	struct fixture *f = fixture_of(state);
	struct arena *a = &f->arena;
	const char *value = NULL;
	int kept = 0;

	assert_true(kv_set(f->kv, "precious", "x", 1000000, 0, NULL));
	for (int i = 0; i < 20000; i++)
		take(f, arena_printf(a, "flood:%d", i), i % 50);
	assert_true(kv_get(f->kv, "precious", 50, a, &value, NULL));
	assert_string_equal(value, "x");
	for (int i = 0; i < 20000; i++) {
		const char *flood = arena_printf(a, "flood:%d", i);

		assert_true(kv_get(f->kv, key(f, flood), 50, a, &value, NULL));
		kept += value != NULL;
	}
	assert_true(kept > 0 && kept <= 1024);
}

static void a_process_has_one_store(void **state)
{
	struct settings settings = { .redis_url = "" };
	struct err err = { 0 };
	int64_t count;

	(void)state;
	assert_string_equal(kv_name(kv_process()), "memory");
	assert_ptr_equal(kv_process(), kv_process());
	assert_true(kv_take(kv_process(), "x", WINDOW, 0, &count, NULL, NULL));
	assert_true(kv_configure(&settings, &err));
	assert_string_equal(kv_name(kv_process()), "memory");
	settings.redis_url = AWAY;
	assert_true(kv_configure(&settings, &err));
	assert_string_equal(kv_name(kv_process()), "redis");
	settings.redis_url = "localhost:6379";
	assert_false(kv_configure(&settings, &err));
	assert_string_equal(kv_name(kv_process()), "redis");
	settings.redis_url = "";
	assert_true(kv_configure(&settings, &err));
}

/* ---- Redis ---- */

static void what_one_counts_others_count_on(void **state)
{
	struct fixture *f = fixture_of(state), other = *f;
	struct err err = { 0 };

	assert_true(kv_redis_open(getenv("NIS2_TEST_REDIS"), &other.kv, &err));
	assert_int_equal(take(f, "shared", clock_now()), 1);
	assert_int_equal(take(&other, "shared", clock_now()), 2);
	set(f, "value", "here", CLOCK_SECOND);
	assert_string_equal(get(&other, "value"), "here");
	assert_true(kv_delete(other.kv, key(f, "value"), &err));
	assert_null(get(f, "value"));
	kv_close(other.kv);
}

/* A machine whose clock is an hour off ends no window early. */
static void windows_end_by_the_clock_of_redis(void **state)
{
	struct fixture *f = fixture_of(state);

	assert_int_equal(take(f, "skew", clock_now()), 1);
	assert_int_equal(take(f, "skew", clock_now() + 3600 * CLOCK_SECOND), 2);
}

struct ear {
	struct kv *kv;
	const char *channel;
	atomic_bool stop;
	atomic_int heard;
};

static void hear(void *arg)
{
	struct ear *ear = arg;

	atomic_fetch_add(&ear->heard, 1);
}

static void *listen_to(void *arg)
{
	struct ear *ear = arg;

	kv_listen(ear->kv, ear->channel, hear, ear, &ear->stop);
	return NULL;
}

static bool hears(struct ear *ear, int times)
{
	for (int i = 0; i < 500 && atomic_load(&ear->heard) < times; i++)
		usleep(10 * MS);
	return atomic_load(&ear->heard) >= times;
}

static void what_is_published_is_heard(void **state)
{
	struct fixture *f = fixture_of(state);
	struct ear ear = { .kv = f->kv, .channel = key(f, "wake") };
	pthread_t thread;

	pthread_create(&thread, NULL, listen_to, &ear);
	assert_true(hears(&ear, 1)); /* the connection itself */
	kv_publish(f->kv, key(f, "other"));
	kv_publish(f->kv, ear.channel);
	assert_true(hears(&ear, 2));
	usleep(50 * MS);
	assert_int_equal(atomic_load(&ear.heard), 2);
	atomic_store(&ear.stop, true);
	pthread_join(thread, NULL);
}

static void a_wrong_password_is_like_no_redis(void **state)
{
	struct fixture *f = fixture_of(state), other = *f;
	const char *url = getenv("NIS2_TEST_REDIS"), *at = strchr(url, '@');
	struct err err = { 0 };

	url = arena_printf(&f->arena, "unix://:wrong%s", at);
	assert_true(kv_redis_open(url, &other.kv, &err));
	assert_false(kv_ping(other.kv, &err));
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(take(&other, "alone", clock_now()), 1);
	assert_int_equal(take(f, "alone", clock_now()), 1);
	kv_close(other.kv);
}

/* ---- Redis away ---- */

static void nobody_waits_for_a_redis_that_is_away(void **state)
{
	struct fixture *f = fixture_of(state);
	struct err err = { 0 };
	int64_t start = clock_tick();

	assert_false(kv_ping(f->kv, &err));
	assert_int_equal(err.kind, ERR_BUSY);
	assert_null(strstr(err.cause, "secret"));
	for (int i = 0; i < 1000; i++)
		take(f, "quick", clock_now());
	kv_publish(f->kv, KV_WAKE);
	assert_in_range(clock_tick() - start, 0, WINDOW);
}

#define one(name, store)                                                 \
	{                                                                \
#store ": " #name, name, set_up_##store, tear_down, NULL \
	}
#define on_all(name) one(name, memory), one(name, redis), one(name, away)

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_all(a_window_counts_and_ends),
		on_all(values_live_until_their_time),
		on_all(a_counter_reads_as_its_number),
		on_all(long_keys_are_told_apart),
		on_all(keys_and_values_may_hold_anything),
		on_all(a_long_value_is_refused),
		on_all(no_count_is_lost_between_threads),
		one(time_is_what_the_caller_says, memory),
		one(a_flood_costs_what_ends_first, memory),
		cmocka_unit_test(a_process_has_one_store),
		one(what_one_counts_others_count_on, redis),
		one(windows_end_by_the_clock_of_redis, redis),
		one(what_is_published_is_heard, redis),
		one(a_wrong_password_is_like_no_redis, redis),
		one(nobody_waits_for_a_redis_that_is_away, away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
