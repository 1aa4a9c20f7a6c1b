/*
 * guard: what must hold before a PostgreSQL database may serve many
 * organisations. Row-level security is a second lock behind the `org_id = $n`
 * of every statement; it holds only when the program's role is bound by it and
 * every table has it. Production refuses to start otherwise: a lock that nobody
 * looks at is found open on the day it is needed.
 *
 * Checked: the role (no superuser, no BYPASSRLS, owns no table, cannot become
 * such a role, cannot alter the audit log), on each connection that answers
 * requests or runs jobs; and, once a process, the tables (row-level security
 * enabled and forced, with the policies of sql/migrations) and the functions
 * of the audit log. RLS_SUPERUSER_OK=on makes what is wrong with the role a
 * warning; outside of production all of it is. SQLite has none of this.
 */
#ifndef NIS2_STORE_GUARD_H
#define NIS2_STORE_GUARD_H

#include "base/settings.h"
#include "store/db.h"

/* One line each, in words; empty when all is well. */
struct guard_report {
	struct sb role, tables;
	int role_count, table_count;
};

bool guard_look(struct db *db, struct arena *a, struct guard_report *ret,
		struct err *err);

/* Which of them keep the program from starting. */
int guard_fatal(const struct guard_report *report, const struct settings *s);

/*
 * Opens a connection that will answer requests or run jobs. ERR_REFUSED, with
 * the first problem, when its role may not; nothing is printed.
 */
bool guard_open(const char *url, const struct settings *s, struct db **ret,
		struct err *err);

#endif
