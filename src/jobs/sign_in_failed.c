/*
 * sign_in_failed: tells the audit log of a sign-in that came to nothing.
 *
 * A job, because finding out whose address it was must not take time while the
 * answer is waited for. It goes to the organisation that the person used last,
 * else to the one they joined first. An address that nobody has is a line in
 * the log of the program only: which organisation would it be?
 */
#include "base/log.h"
#include "gen/queries.h"
#include "gen/row_types.h"
#include "jobs/job.h"
#include "store/audit.h"

static bool append(struct job_run *run, const struct sign_in_args *args,
		   const struct membership_row *member, const char *id,
		   const char *action, struct err *err)
{
	if (!member->org_id)
		return true;
	return audit_append(run->db, run->arena, run->settings,
			    &(struct audit_entry){
				    .id = id,
				    .org_id = member->org_id,
				    .user_id = member->user_id,
				    .action = action,
				    .resource_type = "user",
				    .resource_id = member->user_id,
				    .ip_address = args->ip_address,
				    .user_agent = args->user_agent,
				    .now = args->at,
			    },
			    err);
}

static bool put_notice(struct job_run *run, const struct sign_in_args *args,
		       const char *user_id, struct err *err)
{
	return job_put(
		run->db, run->arena,
		&(struct job_new){
			.kind = "notice_mail",
			.args =
				&(struct notice_mail_args){
					.user_id = user_id,
					.notice =
						NOTICE_MAIL_ARGS_NOTICE_LOCKED,
					.ip_address = args->ip_address,
					.at = args->at,
				},
			.now = args->at,
		},
		err);
}

static bool tell(struct job_run *run, const struct sign_in_args *args,
		 const struct membership_row *member, struct err *err)
{
	if (!append(run, args, member, run->job->id, "user.sign_in_failed",
		    err))
		return false;
	return !args->locked ||
	       (append(run, args, member, NULL, "user.locked", err) &&
		put_notice(run, args, member->user_id, err));
}

/* The first row has the job's id: a second run finds it there, and ends. */
static bool tell_once(struct job_run *run, const struct sign_in_args *args,
		      const struct membership_row *member, struct err *err)
{
	if (!db_begin_write(run->db, err))
		return false;
	if (tell(run, args, member, err))
		return db_commit(run->db, err);
	db_rollback(run->db);
	if (err->kind != ERR_CONFLICT)
		return false;
	*err = (struct err){ 0 };
	return true;
}

static bool run(struct job_run *run, const void *raw, struct err *err)
{
	const struct sign_in_args *args = raw;
	struct credential_row person = { 0 };
	struct membership_row member = { 0 };
	bool known = false, found = false;

	if (!sql_user_credentials(run->db, run->arena, args->email_key, &person,
				  &known, err))
		return false;
	if (known &&
	    !sql_membership_choose(run->db, run->arena, person.id,
				   person.last_org_id, &member, &found, err))
		return false;
	log_event(LOG_INFO, "sign_in_failed", "user",
		  known ? person.id : "unknown", "ip", args->ip_address,
		  "locked", args->locked ? "yes" : "no", NULL);
	if (!found) /* of no organisation, and yet to be told */
		member = (struct membership_row){ .user_id = person.id };
	return !known || tell_once(run, args, &member, err);
}

const struct job_kind job_sign_in_failed = {
	.name = "sign_in_failed",
	.lane = JOB_LANE_QUICK,
	.args = &sign_in_args_type,
	.args_size = sizeof(struct sign_in_args),
	.max_attempts = 8,
	.run = run,
};
