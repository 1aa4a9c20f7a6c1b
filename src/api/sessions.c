/* sessions: one's own sign-ins, and the organisation they work in. */
#include <string.h>

#include "api/account.h"
#include "api/notice.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/audit.h"
#include "http/call.h"

/* ---- the list, and ending them ---- */

bool op_session_list(struct call *call, const struct session_list_in *in,
		     struct session_info_list *out, struct err *err)
{
	const struct session *s = call->session;

	(void)in;
	return sql_account_sessions(call->db, call->arena, s->user_id,
				    s->family, call->now, out, err);
}

bool op_session_end_others(struct call *call,
			   const struct session_end_others_in *in,
			   struct err *err)
{
	(void)in;
	call->audit.resource_id = call->session->user_id;
	return account_end_others(call, "revoked", err) &&
	       notice_put(call, NOTICE_MAIL_ARGS_NOTICE_SESSIONS_REVOKED, err);
}

bool op_session_end(struct call *call, const struct session_end_in *in,
		    struct err *err)
{
	const struct session *s = call->session;
	const char *id = in->session_id;
	int64_t ended = 0;

	if (!sql_account_session_finish(call->db, call->arena, s->user_id, id,
					"revoked", call->now, &ended, err))
		return false;
	if (!ended)
		return err_set(err, ERR_NOT_FOUND, "Session not found");
	if (!strcmp(id, s->family))
		account_clear_cookies(call);
	call->audit.resource_id = id;
	return sql_refresh_revoke_family(call->db, call->arena, id, "revoked",
					 call->now, NULL, err);
}

/* ---- another organisation ---- */

static bool refuse(struct err *err)
{
	return err_set(err, ERR_FORBIDDEN,
		       "You are not a member of the target organization");
}

/*
 * Who comes by invitation says yes by coming, if the address is known to be
 * theirs: else anybody could have registered with it.
 */
static bool accept(struct call *call, const struct membership_row *member,
		   struct err *err)
{
	const struct session *s = call->session;
	struct text_row invitation = { 0 };
	int64_t locked = 0;
	bool found = false;

	if (!s->user->email_verified)
		return refuse(err);
	if (!sql_org_lock(call->db, call->arena, member->org_id, &locked,
			  err) ||
	    !sql_account_take_invitation(call->db, call->arena, member->id,
					 s->user_id, call->now, &invitation,
					 &found, err))
		return false;
	if (!found)
		return refuse(err);
	return sql_account_join(call->db, call->arena, member->id, s->user_id,
				call->now, NULL, err) &&
	       audit_note(call,
			  &(struct audit_note){
				  .org_id = member->org_id,
				  .action = "invitation.accepted",
				  .resource = "invitation",
				  .resource_id = invitation.text,
				  .details = arena_printf(call->arena,
							  "{\"role\":\"%s\"}",
							  member->role),
			  },
			  err);
}

/* What the log of the other organisation says of it. */
static void describe(struct call *call, const struct membership_row *member)
{
	const char *from = call->session->org_id;

	call->audit.org_id = member->org_id;
	call->audit.resource_id = member->org_id;
	call->audit.details =
		arena_printf(call->arena,
			     "{\"from_org_id\":%s%s%s,\"to_org_id\":\"%s\","
			     "\"to_role\":\"%s\"}",
			     from ? "\"" : "", from ? from : "null",
			     from ? "\"" : "", member->org_id, member->role);
}

bool op_auth_switch_org(struct call *call, const struct auth_switch_org_in *in,
			struct token_response *out, struct err *err)
{
	const struct session *s = call->session;
	struct membership_row member = { 0 };
	bool found = false;

	if (!sql_membership_get(call->db, call->arena, in->body.organization_id,
				s->user_id, &member, &found, err))
		return false;
	if (!found)
		return refuse(err);
	/* From here on it is that organisation's rows that are written. */
	db_scope(call->db, (struct db_scope){ member.org_id, s->user_id });
	if (!member.has_accepted_at && !accept(call, &member, err))
		return false;
	describe(call, &member);
	return sql_account_last_org(call->db, call->arena, s->user_id,
				    member.org_id, call->now, NULL, err) &&
	       sql_refresh_revoke_family(call->db, call->arena, s->family,
					 "rotated", call->now, NULL, err) &&
	       account_issue(call,
			     &(struct account_grant){
				     .user = s->user,
				     .org_id = member.org_id,
				     .role = member.role,
				     .family = s->family,
				     .slim = in->slim,
			     },
			     out, err);
}
