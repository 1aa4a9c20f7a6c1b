/*
 * totp: codes of the second factor that change every 30 seconds (RFC 6238 with
 * SHA-1 and six digits, what every authenticator program speaks), and the
 * recovery codes for when the telephone is gone.
 *
 * A code of the step before or after the present one counts too, for clocks
 * that differ and people who type slowly. That a code is used once is up to
 * the caller: totp_match() tells which step it was of, and the last one that
 * was accepted is kept (RFC 6238, 5.2).
 */
#ifndef NIS2_CRYPTO_TOTP_H
#define NIS2_CRYPTO_TOTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum {
	TOTP_STEP = 30, /* seconds */
	TOTP_DIGITS = 6,
	TOTP_SECRET_LEN = 32, /* base32 (RFC 4648) of 160 bits */
};

/* A new secret. */
char *totp_secret(struct arena *a);

/* A new recovery code, "12ab-34cd-56ef". */
char *totp_recovery(struct arena *a);

/* What somebody typed; blanks, hyphens and case do not matter. */
enum totp_kind {
	TOTP_NEITHER,
	TOTP_CODE,     /* "123456" */
	TOTP_RECOVERY, /* "12ab-34cd-56ef" */
};

/* Its kind, and how we would have written it ("" for TOTP_NEITHER). */
enum totp_kind totp_read(const char *typed, struct arena *a, const char **ret);

/*
 * Whether `code`, as totp_read() wrote it, is one of `secret` at `now`
 * (seconds), and of which step. Errors are of the secret: ERR_INTERNAL.
 */
bool totp_match(const char *secret, const char *code, int64_t now,
		bool *ret_same, int64_t *ret_step, struct err *err);

#endif
