/* nis2 audit verify: whether the audit log is what was written. */
#include <inttypes.h>
#include <stdio.h>

#include "cmd/command.h"
#include "cmd/start.h"
#include "gen/queries.h"
#include "store/audit.h"

enum { PAGE = 200 };

static void print(const struct org_slug *org,
		  const struct audit_verification *v)
{
	if (v->intact) {
		printf("%s: intact, %" PRId64 " rows", org->slug, v->rows);
		if (v->erased)
			printf(", %" PRId64 " of them erased", v->erased);
		if (v->purged)
			printf(", %" PRId64 " older ones removed by retention",
			       v->purged);
		putchar('\n');
		return;
	}
	printf("%s: NOT INTACT at row %" PRId64, org->slug, v->first_bad_seq);
	if (v->first_bad_id)
		printf(" (%s)", v->first_bad_id);
	printf(": %s\n", v->reason);
}

/* One snapshot an organisation: rows that are written meanwhile do not count.
 */
static bool verify(struct db *db, const struct settings *settings,
		   const struct org_slug *org, bool *ret_intact,
		   struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct audit_verification v = { 0 };
	bool ok;

	db_scope(db, (struct db_scope){ .org_id = org->id });
	ok = db_begin_read(db, err) &&
	     audit_verify(db, &a, settings, org->id, &v, err);
	db_rollback(db);
	db_scope(db, (struct db_scope){ 0 });
	if (!ok)
		return err_wrap(err, "%s", org->slug);
	print(org, &v);
	*ret_intact &= v.intact;
	return true;
}

static bool verify_one(struct db *db, const struct settings *settings,
		       const char *name, bool *ret_intact, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct org_slug org = { 0 };
	bool found = false;

	if (!sql_audit_org(db, &a, name, &org, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND,
			       "there is no organization '%s'", name);
	return verify(db, settings, &org, ret_intact, err);
}

static bool verify_all(struct db *db, const struct settings *settings,
		       bool *ret_intact, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct org_slug_list orgs = { 0 };
	const char *after = "";

	do {
		if (!sql_audit_orgs(db, &a, after, PAGE, &orgs, err))
			return false;
		for (size_t i = 0; i < orgs.len; i++)
			if (!verify(db, settings, &orgs.items[i], ret_intact,
				    err))
				return false;
		if (orgs.len)
			after = orgs.items[orgs.len - 1].id;
	} while (orgs.len == PAGE);
	return true;
}

static int run(struct command_line *line)
{
	_cleanup_db_ struct db *db = NULL;
	const char *org = command_option(line, "org");
	struct settings settings = { 0 };
	struct err err = { 0 };
	bool intact = true;

	if (!start_settings(line, &settings, &err) ||
	    !start_tables(&settings, &db, &err) ||
	    !(org ? verify_one(db, &settings, org, &intact, &err)
		  : verify_all(db, &settings, &intact, &err)))
		return command_fail(line, &err);
	return intact ? EXIT_OK : EXIT_FINDINGS;
}

static const struct option_def options[] = {
	{ "org", "SLUG|ID", NULL, NULL, "only this organization" },
	{ "data", "DIR", NULL, "DATA_DIR", "folder of the database and files" },
	{ 0 },
};

const struct command cmd_audit_verify = {
	.name = "audit verify",
	.about = "check the audit log; exit status 1: a row was changed or is "
		 "missing",
	.usage = "",
	.options = options,
	.run = run,
};
