/*
 * run: a whole plan, inside the probe process.
 *
 * One thread sweeps; hosts with open ports go to a pool of threads with small
 * stacks, where each host's probes run one after the other, each with its own
 * deadline. What comes out are messages, written whole and in any order but:
 * `start`, `total`, for each address `begin` before its probes and `host`
 * after, at last `end`.
 */
#ifndef NIS2_SCAN_RUN_H
#define NIS2_SCAN_RUN_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "gen/wire_types.h"
#include "net/cert.h"
#include "net/sct.h"
#include "scan/plan.h"
#include "scan/probe.h"

struct run_options {
	const struct scan_plan *plan;
	struct plan_walk *walk;
	const struct cert_store *trust;
	const struct sct_logs *logs; /* NULL: no certificate log is known */
	int64_t deadline;	     /* clock_tick() */
	void *ctx;
	/* A message to send; called from any thread, one at a time. */
	void (*send)(void *ctx, const struct probe_message *message);
};

bool run_plan(const struct run_options *options, struct err *err);

/*
 * The probes of one host, on this thread: facts and errors of it into `ret`
 * (a message of kind `host`, which lives in the arena). For tests and for the
 * pool.
 */
void run_host(const struct run_options *options, const struct probe_host *host,
	      struct arena *a, struct probe_message *ret);

#endif
