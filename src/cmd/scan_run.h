/*
 * scan_run: a scan without a server. The same sandboxed child looks at the
 * targets as for a job of the server (scan/child.h), and its facts are judged
 * by the same judge; what comes out is kept in memory.
 */
#ifndef NIS2_CMD_SCAN_RUN_H
#define NIS2_CMD_SCAN_RUN_H

#include "base/arena.h"
#include "base/err.h"
#include "core/judge.h"
#include "core/matrix.h"
#include "gen/wire_types.h"

/* One address; all of it lives in the arena of the whole scan. */
struct scanned_host {
	struct scanned_host *next;
	struct probe_message seen;
	struct fact_list facts;
	struct judgement judged;
	bool *is_first; /* of each verdict: no host before has the same one */
};

struct scanned {
	struct scanned_host *first, **last; /* as the targets were named */
	int64_t hosts, alive;
	int64_t started, ended;	       /* clock_now() */
	struct severity_counts counts; /* of what several hosts share, one */
	struct matrix_sum checks;
	bool has_score;
	int score;
	bool complete;
	const char *locale;
};

/*
 * False when the scan could not be done or brought to its end; what was found
 * by then is in `ret` all the same. `progress` draws a line on standard error.
 */
bool scan_run(struct scan_plan *plan, bool progress, struct arena *a,
	      struct scanned *ret, struct err *err);

#endif
