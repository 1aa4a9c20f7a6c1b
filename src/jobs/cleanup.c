#include "jobs/cleanup.h"

#include <unistd.h>

#include "base/clock.h"
#include "gen/queries.h"
#include "jobs/report_file.h"

enum { JOB_DAYS = 7, WORKER_DAYS = 1, INVITATION_DAYS = 90 };

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
		if (!sql_report_delete(db, a, r->org_id, r->id, NULL, err))
			return false;
		unlink(report_file_path(settings, a, r));
	}
	return true;
}

bool cleanup_run(struct db *db, const struct settings *settings, int64_t now,
		 struct err *err)
{
	_arena_ struct arena a = { 0 };

	return sql_refresh_purge(db, &a, now, NULL, err) &&
	       sql_invitation_purge(db, &a, now - INVITATION_DAYS * CLOCK_DAY,
				    NULL, err) &&
	       sql_job_purge(db, &a, now - JOB_DAYS * CLOCK_DAY, NULL, err) &&
	       sql_worker_purge(db, &a, now - WORKER_DAYS * CLOCK_DAY, NULL,
				err) &&
	       sweep_reports(db, settings, &a, now, err);
}
