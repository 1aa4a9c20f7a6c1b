/* health: whether this process lives, and whether it can work. */
#include "base/clock.h"
#include "base/log.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"

/* A worker says that it is alive every five seconds. */
enum { WORKER_SILENT_SECONDS = 20 };

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

/*
 * Counters are in memory here, so the store behind them is there too. A
 * database that does not answer is the answer, not an error of the question.
 */
bool op_health_ready(struct call *call, const struct health_ready_in *in,
		     struct readiness *out, struct err *err)
{
	int64_t workers = 0;
	bool answers = sql_worker_alive(call->db, call->arena,
					call->now - WORKER_SILENT_SECONDS *
							    CLOCK_SECOND,
					&workers, err);

	(void)in;
	if (!answers) {
		log_error("readiness", call->request->id, err);
		call->status = 503;
	}
	out->checks.database = answers ? CHECK_STATE_OK : CHECK_STATE_ERROR;
	out->checks.redis = CHECK_STATE_OK;
	out->checks.celery_workers =
		workers ? CHECK_STATE_OK : CHECK_STATE_DEGRADED;
	out->status = workers ? READINESS_STATUS_OK : READINESS_STATUS_DEGRADED;
	return true;
}
