#include "gen/row_types.h"
#include "jobs/job.h"

static bool run(struct job_run *run, const void *args, struct err *err)
{
	(void)run, (void)args;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

const struct job_kind job_invitation_mail = {
	.name = "invitation_mail",
	.lane = JOB_LANE_QUICK,
	.args = &invitation_mail_args_type,
	.args_size = sizeof(struct invitation_mail_args),
	.max_attempts = 8,
	.run = run,
};
