#include "jobs/cleanup.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "gen/queries.h"
#include "jobs/event.h"
#include "jobs/mail.h"
#include "jobs/report_file.h"
#include "store/audit.h"

enum { JOB_DAYS = 7, WORKER_DAYS = 1, INVITATION_DAYS = 90, ORGS_PAGE = 200 };

/* The sweep belongs to nobody; this row is an organisation's. */
static bool delete_row(struct db *db, struct arena *a,
		       const struct report_row *r, struct err *err)
{
	bool ok;

	db_scope(db, (struct db_scope){ .org_id = r->org_id });
	ok = sql_report_delete(db, a, r->org_id, r->id, NULL, err);
	db_scope(db, (struct db_scope){ 0 });
	return ok;
}

static bool sweep_reports(struct db *db, const struct settings *settings,
			  struct arena *a, int64_t now, struct err *err)
{
	struct report_row_list old = { 0 };

	if (!sql_report_expired(db, a,
				now - settings->report_ttl_days * CLOCK_DAY,
				&old, err))
		return false;
	for (size_t i = 0; i < old.len; i++) {
		const struct report_row *r = &old.items[i];

		/* The row goes first: a file without one is never served. */
		if (!delete_row(db, a, r, err))
			return false;
		unlink(report_file_path(settings, a, r));
	}
	return true;
}

/* All files in it, and the folder itself. */
static void remove_folder(struct arena *a, const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *file;

	if (!folder)
		return;
	while ((file = readdir(folder)))
		if (file->d_name[0] != '.')
			unlink(arena_printf(a, "%s/%s", path, file->d_name));
	closedir(folder);
	rmdir(path);
}

/*
 * Folders of organisations that are no more: their rows went with them, and a
 * report that was being written then may come after. What is not named like an
 * id is not ours.
 */
static bool sweep_folder(struct db *db, const char *reports, const char *org,
			 struct err *err)
{
	_arena_ struct arena a = { 0 };
	int64_t there = 0;

	if (strlen(org) != ID_LEN)
		return true;
	if (!sql_erasure_org_is_there(db, &a, org, &there, err))
		return false;
	if (!there)
		remove_folder(&a, arena_printf(&a, "%s/%s", reports, org));
	return true;
}

static bool sweep_folders(struct db *db, const struct settings *settings,
			  struct arena *a, struct err *err)
{
	const char *path = arena_printf(a, "%s/reports", settings->data_dir);
	const struct dirent *entry;
	DIR *reports = opendir(path);
	bool ok = true;

	if (!reports)
		return true; /* no report was ever written */
	while (ok && (entry = readdir(reports)))
		ok = sweep_folder(db, path, entry->d_name, err);
	closedir(reports);
	return ok;
}

/* Rows that were tampered with go too, but not without a word. */
static void tell_broken(struct arena *a, const char *org,
			const struct audit_verification *v)
{
	if (!v->intact)
		log_event(LOG_ERROR, "audit_chain_broken", "org", org, "row",
			  arena_printf(a, "%lld", (long long)v->first_bad_seq),
			  "id", v->first_bad_id, "reason", v->reason, NULL);
}

static bool sweep_audit(struct db *db, const struct settings *settings,
			int64_t now, struct err *err)
{
	_arena_ struct arena a = { 0 };
	int64_t before = now - settings->audit_days * CLOCK_DAY;
	struct org_slug_list orgs = { 0 };
	const char *after = "";
	bool ok = true;

	do {
		ok = sql_audit_orgs(db, &a, after, ORGS_PAGE, &orgs, err);
		for (size_t i = 0; ok && i < orgs.len; i++) {
			struct audit_verification v = { 0 };

			after = orgs.items[i].id;
			db_scope(db, (struct db_scope){ .org_id = after });
			ok = audit_retain(db, settings, after, before, &a, &v,
					  err);
			tell_broken(&a, after, &v);
		}
		db_scope(db, (struct db_scope){ 0 });
	} while (ok && orgs.len == ORGS_PAGE);
	return ok;
}

bool cleanup_run(struct db *db, const struct settings *settings, int64_t now,
		 struct err *err)
{
	_arena_ struct arena a = { 0 };

	mail_sweep(settings, now);
	return sql_refresh_purge(db, &a, now, NULL, err) &&
	       sql_password_reset_purge(db, &a, now - 3600 * CLOCK_SECOND, NULL,
					err) &&
	       sql_api_key_lapse_all(db, &a, now, err) &&
	       sql_invitation_purge(db, &a, now - INVITATION_DAYS * CLOCK_DAY,
				    NULL, err) &&
	       sql_event_purge(db, &a, now - EVENT_DAYS * CLOCK_DAY, NULL,
			       err) &&
	       sql_job_purge(db, &a, now - JOB_DAYS * CLOCK_DAY, NULL, err) &&
	       sql_worker_purge(db, &a, now - WORKER_DAYS * CLOCK_DAY, NULL,
				err) &&
	       sweep_reports(db, settings, &a, now, err) &&
	       sweep_folders(db, settings, &a, err) &&
	       sweep_audit(db, settings, now, err);
}
