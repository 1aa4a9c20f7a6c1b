/*
 * start: what serve, work, migrate and user begin with.
 */
#ifndef NIS2_CMD_START_H
#define NIS2_CMD_START_H

#include "base/settings.h"
#include "cmd/command.h"
#include "store/db.h"

/* The environment variable that tells a child worker its end of the pipe. */
#define START_WAKE_FD "NIS2_WAKE_FD"

/*
 * The name of the command for the database, settings, the data folder (made
 * when it is missing), logging, the secrets, and in production the refusal to
 * go on with any known weakness: each is printed in one line.
 */
bool start_settings(struct command_line *line, struct settings *ret,
		    struct err *err);

/*
 * What is wrong with the settings, and with the keys of tokens, which are
 * loaded for the process: one line a problem into `out`; how many there are.
 */
int start_problems(const struct settings *settings, struct arena *a,
		   struct sb *out);

/* Opens the configured database: DATABASE_URL, or DATA_DIR/nis2.db. */
bool start_database(const struct settings *settings, unsigned flags,
		    struct db **ret, struct err *err);

/*
 * The same for who needs today's tables: SQLite's are made and brought up to
 * date here; on PostgreSQL `nis2 migrate` does that, and an old schema is an
 * error that says so.
 */
bool start_tables(const struct settings *settings, struct db **ret,
		  struct err *err);

/*
 * Looks whether the database keeps organisations apart (store/guard.h) and
 * prints one line each problem; false in production, when any of them counts.
 */
bool start_guard(const struct settings *settings, struct db *db,
		 struct err *err);

/* Its URL, as db_open() takes it. */
const char *start_database_url(const struct settings *settings,
			       struct arena *a);

#endif
