#include "crypto/token_keys.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <string.h>

enum { BITS_MIN = 2048, BITS_MAX = 8192, EXPONENT_MAX = 8 };

static const struct token_keys *process;

static void pkey_free(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void bio_free(BIO **bio)
{
	BIO_free(*bio);
}

#define _cleanup_pkey_ __attribute__((cleanup(pkey_free)))
#define _cleanup_bio_ __attribute__((cleanup(bio_free)))

/* A PEM text as .env files hold it, in one line: \n stands for a line's end. */
static const char *with_lines(const char *pem, struct arena *a)
{
	char *copy = arena_strdup(a, pem), *to = copy;

	for (const char *p = copy; *p; p++)
		if (p[0] == '\\' && p[1] == 'n') {
			*to++ = '\n';
			p++;
		} else if (p[0] == '\\' && p[1] == 'r') {
			p++;
		} else {
			*to++ = *p;
		}
	*to = '\0';
	return copy;
}

/* An encrypted key has nobody here who could be asked for its password. */
static char no_password[] = "";

static bool no_key(struct err *err, const char *name, const char *what)
{
	char cause[160];
	unsigned long code = ERR_peek_last_error();

	ERR_error_string_n(code, cause, sizeof(cause));
	ERR_clear_error();
	err_set(err, ERR_INVALID, "%s %s", name, what);
	return code ? err_cause(err, "%s", cause) : false;
}

static bool check_kind(EVP_PKEY *key, const char *name, struct err *err)
{
	int bits = EVP_PKEY_get_bits(key);

	if (!EVP_PKEY_is_a(key, "RSA"))
		return no_key(err, name, "is not an RSA key");
	if (bits < BITS_MIN || bits > BITS_MAX)
		return err_set(err, ERR_INVALID,
			       "%s has %d bits: %d to %d are taken", name, bits,
			       BITS_MIN, BITS_MAX);
	return true;
}

static const char *from_bio(BIO *bio, struct arena *a)
{
	char *bytes = NULL;
	long len = BIO_get_mem_data(bio, &bytes);

	return arena_strndup(a, bytes, (size_t)len);
}

static const char *base64url(const unsigned char *bytes, size_t len,
			     struct arena *a)
{
	const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
	size_t size = sodium_base64_ENCODED_LEN(len, variant);

	return sodium_bin2base64(arena_bytes(a, size), size, bytes, len,
				 variant);
}

static const char *number(EVP_PKEY *key, const char *name, size_t max,
			  struct arena *a)
{
	unsigned char bytes[BITS_MAX / 8];
	BIGNUM *n = NULL;
	int len = 0;

	if (EVP_PKEY_get_bn_param(key, name, &n) &&
	    (size_t)BN_num_bytes(n) <= max)
		len = BN_bn2bin(n, bytes);
	BN_free(n);
	return len > 0 ? base64url(bytes, (size_t)len, a) : NULL;
}

static const char *kid_of(EVP_PKEY *key, struct arena *a)
{
	unsigned char hash[crypto_hash_sha256_BYTES], *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	char hex[17];

	if (len <= 0)
		return NULL;
	crypto_hash_sha256(hash, der, (unsigned long long)len);
	OPENSSL_free(der);
	sodium_bin2hex(hex, sizeof(hex), hash, 8);
	return arena_strdup(a, hex);
}

/* Adds the public half of `key` to those that verify. */
static bool add_key(struct token_keys *keys, EVP_PKEY *key, const char *name,
		    struct arena *a, struct err *err)
{
	_cleanup_bio_ BIO *bio = BIO_new(BIO_s_mem());
	struct token_key k = {
		.kid = kid_of(key, a),
		.n = number(key, OSSL_PKEY_PARAM_RSA_N, BITS_MAX / 8, a),
		.e = number(key, OSSL_PKEY_PARAM_RSA_E, EXPONENT_MAX, a),
	};

	if (!k.kid || !k.n || !k.e || !bio || !PEM_write_bio_PUBKEY(bio, key))
		return no_key(err, name, "is a key that cannot be used");
	for (int i = 0; i < keys->count; i++)
		if (!strcmp(keys->keys[i].kid, k.kid))
			return true; /* named twice */
	if (keys->count == TOKEN_KEYS_MAX)
		return err_set(err, ERR_INVALID, "%s: more than %d keys", name,
			       TOKEN_KEYS_MAX - 1);
	k.pem = from_bio(bio, a);
	keys->keys[keys->count++] = k;
	return true;
}

/* The key that signs; its PEM is written anew, without what stood around it. */
static bool load_private(const struct settings *s, struct arena *a,
			 struct token_keys *ret, EVP_PKEY **ret_key,
			 struct err *err)
{
	const char *pem = with_lines(s->jwt_private_key, a);
	_cleanup_bio_ BIO *in = BIO_new_mem_buf(pem, -1);
	_cleanup_bio_ BIO *out = BIO_new(BIO_s_secmem());

	if (!*s->jwt_private_key)
		return err_set(err, ERR_INVALID,
			       "JWT_ALGORITHM is RS256 and JWT_PRIVATE_KEY is "
			       "not set");
	*ret_key = PEM_read_bio_PrivateKey(in, NULL, NULL, no_password);
	if (!*ret_key)
		return no_key(err, "JWT_PRIVATE_KEY",
			      "cannot be read: it must be an RSA key in PEM "
			      "form without a password");
	if (!check_kind(*ret_key, "JWT_PRIVATE_KEY", err))
		return false;
	if (!out || !PEM_write_bio_PKCS8PrivateKey(out, *ret_key, NULL, NULL, 0,
						   NULL, NULL))
		return no_key(err, "JWT_PRIVATE_KEY", "cannot be used");
	ret->secret = from_bio(out, a);
	return true;
}

static bool check_public(const struct settings *s, EVP_PKEY *private,
			 struct arena *a, struct err *err)
{
	const char *pem = with_lines(s->jwt_public_key, a);
	_cleanup_bio_ BIO *in = BIO_new_mem_buf(pem, -1);
	_cleanup_pkey_ EVP_PKEY *key = NULL;

	if (!*s->jwt_public_key)
		return true;
	key = PEM_read_bio_PUBKEY(in, NULL, NULL, no_password);
	if (!key)
		return no_key(err, "JWT_PUBLIC_KEY",
			      "cannot be read: it must be in PEM form");
	if (EVP_PKEY_eq(key, private) != 1)
		return no_key(err, "JWT_PUBLIC_KEY",
			      "does not belong to JWT_PRIVATE_KEY");
	return true;
}

static bool load_previous(const struct settings *s, struct arena *a,
			  struct token_keys *ret, struct err *err)
{
	static const char name[] = "JWT_PREVIOUS_PUBLIC_KEYS";
	const char *rest = with_lines(s->jwt_previous_keys, a);

	while ((rest = strstr(rest, "-----BEGIN "))) {
		_cleanup_bio_ BIO *in = BIO_new_mem_buf(rest, -1);
		_cleanup_pkey_ EVP_PKEY *key =
			PEM_read_bio_PUBKEY(in, NULL, NULL, no_password);

		if (!key)
			return no_key(err, name,
				      "holds a key that cannot be read");
		if (!check_kind(key, name, err) ||
		    !add_key(ret, key, name, a, err))
			return false;
		rest++;
	}
	if (*s->jwt_previous_keys &&
	    !strstr(s->jwt_previous_keys, "-----BEGIN "))
		return err_set(err, ERR_INVALID, "%s holds no key in PEM form",
			       name);
	return true;
}

/* What a thread remembers was checked with these keys and with no others. */
static void identify(struct token_keys *keys)
{
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const unsigned char *)keys->secret,
				  strlen(keys->secret) + 1);
	for (int i = 0; i < keys->count; i++)
		crypto_hash_sha256_update(
			&state, (const unsigned char *)keys->keys[i].pem,
			strlen(keys->keys[i].pem) + 1);
	crypto_hash_sha256_final(&state, keys->id);
}

void token_keys_hs256(const char *secret, struct token_keys *ret)
{
	*ret = (struct token_keys){ .secret = secret };
	identify(ret);
}

static bool load_rs256(const struct settings *s, struct arena *a,
		       struct token_keys *ret, struct err *err)
{
	_cleanup_pkey_ EVP_PKEY *key = NULL;
	struct token_keys keys = { .rs256 = true };

	if (!load_private(s, a, &keys, &key, err) ||
	    !check_public(s, key, a, err) ||
	    !add_key(&keys, key, "JWT_PRIVATE_KEY", a, err) ||
	    !load_previous(s, a, &keys, err))
		return false;
	identify(&keys);
	*ret = keys;
	return true;
}

bool token_keys_load(const struct settings *settings, struct arena *a,
		     struct token_keys *ret, struct err *err)
{
	if (*settings->jwt_private_key ||
	    !strcmp(settings->jwt_algorithm, "RS256"))
		return load_rs256(settings, a, ret, err);
	token_keys_hs256(settings->jwt_secret, ret);
	return true;
}

void token_keys_use(const struct token_keys *keys)
{
	process = keys;
}

const struct token_keys *token_keys_process(void)
{
	return process;
}
