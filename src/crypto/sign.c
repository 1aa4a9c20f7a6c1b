#include "crypto/sign.h"

#include <sodium.h>
#include <string.h>

enum { SEED = crypto_sign_SEEDBYTES, DER_MAX = 64 };

/*
 * DER before the key itself, which is all that can stand there (RFC 8410,
 * sections 4 and 7): a PrivateKeyInfo and a SubjectPublicKeyInfo of Ed25519.
 */
static const unsigned char secret_head[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30,
					     0x05, 0x06, 0x03, 0x2b, 0x65, 0x70,
					     0x04, 0x22, 0x04, 0x20 };
static const unsigned char public_head[] = {
	0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00
};

_Static_assert(SIGN_BYTES == crypto_sign_BYTES &&
		       SIGN_PUBLIC == crypto_sign_PUBLICKEYBYTES &&
		       SIGN_SECRET == crypto_sign_SECRETKEYBYTES,
	       "sizes of Ed25519");

void sign_key_wipe(struct sign_key *key)
{
	sodium_memzero(key, sizeof(*key));
}

void sign_key_new(struct sign_key *ret)
{
	unsigned char public[SIGN_PUBLIC];

	crypto_sign_keypair(public, ret->secret);
}

struct sign_public sign_key_public(const struct sign_key *key)
{
	struct sign_public public;

	crypto_sign_ed25519_sk_to_pk(public.bytes, key->secret);
	return public;
}

/* ---- PEM (RFC 7468) ---- */

static char *pem(const char *label, const unsigned char *head, size_t head_len,
		 const unsigned char key[SEED], struct arena *a)
{
	unsigned char der[DER_MAX];
	char text[DER_MAX * 2];
	char *out;

	memcpy(der, head, head_len);
	memcpy(der + head_len, key, SEED);
	sodium_bin2base64(text, sizeof(text), der, head_len + SEED,
			  sodium_base64_VARIANT_ORIGINAL);
	out = arena_printf(a, "-----BEGIN %s-----\n%s\n-----END %s-----\n",
			   label, text, label);
	sodium_memzero(der, sizeof(der));
	sodium_memzero(text, sizeof(text));
	return out;
}

static bool read_pem(const char *text, const char *label,
		     const unsigned char *head, size_t head_len,
		     unsigned char ret[SEED])
{
	unsigned char der[DER_MAX];
	char begin[64], end[64];
	const char *p, *stop;
	size_t len = 0;
	bool ok;

	snprintf(begin, sizeof(begin), "-----BEGIN %s-----", label);
	snprintf(end, sizeof(end), "-----END %s-----", label);
	p = strstr(text, begin);
	stop = p ? strstr(p, end) : NULL;
	if (!stop)
		return false;
	p += strlen(begin);
	ok = sodium_base642bin(der, sizeof(der), p, (size_t)(stop - p),
			       " \r\n\t", &len, NULL,
			       sodium_base64_VARIANT_ORIGINAL) == 0 &&
	     len == head_len + SEED && !memcmp(der, head, head_len);
	if (ok)
		memcpy(ret, der + head_len, SEED);
	sodium_memzero(der, sizeof(der));
	return ok;
}

char *sign_key_pem(const struct sign_key *key, struct arena *a)
{
	unsigned char seed[SEED];
	char *out;

	crypto_sign_ed25519_sk_to_seed(seed, key->secret);
	out = pem("PRIVATE KEY", secret_head, sizeof(secret_head), seed, a);
	sodium_memzero(seed, sizeof(seed));
	return out;
}

char *sign_public_pem(const struct sign_public *key, struct arena *a)
{
	return pem("PUBLIC KEY", public_head, sizeof(public_head), key->bytes,
		   a);
}

bool sign_key_read(const char *text, struct sign_key *ret, struct err *err)
{
	unsigned char seed[SEED], public[SIGN_PUBLIC];

	if (!read_pem(text, "PRIVATE KEY", secret_head, sizeof(secret_head),
		      seed))
		return err_set(err, ERR_INVALID,
			       "this is no Ed25519 private key in PEM form");
	crypto_sign_seed_keypair(public, ret->secret, seed);
	sodium_memzero(seed, sizeof(seed));
	return true;
}

bool sign_public_read(const char *text, struct sign_public *ret,
		      struct err *err)
{
	return read_pem(text, "PUBLIC KEY", public_head, sizeof(public_head),
			ret->bytes) ||
	       err_set(err, ERR_INVALID,
		       "this is no Ed25519 public key in PEM form");
}

/* ---- signing ---- */

void sign_make(const struct sign_key *key, const void *bytes, size_t len,
	       unsigned char ret[SIGN_BYTES])
{
	crypto_sign_detached(ret, NULL, bytes, len, key->secret);
}

bool sign_check(const struct sign_public *key, const void *bytes, size_t len,
		const unsigned char signature[SIGN_BYTES])
{
	return crypto_sign_verify_detached(signature, bytes, len, key->bytes) ==
	       0;
}
