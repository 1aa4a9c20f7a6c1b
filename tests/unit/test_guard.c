/*
 * What the guard of the database says of one that was just migrated, and of
 * tables that were added or opened since (docs/sql.md).
 */
#include "db_fixture.h"

#include <string.h>

#include "store/guard.h"
#include "store/migrate.h"

static struct fixture *migrated(void **state)
{
	struct fixture *f = begin(state);

	assert_ok(f, migrate_run(f->db, &f->err));
	return f;
}

static struct guard_report look(struct fixture *f)
{
	struct guard_report report = { 0 };

	assert_ok(f, guard_look(f->db, &f->arena, &report, &f->err));
	return report;
}

/* Also the check that every table of the migrations has its policies. */
static void a_migrated_database_is_closed(void **state)
{
	struct guard_report report = look(migrated(state));

	assert_string_equal(report.tables.s, "");
	assert_int_equal(report.table_count, 0);
}

static void sqlite_has_nothing_to_guard(void **state)
{
	assert_int_equal(look(migrated(state)).role_count, 0);
}

static void a_table_needs_its_policies(void **state)
{
	static const struct {
		const char *change;
		const char *says;
	} cases[] = {
		{ "CREATE TABLE late (id TEXT, org_id TEXT)",
		  "the table late has no row-level security\n" },
		{ "ALTER TABLE late ENABLE ROW LEVEL SECURITY",
		  "the table late has row-level security that does not bind "
		  "its "
		  "owner\n" },
		{ "ALTER TABLE late FORCE ROW LEVEL SECURITY",
		  "the table late has no policy tenant_isolation\n" },
		{ "CREATE POLICY tenant_isolation ON late USING"
		  " (org_id IS NOT NULL)",
		  "the table late has no policy tenant_isolation\n" },
		{ "DROP POLICY tenant_isolation ON late;"
		  "CREATE POLICY tenant_isolation ON late USING (org_id ="
		  " current_setting('app.current_org_id', true)) WITH CHECK"
		  " (org_id = current_setting('app.current_org_id', true));"
		  "CREATE POLICY everybody ON late FOR SELECT USING (true)",
		  "the table late has a policy that shows every row\n" },
		{ "DROP POLICY everybody ON late", "" },
		{ "CREATE TABLE diary (user_id TEXT)",
		  "the table diary has no row-level security\n" },
	};
	struct fixture *f = migrated(state);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_ok(f, db_exec(f->db, cases[i].change, &f->err));
		assert_string_equal(look(f).tables.s, cases[i].says);
	}
}

static void production_minds_what_others_are_told(void **state)
{
	const struct settings production = { .environment = "production" };
	const struct settings lenient = { .environment = "production",
					  .privileged_role = true };
	const struct settings development = { .environment = "development" };
	const struct guard_report report = { .role_count = 2,
					     .table_count = 3 };

	(void)state;
	assert_int_equal(guard_fatal(&report, &production), 5);
	assert_int_equal(guard_fatal(&report, &lenient), 3);
	assert_int_equal(guard_fatal(&report, &development), 0);
}

/* The tests connect as the owner of what they make. */
static void an_owner_does_not_answer_requests(void **state)
{
	const struct settings production = { .environment = "production" };
	const struct settings development = { .environment = "development" };
	struct fixture *f = migrated(state);
	struct db *db = NULL;

	assert_false(guard_open(f->url, &production, &db, &f->err));
	assert_int_equal(f->err.kind, ERR_REFUSED);
	assert_non_null(strstr(f->err.msg, "the database role"));
	assert_null(db);
	assert_ok(f, guard_open(f->url, &development, &db, &f->err));
	db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_both(a_migrated_database_is_closed),
		on_sqlite(sqlite_has_nothing_to_guard),
		on_postgresql(a_table_needs_its_policies),
		on_postgresql(an_owner_does_not_answer_requests),
		cmocka_unit_test(production_minds_what_others_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
