#include "api/reauth.h"

#include <assert.h>

#include "api/account.h"
#include "api/lock.h"
#include "crypto/password.h"
#include "gen/queries.h"

static const char *key_of(struct call *call)
{
	return account_email_key(call->arena, call->session->email);
}

bool reauth_open(struct call *call, struct err *err)
{
	if (!call->session->user_id)
		return err_set(err, ERR_FORBIDDEN,
			       "This action requires a signed-in user");
	return lock_check(call->arena, key_of(call), call->request->ip,
			  call->now, err);
}

bool reauth_failed(struct call *call, enum err_kind kind, const char *refusal,
		   struct err *err)
{
	bool locked = false;

	lock_failed(call->arena, key_of(call), call->request->ip, call->now,
		    &locked);
	if (locked && !account_note_failure(call, key_of(call), true, err))
		return false;
	return err_set(err, kind, "%s", refusal);
}

bool reauth_password(struct call *call, const char *password,
		     enum err_kind kind, const char *refusal, struct err *err)
{
	struct password_row row = { 0 };
	bool found = false, same = false;

	assert(!call->in_transaction);
	if (!reauth_open(call, err) ||
	    !sql_user_password(call->db, call->arena, call->session->user_id,
			       &row, &found, err) ||
	    !password_verify(password, row.password_hash, &same, err))
		return false;
	return same || reauth_failed(call, kind, refusal, err);
}
