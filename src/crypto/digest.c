#include "crypto/digest.h"

#include <sodium.h>

char *digest_sha256(const void *bytes, size_t len, struct arena *a)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	char *hex = arena_bytes(a, DIGEST_HEX + 1);

	crypto_hash_sha256(hash, bytes, len);
	return sodium_bin2hex(hex, DIGEST_HEX + 1, hash, sizeof(hash));
}
