/*
 * erasure: a person leaves for good (GDPR, Article 17). What happens to each of
 * their organisations is decided for all of them first, while nobody can join,
 * leave or change a role there; then all goes in one transaction, or nothing.
 */
#include <string.h>

#include "api/account.h"
#include "api/reauth.h"
#include "api/totp_check.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"
#include "store/audit.h"

/* ---- decide ---- */

static bool is_alone(const struct leaving_row *org)
{
	return org->joined && !org->others;
}

/* Nobody else could add an administrator afterwards. */
static bool would_orphan(const struct leaving_row *org)
{
	return org->admin && org->others && !org->other_admins;
}

/* In the order of their ids, as everybody locks them. */
static bool decide(struct call *call, struct leaving_row_list *ret,
		   struct err *err)
{
	if (!sql_erasure_orgs(call->db, call->arena, call->session->user_id,
			      ret, err))
		return false;
	for (size_t i = 0; i < ret->len; i++)
		if (would_orphan(&ret->items[i]))
			return err_set(err, ERR_CONFLICT,
				       "You are the only administrator of an "
				       "organization with other members. Make "
				       "another member administrator first");
	return true;
}

/* A wrong code counts as a wrong password does; see totp_check(). */
static bool check_second_factor(struct call *call, const char *code,
				struct err *err)
{
	struct credential_row row = { 0 };
	bool found = false;

	if (!sql_user_credentials(
		    call->db, call->arena,
		    account_email_key(call->arena, call->session->email), &row,
		    &found, err))
		return false;
	if (!row.has_totp_enabled_at)
		return true;
	if (totp_check(call, &row, code, err))
		return true;
	return err->kind == ERR_UNAUTHENTICATED &&
	       reauth_failed(call, ERR_UNAUTHENTICATED, "Invalid MFA code",
			     err);
}

/* ---- do ---- */

/* The files of its reports are swept (jobs/cleanup.c). */
static bool delete_orgs(struct call *call, const struct leaving_row_list *orgs,
			struct err *err)
{
	for (size_t i = 0; i < orgs->len; i++) {
		const char *id = orgs->items[i].org_id;

		if (is_alone(&orgs->items[i]) &&
		    (!sql_erasure_org_jobs(call->db, call->arena, id, NULL,
					   err) ||
		     !sql_erasure_org(call->db, call->arena, id, NULL, err)))
			return false;
	}
	return true;
}

static bool forget(struct call *call, struct err *err)
{
	const char *id = call->session->user_id;
	struct arena *a = call->arena;
	struct db *db = call->db;

	return sql_erasure_keys(db, a, id, NULL, err) &&
	       sql_erasure_scans(db, a, id, NULL, err) &&
	       sql_erasure_schedules(db, a, id, NULL, err) &&
	       sql_erasure_reports(db, a, id, NULL, err) &&
	       sql_erasure_findings(db, a, id, NULL, err) &&
	       sql_erasure_invited(db, a, id, NULL, err) &&
	       sql_erasure_user(db, a, id, NULL, err) &&
	       audit_erase_person(db, a, id, call->now, err);
}

/* That somebody is gone, and not who, where others are left to wonder. */
static bool leave_notes(struct call *call, const struct leaving_row_list *orgs,
			struct err *err)
{
	for (size_t i = 0; i < orgs->len; i++) {
		struct audit_entry entry = {
			.org_id = orgs->items[i].org_id,
			.action = "user.erased",
			.resource_type = "user",
			.now = call->now,
		};

		if (is_alone(&orgs->items[i]))
			continue;
		db_scope(call->db, (struct db_scope){ entry.org_id, NULL });
		if (!audit_append(call->db, call->arena, call->settings, &entry,
				  err))
			return false;
	}
	return true;
}

bool op_auth_erase(struct call *call, const struct auth_erase_in *in,
		   struct err *err)
{
	struct leaving_row_list orgs = { 0 };

	if (!reauth_password(call, in->body.current_password, ERR_REFUSED,
			     "currentPasswordIncorrect", err) ||
	    !check_second_factor(call, in->body.totp_code, err) ||
	    !call_begin(call, err) || !decide(call, &orgs, err) ||
	    !delete_orgs(call, &orgs, err) || !forget(call, err) ||
	    !leave_notes(call, &orgs, err))
		return false;
	call->audit.skip = true;
	account_clear_cookies(call);
	return true;
}
