/*
 * schedule: scans that recur.
 *
 * A schedule is a row with the moment when it is due next. `nis2 work` looks
 * every second for rows whose moment has come, and claims each with one
 * statement on exactly that moment: of several workers one has it. The claim,
 * the scan, its job, the audit row and the next moment are one transaction, so
 * a worker that dies leaves either nothing or all of it.
 *
 * The next moment is counted from now: after an outage there is one scan, not
 * one for each time that was missed.
 */
#ifndef NIS2_JOBS_SCHEDULE_H
#define NIS2_JOBS_SCHEDULE_H

#include "base/settings.h"
#include "gen/api_types.h"
#include "gen/row_types.h"
#include "jobs/scan_order.h"
#include "store/db.h"

/*
 * The first moment after `now`. ERR_INVALID: the expression is none, or the
 * zone unknown; then `field` tells them apart ("" and "body.timezone").
 */
bool schedule_next(const char *cron_expression, const char *timezone,
		   int64_t now, int64_t *ret, struct err *err);

/*
 * Starts the scan of a schedule in the caller's write transaction, who holds
 * the organisation's lock; `by` is who is told to have asked for it. Refuses
 * as scan_order_put() does.
 */
bool schedule_start(struct db *db, struct arena *a,
		    const struct settings *settings,
		    const struct schedule_row *row, const char *by, int64_t now,
		    struct scan_ordered *ret, struct err *err);

/* Starts all that are due; `ret_started` says how many scans began. */
bool schedule_run_due(struct db *db, const struct settings *settings,
		      int64_t now, int *ret_started, struct err *err);

#endif
