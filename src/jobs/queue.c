#include "jobs/job.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "gen/queries.h"

#define JOB(name) extern const struct job_kind job_##name;
#include "jobs/jobs.def"
#undef JOB

static const struct job_kind *const kinds[] = {
#define JOB(name) &job_##name,
#include "jobs/jobs.def"
#undef JOB
};

/*
 * A lease outlives three missed beats: a machine that is merely slow keeps its
 * job, and a dead worker's job waits no longer than this.
 */
enum { LEASE_SECONDS = 20, BEAT_SECONDS = 5 };

static const struct job_kind *kind_find(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

bool job_put(struct db *db, struct arena *a, const struct job_new *job,
	     struct err *err)
{
	const struct job_kind *kind = kind_find(job->kind);
	struct sb text = sb_new(a, 64);

	codec_write(kind->args, job->args, &text);
	return sql_job_insert(db, a,
			      &(struct sql_job_insert_args){
				      .id = job->id ? job->id : id_new(a),
				      .org = job->org_id,
				      .kind = kind->name,
				      .lane = kind->lane,
				      .args = text.s,
				      .run_at = job->now,
				      .now = job->now,
			      },
			      err);
}

bool job_beat(struct job_run *run, struct err *err)
{
	int64_t changed = 0;

	if (atomic_load(run->stopping))
		return err_set(err, ERR_BUSY, "the worker is stopping");
	if (clock_tick() < run->next_beat)
		return true;
	if (!sql_job_extend(run->db, run->arena, run->job->id, run->worker,
			    clock_now() + run->lease_seconds * CLOCK_SECOND,
			    &changed, err))
		return false;
	if (!changed)
		return err_set(err, ERR_CONFLICT, "the job was taken away");
	run->next_beat = clock_tick() + BEAT_SECONDS * CLOCK_SECOND;
	return true;
}

/* 5 s, 20 s, 80 s, … at most an hour. */
static int64_t back_off(int64_t attempts)
{
	int64_t seconds = 5;

	while (--attempts > 0 && seconds < 3600)
		seconds *= 4;
	return (seconds > 3600 ? 3600 : seconds) * CLOCK_SECOND;
}

static bool may_retry(const struct job_run *run, const struct job_kind *kind,
		      const struct err *why)
{
	return (why->kind == ERR_BUSY || why->kind == ERR_UPSTREAM) &&
	       run->job->attempts < kind->max_attempts;
}

static bool end_job(struct job_run *run, const struct job_kind *kind,
		    const void *args, const struct err *why, struct err *err)
{
	int64_t now = clock_now();

	if (why->kind == ERR_NONE)
		return sql_job_finish(run->db, run->arena,
				      &(struct sql_job_finish_args){
					      .id = run->job->id,
					      .worker = run->worker,
					      .state = "done",
					      .now = now,
				      },
				      NULL, err);
	if (atomic_load(run->stopping))
		return sql_job_release(run->db, run->arena, run->worker, now,
				       NULL, err);
	log_error(kind ? kind->name : "job", run->job->id, why);
	if (kind && may_retry(run, kind, why))
		return sql_job_again(
			run->db, run->arena,
			&(struct sql_job_again_args){
				.id = run->job->id,
				.worker = run->worker,
				.run_at = now + back_off(run->job->attempts),
				.error = why->msg,
				.now = now,
			},
			NULL, err);
	if (kind && kind->failed)
		kind->failed(run, args, why);
	return sql_job_finish(run->db, run->arena,
			      &(struct sql_job_finish_args){
				      .id = run->job->id,
				      .worker = run->worker,
				      .state = "failed",
				      .error = why->msg,
				      .now = now,
			      },
			      NULL, err);
}

/* A job that killed its worker that often would kill the next one too. */
static bool attempts_left(const struct job_run *run,
			  const struct job_kind *kind, struct err *why)
{
	if (run->job->attempts <= kind->max_attempts)
		return true;
	return err_set(why, ERR_INTERNAL, "given up after %d attempts",
		       kind->max_attempts);
}

static bool run_claimed(struct job_run *run, struct err *err)
{
	const struct job_kind *kind = kind_find(run->job->kind);
	struct err why = { 0 };
	void *args = NULL;

	if (!kind) {
		err_set(&why, ERR_INTERNAL, "unknown kind '%s'",
			run->job->kind);
		return end_job(run, NULL, NULL, &why, err);
	}
	args = arena_alloc(run->arena, kind->args_size);
	if (codec_read(kind->args, run->job->args, strlen(run->job->args),
		       "args", run->arena, args, NULL, &why) &&
	    attempts_left(run, kind, &why))
		kind->run(run, args, &why);
	return end_job(run, kind, args, &why, err);
}

bool job_run_next(struct db *db, const struct settings *settings,
		  const char *lane, const char *worker,
		  const atomic_bool *stopping, bool *ret_ran, struct err *err)
{
	_arena_ struct arena arena = { 0 };
	struct job_row job = { 0 };
	struct job_run run = {
		.arena = &arena,
		.db = db,
		.settings = settings,
		.job = &job,
		.worker = worker,
		.lease_seconds = LEASE_SECONDS,
		.next_beat = clock_tick() + BEAT_SECONDS * CLOCK_SECOND,
		.stopping = stopping,
	};
	int64_t now = clock_now();

	bool ok;

	*ret_ran = false;
	if (!sql_job_claim(db, &arena, lane, worker, now,
			   now + LEASE_SECONDS * CLOCK_SECOND, &job, ret_ran,
			   err))
		return false;
	db_scope(db, (struct db_scope){ .org_id = job.org_id });
	ok = !*ret_ran || run_claimed(&run, err);
	db_scope(db, (struct db_scope){ 0 });
	return ok;
}
