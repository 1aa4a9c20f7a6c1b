#include "crypto/seal.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "base/span.h"

#define NONCE ((size_t)crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
#define TAG ((size_t)crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

enum { KEY_ID = 8 }; /* hexadecimal digits */

struct key {
	unsigned char bytes[crypto_auth_hmacsha256_BYTES];
};

_Static_assert(sizeof(struct key) ==
		       crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
	       "a derived key is a key of the cipher");

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void)
{
	if (sodium_init() < 0)
		abort();
}

/* HMAC-SHA256(data_key, purpose + label): one key gives one for each use. */
static struct key derive(const char *data_key, const char *purpose,
			 const char *label)
{
	crypto_auth_hmacsha256_state state;
	struct key key;

	pthread_once(&once, start);
	crypto_auth_hmacsha256_init(&state, (const unsigned char *)data_key,
				    strlen(data_key));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)purpose,
				      strlen(purpose));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)label,
				      strlen(label));
	crypto_auth_hmacsha256_final(&state, key.bytes);
	sodium_memzero(&state, sizeof(state));
	return key;
}

/* Which key it was, for who has several; tells nothing about the key. */
static void key_id(const char *data_key, char ret[KEY_ID + 1])
{
	struct key named = derive(data_key, "name of the key", "");

	sodium_bin2hex(ret, KEY_ID + 1, named.bytes, KEY_ID / 2);
	sodium_memzero(&named, sizeof(named));
}

char *seal_text(const struct settings *s, const char *label, const char *place,
		const char *text, struct arena *a)
{
	size_t len = strlen(text), sealed = NONCE + len + TAG, size;
	unsigned char *bytes = (unsigned char *)arena_bytes(a, sealed);
	struct key key = derive(s->data_key, "seal:", label);
	char id[KEY_ID + 1], *out;

	assert(len <= SEAL_TEXT_MAX && *s->data_key);
	randombytes_buf(bytes, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		bytes + NONCE, NULL, (const unsigned char *)text, len,
		(const unsigned char *)place, strlen(place), NULL, bytes,
		key.bytes);
	sodium_memzero(&key, sizeof(key));
	key_id(s->data_key, id);
	size = sodium_base64_ENCODED_LEN(sealed, BASE64);
	out = arena_bytes(a, size);
	sodium_bin2base64(out, size, bytes, sealed, BASE64);
	return arena_printf(a, "v1.%s.%s", id, out);
}

static bool refuse(struct err *err, const char *cause)
{
	err_set(err, ERR_BUSY,
		"A stored secret cannot be read; the operator of this server "
		"must look at its encryption key");
	return err_cause(err, "%s", cause);
}

/* The parts of "v1.KEYID.BASE64". */
static bool take_apart(const char *kept, struct span *ret_id,
		       struct span *ret_body)
{
	struct span s = span_of(kept, strnlen(kept, SEAL_MAX + 1));

	if (span_len(s) > SEAL_MAX || !span_literal(&s, "v1.") ||
	    !span_take(&s, KEY_ID, ret_id) || !span_literal(&s, "."))
		return false;
	*ret_body = s;
	return true;
}

/* The key that the text names, or NULL when it is none of ours. */
static const char *named_key(const struct settings *s, struct span named)
{
	const char *keys[] = { s->data_key, s->data_key_previous };

	for (int i = 0; i < 2; i++) {
		char id[KEY_ID + 1];

		if (!keys[i] || !*keys[i])
			continue;
		key_id(keys[i], id);
		if (span_is(named, id))
			return keys[i];
	}
	return NULL;
}

/* nonce, ciphertext, tag; NULL when they do not belong together and here. */
static char *decrypt(struct key key, const char *place,
		     const unsigned char *bytes, size_t len, struct arena *a)
{
	char *text = arena_alloc(a, len - NONCE - TAG + 1);
	int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
		(unsigned char *)text, NULL, NULL, bytes + NONCE, len - NONCE,
		(const unsigned char *)place, strlen(place), bytes, key.bytes);

	sodium_memzero(&key, sizeof(key));
	return failed ? NULL : text;
}

bool seal_open(const struct settings *s, const char *label, const char *place,
	       const char *kept, struct arena *a, char **ret, struct err *err)
{
	struct span id, body;
	unsigned char *bytes;
	const char *data_key;
	size_t len = 0;
	char *text;

	if (!take_apart(kept, &id, &body))
		return refuse(err, "it was never sealed, or not by us");
	data_key = named_key(s, id);
	if (!data_key)
		return refuse(err, "sealed with a key that is neither "
				   "DATA_ENCRYPTION_KEY nor "
				   "DATA_ENCRYPTION_KEY_PREVIOUS");
	bytes = (unsigned char *)arena_bytes(a, span_len(body) + 1);
	if (sodium_base642bin(bytes, span_len(body) + 1, body.p, span_len(body),
			      NULL, &len, NULL, BASE64) ||
	    len < NONCE + TAG)
		return refuse(err, "it was cut or altered");
	text = decrypt(derive(data_key, "seal:", label), place, bytes, len, a);
	if (!text)
		return refuse(err, "it was altered, or is that of another row");
	*ret = text;
	return true;
}

bool seal_is_current(const struct settings *s, const char *kept)
{
	struct span id, body;
	char today[KEY_ID + 1];

	if (!take_apart(kept, &id, &body))
		return false;
	key_id(s->data_key, today);
	return span_is(id, today);
}
