/*
 * sign: signatures that everybody can check, for files that leave us.
 *
 * Ed25519 (RFC 8032), detached: SIGN_BYTES that stand in a file of their own.
 * Keys are PEM files in the form of RFC 8410, so that `openssl genpkey
 * -algorithm ed25519` makes one and `openssl pkeyutl -verify -rawin` checks
 * what was signed here.
 */
#ifndef NIS2_CRYPTO_SIGN_H
#define NIS2_CRYPTO_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum {
	SIGN_BYTES = 64,
	SIGN_PUBLIC = 32,
	SIGN_SECRET = 64,
	SIGN_PEM_MAX = 4096
};

struct sign_key {
	unsigned char secret[SIGN_SECRET];
};

struct sign_public {
	unsigned char bytes[SIGN_PUBLIC];
};

/* A key that ends with its scope: its bytes are wiped. */
#define _cleanup_sign_key_ __attribute__((cleanup(sign_key_wipe)))
void sign_key_wipe(struct sign_key *key);

void sign_key_new(struct sign_key *ret);
struct sign_public sign_key_public(const struct sign_key *key);

/* The two PEM files; that of the secret is for its owner alone. */
char *sign_key_pem(const struct sign_key *key, struct arena *a);
char *sign_public_pem(const struct sign_public *key, struct arena *a);

/* ERR_INVALID when the text is no such key. */
bool sign_key_read(const char *pem, struct sign_key *ret, struct err *err);
bool sign_public_read(const char *pem, struct sign_public *ret,
		      struct err *err);

void sign_make(const struct sign_key *key, const void *bytes, size_t len,
	       unsigned char ret[SIGN_BYTES]);
bool sign_check(const struct sign_public *key, const void *bytes, size_t len,
		const unsigned char signature[SIGN_BYTES]);

#endif
