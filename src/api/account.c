#include "api/account.h"

#include <string.h>

#include "api/tenant.h"
#include "base/clock.h"
#include "base/rand.h"
#include "codec/format.h"
#include "codec/letter.h"
#include "crypto/token.h"
#include "gen/queries.h"
#include "http/session.h"
#include "jobs/job.h"

#define REFRESH_PATH "/api/v1/auth"

char *account_email_key(struct arena *a, const char *email)
{
	struct sb b = sb_new(a, strlen(email) + 1);
	int len;

	for (; *email; email += len)
		letter_add(&b, letter_lower(format_next(email, &len)));
	return b.s;
}

/* ---- accounts ---- */

static bool insert_user(struct db *db, struct arena *a, const char *id,
			const struct account_new *in, struct err *err)
{
	struct sql_user_insert_args row = {
		.id = id,
		.email = in->email,
		.email_key = account_email_key(a, in->email),
		.password_hash = in->password_hash,
		.full_name = in->full_name,
		.now = in->now,
	};

	if (sql_user_insert(db, a, &row, err))
		return true;
	if (err->kind == ERR_CONFLICT)
		err_set(err, ERR_CONFLICT, "Email already registered");
	return false;
}

bool account_create(struct db *db, struct arena *a,
		    const struct account_new *in, struct account *ret,
		    struct err *err)
{
	const char *user = id_new(a), *org = NULL;

	if (!insert_user(db, a, user, in, err) ||
	    !tenant_create(db, a, user, in->org_name, in->now, &org, err))
		return false;
	*ret = (struct account){ .user_id = user, .org_id = org };
	return true;
}

/* ---- tokens ---- */

struct pair {
	char *access;
	char *refresh;
	const char *family;
};

/* A new sign-in begins a session, any other pair goes on with one. */
static bool keep_session(struct call *call, const struct account_grant *grant,
			 const struct token_claims *refresh, struct err *err)
{
	int64_t ends = refresh->expires_at * CLOCK_SECOND, changed = 0;

	if (grant->family)
		return sql_session_continue(call->db, call->arena,
					    grant->family, grant->org_id,
					    call->now, ends, &changed, err) &&
		       (changed || err_set(err, ERR_UNAUTHENTICATED,
					   "Invalid or expired token"));
	return sql_session_insert(
		call->db, call->arena,
		&(struct sql_session_insert_args){
			.id = refresh->family,
			.user_id = refresh->user_id,
			.org = refresh->org_id,
			.sso_org = grant->sso_org_id,
			.ip_address = call->request->ip,
			.user_agent = call->request->user_agent,
			.now = call->now,
			.expires_at = ends,
		},
		err);
}

/*
 * In seconds: now, or where a password was changed within this second, the
 * moment from which on tokens count.
 */
static bool issue_time(struct call *call, const char *user_id, int64_t *ret,
		       struct err *err)
{
	int64_t from = 0;

	if (!sql_account_tokens_from(call->db, call->arena, user_id, &from,
				     err))
		return false;
	*ret = (from > call->now ? from : call->now) / CLOCK_SECOND;
	return true;
}

static bool sign_pair(struct call *call, const struct account_grant *grant,
		      struct pair *ret, struct err *err)
{
	const struct settings *s = call->settings;
	struct arena *a = call->arena;
	struct token_claims claims = {
		.user_id = grant->user->id,
		.org_id = grant->org_id,
		.role = grant->role,
		.family = grant->family ? grant->family : id_new(a),
		.type = "access",
		.id = id_new(a),
	};

	if (!issue_time(call, claims.user_id, &claims.issued_at, err))
		return false;
	ret->family = claims.family;
	claims.expires_at = claims.issued_at + s->access_minutes * 60;
	if (!token_sign(&claims, token_keys_process(), a, &ret->access, err))
		return false;
	claims.type = "refresh";
	claims.id = id_new(a);
	claims.expires_at = claims.issued_at + s->refresh_days * 86400;
	return token_sign(&claims, token_keys_process(), a, &ret->refresh,
			  err) &&
	       keep_session(call, grant, &claims, err) &&
	       sql_refresh_insert(
		       call->db, a,
		       &(struct sql_refresh_insert_args){
			       .jti = claims.id,
			       .family = claims.family,
			       .user_id = claims.user_id,
			       .org = claims.org_id,
			       .now = claims.issued_at * CLOCK_SECOND,
			       .expires_at = claims.expires_at * CLOCK_SECOND,
		       },
		       err);
}

bool account_issue(struct call *call, const struct account_grant *grant,
		   struct token_response *out, struct err *err)
{
	const struct settings *s = call->settings;
	struct pair pair = { 0 };
	char *csrf;

	if (!sign_pair(call, grant, &pair, err))
		return false;
	csrf = session_csrf_token(s, pair.family, call->arena);
	cookie_set(call, "access_token", pair.access, s->access_minutes * 60,
		   "/", true);
	cookie_set(call, "refresh_token", pair.refresh, s->refresh_days * 86400,
		   REFRESH_PATH, true);
	cookie_set(call, "csrf_token", csrf, s->access_minutes * 60, "/",
		   false);
	out->access_token = grant->slim ? NULL : pair.access;
	out->refresh_token = grant->slim ? NULL : pair.refresh;
	out->csrf_token = csrf;
	out->user = *grant->user;
	out->org_id = grant->org_id;
	return true;
}

bool account_end_others(struct call *call, const char *reason, struct err *err)
{
	const struct session *s = call->session;

	return sql_session_finish_others(call->db, call->arena, s->user_id,
					 s->family, reason, call->now, NULL,
					 err) &&
	       sql_account_revoke_others(call->db, call->arena, s->user_id,
					 s->family, reason, call->now, NULL,
					 err);
}

/* ---- what the audit log is told ---- */

bool account_audit_org(struct call *call, const char *user_id,
		       const char *preferred, const char **ret, struct err *err)
{
	struct membership_row member = { 0 };
	bool found = false;

	if (!sql_membership_choose(call->db, call->arena, user_id, preferred,
				   &member, &found, err))
		return false;
	*ret = found ? member.org_id : NULL;
	return true;
}

bool account_note_failure(struct call *call, const char *email_key, bool locked,
			  struct err *err)
{
	struct sign_in_args args = {
		.email_key = email_key,
		.ip_address = call->request->ip,
		.user_agent = call->request->user_agent,
		.at = call->now,
		.locked = locked,
	};

	/* What the call did so far fails with it. */
	if (call->in_transaction)
		db_rollback(call->db);
	call->in_transaction = false;
	return call_begin(call, err) &&
	       job_put(call->db, call->arena,
		       &(struct job_new){ .kind = "sign_in_failed",
					  .args = &args,
					  .now = call->now },
		       err) &&
	       call_commit(call, err);
}

void account_clear_cookies(struct call *call)
{
	cookie_clear(call, "access_token", "/", true);
	cookie_clear(call, "refresh_token", REFRESH_PATH, true);
	cookie_clear(call, "csrf_token", "/", false);
}
