/*
 * cert_key: what a certificate is for, and whether its key can be a secret.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "net/cert_x509.h"

/* ---- usages ---- */

/* RFC 7633: a list of TLS extensions that the server must send. */
static bool asks_for_staple(const X509 *x)
{
	enum { STATUS_REQUEST = 5, STATUS_REQUEST_V2 = 17 };
	TLS_FEATURE *features = X509_get_ext_d2i(x, NID_tlsfeature, NULL, NULL);
	bool asks = false;

	for (int i = 0; features && i < sk_ASN1_INTEGER_num(features); i++) {
		long n = ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i));

		asks |= n == STATUS_REQUEST || n == STATUS_REQUEST_V2;
	}
	TLS_FEATURE_free(features);
	return asks;
}

static bool may_serve(X509 *x)
{
	const uint32_t server = XKU_SSL_SERVER | XKU_ANYEKU | XKU_SGC;
	const uint32_t keys =
		KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT;
	uint32_t usage = X509_get_key_usage(x);
	uint32_t extended = X509_get_extended_key_usage(x);

	/* Both are all bits where the extension is missing. */
	return (usage & keys) && (extended & server);
}

static void add_url(struct cert_names *urls, const GENERAL_NAME *name,
		    struct arena *a)
{
	const char *url;
	int len;

	if (name->type != GEN_URI || urls->len == CERT_URLS_MAX)
		return;
	url = (const char *)ASN1_STRING_get0_data(
		name->d.uniformResourceIdentifier);
	len = ASN1_STRING_length(name->d.uniformResourceIdentifier);
	if (len > 7 && !strncasecmp(url, "http://", 7))
		urls->items[urls->len++] = cert_text(a, url, (size_t)len);
}

static void read_crl_urls(const X509 *x, struct arena *a, struct cert *c)
{
	CRL_DIST_POINTS *points =
		X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);

	c->crl_urls.items = arena_array(a, CERT_URLS_MAX, sizeof(char *));
	for (int i = 0; points && i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, i);

		/* One of some reasons only, or of another issuer: not all. */
		if (!p->distpoint || p->distpoint->type || p->reasons ||
		    p->CRLissuer)
			continue;
		for (int j = 0;
		     j < sk_GENERAL_NAME_num(p->distpoint->name.fullname); j++)
			add_url(&c->crl_urls,
				sk_GENERAL_NAME_value(
					p->distpoint->name.fullname, j),
				a);
	}
	CRL_DIST_POINTS_free(points);
}

void cert_read_usage(X509 *x, struct arena *a, struct cert *c)
{
	c->must_staple = asks_for_staple(x);
	c->server_usage = may_serve(x);
	read_crl_urls(x, a, c);
}

/* ---- keys ---- */

/*
 * The fingerprint of CVE-2017-15361 (ROCA): primes of the faulty library are
 * k * M + (65537^a mod M) with M the product of the first primes, so the
 * modulus is a power of 65537 for each of them. Of other moduli about one in
 * 2^27 is.
 */
static bool is_power_of_65537(unsigned residue, unsigned prime)
{
	unsigned power = 1;

	do {
		if (power == residue)
			return true;
		power = power * (65537 % prime) % prime;
	} while (power != 1);
	return false;
}

static bool has_roca(const BIGNUM *n)
{
	static const unsigned char primes[] = {
		3,   5,	  7,   11,  13,	 17,  19,  23,	29,  31,  37,  41,  43,
		47,  53,  59,  61,  67,	 71,  73,  79,	83,  89,  97,  101, 103,
		107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
	};

	for (size_t i = 0; i < sizeof(primes); i++)
		if (!is_power_of_65537((unsigned)BN_mod_word(n, primes[i]),
				       primes[i]))
			return false;
	return true;
}

/* An exponent that encrypts nothing, or a modulus anybody can factor. */
static const char *rsa_problem(const BIGNUM *n, const BIGNUM *e)
{
	if (BN_is_one(e))
		return "the RSA exponent is 1";
	if (!BN_is_odd(e))
		return "the RSA exponent is even";
	if (!BN_is_odd(n))
		return "the RSA modulus is even";
	return has_roca(n) ? "the RSA key was made by a faulty chip (ROCA)"
			   : NULL;
}

static void read_rsa(EVP_PKEY *key, struct cert *c)
{
	BIGNUM *n = NULL, *e = NULL;

	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) &&
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e)) {
		if (BN_num_bits(e) < 63)
			c->key_exponent = (int64_t)BN_get_word(e);
		c->key_problem = rsa_problem(n, e);
	}
	BN_free(n);
	BN_free(e);
}

void cert_read_secret(X509 *x, struct cert *c)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	EVP_PKEY *key = X509_get0_pubkey(x);

	if (len > 0)
		cert_hash_hex(der, (size_t)len, c->key_fingerprint);
	OPENSSL_free(der);
	if (key && !strcmp(c->key_type, "RSA"))
		read_rsa(key, c);
	ERR_clear_error();
}
