#include "store/guard.h"

#include <string.h>

#include "gen/queries.h"

static void add_lines(struct sb *out, int *count,
		      const struct text_row_list *rows)
{
	for (size_t i = 0; i < rows->len; i++)
		sb_addf(out, "%s\n", rows->items[i].text);
	*count = (int)rows->len;
}

static bool look_at_role(struct db *db, struct arena *a,
			 struct guard_report *ret, struct err *err)
{
	struct text_row_list rows = { 0 };

	if (!sql_guard_role(db, a, &rows, err))
		return false;
	ret->role = sb_new(a, 128);
	add_lines(&ret->role, &ret->role_count, &rows);
	return true;
}

bool guard_look(struct db *db, struct arena *a, struct guard_report *ret,
		struct err *err)
{
	struct guard_report report = { 0 };
	struct text_row_list rows = { 0 };

	if (!look_at_role(db, a, &report, err) ||
	    !sql_guard_tables(db, a, &rows, err))
		return false;
	report.tables = sb_new(a, 128);
	add_lines(&report.tables, &report.table_count, &rows);
	*ret = report;
	return true;
}

int guard_fatal(const struct guard_report *report, const struct settings *s)
{
	if (!settings_production(s))
		return 0;
	return report->table_count +
	       (s->privileged_role ? 0 : report->role_count);
}

static bool check_role(struct db *db, const struct settings *s, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct guard_report report = { 0 };

	if (db_is_embedded(db))
		return true;
	if (!look_at_role(db, &a, &report, err))
		return false;
	if (!guard_fatal(&report, s))
		return true;
	return err_set(err, ERR_REFUSED, "%.*s",
		       (int)strcspn(report.role.s, "\n"), report.role.s);
}

bool guard_open(const char *url, const struct settings *s, struct db **ret,
		struct err *err)
{
	_cleanup_db_ struct db *db = NULL;

	if (!db_open(url, 0, &db, err) || !check_role(db, s, err))
		return false;
	*ret = db;
	db = NULL;
	return true;
}
