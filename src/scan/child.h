/*
 * child: the process that does the scanning, seen from the one that wants it.
 *
 * child_start() runs `/proc/self/exe probe` with a clean environment and no
 * descriptors but 0, 1 and 2, writes the plan to it, and child_next() hands
 * out its messages one by one. The probe parses hostile bytes, so its own
 * lines are distrusted too: bounded in length and number, read by the codec,
 * and a host that is not of the plan is refused. The probe dies with us.
 *
 *	_cleanup_child_ struct child *child = NULL;
 *	if (!child_start(&plan, &child, err))
 *		return false;
 *	for (;;) {
 *		arena_reset(&a);
 *		switch (child_next(child, 1000, &a, &msg, err)) { … }
 *	}
 */
#ifndef NIS2_SCAN_CHILD_H
#define NIS2_SCAN_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/fact.h"
#include "gen/wire_types.h"

struct child;

#define _cleanup_child_ __attribute__((cleanup(child_stop_at_end)))
void child_stop_at_end(struct child **child);

enum child_event {
	CHILD_MESSAGE, /* `ret` is filled */
	CHILD_TIMEOUT, /* nothing for `timeout_ms`; also after a signal */
	CHILD_ENDED,   /* after the message `end`, exit status 0 */
	CHILD_DIED,    /* in mid-scan: see child_in_flight(); `err` says how */
	CHILD_LATE,    /* the plan's deadline is over: it was killed */
};

bool child_start(const struct scan_plan *plan, struct child **ret,
		 struct err *err);

/* After CHILD_ENDED, CHILD_DIED and CHILD_LATE there is only child_stop(). */
enum child_event child_next(struct child *child, int timeout_ms,
			    struct arena *a, struct probe_message *ret,
			    struct err *err);

/*
 * The addresses that had a `begin` and no `host` yet. After CHILD_DIED one of
 * them is to blame: start again with the hosts that are stored in `done` and
 * these in `retry`; a plan's `retry` comes last and one at a time. An empty
 * list means that it died of itself.
 */
const struct plan_host_list *child_in_flight(const struct child *child);

/* The facts of a `host` message; one that does not parse is an error. */
bool child_facts(const struct probe_message *message, struct arena *a,
		 struct fact_list *ret, struct err *err);

/* Its process id, for the log. */
int child_pid(const struct child *child);

/* Kills it at once if it runs, reaps it, frees all. NULL is fine. */
void child_stop(struct child *child);

#endif
