/*
 * token_keys: what tokens are signed and verified with, read once at start.
 *
 * HS256 with JWT_SECRET; or RS256, when JWT_ALGORITHM says so or there is a
 * JWT_PRIVATE_KEY. Then the public key is derived from the private one, each
 * token names its key (`kid`), and keys that signed before
 * (JWT_PREVIOUS_PUBLIC_KEYS) go on to verify until they are taken away: that
 * is how a key is changed without signing anybody out.
 */
#ifndef NIS2_CRYPTO_TOKEN_KEYS_H
#define NIS2_CRYPTO_TOKEN_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/settings.h"

/* The current key and those before it; the contract's `Jwks` holds as many. */
enum { TOKEN_KEYS_MAX = 16 };

/* The public half of an RSA key. */
struct token_key {
	const char *kid;   /* 16 hex digits: the SHA-256 of its DER form */
	const char *pem;   /* SubjectPublicKeyInfo */
	const char *n, *e; /* base64url, as RFC 7518 6.3.1 writes them */
};

struct token_keys {
	bool rs256;
	const char *secret; /* JWT_SECRET, or the private key as PEM */
	struct token_key
		keys[TOKEN_KEYS_MAX]; /* RS256: the current one first */
	int count;
	unsigned char id[32]; /* tells these keys from any others */
};

/*
 * ERR_INVALID in words for the operator: a private key that is missing, cannot
 * be read, is no RSA key of 2048 to 8192 bits; a JWT_PUBLIC_KEY that is not
 * its other half; a previous key that cannot be read. Memory is the arena's.
 */
bool token_keys_load(const struct settings *settings, struct arena *a,
		     struct token_keys *ret, struct err *err);

/* HS256 with `secret`, which must live as long. */
void token_keys_hs256(const char *secret, struct token_keys *ret);

/*
 * Those of this process: set once, before there are threads, by whoever loads
 * the settings; `keys` must live as long as the process. NULL before that.
 */
void token_keys_use(const struct token_keys *keys);
const struct token_keys *token_keys_process(void);

#endif
