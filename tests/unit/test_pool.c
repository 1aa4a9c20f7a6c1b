/*
 * How the handler threads share their work: quick work stays on few of them,
 * slow work does not hold the rest up, and nothing that was put is lost.
 */
#include "base/clock.h"
#include "db_fixture.h"
#include "http/pool.h"

#include <stdatomic.h>

enum { THREADS = 6, PLACES = 64 };

static struct {
	atomic_int done, at_once, most_at_once;
} seen;

static void enter(void)
{
	int now = atomic_fetch_add(&seen.at_once, 1) + 1;
	int most = atomic_load(&seen.most_at_once);

	while (now > most &&
	       !atomic_compare_exchange_weak(&seen.most_at_once, &most, now))
		continue;
}

static void leave(void)
{
	atomic_fetch_sub(&seen.at_once, 1);
	atomic_fetch_add(&seen.done, 1);
}

static void quick_work(void *item, struct db *db)
{
	(void)item;
	assert_non_null(db);
	enter();
	leave();
}

/* As a password that is hashed: 60 ms. */
static void slow_work(void *item, struct db *db)
{
	(void)item;
	(void)db;
	enter();
	usleep(60000);
	leave();
}

static struct pool *start(struct fixture *f,
			  void (*work)(void *item, struct db *db))
{
	static const struct settings settings = { .environment = "test" };
	const struct pool_setup setup = {
		.settings = &settings,
		.database_url = f->url,
		.threads = THREADS,
		.length = PLACES,
		.work = work,
	};
	struct pool *pool = NULL;

	seen.done = seen.at_once = seen.most_at_once = 0;
	assert_ok(f, pool_start(&setup, &pool, &f->err));
	return pool;
}

static void put(struct pool *pool, int items)
{
	static char item;

	for (int i = 0; i < items; i++) {
		while (!pool_reserve(pool))
			usleep(100);
		pool_put(pool, &item);
	}
}

static void everything_that_was_put_is_worked_on(void **state)
{
	struct pool *pool = start(begin(state), quick_work);

	put(pool, 20000);
	pool_drain(pool);
	assert_int_equal(seen.done, 20000);
	assert_false(pool_reserve(pool));
	pool_stop(pool);
}

static void slow_work_does_not_keep_others_waiting(void **state)
{
	struct pool *pool = start(begin(state), slow_work);
	int64_t began = clock_tick();

	put(pool, THREADS);
	while (atomic_load(&seen.done) < THREADS &&
	       clock_tick() - began < 10 * CLOCK_SECOND)
		usleep(1000);
	/* One after the other on two threads it would take 180 ms. */
	assert_int_equal(seen.most_at_once, THREADS);
	pool_stop(pool);
}

static void what_waits_at_the_end_is_worked_on_by_all(void **state)
{
	struct pool *pool = start(begin(state), slow_work);

	put(pool, 3 * THREADS);
	pool_drain(pool);
	assert_int_equal(seen.done, 3 * THREADS);
	pool_stop(pool);
}

static void quick_work_stays_on_as_many_threads_as_processors(void **state)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct pool *pool = start(begin(state), quick_work);

	put(pool, 20000);
	pool_stop(pool);
	/* Who was put to sleep by the machine for 2 ms does not count. */
	assert_in_range(seen.most_at_once, 1,
			processors < THREADS ? processors + 2 : THREADS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_sqlite(everything_that_was_put_is_worked_on),
		on_sqlite(slow_work_does_not_keep_others_waiting),
		on_sqlite(what_waits_at_the_end_is_worked_on_by_all),
		on_sqlite(quick_work_stays_on_as_many_threads_as_processors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
