/*
 * scan_order: a scan is asked for, by a person (POST /scans) or by a schedule.
 *
 * Whatever may stand against it is decided here, in one place: assets that are
 * not the organisation's or not active, the quota of the month, scans that have
 * not ended, assets without the proof that the organisation wants. What passes
 * becomes a row and a job together, with all that the scan will do written
 * into the row.
 */
#ifndef NIS2_JOBS_SCAN_ORDER_H
#define NIS2_JOBS_SCAN_ORDER_H

#include "base/settings.h"
#include "gen/api_types.h"
#include "store/db.h"

enum {
	SCAN_CONCURRENCY = 20, /* hosts at a time, unless asked otherwise */
	SCAN_TIMEOUT = 10,     /* seconds for one request */
	SCAN_WAIT = 60, /* seconds until there may be a place for one more */
};

struct scan_order {
	const char *org_id;
	const char *created_by; /* a user; NULL: an API key */
	const char *name;
	const char *scan_type;
	const char *features; /* JSON object; NULL or "{}": all groups */
	const struct str_list *asset_ids;
	int64_t concurrency, scan_timeout, max_hosts;
	const struct settings *settings;
	int64_t now; /* base/clock.h */
};

struct scan_ordered {
	struct scan scan;
	bool intrusive;	     /* it says so in its features */
	const char *details; /* JSON for the audit log */
};

/*
 * In a write transaction of the caller's, who holds the organisation's lock
 * (sql_org_lock). Nothing was written when it refuses:
 * ERR_REFUSED: no asset is left. ERR_CONFLICT: one lacks its proof.
 * ERR_LIMITED: the quota of the month, or SCAN_WAIT for scans that have not
 * ended. ERR_INVALID: `features.intrusive` is no boolean.
 */
bool scan_order_put(struct db *db, struct arena *a,
		    const struct scan_order *order, struct scan_ordered *ret,
		    struct err *err);

/* Whether features ask for intrusive probes. */
bool scan_order_intrusive(const char *features, struct arena *a, bool *ret,
			  struct err *err);

#endif
