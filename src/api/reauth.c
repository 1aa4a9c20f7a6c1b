#include "api/reauth.h"

#include "api/account.h"
#include "api/lock.h"
#include "crypto/password.h"
#include "gen/queries.h"

bool reauth_password(struct call *call, const char *password,
		     enum err_kind kind, const char *refusal, struct err *err)
{
	const char *key = account_email_key(call->arena, call->session->email);
	struct credential_row row = { 0 };
	bool found = false, same = false;

	if (!lock_check(call->arena, key, call->now, err) ||
	    !sql_user_credentials(call->db, call->arena, key, &row, &found,
				  err) ||
	    !password_verify(password, row.password_hash, &same, err))
		return false;
	if (same)
		return true;
	lock_failed(call->arena, key, call->now);
	return err_set(err, kind, "%s", refusal);
}
