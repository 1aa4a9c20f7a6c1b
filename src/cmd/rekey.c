/*
 * nis2 rekey: seals every sealed column anew with DATA_ENCRYPTION_KEY, opening
 * what DATA_ENCRYPTION_KEY_PREVIOUS closed. In batches, each in a transaction:
 * ended half-way, it goes on where it was when it is run again. Programs that
 * run must have both keys before.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/command.h"
#include "cmd/start.h"
#include "crypto/seal.h"
#include "gen/queries.h"
#include "store/db.h"

enum { BATCH = 200 };

/* The sealed columns. `column` is the place that seal_text() was told. */
static const struct sealed {
	const char *column, *label;
	bool (*read)(struct db *db, struct arena *a, const char *after,
		     int64_t limit, struct sealed_row_list *ret,
		     struct err *err);
	bool (*replace)(struct db *db, struct arena *a, const char *id,
			const char *was, const char *sealed, int64_t *ret,
			struct err *err);
} columns[] = {
	{ "app_user.totp_secret", "totp", sql_sealed_totp,
	  sql_sealed_totp_replace },
	{ "sso_provider.client_secret", "sso", sql_sealed_sso,
	  sql_sealed_sso_replace },
};

struct rekey {
	const struct settings *settings;
	struct db *db;
	struct arena *arena; /* of one batch, then of the next */
	int64_t renewed, current, closed;
	int64_t changed; /* by others meanwhile: to be looked at again */
};

/* A secret that no key opens stays as it is, and is told of. */
static void tell_closed(struct rekey *r, const struct sealed *column,
			const char *id, const struct err *why)
{
	fprintf(stderr, "nis2 rekey: %s of %s cannot be opened: %s\n",
		column->column, id, why->cause);
	r->closed++;
}

static bool renew(struct rekey *r, const struct sealed *column,
		  const struct sealed_row *row, struct err *err)
{
	const char *place =
		arena_printf(r->arena, "%s:%s", column->column, row->id);
	struct err why = { 0 };
	char *text = NULL;
	int64_t changed = 0;

	if (!seal_open(r->settings, column->label, place, row->sealed, r->arena,
		       &text, &why)) {
		tell_closed(r, column, row->id, &why);
		return true;
	}
	if (seal_is_current(r->settings, row->sealed)) {
		r->current++;
		return true;
	}
	text = seal_text(r->settings, column->label, place, text, r->arena);
	if (!column->replace(r->db, r->arena, row->id, row->sealed, text,
			     &changed, err))
		return false;
	r->renewed += changed;
	r->changed += !changed;
	return true;
}

/* Those after `after`, which becomes the last one; "" when there are none. */
static bool batch(struct rekey *r, const struct sealed *column, char after[64],
		  struct err *err)
{
	struct sealed_row_list rows = { 0 };

	arena_reset(r->arena);
	if (!column->read(r->db, r->arena, after, BATCH, &rows, err))
		return false;
	for (size_t i = 0; i < rows.len; i++)
		if (!renew(r, column, &rows.items[i], err))
			return false;
	snprintf(after, 64, "%s", rows.len ? rows.items[rows.len - 1].id : "");
	return true;
}

static bool renew_column(struct rekey *r, const struct sealed *column,
			 struct err *err)
{
	char after[64] = "";

	do {
		if (!db_begin_write(r->db, err))
			return false;
		if (!batch(r, column, after, err)) {
			db_rollback(r->db);
			return false;
		}
		if (!db_commit(r->db, err))
			return false;
	} while (*after);
	return true;
}

static bool renew_all(struct rekey *r, struct err *err)
{
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		if (!renew_column(r, &columns[i], err))
			return false;
	return true;
}

static int run(struct command_line *line)
{
	_cleanup_db_ struct db *db = NULL;
	_arena_ struct arena arena = { 0 };
	struct settings settings = { 0 };
	struct rekey r = { .settings = &settings, .arena = &arena };
	struct err err = { 0 };

	if (!start_settings(line, &settings, &err) ||
	    !start_tables(&settings, &db, &err))
		return command_fail(line, &err);
	r.db = db;
	if (!renew_all(&r, &err))
		return command_fail(line, &err);
	printf("%lld sealed anew, %lld already with today's key, %lld cannot "
	       "be opened\n",
	       (long long)r.renewed, (long long)r.current, (long long)r.closed);
	if (r.changed)
		printf("%lld changed meanwhile: run it again\n",
		       (long long)r.changed);
	return r.closed || r.changed ? EXIT_FINDINGS : EXIT_OK;
}

static const struct option_def options[] = {
	{ "data", "DIR", NULL, "DATA_DIR", "folder of the database and files" },
	{ "database", "URL", NULL, "DATABASE_URL", "database to go through" },
	{ 0 },
};

const struct command cmd_rekey = {
	.name = "rekey",
	.about = "seal stored secrets anew with today's DATA_ENCRYPTION_KEY",
	.usage = "",
	.options = options,
	.run = run,
};
