/*
 * Every statement of sql/queries/ is prepared on both databases, and its
 * columns are compared with the struct that they fill.
 */
#include "db_fixture.h"

#include <dirent.h>
#include <string.h>

#include "base/file.h"
#include "store/migrate.h"

static int is_step(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && strcmp(dot, ".sql") == 0;
}

static void migrate_from_files(struct fixture *f)
{
	const char *source = getenv("NIS2_SOURCE");
	const char *folder = arena_printf(&f->arena, "%s/sql/migrations",
					  source ? source : ".");
	struct dirent **names = NULL;
	int count = scandir(folder, &names, is_step, alphasort);
	char *sql;

	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		const char *path = arena_printf(&f->arena, "%s/%s", folder,
						names[i]->d_name);

		assert_ok(f, file_read(path, 1 << 20, &f->arena, &sql, NULL,
				       &f->err));
		sql = migrate_text(&f->arena, db_driver_name(f->db), sql);
		assert_ok(f, db_exec(f->db, sql, &f->err));
		free(names[i]);
	}
	free(names);
}

static void every_statement_is_prepared(void **state)
{
	struct fixture *f = begin(state);
	int wrong = 0;

	migrate_from_files(f);
	assert_true(sql_entry_count > 0);
	for (int i = 0; i < sql_entry_count; i++) {
		const struct sql_entry *e = &sql_entries[i];

		assert_int_equal(e->stmt->id, i);
		if (db_prepare(f->db, e->stmt, e->type, &f->err))
			continue;
		wrong++;
		print_error("%s: %s (%s)\n", e->stmt->name, f->err.msg,
			    f->err.cause);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_both(every_statement_is_prepared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
