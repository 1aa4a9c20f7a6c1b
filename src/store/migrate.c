#include "store/migrate.h"

#include <string.h>

#include "base/clock.h"

/*
 * The table of the steps is needed before the first of them, so its few
 * statements stand here and not in sql/queries/.
 */
static const char setup[] =
	/* One migration at a time, however long it takes. The number is ours.
	 */
	"/*@pg SET LOCAL statement_timeout = 0;"
	" SELECT pg_advisory_xact_lock(619220226); @*/"
	"CREATE TABLE IF NOT EXISTS schema_migration ("
	" version BIGINT PRIMARY KEY,"
	" name TEXT NOT NULL,"
	" applied_at BIGINT NOT NULL)";

static const struct sql_stmt has_table = {
	-1,
	"migration_has_table",
	"SELECT count(*) FROM sqlite_schema"
	" WHERE type = 'table' AND name = 'schema_migration'",
	"SELECT count(*) FROM information_schema.tables"
	" WHERE table_schema = current_schema()"
	" AND table_name = 'schema_migration'",
	0,
	NULL
};

#define NEWEST "SELECT max(version) FROM schema_migration"
static const struct sql_stmt newest = { -1,	"migration_newest",
					NEWEST, NEWEST,
					0,	NULL };

#define INSERT                                                     \
	"INSERT INTO schema_migration (version, name, applied_at)" \
	" VALUES ($1, $2, $3)"
static const enum sql_type insert_types[] = { SQL_BIGINT, SQL_TEXT,
					      SQL_BIGINT };
static const struct sql_stmt insert = { -1, "migration_insert", INSERT, INSERT,
					3,  insert_types };

char *migrate_text(struct arena *a, const char *driver_name, const char *sql)
{
	const char *mark =
		strcmp(driver_name, "sqlite") ? "/*@pg" : "/*@sqlite";
	char *text = arena_strdup(a, sql), *p = text, *end;

	while ((p = strstr(p, mark))) {
		end = strstr(p, "@*/");
		if (!end)
			break;
		memset(p, ' ', strlen(mark));
		memset(end, ' ', 3);
		p = end;
	}
	return text;
}

static bool exec(struct db *db, struct arena *a, const char *sql,
		 struct err *err)
{
	return db_exec(db, migrate_text(a, db_driver_name(db), sql), err);
}

bool migrate_lock(struct db *db, struct arena *a, struct err *err)
{
	return exec(db, a, setup, err);
}

static bool value(struct db *db, struct arena *a, const struct sql_stmt *stmt,
		  int64_t *ret, struct err *err)
{
	return db_run(db, a, stmt, NULL, DB_VALUE, NULL, ret, NULL, err);
}

static bool note(struct db *db, struct arena *a, const struct migration *m,
		 struct err *err)
{
	const struct sql_arg args[] = {
		{ .type = SQL_BIGINT, .number = m->version },
		{ .type = SQL_TEXT, .text = m->name },
		{ .type = SQL_BIGINT, .number = clock_now() },
	};

	return db_run(db, a, &insert, args, DB_NONE, NULL, NULL, NULL, err);
}

static bool check_version(struct migration_list list, int64_t version,
			  struct err *err)
{
	int known = list.len ? list.items[list.len - 1].version : 0;

	if (version <= known)
		return true;
	return err_set(err, ERR_REFUSED,
		       "the database was made by a newer nis2: it is at step "
		       "%lld, this program knows %d",
		       (long long)version, known);
}

/* The first step that is newer than `version`; NULL when there is none. */
static const struct migration *next_after(struct migration_list list,
					  int64_t version)
{
	for (int i = 0; i < list.len; i++)
		if (list.items[i].version > version)
			return &list.items[i];
	return NULL;
}

/*
 * Takes the lock, then looks which step is next: while we waited another
 * program may have done it. *ret_done: there is none left.
 */
static bool step(struct db *db, struct arena *a, struct migration_list list,
		 bool *ret_done, struct err *err)
{
	const struct migration *m;
	int64_t version = 0;

	if (!migrate_lock(db, a, err) ||
	    !value(db, a, &newest, &version, err) ||
	    !check_version(list, version, err))
		return false;
	m = next_after(list, version);
	*ret_done = !m;
	if (!m)
		return true;
	if (!exec(db, a, m->sql, err) || !note(db, a, m, err))
		return err_wrap(err, "migration %04d_%s", m->version, m->name);
	return true;
}

static bool step_in_transaction(struct db *db, struct migration_list list,
				bool *ret_done, struct err *err)
{
	_arena_ struct arena a = { 0 };

	if (!db_begin_write(db, err))
		return false;
	if (step(db, &a, list, ret_done, err))
		return db_commit(db, err);
	db_rollback(db);
	return false;
}

bool migrate_pending_list(struct db *db, struct migration_list list, int *ret,
			  struct err *err)
{
	_arena_ struct arena a = { 0 };
	int64_t tables = 0, version = 0;
	int pending = 0;

	if (!value(db, &a, &has_table, &tables, err) ||
	    (tables && !value(db, &a, &newest, &version, err)) ||
	    !check_version(list, version, err))
		return false;
	for (int i = 0; i < list.len; i++)
		pending += list.items[i].version > version;
	*ret = pending;
	return true;
}

bool migrate_run_list(struct db *db, struct migration_list list,
		      struct err *err)
{
	bool done = false;
	int pending = 0;

	/* Nothing to do is the usual case and takes no lock. */
	if (!migrate_pending_list(db, list, &pending, err))
		return false;
	while (pending && !done)
		if (!step_in_transaction(db, list, &done, err))
			return false;
	return true;
}
