/*
 * mac: keyed hashes, for what must not be changed by who has not the key.
 *
 * HMAC-SHA256 (RFC 2104). Each purpose has a key of its own, derived from one
 * secret by a label, so that a hash made for one says nothing in another.
 */
#ifndef NIS2_CRYPTO_MAC_H
#define NIS2_CRYPTO_MAC_H

#include <stddef.h>

#include "base/arena.h"

enum { MAC_KEY = 32, MAC_HEX = 64 };

struct mac_key {
	unsigned char bytes[MAC_KEY];
};

/* HMAC-SHA256(secret, label): the key for "audit chain v1". */
void mac_key_derive(const char *secret, const char *label, struct mac_key *ret);

/* MAC_HEX digits in lower case, in the arena. */
char *mac_hex(const struct mac_key *key, const char *bytes, size_t len,
	      struct arena *a);

#endif
