/*
 * db: the one door to the database. SQLite and PostgreSQL behind it.
 *
 * Statements are written in sql/queries/ and become functions (sql_asset_by_id)
 * in build/gen/queries.h; those call db_run(). No other code has SQL.
 *
 * A connection belongs to one thread at a time and is the only thing that
 * thread needs: no pool, no lock. A call without a transaction is its own.
 *
 * Errors: ERR_CONFLICT for a unique or foreign key that is violated, ERR_BUSY
 * when the database is locked, overloaded, restarting, or the statement's
 * deadline (10 s) passed, ERR_INTERNAL for the rest.
 */
#ifndef NIS2_STORE_DB_H
#define NIS2_STORE_DB_H

#include "base/arena.h"
#include "base/err.h"
#include "codec/codec.h"

struct db;

#define _cleanup_db_ __attribute__((cleanup(db_close_at_end)))
void db_close_at_end(struct db **db);

/*
 * `url` is "sqlite:PATH" or "postgresql://…" (libpq). Opening SQLite makes the
 * file (0600) when `DB_CREATE` is set; WAL, busy_timeout 10 s, foreign keys.
 */
enum db_flags { DB_CREATE = 1, DB_READ_ONLY = 2 };
bool db_open(const char *url, unsigned flags, struct db **ret, struct err *err);
void db_close(struct db *db);

/*
 * What this process is called where PostgreSQL lists its connections:
 * "nis2 serve". Before the first db_open(); the string is the caller's.
 */
void db_set_application_name(const char *name);
const char *db_application_name(void);

/* "sqlite" or "postgresql". */
const char *db_driver_name(const struct db *db);
/* In this process and cheap to call: what `x-inline: embedded` asks. */
bool db_is_embedded(const struct db *db);
/* On this machine: it works with the same processors as we do. */
bool db_is_near(const struct db *db);

/*
 * A transaction. `db_begin_write` takes the write lock at once (BEGIN
 * IMMEDIATE), so that two writers queue instead of failing late; on PostgreSQL
 * a transaction begins with its first statement. Nesting is a programming
 * error. db_rollback() is safe when there is nothing to roll back, and a commit
 * that fails has rolled back.
 *
 * A statement that fails spoils its transaction on both databases: all that can
 * follow is the rollback. (No row for DB_ONE is an answer, not a failure.)
 */
bool db_begin_write(struct db *db, struct err *err);
bool db_begin_read(struct db *db, struct err *err);
bool db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db);

/*
 * In whose name statements run from now on. On PostgreSQL the row policies let
 * a statement see and write the rows of this organisation, see those of this
 * person, and nothing else; a statement whose signature says `all-orgs` sees
 * all. NULL is nobody. SQLite has no such second lock. The strings are the
 * caller's and must live until the next call.
 */
struct db_scope {
	const char *org_id;
	const char *user_id;
};
void db_scope(struct db *db, struct db_scope scope);

/*
 * A server that restarts is waited for, some seconds at most; not while this is
 * set: for who asks whether it is there.
 */
void db_hurry(struct db *db, bool hurry);

/*
 * Runs text that is not a named statement: migrations only. It sees all rows,
 * as a statement with `all-orgs` does.
 */
bool db_exec(struct db *db, const char *sql, struct err *err);

/* ---- what the generated functions use ---- */

enum sql_type { SQL_TEXT, SQL_BIGINT, SQL_BOOLEAN, SQL_DOUBLE };

struct sql_arg {
	enum sql_type type;
	bool null;
	const char *text;
	int64_t number; /* also BOOLEAN */
	double real;
};

/*
 * One variant of one statement. `id` indexes a connection's prepared ones; a
 * negative one is prepared for each run.
 */
struct sql_stmt {
	int id;
	const char *name;
	const char *sqlite;
	const char *postgresql;
	int arg_count;
	const enum sql_type *arg_types;
	const char *computed; /* members no column fills: "title progress" */
	bool all_orgs;	      /* its signature says so: see db_scope() */
	bool counts;	      /* `-> page T`: the first column is the total */
};

enum db_shape {
	DB_NONE,    /* no result */
	DB_CHANGES, /* ret: int64_t *, how many rows it changed */
	DB_VALUE, /* ret: int64_t *, first column of the only row; NULL is 0 */
	DB_ONE,	  /* ret: struct of `type`; no row is ERR_NOT_FOUND */
	DB_MAYBE, /* the same, but no row is true with *ret_found false */
	DB_MANY,  /* ret: struct any_list of `type` */
	DB_PAGE,  /* ret: struct db_page; the first column is the total */
};

/* A page and how many there are; without a row the total is 0. */
struct db_page {
	void *items; /* struct any_list of `type` */
	int64_t *total;
};

/*
 * Runs a statement. Columns go to members of the same name; a column without a
 * member is a programming error that the prepare test finds. `ret` is written
 * on success only.
 */
bool db_run(struct db *db, struct arena *a, const struct sql_stmt *stmt,
	    const struct sql_arg *args, enum db_shape shape,
	    const struct type *type, void *ret, bool *ret_found,
	    struct err *err);

/*
 * Prepares without running, and checks columns against `type`: each has a
 * member that it fits, and each required member has a column or is `computed`.
 * For the test.
 */
bool db_prepare(struct db *db, const struct sql_stmt *stmt,
		const struct type *type, struct err *err);

/* Every statement of the program, for that test. */
struct sql_entry {
	const struct sql_stmt *stmt;
	const struct type *type; /* NULL when it returns no rows */
};
extern const struct sql_entry sql_entries[];
extern const int sql_entry_count;

#endif
