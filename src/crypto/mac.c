#include "crypto/mac.h"

#include <sodium.h>
#include <string.h>

static void hmac(const void *key, size_t key_len, const char *bytes, size_t len,
		 unsigned char ret[crypto_auth_hmacsha256_BYTES])
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key, key_len);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)bytes,
				      len);
	crypto_auth_hmacsha256_final(&state, ret);
	sodium_memzero(&state, sizeof(state));
}

void mac_key_derive(const char *secret, const char *label, struct mac_key *ret)
{
	hmac(secret, strlen(secret), label, strlen(label), ret->bytes);
}

char *mac_hex(const struct mac_key *key, const char *bytes, size_t len,
	      struct arena *a)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	char *hex = arena_bytes(a, MAC_HEX + 1);

	hmac(key->bytes, sizeof(key->bytes), bytes, len, mac);
	return sodium_bin2hex(hex, MAC_HEX + 1, mac, sizeof(mac));
}
