/*
 * token: the signed texts that sessions are made of (JWT, RFC 7519).
 *
 * HS256 and nothing else: a token that names another algorithm is refused
 * before its signature is looked at. `exp` has no leeway. Who may use a token
 * for what is not decided here: see http/session.h.
 *
 * Checking one costs some microseconds and every request brings one, so each
 * thread remembers the tokens it has seen lately; expiry is checked each time.
 */
#ifndef NIS2_CRYPTO_TOKEN_H
#define NIS2_CRYPTO_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* Longer texts are refused unread. */
enum { TOKEN_MAX = 2048 };

/* Members are NULL (or 0) when the claim is absent or of another type. */
struct token_claims {
	const char *user_id; /* sub */
	const char *org_id;
	const char *role;
	const char *type;   /* "access" or "refresh" */
	const char *id;	    /* jti */
	const char *family; /* fam: of the refresh tokens */
	int64_t issued_at;  /* iat, seconds */
	int64_t expires_at; /* exp, seconds */
};

bool token_sign(const struct token_claims *claims, const char *secret,
		struct arena *a, char **ret, struct err *err);

/* False: ERR_UNAUTHENTICATED, "Invalid or expired token". `now` in seconds. */
bool token_verify(const char *text, const char *secret, int64_t now,
		  struct arena *a, struct token_claims *ret, struct err *err);

/*
 * `len` bytes of HMAC-SHA256(secret, "label:text") as base64url: what ties a
 * CSRF token to its session.
 */
char *token_mac(const char *secret, const char *label, const char *text,
		size_t len, struct arena *a);

/*
 * What is kept of a token that somebody else holds (an invitation, a key): its
 * SHA-256 as 64 lower-case digits. Only for texts that nobody can guess.
 */
char *token_hash(struct arena *a, const char *text);

/* In a time that does not depend on where they differ; NULL equals nothing. */
bool token_same(const char *a, const char *b);

#endif
