/* totp: setting up the second factor (RFC 6238), and taking it off again. */
#include <string.h>

#include "api/notice.h"
#include "api/reauth.h"
#include "api/totp_check.h"
#include "base/clock.h"
#include "base/url.h"
#include "crypto/token.h"
#include "crypto/totp.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"

#define ISSUER "NIS2 Platform"

enum {
	RECOVERY_CODES = 8,
	CONFIRMED_MINUTES = 15, /* a sign-in so young needs no password */
};

bool op_totp_status(struct call *call, const struct totp_status_in *in,
		    struct mfa_status *out, struct err *err)
{
	const struct session *s = call->session;

	(void)in;
	out->mfa_enabled = s->user->mfa_enabled;
	return sql_recovery_left(call->db, call->arena, s->user_id,
				 &out->recovery_codes_left, err);
}

/* ---- setup ---- */

/* What a QR code holds (the key URI format of authenticator programs). */
static char *provisioning_uri(struct arena *a, const char *email,
			      const char *secret)
{
	const char *issuer = url_encode(a, ISSUER);

	return arena_printf(a, "otpauth://totp/%s:%s?secret=%s&issuer=%s",
			    issuer, url_encode(a, email), secret, issuer);
}

/*
 * A session that was stolen must not bind a telephone of the thief: the
 * password was asked for lately, or is asked for now.
 */
static bool confirm(struct call *call, const char *password, struct err *err)
{
	int64_t age = call->now - call->session->confirmed_at;

	if (password && *password)
		return reauth_password(call, password, ERR_UNAUTHENTICATED,
				       "Current password is incorrect", err);
	if (age <= CONFIRMED_MINUTES * 60 * CLOCK_SECOND)
		return true;
	return err_set(err, ERR_FORBIDDEN,
		       "This sign-in is older than %d minutes: send "
		       "current_password too, or sign in again",
		       CONFIRMED_MINUTES);
}

static bool already_on(struct err *err)
{
	return err_set(err, ERR_CONFLICT, "MFA already enabled");
}

bool op_totp_setup(struct call *call, const struct totp_setup_in *in,
		   struct totp_setup *out, struct err *err)
{
	const struct session *s = call->session;
	const char *secret = totp_secret(call->arena);
	int64_t changed = 0;

	if (s->user->mfa_enabled)
		return already_on(err);
	if (!confirm(call, in->body.current_password, err) ||
	    !call_begin(call, err) ||
	    !sql_totp_prepare(call->db, call->arena, s->user_id,
			      totp_seal(call, s->user_id, secret), call->now,
			      &changed, err))
		return false;
	if (!changed)
		return already_on(err);
	call->audit.resource_id = s->user_id;
	out->secret = secret;
	out->provisioning_uri = provisioning_uri(call->arena, s->email, secret);
	return true;
}

/* ---- recovery codes ---- */

/* New ones in place of those there are; the person's row is locked. */
static bool renew_recovery(struct call *call, struct totp_state *out,
			   struct err *err)
{
	const char *user = call->session->user_id;
	const char **codes =
		arena_array(call->arena, RECOVERY_CODES, sizeof(*codes));

	if (!sql_recovery_clear(call->db, call->arena, user, NULL, err))
		return false;
	for (int i = 0; i < RECOVERY_CODES; i++) {
		codes[i] = totp_recovery(call->arena);
		if (!sql_recovery_insert(call->db, call->arena, user,
					 token_hash(call->arena, codes[i]),
					 err))
			return false;
	}
	out->mfa_enabled = true;
	out->has_recovery_codes = true;
	out->recovery_codes.items = codes;
	out->recovery_codes.len = RECOVERY_CODES;
	return true;
}

static bool off(struct err *err)
{
	return err_set(err, ERR_REFUSED, "MFA is not enabled");
}

static bool prove(struct call *call, const char *password, struct err *err)
{
	return reauth_password(call, password, ERR_UNAUTHENTICATED,
			       "Current password is incorrect", err) &&
	       call_begin(call, err);
}

bool op_totp_recovery_codes(struct call *call,
			    const struct totp_recovery_codes_in *in,
			    struct totp_state *out, struct err *err)
{
	const char *user = call->session->user_id;
	int64_t held = 0;

	if (!prove(call, in->body.current_password, err) ||
	    !sql_totp_hold(call->db, call->arena, user, call->now, &held, err))
		return false;
	if (!held)
		return off(err);
	call->audit.resource_id = user;
	return renew_recovery(call, out, err);
}

/* ---- on and off ---- */

/* The step of a right code. A wrong one counts as at sign-in. */
static bool check_new(struct call *call, const struct credential_row *row,
		      const char *typed, int64_t *ret_step, struct err *err)
{
	const char *code;
	char *secret = NULL;
	bool same = false;

	if (!reauth_open(call, err) || !totp_open(call, row, &secret, err))
		return false;
	if (totp_read(typed, call->arena, &code) == TOTP_CODE &&
	    !totp_match(secret, code, call->now / CLOCK_SECOND, &same, ret_step,
			err))
		return false;
	return same ||
	       reauth_failed(call, ERR_REFUSED, "Invalid TOTP code", err);
}

/* Whoever else is signed in as this person did not show a code. */
static bool end_others(struct call *call, struct err *err)
{
	const struct session *s = call->session;

	return sql_session_finish_others(call->db, call->arena, s->user_id,
					 s->family, "mfa", call->now, NULL,
					 err) &&
	       sql_totp_end_tokens(call->db, call->arena, s->user_id, s->family,
				   call->now, NULL, err);
}

bool op_totp_verify(struct call *call, const struct totp_verify_in *in,
		    struct totp_state *out, struct err *err)
{
	const char *user = call->session->user_id;
	struct credential_row row = { 0 };
	int64_t step = 0, changed = 0;
	bool found = false;

	if (!sql_totp_credentials(call->db, call->arena, user, &row, &found,
				  err))
		return false;
	if (row.has_totp_enabled_at)
		return already_on(err);
	if (!row.totp_secret)
		return err_set(err, ERR_REFUSED, "Call /totp/setup first");
	if (!check_new(call, &row, in->body.code, &step, err) ||
	    !sql_totp_enable(call->db, call->arena, user, row.totp_secret, step,
			     call->now, &changed, err))
		return false;
	if (!changed)
		return err_set(err, ERR_REFUSED, "Invalid TOTP code");
	call->audit.resource_id = user;
	return renew_recovery(call, out, err) && end_others(call, err) &&
	       notice_put(call, NOTICE_MAIL_ARGS_NOTICE_MFA_ENABLED, err);
}

bool op_totp_disable(struct call *call, const struct totp_disable_in *in,
		     struct totp_state *out, struct err *err)
{
	const char *user = call->session->user_id;
	int64_t changed = 0;

	if (!prove(call, in->body.current_password, err) ||
	    !sql_totp_disable(call->db, call->arena, user, call->now, &changed,
			      err))
		return false;
	if (!changed)
		return off(err);
	call->audit.resource_id = user;
	out->mfa_enabled = false;
	return sql_recovery_clear(call->db, call->arena, user, NULL, err) &&
	       notice_put(call, NOTICE_MAIL_ARGS_NOTICE_MFA_DISABLED, err);
}
