/*
 * migrate: which steps of sql/migrations/ a database has had, and the others.
 *
 * Steps are numbered, forward only, each in a transaction of its own, and kept
 * in schema_migration(version, name, applied_at). Two programs that start at
 * once take turns. A database that has had a step which this program does not
 * know was made by a newer one: that is an error, not a guess.
 */
#ifndef NIS2_STORE_MIGRATE_H
#define NIS2_STORE_MIGRATE_H

#include <stdbool.h>

#include "store/db.h"

struct migration {
	int version;	  /* NNNN of its file */
	const char *name; /* the rest: "init" */
	const char *sql;
};

/* Sorted by version; made by tools/gen_data.py. */
extern const struct migration migrations[];
extern const int migration_count;

/* Does what is missing. */
bool migrate_run(struct db *db, struct err *err);

/* How many steps are missing. */
bool migrate_pending(struct db *db, int *ret, struct err *err);

/*
 * What the application's role may do, after the migrations (sql/grants.sql):
 * makes the group nis2_app too, when it is missing and the caller's role may.
 * *ret_role: whether it is there now. On SQLite there is nothing to do.
 */
extern const char *const migration_grants;
bool migrate_grant(struct db *db, bool *ret_role, struct err *err);

/* The same with other steps than the program's own: for tests. */
struct migration_list {
	const struct migration *items;
	int len;
};
bool migrate_run_list(struct db *db, struct migration_list list,
		      struct err *err);
bool migrate_pending_list(struct db *db, struct migration_list list, int *ret,
			  struct err *err);

/* In a transaction: other programs that migrate wait until it ends. */
bool migrate_lock(struct db *db, struct arena *a, struct err *err);

/*
 * The text for one database: what its marks hold is uncovered, the marks of
 * the other stay comments (docs/sql.md).
 */
char *migrate_text(struct arena *a, const char *driver_name, const char *sql);

#endif
