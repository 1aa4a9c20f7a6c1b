/*
 * event: what happened that somebody may want to be told of.
 *
 * A row, written in the transaction that makes it true, so that there is none
 * of what did not happen, and none is missing. GET /events shows them;
 * jobs/cleanup.c takes them away after EVENT_DAYS.
 */
#ifndef NIS2_JOBS_EVENT_H
#define NIS2_JOBS_EVENT_H

#include "gen/api_types.h"
#include "store/db.h"

enum { EVENT_DAYS = 90 };

struct event_new {
	const char *org_id;
	enum event_kind kind;
	enum event_subject subject;
	const char *subject_id;
	const char *scan_id; /* the scan in which it was seen; NULL: none */
	int64_t now;	     /* base/clock.h */
};

/* In the caller's write transaction. */
bool event_put(struct db *db, struct arena *a, const struct event_new *event,
	       struct err *err);

#endif
