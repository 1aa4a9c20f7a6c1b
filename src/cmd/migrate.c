/*
 * nis2 migrate: brings the database's tables up to date, and on PostgreSQL the
 * rights of the role that serves. It connects as the owner of the tables.
 */
#include <stdio.h>

#include "cmd/command.h"
#include "cmd/start.h"
#include "store/migrate.h"

/* A role that only an administrator may make: what to ask them for. */
static bool check_role(const struct settings *settings, bool role,
		       struct err *err)
{
	static const char hint[] =
		"the role nis2_app is missing, and this one may not make it: "
		"let an administrator run \"CREATE ROLE nis2_app NOLOGIN\", "
		"then run `nis2 migrate` again";

	if (role)
		return true;
	if (settings_production(settings))
		return err_set(err, ERR_REFUSED, "%s", hint);
	fprintf(stderr, "nis2 migrate: %s\n", hint);
	return true;
}

static int run(struct command_line *line)
{
	_cleanup_db_ struct db *db = NULL;
	struct settings settings = { 0 };
	struct err err = { 0 };
	bool role = false;

	if (!start_settings(line, &settings, &err))
		return command_fail(line, &err);
	/* The owner's address, where it is not the one that serves. */
	if (settings.migrate_url[0])
		settings.database_url = settings.migrate_url;
	if (!start_database(&settings, DB_CREATE, &db, &err) ||
	    !migrate_run(db, &err) || !migrate_grant(db, &role, &err) ||
	    !check_role(&settings, role, &err))
		return command_fail(line, &err);
	printf("the database is up to date\n");
	return EXIT_OK;
}

static const struct option_def options[] = {
	{ "data", "DIR", NULL, "DATA_DIR", "folder of the database and files" },
	{ "database", "URL", NULL, "DATABASE_URL_SYNC",
	  "database to migrate, as the owner of its tables" },
	{ 0 },
};

const struct command cmd_migrate = {
	.name = "migrate",
	.about = "bring the database's tables up to date",
	.usage = "",
	.options = options,
	.run = run,
};
