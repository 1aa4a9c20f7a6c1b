/*
 * cleanup: what has had its day: tokens that expired, API keys that lapsed
 * (they are switched off, and stay), events of ninety days, jobs that ended a
 * week ago, reports older than REPORT_TTL_DAYS with their files, mail that was
 * written to files a month ago, workers that have not been seen for a day, rows
 * of the audit log older than AUDIT_LOG_RETENTION_DAYS.
 */
#ifndef NIS2_JOBS_CLEANUP_H
#define NIS2_JOBS_CLEANUP_H

#include "base/settings.h"
#include "store/db.h"

bool cleanup_run(struct db *db, const struct settings *settings, int64_t now,
		 struct err *err);

#endif
