/*
 * The queue of jobs, on each database: who gets a job, when another may have
 * it, and what a job that is taken away may still write.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rand.h"
#include "gen/queries.h"
#include "jobs/job.h"
#include "store/migrate.h"

enum { LEASE = 20 };

/* One database; each case uses a lane of its own, so that none disturbs. */
struct fixture {
	struct db *db;
	struct arena arena;
	char path[64];
	struct err err;
};

static int open_at(struct fixture *f, const char *url)
{
	if (db_open(url, DB_CREATE, &f->db, &f->err) &&
	    migrate_run(f->db, &f->err))
		return 0;
	fprintf(stderr, "%s (%s)\n", f->err.msg, f->err.cause);
	return -1;
}

static int setup_sqlite(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char url[80];
	int fd;

	snprintf(f->path, sizeof(f->path), "/tmp/nis2-jobs-XXXXXX");
	fd = mkstemp(f->path);
	close(fd);
	snprintf(url, sizeof(url), "sqlite:%s", f->path);
	*state = f;
	return open_at(f, url);
}

static int setup_postgresql(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *url = getenv("NIS2_TEST_DATABASE");

	*state = f;
	return url ? open_at(f, url) : 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	db_close(f->db);
	arena_free(&f->arena);
	if (f->path[0])
		unlink(f->path);
	free(f);
	return 0;
}

static struct fixture *begin(void **state)
{
	struct fixture *f = *state;

	if (!f->db)
		skip();
	return f;
}

static const char *put(struct fixture *f, const char *lane, int64_t run_at)
{
	const char *id = id_new(&f->arena);

	assert_true(sql_job_insert(f->db, &f->arena,
				   &(struct sql_job_insert_args){
					   .id = id,
					   .kind = "scan",
					   .lane = lane,
					   .args = "{}",
					   .run_at = run_at,
					   .now = 1,
				   },
				   &f->err));
	return id;
}

/* The id of the job that `worker` gets at `now`, or NULL. */
static const char *claim(struct fixture *f, const char *lane,
			 const char *worker, int64_t now)
{
	struct job_row job = { 0 };
	bool found = false;

	assert_true(sql_job_claim(f->db, &f->arena, lane, worker, now,
				  now + LEASE, &job, &found, &f->err));
	return found ? job.id : NULL;
}

static void a_job_goes_to_one_worker(void **state)
{
	struct fixture *f = begin(state);
	const char *id = put(f, "one", 100);

	assert_null(claim(f, "one", "early", 99));
	assert_null(claim(f, "another", "elsewhere", 100));
	assert_string_equal(claim(f, "one", "a", 100), id);
	assert_null(claim(f, "one", "b", 100));
}

static void the_oldest_due_job_comes_first(void **state)
{
	struct fixture *f = begin(state);
	const char *late = put(f, "order", 200), *early = put(f, "order", 150);

	assert_string_equal(claim(f, "order", "a", 300), early);
	assert_string_equal(claim(f, "order", "a", 300), late);
}

static void a_lease_that_lapsed_gives_the_job_to_the_next(void **state)
{
	struct fixture *f = begin(state);
	const char *id = put(f, "lapse", 100);
	int64_t changed = -1;

	assert_string_equal(claim(f, "lapse", "dead", 100), id);
	assert_null(claim(f, "lapse", "next", 100 + LEASE));
	assert_string_equal(claim(f, "lapse", "next", 101 + LEASE), id);
	assert_true(sql_job_extend(f->db, &f->arena, id, "dead", 999, &changed,
				   &f->err));
	assert_int_equal(changed, 0);
}

static void a_renewed_lease_holds(void **state)
{
	struct fixture *f = begin(state);
	const char *id = put(f, "renew", 100);
	int64_t changed = 0;

	assert_string_equal(claim(f, "renew", "a", 100), id);
	assert_true(sql_job_extend(f->db, &f->arena, id, "a", 500, &changed,
				   &f->err));
	assert_int_equal(changed, 1);
	assert_null(claim(f, "renew", "b", 400));
}

static void who_lost_a_job_cannot_end_it(void **state)
{
	struct fixture *f = begin(state);
	const char *id = put(f, "lost", 100);
	struct sql_job_finish_args end = {
		.id = id, .worker = "a", .state = "done", .now = 200
	};
	int64_t changed = -1;

	assert_string_equal(claim(f, "lost", "a", 100), id);
	assert_string_equal(claim(f, "lost", "b", 101 + LEASE), id);
	assert_true(sql_job_finish(f->db, &f->arena, &end, &changed, &f->err));
	assert_int_equal(changed, 0);
	end.worker = "b";
	assert_true(sql_job_finish(f->db, &f->arena, &end, &changed, &f->err));
	assert_int_equal(changed, 1);
	assert_null(claim(f, "lost", "c", 9999));
}

static void a_released_job_is_free_at_once_and_costs_no_attempt(void **state)
{
	struct fixture *f = begin(state);
	const char *id = put(f, "release", 100);
	struct job_row job = { 0 };
	bool found = false;

	assert_string_equal(claim(f, "release", "leaving", 100), id);
	assert_true(sql_job_release(f->db, &f->arena, "leaving", 101, NULL,
				    &f->err));
	assert_true(sql_job_claim(f->db, &f->arena, "release", "next", 102, 200,
				  &job, &found, &f->err));
	assert_true(found);
	assert_int_equal(job.attempts, 1);
}

static void a_job_of_no_known_kind_fails_and_is_not_tried_again(void **state)
{
	struct fixture *f = begin(state);
	struct settings settings = { 0 };
	atomic_bool stopping = false;
	bool ran = false;

	assert_true(sql_job_insert(f->db, &f->arena,
				   &(struct sql_job_insert_args){
					   .id = id_new(&f->arena),
					   .kind = "unheard-of",
					   .lane = "unknown",
					   .args = "{}",
					   .run_at = 1,
					   .now = 1,
				   },
				   &f->err));
	assert_true(job_run_next(f->db, &settings, "unknown", "w", &stopping,
				 &ran, &f->err));
	assert_true(ran);
	assert_true(job_run_next(f->db, &settings, "unknown", "w", &stopping,
				 &ran, &f->err));
	assert_false(ran);
}

#define CASES                                                                 \
	cmocka_unit_test(a_job_goes_to_one_worker),                           \
		cmocka_unit_test(the_oldest_due_job_comes_first),             \
		cmocka_unit_test(                                             \
			a_lease_that_lapsed_gives_the_job_to_the_next),       \
		cmocka_unit_test(a_renewed_lease_holds),                      \
		cmocka_unit_test(who_lost_a_job_cannot_end_it),               \
		cmocka_unit_test(                                             \
			a_released_job_is_free_at_once_and_costs_no_attempt), \
		cmocka_unit_test(                                             \
			a_job_of_no_known_kind_fails_and_is_not_tried_again)

int main(void)
{
	const struct CMUnitTest on_sqlite[] = { CASES };
	const struct CMUnitTest on_postgresql[] = { CASES };

	return cmocka_run_group_tests(on_sqlite, setup_sqlite, teardown) +
	       cmocka_run_group_tests(on_postgresql, setup_postgresql,
				      teardown);
}
