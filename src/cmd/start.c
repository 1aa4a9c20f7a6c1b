#include "cmd/start.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/file.h"
#include "base/log.h"
#include "core/catalog.h"
#include "crypto/token_keys.h"
#include "store/guard.h"
#include "store/migrate.h"

static enum log_level level_of(const char *name)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };

	for (int i = 0; i < 4; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum log_level)i;
	return LOG_INFO;
}

/* Keys and passwords pass through this memory: it must not land on a disk. */
static void forbid_core_dumps(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

/* As long as the process: threads read them without asking anybody. */
static struct token_keys token_keys;

int start_problems(const struct settings *settings, struct arena *a,
		   struct sb *out)
{
	int count = settings_problems(settings, out);
	struct err err = { 0 };

	if (!token_keys_load(settings, a, &token_keys, &err)) {
		sb_addf(out, "%s\n", err.msg);
		count++;
	} else {
		token_keys_use(&token_keys);
	}
	return count;
}

/* Development may go on with weak settings, but not without a key. */
static bool refuse_weak(const struct settings *s, struct arena *a,
			struct err *err)
{
	struct sb problems = sb_new(a, 256), warnings = sb_new(a, 256);
	int count = start_problems(s, a, &problems);

	settings_warnings(s, &warnings);
	fputs(problems.s, stderr);
	fputs(warnings.s, stderr);
	if (!count || (!settings_production(s) && token_keys_process()))
		return true;
	return err_set(err, ERR_INVALID,
		       "%d setting%s must be mended before %s starts", count,
		       count == 1 ? "" : "s",
		       settings_production(s) ? "production" : "it");
}

bool start_settings(struct command_line *line, struct settings *ret,
		    struct err *err)
{
	forbid_core_dumps();
	db_set_application_name(
		arena_printf(line->arena, "nis2 %s", line->command->name));
	if (!command_settings(line, ret, err) ||
	    !file_make_dir(ret->data_dir, 0700, err) ||
	    !settings_secrets(ret, line->arena, err))
		return false;
	log_setup(level_of(ret->log_level),
		  ret->log_json ? LOG_JSON : LOG_LOGFMT);
	return catalog_load(err) && refuse_weak(ret, line->arena, err);
}

const char *start_database_url(const struct settings *settings, struct arena *a)
{
	if (settings->database_url && settings->database_url[0])
		return settings->database_url;
	return arena_printf(a, "sqlite:%s/nis2.db", settings->data_dir);
}

bool start_database(const struct settings *settings, unsigned flags,
		    struct db **ret, struct err *err)
{
	_arena_ struct arena a = { 0 };

	return db_open(start_database_url(settings, &a), flags, ret, err);
}

bool start_tables(const struct settings *settings, struct db **ret,
		  struct err *err)
{
	int pending = 0;

	if (!start_database(settings, DB_CREATE, ret, err))
		return false;
	if (db_is_embedded(*ret))
		return migrate_run(*ret, err);
	if (!migrate_pending(*ret, &pending, err))
		return false;
	if (pending)
		return err_set(err, ERR_REFUSED,
			       "the database lacks %d migration%s: run `nis2 "
			       "migrate` first",
			       pending, pending == 1 ? "" : "s");
	return true;
}

bool start_guard(const struct settings *settings, struct db *db,
		 struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct guard_report report = { 0 };
	int fatal;

	if (db_is_embedded(db))
		return true;
	if (!guard_look(db, &a, &report, err))
		return false;
	fputs(report.role.s, stderr);
	fputs(report.tables.s, stderr);
	fatal = guard_fatal(&report, settings);
	if (!fatal)
		return true;
	return err_set(err, ERR_REFUSED,
		       "%d thing%s about the database must be mended before "
		       "production starts",
		       fatal, fatal == 1 ? "" : "s");
}
