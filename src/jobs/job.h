/*
 * job: work that takes longer than a request may.
 *
 * A job is a row, put in the transaction that asks for it. `nis2 work` claims
 * one at a time under a lease, which it renews while the job runs; when a
 * worker dies, the lease lapses and another takes the job up again, so every
 * kind must be able to go on where it stopped.
 *
 * A kind is a descriptor; src/jobs/jobs.def lists them.
 */
#ifndef NIS2_JOBS_JOB_H
#define NIS2_JOBS_JOB_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/settings.h"
#include "codec/codec.h"
#include "gen/row_types.h"
#include "store/db.h"

/*
 * Each lane has threads of its own in `nis2 work`, so that a report does not
 * wait behind a scan of an hour, nor either behind a mail server that is slow.
 */
#define JOB_LANE_SCAN "scan"
#define JOB_LANE_QUICK "quick"
#define JOB_LANE_MAIL "mail"

/* A job on its way through its kind. */
struct job_run {
	struct arena *arena;
	struct db *db;
	const struct settings *settings;
	const struct job_row *job;
	const char *worker;
	int64_t lease_seconds;
	int64_t next_beat;	     /* base/clock.h tick of the next renewal */
	const atomic_bool *stopping; /* the process was asked to end */
};

struct job_kind {
	const char *name;
	const char *lane;	 /* JOB_LANE_… */
	const struct type *args; /* checked by the codec before run() */
	size_t args_size;
	int max_attempts;
	/*
	 * ERR_BUSY and ERR_UPSTREAM are tried again with back-off, up to
	 * max_attempts; any other error ends the job.
	 */
	bool (*run)(struct job_run *run, const void *args, struct err *err);
	/* The last attempt failed: tell whoever waits. May be NULL. */
	void (*failed)(struct job_run *run, const void *args,
		       const struct err *why);
};

/* What is to be done. */
struct job_new {
	const char *id;	    /* NULL: any */
	const char *org_id; /* NULL: of none */
	const char *kind;
	const void *args; /* of the kind's type; no secrets: it is kept */
	int64_t now;	  /* base/clock.h */
};

/* Puts a job; it runs once the caller's transaction is committed. */
bool job_put(struct db *db, struct arena *a, const struct job_new *job,
	     struct err *err);

/*
 * Renews the lease when it is time to, so call it often. False when the job is
 * not ours any more (cancelled, or claimed by another): stop at once, with no
 * further writes. Also false, with ERR_BUSY, when the process is to end.
 */
bool job_beat(struct job_run *run, struct err *err);

/* Runs one due job of the lane; `ret_ran` says whether there was one. */
bool job_run_next(struct db *db, const struct settings *settings,
		  const char *lane, const char *worker,
		  const atomic_bool *stopping, bool *ret_ran, struct err *err);

#endif
