/* Steps that ran, are to run, fail, or are not known. */
#include "db_fixture.h"

#include <pthread.h>
#include <string.h>

#include "store/migrate.h"

/* What older and newer programs know. */
static const struct migration steps[] = {
	{ 1, "first",
	  "CREATE TABLE one (id TEXT PRIMARY KEY);"
	  "/*@sqlite INSERT INTO one (id) VALUES ('sqlite'); @*/"
	  "/*@pg INSERT INTO one (id) VALUES ('postgresql'); @*/" },
	{ 2, "second", "CREATE TABLE two (n BIGINT)" },
	{ 3, "broken",
	  "CREATE TABLE three (n BIGINT); CREATE TABLE one (n BIGINT)" },
};
static const struct migration_list up_to_1 = { steps, 1 };
static const struct migration_list up_to_2 = { steps, 2 };
static const struct migration_list with_broken = { steps, 3 };

#define VALUE(ident, sql) \
	static const struct sql_stmt ident = { -1, #ident, sql, sql, 0, NULL }

VALUE(count_steps, "SELECT count(*) FROM schema_migration");
VALUE(newest_step, "SELECT max(version) FROM schema_migration"
		   " WHERE applied_at > 1700000000000000");
VALUE(rows_of_one, "SELECT count(*) FROM one");
VALUE(rows_of_two, "SELECT count(*) FROM two");
VALUE(rows_of_three, "SELECT count(*) FROM three");

static bool value(struct fixture *f, const struct sql_stmt *stmt, int64_t *ret)
{
	return db_run(f->db, &f->arena, stmt, NULL, DB_VALUE, NULL, ret, NULL,
		      &f->err);
}

static int64_t number(struct fixture *f, const struct sql_stmt *stmt)
{
	int64_t n = -1;

	assert_ok(f, value(f, stmt, &n));
	return n;
}

static int pending(struct fixture *f, struct migration_list list)
{
	int n = -1;

	assert_ok(f, migrate_pending_list(f->db, list, &n, &f->err));
	return n;
}

static void an_empty_database_gets_every_step_once(void **state)
{
	struct fixture *f = begin(state);

	assert_int_equal(pending(f, up_to_2), 2);
	assert_ok(f, migrate_run_list(f->db, up_to_2, &f->err));
	assert_int_equal(pending(f, up_to_2), 0);
	assert_int_equal(number(f, &rows_of_one), 1);
	assert_int_equal(number(f, &rows_of_two), 0);
	assert_ok(f, migrate_run_list(f->db, up_to_2, &f->err));
	assert_int_equal(number(f, &count_steps), 2);
	assert_int_equal(number(f, &newest_step), 2);
}

static void a_later_program_adds_its_steps(void **state)
{
	struct fixture *f = begin(state);

	assert_ok(f, migrate_run_list(f->db, up_to_1, &f->err));
	assert_int_equal(pending(f, up_to_2), 1);
	assert_ok(f, migrate_run_list(f->db, up_to_2, &f->err));
	assert_int_equal(number(f, &rows_of_two), 0);
}

static void a_step_that_fails_leaves_nothing(void **state)
{
	struct fixture *f = begin(state);
	int64_t n;

	assert_false(migrate_run_list(f->db, with_broken, &f->err));
	assert_non_null(strstr(f->err.msg, "migration 0003_broken"));
	assert_int_equal(pending(f, with_broken), 1);
	assert_int_equal(number(f, &newest_step), 2);
	assert_false(value(f, &rows_of_three, &n));
}

static void a_newer_database_is_refused(void **state)
{
	struct fixture *f = begin(state);
	int n;

	assert_ok(f, migrate_run_list(f->db, up_to_2, &f->err));
	assert_false(migrate_pending_list(f->db, up_to_1, &n, &f->err));
	assert_int_equal(f->err.kind, ERR_REFUSED);
	assert_non_null(strstr(f->err.msg, "newer"));
	assert_false(migrate_run_list(f->db, up_to_1, &f->err));
}

static void *migrate_too(void *arg)
{
	struct fixture *f = arg;
	struct fixture own = { 0 };
	bool ok = db_open(f->url, 0, &own.db, &own.err) &&
		  migrate_run_list(own.db, up_to_2, &own.err);

	if (!ok)
		fixture_fail(&own);
	db_close(own.db);
	return ok ? NULL : arg;
}

static void programs_that_start_at_once_take_turns(void **state)
{
	struct fixture *f = begin(state);
	pthread_t threads[4];
	void *failed;

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, migrate_too, f);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_int_equal(number(f, &count_steps), 2);
	assert_int_equal(number(f, &rows_of_one), 1);
}

static void marks_uncover_what_is_for_one_database(void **state)
{
	static const char text[] = "a /*@pg b @*/ c /*@sqlite d @*/ /* e */";
	_arena_ struct arena a = { 0 };

	assert_string_equal(migrate_text(&a, "sqlite", text),
			    "a /*@pg b @*/ c           d     /* e */");
	assert_string_equal(migrate_text(&a, "postgresql", text),
			    "a       b     c /*@sqlite d @*/ /* e */");
	assert_string_equal(migrate_text(&a, "sqlite", "/*@sqlite open"),
			    "/*@sqlite open");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_both(an_empty_database_gets_every_step_once),
		on_both(a_later_program_adds_its_steps),
		on_both(a_step_that_fails_leaves_nothing),
		on_both(a_newer_database_is_refused),
		on_both(programs_that_start_at_once_take_turns),
		cmocka_unit_test(marks_uncover_what_is_for_one_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
