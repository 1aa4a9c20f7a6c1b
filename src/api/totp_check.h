/*
 * totp_check: the second factor of a person, asked for at sign-in or where
 * something cannot be undone. A code of the telephone works once, a recovery
 * code works once and is gone.
 */
#ifndef NIS2_API_TOTP_CHECK_H
#define NIS2_API_TOTP_CHECK_H

#include "gen/row_types.h"
#include "http/call.h"

/*
 * Whether `code` is one of the person of `row`, whose second factor is on, and
 * uses it up: in the call's transaction, which is begun if need be, so that a
 * code stays good when what it was for fails. NULL and "" are wrong codes.
 *
 * ERR_UNAUTHENTICATED "Invalid MFA code", also for one that came before, with
 * nothing written; the caller counts it (lock_failed(), reauth_failed()).
 * ERR_BUSY when the secret cannot be read: fails closed, though recovery codes
 * go on working.
 */
bool totp_check(struct call *call, const struct credential_row *row,
		const char *code, struct err *err);

/*
 * When `code`, which totp_check() took, was a recovery code: the audit row in
 * that organisation, and the mail to the person. Last in the transaction, as
 * all that is audited.
 */
bool totp_note(struct call *call, const struct credential_row *row,
	       const char *code, const char *org_id, struct err *err);

/* The secret of a row, opened. ERR_BUSY as above. */
bool totp_open(struct call *call, const struct credential_row *row, char **ret,
	       struct err *err);

/* The same closed, as it is kept. */
char *totp_seal(struct call *call, const char *user_id, const char *secret);

#endif
