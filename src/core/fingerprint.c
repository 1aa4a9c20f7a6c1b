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

char *fingerprint_secret(struct arena *a, const char *salt, const char *value,
			 size_t len)
{
	unsigned char key[crypto_generichash_KEYBYTES];
	unsigned char hash[FINGERPRINT_SECRET_LEN / 2];
	char *hex = arena_bytes(a, FINGERPRINT_SECRET_LEN + 1);

	crypto_generichash(key, sizeof(key), (const unsigned char *)salt,
			   strlen(salt), NULL, 0);
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)value,
			   len, key, sizeof(key));
	return sodium_bin2hex(hex, FINGERPRINT_SECRET_LEN + 1, hash,
			      sizeof(hash));
}
