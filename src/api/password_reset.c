/*
 * password_reset: a way back in for who has forgotten the password and still
 * reads the mail of the account's address.
 */
#include "api/account.h"
#include "api/lock.h"
#include "api/notice.h"
#include "api/password_rules.h"
#include "crypto/password.h"
#include "crypto/token.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/audit.h"
#include "http/call.h"
#include "jobs/job.h"

/*
 * The address is not looked up here: one job for any of them, so that neither
 * the answer nor its time tells whether there is such an account.
 */
bool op_auth_forgot_password(struct call *call,
			     const struct auth_forgot_password_in *in,
			     struct err *err)
{
	struct reset_mail_args args = {
		.email_key = account_email_key(call->arena, in->body.email),
		.ip_address = call->request->ip,
	};

	call->wake_worker = true;
	return job_put(call->db, call->arena,
		       &(struct job_new){
			       .kind = "reset_mail",
			       .args = &args,
			       .now = call->now,
		       },
		       err);
}

/* The same words whatever is wrong with a token. */
static bool refuse_token(struct err *err)
{
	return err_set(err, ERR_REFUSED,
		       "Reset token is invalid or has expired");
}

/* In the organisation that the person used last. */
static bool write_audit(struct call *call, const struct reset_row *who,
			struct err *err)
{
	struct membership_row member = { 0 };
	bool found = false;

	if (!sql_membership_choose(call->db, call->arena, who->id,
				   who->last_org_id, &member, &found, err))
		return false;
	return !found ||
	       audit_note(call,
			  &(struct audit_note){
				  .org_id = member.org_id,
				  .user_id = who->id,
				  .action = "user.password_reset",
				  .resource = "user",
				  .resource_id = who->id,
				  .details = "{\"via\":\"email_token\"}",
			  },
			  err);
}

/* All or nothing: the token is used up only when the password is the new one.
 */
static bool set_password(struct call *call, const struct reset_row *who,
			 const char *token, const char *hash, struct err *err)
{
	struct db *db = call->db;
	struct arena *a = call->arena;
	int64_t changed = 0;

	if (!call_begin(call, err) ||
	    !sql_password_reset_consume(db, a, token, call->now, &changed, err))
		return false;
	if (!changed)
		return refuse_token(err);
	return sql_password_reset_void(db, a, who->id, call->now, NULL, err) &&
	       sql_user_reset_password(db, a, who->id, hash, call->now, err) &&
	       sql_session_finish_others(db, a, who->id, "", "password",
					 call->now, NULL, err) &&
	       notice_put_to(call, who->id,
			     NOTICE_MAIL_ARGS_NOTICE_PASSWORD_CHANGED, err) &&
	       write_audit(call, who, err);
}

bool op_auth_reset_password(struct call *call,
			    const struct auth_reset_password_in *in,
			    struct err *err)
{
	const char *token = token_hash(call->arena, in->body.token);
	struct reset_row who = { 0 };
	bool found = false;
	char *hash = NULL;

	if (!sql_password_reset_find(call->db, call->arena, token, call->now,
				     &who, &found, err))
		return false;
	if (!found)
		return refuse_token(err);
	if (!password_allowed(in->body.new_password, who.email, who.full_name,
			      "body.new_password", err) ||
	    !password_hash(in->body.new_password, call->arena, &hash, err) ||
	    !set_password(call, &who, token, hash, err))
		return false;
	lock_passed(call->arena, who.email_key, call->request->ip, call->now);
	return true;
}
