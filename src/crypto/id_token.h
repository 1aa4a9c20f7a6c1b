/*
 * id_token: what an identity provider signs about a person (OpenID Connect
 * Core 1.0, 2), checked with the keys that it publishes (RFC 7517).
 *
 * Keys are RSA of 2048 bits and more, or on the curve P-256; tokens RS256 or
 * ES256. Everything else, "none" and the HMACs before all, is refused.
 */
#ifndef NIS2_CRYPTO_ID_TOKEN_H
#define NIS2_CRYPTO_ID_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* Longer texts are refused unread. */
enum { ID_TOKEN_MAX = 16384 };

/* Members of a JWK, base64url where the RFC says so; NULL when absent. */
struct jwk_text {
	const char *kty, *use, *alg;
	const char *n, *e;	 /* RSA */
	const char *crv, *x, *y; /* EC */
};

/* The key in PEM form, or NULL: of no kind that is used here. */
char *jwk_pem(const struct jwk_text *jwk, struct arena *a);

/* NULL (or 0, or false) when absent or of another type. */
struct id_claims {
	const char *issuer;   /* iss */
	const char *subject;  /* sub */
	const char *audience; /* aud, as JSON: a string or an array */
	const char *azp;
	const char *nonce;
	const char *email;
	const char *name;
	const char *groups; /* the claim asked for, as JSON */
	int64_t expires_at; /* exp, seconds */
	int64_t issued_at;  /* iat, seconds */
	bool email_verified;
};

/*
 * Checks signature and form with one key; who it is for, from and until when
 * is for the caller. ERR_UNAUTHENTICATED.
 */
bool id_token_read(const char *text, const char *pem, const char *groups_claim,
		   struct arena *a, struct id_claims *ret, struct err *err);

/* The S256 challenge of a PKCE verifier (RFC 7636, 4.2): base64url. */
char *pkce_challenge(const char *verifier, struct arena *a);

#endif
