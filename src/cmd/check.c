/*
 * nis2 check: the effective settings, and what is wrong with them; and with
 * the PostgreSQL database, when one is configured and answers.
 */
#include <stdio.h>
#include <string.h>

#include "base/rand.h"
#include "cmd/command.h"
#include "cmd/start.h"
#include "store/guard.h"
#include "store/redis_url.h"

/* How many things are wrong; what cannot be asked is said and not counted. */
static int database_problems(const struct settings *s, struct arena *a)
{
	_cleanup_db_ struct db *db = NULL;
	struct guard_report report = { 0 };
	struct err err = { 0 };

	if (strncmp(s->database_url, "postgres", 8))
		return 0;
	if (!db_open(s->database_url, 0, &db, &err) ||
	    !guard_look(db, a, &report, &err)) {
		printf("the database was not looked at: %s (%s)\n", err.msg,
		       err.cause);
		return 0;
	}
	fputs(report.role.s, stdout);
	fputs(report.tables.s, stdout);
	return report.role_count + report.table_count;
}

static bool redis_ok(const struct settings *s, struct arena *a, struct err *err)
{
	struct redis_url url;

	return !*s->redis_url || redis_url_parse(s->redis_url, a, &url, err);
}

/*
 * The first start makes the secrets that are nowhere: they are not missing, and
 * nothing is to be written by a look.
 */
static bool fill_secrets(struct settings *s, struct arena *a, struct err *err)
{
	if (!settings_kept_secrets(s, a, err))
		return false;
	if (!*s->jwt_secret)
		s->jwt_secret = rand_token(a, 32);
	if (!*s->data_key)
		s->data_key = rand_token(a, 32);
	return true;
}

static int run(struct command_line *line)
{
	struct settings settings = { 0 };
	struct sb problems = sb_new(line->arena, 256);
	struct sb warnings = sb_new(line->arena, 256);
	struct err err = { 0 };
	int count;

	if (!command_settings(line, &settings, &err))
		return command_fail(line, &err);
	settings_print(&settings, stdout);
	if (!fill_secrets(&settings, line->arena, &err))
		return command_fail(line, &err);
	count = start_problems(&settings, line->arena, &problems);
	if (!redis_ok(&settings, line->arena, &err)) {
		sb_addf(&problems, "%s\n", err.msg);
		count++;
	}
	settings_warnings(&settings, &warnings);
	fputs(problems.s, stdout);
	fputs(warnings.s, stdout);
	count += database_problems(&settings, line->arena);
	if (!count)
		puts("nothing is wrong with these settings");
	return count ? EXIT_FINDINGS : EXIT_OK;
}

static const struct option_def options[] = {
	{ "data", "DIR", NULL, "DATA_DIR", "folder of the database and files" },
	{ 0 },
};

const struct command cmd_check = {
	.name = "check",
	.about = "print the effective settings and what is wrong with them",
	.usage = "",
	.options = options,
	.run = run,
};
