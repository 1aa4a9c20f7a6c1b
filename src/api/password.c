/* password: changing one's own password. */
#include <string.h>

#include "api/account.h"
#include "api/notice.h"
#include "api/password_rules.h"
#include "api/reauth.h"
#include "base/clock.h"
#include "crypto/password.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"

/*
 * Tokens say the second they were issued in. Those of the second in which the
 * password changes are older than the change, so it counts from the next one
 * on, and so do the tokens that go with it (account_issue()).
 */
static int64_t next_second(int64_t now)
{
	return (now / CLOCK_SECOND + 1) * CLOCK_SECOND;
}

/* This sign-in goes on, in the same organisation; all others end. */
static bool go_on(struct call *call, struct err *err)
{
	const struct session *s = call->session;
	struct token_response unused = { 0 };

	return account_end_others(call, "password", err) &&
	       sql_refresh_revoke_family(call->db, call->arena, s->family,
					 "rotated", call->now, NULL, err) &&
	       account_issue(
		       call,
		       &(struct account_grant){
			       .user = s->user,
			       .org_id = s->org_id,
			       .role = s->org_id ? role_names[s->role] : NULL,
			       .family = s->family,
		       },
		       &unused, err);
}

static bool set_password(struct call *call, const char *hash, struct err *err)
{
	const char *id = call->session->user_id;

	return sql_account_set_password(call->db, call->arena, id, hash,
					next_second(call->now), call->now, NULL,
					err) &&
	       sql_account_void_resets(call->db, call->arena, id, call->now,
				       NULL, err);
}

bool op_auth_change_password(struct call *call,
			     const struct auth_change_password_in *in,
			     struct err *err)
{
	const struct user *user = call->session->user;
	const struct password_change *body = &in->body;
	char *hash = NULL;

	if (!password_allowed(body->new_password, user->email, user->full_name,
			      "body.new_password", err) ||
	    !reauth_password(call, body->current_password, ERR_UNAUTHENTICATED,
			     "Current password is incorrect", err))
		return false;
	if (!strcmp(body->current_password, body->new_password))
		return err_set(err, ERR_REFUSED,
			       "New password must differ from the current "
			       "password");
	call->audit.resource_id = user->id;
	call->audit.details = "{\"self_initiated\":true}";
	return password_hash(body->new_password, call->arena, &hash, err) &&
	       call_begin(call, err) && set_password(call, hash, err) &&
	       go_on(call, err) &&
	       notice_put(call, NOTICE_MAIL_ARGS_NOTICE_PASSWORD_CHANGED, err);
}
