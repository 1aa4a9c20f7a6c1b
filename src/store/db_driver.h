/*
 * db_driver: what a database must do to stand behind store/db.h. Included by
 * db.c and the drivers only; a driver is reached through its table.
 */
#ifndef NIS2_STORE_DB_DRIVER_H
#define NIS2_STORE_DB_DRIVER_H

#include "store/db.h"

enum db_tx { TX_NONE, TX_READ, TX_WRITE };

/* A statement as one connection knows it. */
struct prepared {
	void *handle;		     /* the driver's; NULL: not prepared */
	const struct field **fields; /* a column each; NULL: no member's */
	int columns;
};

/* Every driver's connection begins with this. */
struct db {
	const struct db_driver *driver;
	struct prepared *prepared; /* by sql_stmt.id */
	int prepared_len;
	enum db_tx tx;
	struct db_scope scope;
	bool hurry;  /* db_hurry() */
	bool failed; /* an error inside this transaction: only rollback helps */
};

/* What the database itself calls the content of a column. */
enum column_type {
	COLUMN_UNKNOWN,
	COLUMN_TEXT,
	COLUMN_INT,
	COLUMN_BOOL,
	COLUMN_REAL
};

enum step { STEP_ROW, STEP_DONE, STEP_FAILED };

struct db_driver {
	const char *name;
	const char *prefix; /* of the URLs it takes */
	bool embedded;

	bool (*open)(const char *url, unsigned flags, struct db **ret,
		     struct err *err);
	bool (*is_near)(const struct db *db); /* NULL: it always is */
	void (*close)(struct db *db);

	/*
	 * Before a statement: a connection that was lost comes back here,
	 * unless a transaction hung on it. May be NULL.
	 */
	bool (*check)(struct db *db, struct err *err);
	/*
	 * After a statement that failed. True: it failed because the connection
	 * went, nothing of it (or of its transaction) can have been done, and
	 * there is a new connection to try it once more. May be NULL.
	 */
	bool (*again)(struct db *db, struct err *err);

	/* May put the beginning off until the first statement. */
	bool (*begin)(struct db *db, enum db_tx kind, struct err *err);
	bool (*commit)(struct db *db, struct err *err);
	void (*rollback)(struct db *db);
	bool (*exec)(struct db *db, const char *sql, struct err *err);

	/* Sets p->handle and p->columns. */
	bool (*prepare)(struct db *db, const struct sql_stmt *stmt,
			struct prepared *p, struct err *err);
	void (*unprepare)(struct db *db, struct prepared *p);
	const char *(*column_name)(struct prepared *p, int column);
	enum column_type (*column_type)(struct prepared *p, int column);

	/* One run: start, step to the end, finish (also after a failure). */
	bool (*start)(struct db *db, struct prepared *p,
		      const struct sql_stmt *stmt, const struct sql_arg *args,
		      struct err *err);
	enum step (*step)(struct db *db, struct prepared *p, struct err *err);
	bool (*row)(struct prepared *p, struct arena *a, void *row,
		    struct err *err);
	int64_t (*value)(struct prepared *p); /* first column; NULL is 0 */
	int64_t (*changes)(struct db *db, struct prepared *p);
	void (*finish)(struct db *db, struct prepared *p);
};

extern const struct db_driver db_sqlite;
extern const struct db_driver db_postgresql;

/* Frees what db.c keeps in `db`; a driver calls it before it closes. */
void db_forget_prepared(struct db *db);

/* A text column into its member: most are plain strings, done right here. */
static inline bool row_set_text(const struct field *f, struct arena *a,
				void *row, const char *text, struct err *err)
{
	if (f->kind == F_STR && f->has == FIELD_NONE) {
		*(const char **)((char *)row + f->offset) = text;
		return true;
	}
	return codec_set_text(f, a, row, text, err);
}

/* Whether the member is a number of some kind. */
static inline bool field_is_number(const struct field *f)
{
	return f->kind == F_INT || f->kind == F_TIME || f->kind == F_BOOL ||
	       f->kind == F_NUM;
}

#endif
