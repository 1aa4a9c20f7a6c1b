/*
 * password: hashing and checking what people sign in with.
 *
 * Argon2id by libsodium, parameters in the text of the hash. One takes 64 MiB
 * and some 60 ms, so no more than two run at once in the process; who waits
 * longer than PASSWORD_WAIT gets ERR_BUSY. Never called on an I/O thread, nor
 * inside a transaction.
 */
#ifndef NIS2_CRYPTO_PASSWORD_H
#define NIS2_CRYPTO_PASSWORD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

enum {
	PASSWORD_AT_ONCE = 2,
	PASSWORD_WAIT = 5, /* seconds */
};

/* The text to keep, "$argon2id$v=19$m=65536,t=2,p=1$…". */
bool password_hash(const char *password, struct arena *a, char **ret,
		   struct err *err);

/*
 * Whether `password` is the one behind `hash`. NULL is an account that does
 * not exist or has no password: the answer is false and takes as long.
 */
bool password_verify(const char *password, const char *hash, bool *ret_same,
		     struct err *err);

/* Made with other parameters than today's: hash again at the next sign-in. */
bool password_needs_rehash(const char *hash);

#endif
