#include "api/totp_check.h"

#include "api/notice.h"
#include "base/clock.h"
#include "crypto/seal.h"
#include "crypto/token.h"
#include "crypto/totp.h"
#include "gen/queries.h"
#include "http/audit.h"

#define LABEL "totp"

static char *place_of(struct arena *a, const char *user_id)
{
	return arena_printf(a, "app_user.totp_secret:%s", user_id);
}

char *totp_seal(struct call *call, const char *user_id, const char *secret)
{
	return seal_text(call->settings, LABEL, place_of(call->arena, user_id),
			 secret, call->arena);
}

bool totp_open(struct call *call, const struct credential_row *row, char **ret,
	       struct err *err)
{
	return seal_open(call->settings, LABEL, place_of(call->arena, row->id),
			 row->totp_secret ? row->totp_secret : "", call->arena,
			 ret, err);
}

/* A code of the telephone; `ret` counts what it changed: nothing, or one. */
static bool take_code(struct call *call, const struct credential_row *row,
		      const char *code, int64_t *ret, struct err *err)
{
	char *secret = NULL;
	bool same = false;
	int64_t step = 0;

	if (!totp_open(call, row, &secret, err) ||
	    !totp_match(secret, code, call->now / CLOCK_SECOND, &same, &step,
			err))
		return false;
	return !same ||
	       (call_begin(call, err) &&
		sql_totp_take(call->db, call->arena, row->id, step, ret, err));
}

static bool take_recovery(struct call *call, const struct credential_row *row,
			  const char *code, int64_t *ret, struct err *err)
{
	return call_begin(call, err) &&
	       sql_recovery_take(call->db, call->arena, row->id,
				 token_hash(call->arena, code), call->now, ret,
				 err);
}

bool totp_check(struct call *call, const struct credential_row *row,
		const char *code, struct err *err)
{
	int64_t taken = 0;
	const char *read;

	switch (totp_read(code ? code : "", call->arena, &read)) {
	case TOTP_CODE:
		if (!take_code(call, row, read, &taken, err))
			return false;
		break;
	case TOTP_RECOVERY:
		if (!take_recovery(call, row, read, &taken, err))
			return false;
		break;
	case TOTP_NEITHER:
		break;
	}
	return taken || err_set(err, ERR_UNAUTHENTICATED, "Invalid MFA code");
}

bool totp_note(struct call *call, const struct credential_row *row,
	       const char *code, const char *org_id, struct err *err)
{
	const char *read;

	if (totp_read(code ? code : "", call->arena, &read) != TOTP_RECOVERY)
		return true;
	return notice_put_to(call, row->id,
			     NOTICE_MAIL_ARGS_NOTICE_RECOVERY_CODE_USED, err) &&
	       audit_note(call,
			  &(struct audit_note){
				  .org_id = org_id,
				  .user_id = row->id,
				  .action = "user.recovery_code_used",
				  .resource = "user",
				  .resource_id = row->id,
			  },
			  err);
}
