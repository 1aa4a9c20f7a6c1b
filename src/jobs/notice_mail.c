/*
 * notice_mail: tells people what happened to their account, so that they
 * notice when it was somebody else.
 */
#include "gen/queries.h"
#include "jobs/mail.h"

static bool send(struct job_run *run, const struct mail_person_row *who,
		 const struct notice_mail_args *args, struct err *err)
{
	struct arena *a = run->arena;
	const char *notice = notice_mail_args_notice_names[args->notice];
	const struct catalog_value values[] = {
		{ "email", who->email },
		{ "time", mail_time(a, args->at) },
		{ "ip", args->ip_address },
		{ 0 },
	};
	struct mail m;

	mail_begin(
		&m, run, notice,
		&(struct mail_to){ who->email, who->full_name, who->locale });
	mail_subject(&m, arena_printf(a, "notice.%s.subject", notice), values);
	mail_say(&m, arena_printf(a, "notice.%s.text", notice), values);
	mail_say(&m, args->ip_address ? "notice.when_from" : "notice.when",
		 values);
	mail_say(&m, "notice.advice", NULL);
	mail_link(&m, "notice.button", mail_url(run, "/"));
	return mail_send(&m, err);
}

static bool run(struct job_run *run, const void *args, struct err *err)
{
	const struct notice_mail_args *in = args;
	struct mail_person_row who = { 0 };
	bool found = false;

	if (!sql_mail_person(run->db, run->arena, in->user_id, &who, &found,
			     err))
		return false;
	return !found || send(run, &who, in, err);
}

const struct job_kind job_notice_mail = {
	.name = "notice_mail",
	.lane = JOB_LANE_MAIL,
	.args = &notice_mail_args_type,
	.args_size = sizeof(struct notice_mail_args),
	.max_attempts = 8,
	.run = run,
};
