/* nis2 migrate: brings the database's tables up to date. */
#include <stdio.h>

#include "cmd/command.h"
#include "cmd/start.h"
#include "store/migrate.h"

static int run(struct command_line *line)
{
	_cleanup_db_ struct db *db = NULL;
	struct settings settings = { 0 };
	struct err err = { 0 };

	if (!start_settings(line, &settings, &err) ||
	    !start_database(&settings, DB_CREATE, &db, &err) ||
	    !migrate_run(db, &err))
		return command_fail(line, &err);
	printf("the database is up to date\n");
	return EXIT_OK;
}

static const struct option_def options[] = {
	{ "data", "DIR", NULL, "DATA_DIR", "folder of the database and files" },
	{ "database", "URL", NULL, "DATABASE_URL", "database to migrate" },
	{ 0 },
};

const struct command cmd_migrate = {
	.name = "migrate",
	.about = "bring the database's tables up to date",
	.usage = "",
	.options = options,
	.run = run,
};
