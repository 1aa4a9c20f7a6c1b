/* health: whether this process lives, and whether it can work. */
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"
#include "store/kv.h"

/* A worker says that it is alive every five seconds. */
enum { WORKER_SILENT_SECONDS = 20, READY_SECONDS = 2 };

bool op_health(struct call *call, const struct health_in *in,
	       struct health *out, struct err *err)
{
	(void)call, (void)in, (void)err;
	out->status = HEALTH_STATUS_OK;
	return true;
}

bool op_health_live(struct call *call, const struct health_live_in *in,
		    struct health *out, struct err *err)
{
	(void)call, (void)in, (void)err;
	out->status = HEALTH_STATUS_OK;
	return true;
}

/* ---- readiness ---- */

/*
 * The answer of the whole process: anybody may ask as often as they like, so
 * the database and Redis are asked by one thread at a time, every two seconds
 * at most. While one waits for them, the others tell what was known before.
 */
static struct {
	pthread_mutex_t lock;
	bool asking;
	bool known;
	int64_t until; /* clock_tick() */
	struct readiness value;
	int status;
} last = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Whether there is something to tell; if not, it is ours to find out. */
static bool recall(struct readiness *out, int *ret_status)
{
	bool tell;

	pthread_mutex_lock(&last.lock);
	tell = last.known && (last.asking || clock_tick() < last.until);
	if (tell) {
		*out = last.value;
		*ret_status = last.status;
	} else {
		last.asking = true;
	}
	pthread_mutex_unlock(&last.lock);
	return tell;
}

static void remember(const struct readiness *value, int status)
{
	pthread_mutex_lock(&last.lock);
	last.asking = false;
	last.known = true;
	last.until = clock_tick() + READY_SECONDS * CLOCK_SECOND;
	last.value = *value;
	last.status = status;
	pthread_mutex_unlock(&last.lock);
}

static enum check_state check_database(struct call *call, int64_t *ret_workers)
{
	int64_t since = call->now - WORKER_SILENT_SECONDS * CLOCK_SECOND;
	struct err err = { 0 };

	bool answers;

	db_hurry(call->db, true);
	answers = sql_worker_alive(call->db, call->arena, since, ret_workers,
				   &err);
	db_hurry(call->db, false);
	if (answers)
		return CHECK_STATE_OK;
	log_error("readiness", call->request->id, &err);
	return CHECK_STATE_ERROR;
}

/* That it went is in the log already. */
static enum check_state check_counters(void)
{
	return kv_ping(kv_process(), NULL) ? CHECK_STATE_OK : CHECK_STATE_ERROR;
}

static void describe(struct call *call, struct readiness *out)
{
	out->has_counters = out->has_database_kind = true;
	out->counters = strcmp(kv_name(kv_process()), "redis")
				? READINESS_COUNTERS_MEMORY
				: READINESS_COUNTERS_REDIS;
	out->database_kind = db_is_embedded(call->db)
				     ? READINESS_DATABASE_KIND_SQLITE
				     : READINESS_DATABASE_KIND_POSTGRESQL;
}

/* What does not answer is the answer, not an error of the question. */
bool op_health_ready(struct call *call, const struct health_ready_in *in,
		     struct readiness *out, struct err *err)
{
	struct readiness_checks *checks = &out->checks;
	int64_t workers = 0;

	(void)in, (void)err;
	if (recall(out, &call->status))
		return true;
	describe(call, out);
	checks->database = check_database(call, &workers);
	checks->redis = check_counters();
	checks->celery_workers =
		workers ? CHECK_STATE_OK : CHECK_STATE_DEGRADED;
	if (checks->database == CHECK_STATE_ERROR ||
	    checks->redis == CHECK_STATE_ERROR)
		call->status = 503;
	out->status = workers && !call->status ? READINESS_STATUS_OK
					       : READINESS_STATUS_DEGRADED;
	remember(out, call->status);
	return true;
}
