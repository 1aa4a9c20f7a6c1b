#include "net/pubkey.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

/* The bytes into `out`; 0 when it is no base64 or too long. */
static int decode(struct span text, unsigned char out[PUBKEY_DER_MAX])
{
	char clean[PUBKEY_DER_MAX / 3 * 4 + 4];
	size_t len = 0, padding = 0;
	int bytes;

	for (; span_len(text); text.p++) {
		if (isspace((unsigned char)*text.p))
			continue;
		if (len == sizeof(clean) - 4)
			return 0;
		padding += *text.p == '=';
		clean[len++] = *text.p;
	}
	for (; len % 4; padding++) /* some leave the padding out */
		clean[len++] = '=';
	if (!len || padding > 2 || len / 4 * 3 > PUBKEY_DER_MAX)
		return 0;
	bytes = EVP_DecodeBlock(out, (unsigned char *)clean, (int)len);
	return bytes > (int)padding ? bytes - (int)padding : 0;
}

int pubkey_raw_length(struct span base64)
{
	unsigned char der[PUBKEY_DER_MAX];

	return decode(base64, der);
}

int pubkey_rsa_bits(struct span base64)
{
	unsigned char der[PUBKEY_DER_MAX];
	const unsigned char *p = der;
	int len = decode(base64, der), bits = 0;
	EVP_PKEY *key;

	if (!len)
		return 0;
	key = d2i_PUBKEY(NULL, &p, len);
	if (!key) {
		p = der;
		key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, len);
	}
	if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		bits = EVP_PKEY_get_bits(key);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return bits;
}

static EVP_PKEY *rsa_of(struct span certificate)
{
	const unsigned char *p = (const unsigned char *)certificate.p;
	X509 *x = d2i_X509(NULL, &p, (long)span_len(certificate));
	EVP_PKEY *key = x ? X509_get_pubkey(x) : NULL;

	X509_free(x);
	if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

int pubkey_rsa_bytes(struct span certificate)
{
	EVP_PKEY *key = rsa_of(certificate);
	int bytes = key ? EVP_PKEY_get_size(key) : 0;

	EVP_PKEY_free(key);
	ERR_clear_error();
	return bytes <= PUBKEY_RSA_MAX ? bytes : 0;
}

bool pubkey_rsa_raw(struct span certificate, const unsigned char *block,
		    unsigned char *ret)
{
	EVP_PKEY *key = rsa_of(certificate);
	EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	size_t len = key ? (size_t)EVP_PKEY_get_size(key) : 0, out = len;
	bool ok = ctx && len <= PUBKEY_RSA_MAX &&
		  EVP_PKEY_encrypt_init(ctx) > 0 &&
		  EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) > 0 &&
		  EVP_PKEY_encrypt(ctx, ret, &out, block, len) > 0;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}
