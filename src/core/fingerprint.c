#include "core/fingerprint.h"

#include <sodium.h>

char *fingerprint(struct arena *a, const char *category, const char *message,
		  const char *target)
{
	char *text = arena_printf(a, "%s:%s:%s", category, message, target);
	unsigned char hash[crypto_hash_sha256_BYTES];
	char *hex = arena_bytes(a, FINGERPRINT_LEN + 1);

	crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
	return sodium_bin2hex(hex, FINGERPRINT_LEN + 1, hash, sizeof(hash));
}
