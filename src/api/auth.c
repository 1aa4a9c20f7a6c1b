/* auth: registration, sign-in, and the life of a session. */
#include <string.h>

#include "api/account.h"
#include "api/lock.h"
#include "api/password_rules.h"
#include "api/totp_check.h"
#include "base/clock.h"
#include "crypto/password.h"
#include "crypto/token.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/audit.h"
#include "http/call.h"

/* ---- register ---- */

bool op_auth_register(struct call *call, const struct auth_register_in *in,
		      struct token_response *out, struct err *err)
{
	struct account_new wanted = {
		.email = in->body.email,
		.full_name = in->body.full_name,
		.org_name = in->body.org_name,
		.now = call->now,
	};
	struct account account = { 0 };
	struct user user = { 0 };
	char *hash = NULL;

	if (!password_allowed(in->body.password, in->body.email,
			      in->body.full_name, "body.password", err) ||
	    !password_hash(in->body.password, call->arena, &hash, err) ||
	    !call_begin(call, err))
		return false;
	wanted.password_hash = hash;
	return account_create(call->db, call->arena, &wanted, &account, err) &&
	       sql_user_get(call->db, call->arena, account.user_id, &user,
			    err) &&
	       account_issue(call,
			     &(struct account_grant){
				     .user = &user,
				     .org_id = account.org_id,
				     .role = role_names[ROLE_ADMIN],
				     .slim = in->slim,
			     },
			     out, err) &&
	       audit_note(call,
			  &(struct audit_note){
				  .org_id = account.org_id,
				  .user_id = account.user_id,
				  .action = "user.registered",
				  .resource = "user",
				  .resource_id = account.user_id,
			  },
			  err);
}

/* ---- login ---- */

static struct user user_of(const struct credential_row *row)
{
	return (struct user){
		.id = row->id,
		.email = row->email,
		.full_name = row->full_name,
		.locale = row->locale,
		.avatar_url = row->avatar_url,
		.email_verified = row->email_verified,
		.is_active = row->is_active,
		.created_at = row->created_at,
		.has_created_at = true,
		.mfa_enabled = row->has_totp_enabled_at,
		.has_mfa_enabled = true,
	};
}

/* Counted, and told to the audit log, whoever it was. */
static bool note_failure(struct call *call, const char *key, struct err *err)
{
	bool locked = false;

	lock_failed(call->arena, key, call->request->ip, call->now, &locked);
	return account_note_failure(call, key, locked, err);
}

/* Takes as long for an address that nobody has. */
static bool check_password(struct call *call, const char *key,
			   const char *password,
			   const struct credential_row *row, struct err *err)
{
	bool same = false;

	if (!password_verify(password, row->password_hash, &same, err))
		return false;
	if (!same)
		return note_failure(call, key, err) &&
		       err_set(err, ERR_UNAUTHENTICATED,
			       "Invalid email or password");
	if (!row->is_active)
		return account_note_failure(call, key, false, err) &&
		       err_set(err, ERR_FORBIDDEN, "Account is deactivated");
	return true;
}

/* The second factor, where there is one; a wrong code counts like a password.
 */
static bool check_code(struct call *call, const char *key, const char *code,
		       const struct credential_row *row, struct err *err)
{
	struct err refused;

	if (!row->has_totp_enabled_at || totp_check(call, row, code, err))
		return true;
	if (err->kind != ERR_UNAUTHENTICATED)
		return false;
	refused = *err;
	return note_failure(call, key, err) &&
	       err_set(err, refused.kind, "%s", refused.msg);
}

static bool refresh_hash(struct call *call, const char *password,
			 const struct credential_row *row, char **ret,
			 struct err *err)
{
	if (!password_needs_rehash(row->password_hash))
		return true;
	return password_hash(password, call->arena, ret, err);
}

/* Where the session lands: the organisation used last, else the oldest. */
static bool choose_org(struct call *call, const struct user *user,
		       const char *last_org, struct account_grant *grant,
		       struct err *err)
{
	struct membership_row member = { 0 };
	bool found = false;

	grant->user = user;
	if (!sql_membership_choose(call->db, call->arena, user->id, last_org,
				   &member, &found, err))
		return false;
	grant->org_id = found ? member.org_id : NULL;
	grant->role = found ? member.role : NULL;
	return true;
}

/* The contract has two answers in one: this is the whole one. */
static struct login_response signed_in(struct token_response *t)
{
	return (struct login_response){
		.access_token = t->access_token,
		.set_access_token = true,
		.refresh_token = t->refresh_token,
		.set_refresh_token = true,
		.token_type = (enum login_response_token_type)t->token_type,
		.has_token_type = true,
		.csrf_token = t->csrf_token,
		.user = &t->user,
		.org_id = t->org_id,
		.set_org_id = true,
	};
}

/* And this the other: the password was right, now for the code. */
static struct login_response code_wanted(void)
{
	return (struct login_response){
		.mfa_required = true,
		.has_mfa_required = true,
		.partial = true,
		.has_partial = true,
	};
}

/*
 * The row was read before the password was looked at: who has changed it since,
 * or has turned the second factor on, is not signed in with the old one.
 */
static bool still_right(struct call *call, const struct credential_row *row,
			const char *org, struct err *err)
{
	int64_t changed = 0;

	if (!sql_user_passed(call->db, call->arena,
			     &(struct sql_user_passed_args){
				     .id = row->id,
				     .org = org,
				     .password_hash = row->password_hash,
				     .mfa = row->has_totp_enabled_at,
				     .now = call->now,
			     },
			     &changed, err))
		return false;
	return changed ||
	       err_set(err, ERR_UNAUTHENTICATED, "Invalid email or password");
}

static bool sign_in(struct call *call, const struct auth_login_in *in,
		    const struct credential_row *row, const char *new_hash,
		    struct token_response *out, struct err *err)
{
	struct account_grant grant = { .slim = in->slim };
	struct user user = user_of(row);

	return call_begin(call, err) &&
	       choose_org(call, &user, row->last_org_id, &grant, err) &&
	       still_right(call, row, grant.org_id, err) &&
	       (!new_hash || sql_user_set_hash(call->db, call->arena, row->id,
					       new_hash, call->now, err)) &&
	       account_issue(call, &grant, out, err) &&
	       (!row->has_totp_enabled_at ||
		totp_note(call, row, in->body.totp_code, grant.org_id, err)) &&
	       (!grant.org_id || audit_note(call,
					    &(struct audit_note){
						    .org_id = grant.org_id,
						    .user_id = row->id,
						    .action = "user.signed_in",
						    .resource = "user",
						    .resource_id = row->id,
					    },
					    err));
}

bool op_auth_login(struct call *call, const struct auth_login_in *in,
		   struct login_response *out, struct err *err)
{
	struct token_response *tokens =
		arena_alloc(call->arena, sizeof(*tokens));
	const char *key = account_email_key(call->arena, in->body.email);
	const char *code = in->body.totp_code;
	struct credential_row row = { 0 };
	char *new_hash = NULL;
	bool found = false;

	if (!lock_check(call->arena, key, call->request->ip, call->now, err) ||
	    !sql_user_credentials(call->db, call->arena, key, &row, &found,
				  err) ||
	    !check_password(call, key, in->body.password, &row, err))
		return false;
	if (row.has_totp_enabled_at && (!code || !*code)) {
		*out = code_wanted();
		return true;
	}
	if (!refresh_hash(call, in->body.password, &row, &new_hash, err) ||
	    !check_code(call, key, code, &row, err) ||
	    !sign_in(call, in, &row, new_hash, tokens, err))
		return false;
	lock_passed(call->arena, key, call->request->ip, call->now);
	*out = signed_in(tokens);
	return true;
}

/* ---- refresh ---- */

/* The cookie wins over the body. */
static const char *presented(struct call *call, const char *body)
{
	const char *cookie = call->request->refresh_cookie;

	return cookie && *cookie ? cookie : body;
}

static bool read_refresh(struct call *call, const char *text,
			 struct token_claims *ret, struct err *err)
{
	if (!text || !*text)
		return err_set(err, ERR_UNAUTHENTICATED,
			       "Missing refresh token");
	if (!token_verify(text, token_keys_process(), call->now / CLOCK_SECOND,
			  call->arena, ret, err))
		return err_set(err, ERR_UNAUTHENTICATED,
			       "Invalid or expired refresh token");
	if (!ret->type || strcmp(ret->type, "refresh") != 0)
		return err_set(err, ERR_UNAUTHENTICATED, "Invalid token type");
	if (!ret->id)
		return err_set(err, ERR_UNAUTHENTICATED,
			       "Invalid token payload (missing jti)");
	if (!ret->user_id)
		return err_set(err, ERR_UNAUTHENTICATED,
			       "Invalid token payload");
	return true;
}

static bool outdated(struct err *err)
{
	return err_set(err, ERR_UNAUTHENTICATED,
		       "Refresh token invalidated by password change");
}

/* Of a person whose token says who they are; the session it belongs to. */
static bool note_session(struct call *call, const char *action,
			 const struct refresh_row *row, struct err *err)
{
	struct audit_note note = {
		.user_id = row->user_id,
		.action = action,
		.resource = "session",
		.resource_id = row->family,
	};

	return account_audit_org(call, row->user_id, row->org_id, &note.org_id,
				 err) &&
	       (!note.org_id || audit_note(call, &note, err));
}

/*
 * A token that comes a second time was stolen, now or then: all that descend
 * from the same sign-in end here. That must stay although the call fails.
 */
static bool refuse_reuse(struct call *call, const char *jti, struct err *err)
{
	struct refresh_row row = { 0 };
	bool found = false;
	int64_t revoked = 0, ended = 0;

	if (!sql_refresh_find(call->db, call->arena, jti, &row, &found, err))
		return false;
	if (found && row.reason && !strcmp(row.reason, "password"))
		return outdated(err);
	if (found &&
	    (!sql_refresh_revoke_family(call->db, call->arena, row.family,
					"reuse", call->now, &revoked, err) ||
	     !sql_session_finish(call->db, call->arena, row.family, "reuse",
				 call->now, &ended, err) ||
	     (ended && !note_session(call, "user.token_reused", &row, err))))
		return false;
	return call_commit(call, err) &&
	       err_set(err, ERR_UNAUTHENTICATED,
		       "Refresh token has been revoked");
}

static bool active_user(struct call *call, const struct refresh_row *row,
			struct user *ret, const char **ret_sso_org,
			struct err *err)
{
	struct session_row session = { 0 };
	bool found = false;

	if (!sql_session_row(call->db, call->arena, row->user_id, row->family,
			     row->org_id, &session, &found, err))
		return false;
	if (!found || !session.is_active)
		return err_set(err, ERR_UNAUTHENTICATED,
			       "User not found or inactive");
	if ((session.end_reason && !strcmp(session.end_reason, "password")) ||
	    (session.has_password_changed_at &&
	     row->issued_at / CLOCK_SECOND <
		     session.password_changed_at / CLOCK_SECOND))
		return outdated(err);
	if (!session.session_id || session.has_ended_at)
		return err_set(err, ERR_UNAUTHENTICATED,
			       "Refresh token has been revoked");
	*ret_sso_org = session.sso_org_id;
	return sql_user_get(call->db, call->arena, row->user_id, ret, err);
}

bool op_auth_refresh(struct call *call, const struct auth_refresh_in *in,
		     struct token_response *out, struct err *err)
{
	struct account_grant grant = { .slim = in->slim };
	struct token_claims claims = { 0 };
	struct refresh_row row = { 0 };
	const char *sso_org = NULL;
	struct user user = { 0 };
	bool found = false;

	if (!read_refresh(call, presented(call, in->body.refresh_token),
			  &claims, err) ||
	    !call_begin(call, err) ||
	    !sql_refresh_consume(call->db, call->arena, claims.id, "rotated",
				 call->now, &row, &found, err))
		return false;
	if (!found)
		return refuse_reuse(call, claims.id, err);
	if (!active_user(call, &row, &user, &sso_org, err) ||
	    !choose_org(call, &user, row.org_id, &grant, err))
		return false;
	/* What a provider vouched for does not lead into another place. */
	if (sso_org && (!grant.org_id || strcmp(grant.org_id, sso_org) != 0))
		return err_set(err, ERR_UNAUTHENTICATED,
			       "User not found or inactive");
	grant.family = row.family;
	return account_issue(call, &grant, out, err);
}

/* ---- logout, me ---- */

/* All that descends from the sign-in of a token, its access tokens too. */
static bool end_sign_in(struct call *call, const struct token_claims *claims,
			struct err *err)
{
	const struct refresh_row row = { .user_id = claims->user_id,
					 .org_id = claims->org_id,
					 .family = claims->family };
	int64_t ended = 0;

	if (!row.family || !row.user_id)
		return true;
	return sql_refresh_revoke_family(call->db, call->arena, row.family,
					 "logout", call->now, NULL, err) &&
	       sql_session_finish(call->db, call->arena, row.family, "logout",
				  call->now, &ended, err) &&
	       (!ended || note_session(call, "user.signed_out", &row, err));
}

/*
 * Always succeeds: whoever asks to be signed out is. Any token of the sign-in
 * will do, also a refresh token that was consumed already.
 */
bool op_auth_logout(struct call *call, const struct auth_logout_in *in,
		    struct err *err)
{
	const char *access = call->request->access_cookie;
	struct token_claims refresh = { 0 }, claims = { 0 };
	struct err ignored = { 0 };

	account_clear_cookies(call);
	if (read_refresh(call, presented(call, in->body.refresh_token),
			 &refresh, &ignored) &&
	    !end_sign_in(call, &refresh, err))
		return false;
	return !access || !*access ||
	       !token_verify(access, token_keys_process(),
			     call->now / CLOCK_SECOND, call->arena, &claims,
			     &ignored) ||
	       end_sign_in(call, &claims, err);
}

bool op_auth_me(struct call *call, const struct auth_me_in *in,
		struct user *out, struct err *err)
{
	(void)in, (void)err;
	*out = *call->session->user;
	return true;
}
