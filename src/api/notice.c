#include "api/notice.h"

#include "jobs/job.h"

bool notice_put_to(struct call *call, const char *user_id,
		   enum notice_mail_args_notice notice, struct err *err)
{
	struct notice_mail_args args = {
		.user_id = user_id,
		.notice = notice,
		.ip_address = call->request->ip,
		.set_ip_address = true,
		.at = call->now,
	};

	call->wake_worker = true;
	return job_put(call->db, call->arena,
		       &(struct job_new){
			       .kind = "notice_mail",
			       .args = &args,
			       .now = call->now,
		       },
		       err);
}

bool notice_put(struct call *call, enum notice_mail_args_notice notice,
		struct err *err)
{
	return notice_put_to(call, call->session->user_id, notice, err);
}
