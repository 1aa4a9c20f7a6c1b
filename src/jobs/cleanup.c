#include "jobs/cleanup.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "gen/queries.h"
#include "jobs/report_file.h"
#include "store/audit.h"

enum { JOB_DAYS = 7, WORKER_DAYS = 1, ORGS_PAGE = 200 };

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

	return sql_refresh_purge(db, &a, now, NULL, err) &&
	       sql_job_purge(db, &a, now - JOB_DAYS * CLOCK_DAY, NULL, err) &&
	       sql_worker_purge(db, &a, now - WORKER_DAYS * CLOCK_DAY, NULL,
				err) &&
	       sweep_reports(db, settings, &a, now, err) &&
	       sweep_audit(db, settings, now, err);
}
