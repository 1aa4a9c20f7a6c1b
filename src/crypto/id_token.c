#include "crypto/id_token.h"

#include <errno.h>
#include <jwt.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
	NUMBER_MAX = 1024, /* bytes: RSA of 8192 bits */
	RSA_BITS_MIN = 2048,
	P256_BYTES = 32,
};

static bool decode64(const char *text, unsigned char *to, size_t max,
		     size_t *ret_len)
{
	return text && !sodium_base642bin(
			       to, max, text, strlen(text), NULL, ret_len, NULL,
			       sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static EVP_PKEY *key_of(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (ctx && params && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *rsa_key(const struct jwk_text *jwk)
{
	unsigned char n[NUMBER_MAX], e[NUMBER_MAX];
	size_t n_len, e_len;
	OSSL_PARAM_BLD *bld;
	OSSL_PARAM *params = NULL;
	BIGNUM *bn = NULL, *be = NULL;
	EVP_PKEY *key = NULL;

	if (!decode64(jwk->n, n, sizeof(n), &n_len) ||
	    !decode64(jwk->e, e, sizeof(e), &e_len))
		return NULL;
	bld = OSSL_PARAM_BLD_new();
	bn = BN_bin2bn(n, (int)n_len, NULL);
	be = BN_bin2bn(e, (int)e_len, NULL);
	if (bld && bn && be &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn) &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, be))
		params = OSSL_PARAM_BLD_to_param(bld);
	key = key_of("RSA", params);
	if (key && EVP_PKEY_get_bits(key) < RSA_BITS_MIN) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(bn);
	BN_free(be);
	return key;
}

/* An uncompressed point: 04, x, y (SEC 1, 2.3.3). */
static EVP_PKEY *ec_key(const struct jwk_text *jwk)
{
	unsigned char point[1 + 2 * P256_BYTES] = { 4 };
	char group[] = "prime256v1";
	size_t x_len, y_len;
	OSSL_PARAM params[3];

	if (!jwk->crv || strcmp(jwk->crv, "P-256") != 0 ||
	    !decode64(jwk->x, point + 1, P256_BYTES, &x_len) ||
	    !decode64(jwk->y, point + 1 + P256_BYTES, P256_BYTES, &y_len) ||
	    x_len != P256_BYTES || y_len != P256_BYTES)
		return NULL;
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
						     group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
						      point, sizeof(point));
	params[2] = OSSL_PARAM_construct_end();
	return key_of("EC", params);
}

char *jwk_pem(const struct jwk_text *jwk, struct arena *a)
{
	EVP_PKEY *key = NULL;
	char *bytes, *pem = NULL;
	BIO *bio;
	long len;

	if (jwk->kty && (!jwk->use || !strcmp(jwk->use, "sig")))
		key = !strcmp(jwk->kty, "RSA")	? rsa_key(jwk)
		      : !strcmp(jwk->kty, "EC") ? ec_key(jwk)
						: NULL;
	if (!key)
		return NULL;
	bio = BIO_new(BIO_s_mem());
	if (bio && PEM_write_bio_PUBKEY(bio, key) == 1) {
		len = BIO_get_mem_data(bio, &bytes);
		pem = arena_strndup(a, bytes, (size_t)len);
	}
	BIO_free(bio);
	EVP_PKEY_free(key);
	return pem;
}

static bool refuse(struct err *err, const char *cause)
{
	err_set(err, ERR_UNAUTHENTICATED,
		"The answer of the identity provider is not valid");
	return err_cause(err, "%s", cause);
}

static const char *text_claim(jwt_t *jwt, const char *name, struct arena *a)
{
	return arena_strdup(a, jwt_get_grant(jwt, name));
}

static const char *json_claim(jwt_t *jwt, const char *name, struct arena *a)
{
	char *json = jwt_get_grants_json(jwt, name);
	const char *ret = arena_strdup(a, json);

	free(json);
	return ret;
}

/* What is returned for an absent one differs by version. */
static int64_t number_claim(jwt_t *jwt, const char *name)
{
	int64_t n;

	errno = 0;
	n = jwt_get_grant_int(jwt, name);
	return errno ? 0 : n;
}

static bool true_claim(jwt_t *jwt, const char *name)
{
	int yes;

	errno = 0;
	yes = jwt_get_grant_bool(jwt, name);
	return !errno && yes == 1;
}

bool id_token_read(const char *text, const char *pem, const char *groups_claim,
		   struct arena *a, struct id_claims *ret, struct err *err)
{
	jwt_t *jwt = NULL;
	jwt_alg_t alg;

	if (strnlen(text, ID_TOKEN_MAX + 1) > ID_TOKEN_MAX)
		return refuse(err, "length");
	if (jwt_decode(&jwt, text, (const unsigned char *)pem,
		       (int)strlen(pem)))
		return refuse(err, "signature or form");
	/* The library would take the key's text for the secret of an HMAC. */
	alg = jwt_get_alg(jwt);
	if (alg != JWT_ALG_RS256 && alg != JWT_ALG_ES256) {
		jwt_free(jwt);
		return refuse(err, "algorithm");
	}
	*ret = (struct id_claims){
		.issuer = text_claim(jwt, "iss", a),
		.subject = text_claim(jwt, "sub", a),
		.audience = json_claim(jwt, "aud", a),
		.azp = text_claim(jwt, "azp", a),
		.nonce = text_claim(jwt, "nonce", a),
		.email = text_claim(jwt, "email", a),
		.name = text_claim(jwt, "name", a),
		.groups = json_claim(jwt, groups_claim, a),
		.expires_at = number_claim(jwt, "exp"),
		.issued_at = number_claim(jwt, "iat"),
		.email_verified = true_claim(jwt, "email_verified"),
	};
	jwt_free(jwt);
	return true;
}

char *pkce_challenge(const char *verifier, struct arena *a)
{
	const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
	unsigned char hash[crypto_hash_sha256_BYTES];
	size_t size = sodium_base64_ENCODED_LEN(sizeof(hash), variant);
	char *out = arena_bytes(a, size);

	crypto_hash_sha256(hash, (const unsigned char *)verifier,
			   strlen(verifier));
	sodium_bin2base64(out, size, hash, sizeof(hash), variant);
	return out;
}
