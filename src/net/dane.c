#include "net/dane.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "base/clock.h"

enum { ISSUER = 2, SERVER = 3 };

bool dane_usable(const struct dns_tlsa *r)
{
	static const size_t sizes[] = { 0, 32, 64 };

	return (r->usage == ISSUER || r->usage == SERVER) && r->selector <= 1 &&
	       r->matching <= 2 &&
	       (!r->matching || span_len(r->data) == sizes[r->matching]);
}

static X509 *parse(const struct cert *c)
{
	const unsigned char *p = c->der.bytes;

	return d2i_X509(NULL, &p, (long)c->der.len);
}

/* The selected part of the certificate, hashed or not, is the record's. */
static bool is_named(const struct dns_tlsa *r, X509 *x)
{
	unsigned char hash[EVP_MAX_MD_SIZE], *bytes = NULL;
	unsigned size = 0;
	int len = r->selector ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &bytes)
			      : i2d_X509(x, &bytes);
	const void *seen = bytes;
	bool same;

	if (len <= 0)
		return false;
	if (r->matching) {
		EVP_Digest(bytes, (size_t)len, hash, &size,
			   r->matching == 1 ? EVP_sha256() : EVP_sha512(),
			   NULL);
		seen = hash;
		len = (int)size;
	}
	same = (size_t)len == span_len(r->data) &&
	       !memcmp(seen, r->data.p, (size_t)len);
	OPENSSL_free(bytes);
	return same;
}

/* The chain leads to this issuer and to nobody else. */
static bool leads_to(const struct cert_chain *chain, X509 *issuer, int64_t now)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *rest = sk_X509_new_null();
	X509 *leaf = parse(&chain->items[0]);
	bool ok = false;

	X509_STORE_add_cert(store, issuer);
	for (size_t i = 1; i < chain->len; i++) {
		X509 *x = parse(&chain->items[i]);

		if (x)
			sk_X509_push(rest, x);
	}
	if (leaf && X509_STORE_CTX_init(ctx, store, leaf, rest)) {
		X509_STORE_CTX_set_time(ctx, 0, (time_t)(now / CLOCK_SECOND));
		X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN);
		ok = X509_verify_cert(ctx) == 1;
	}
	X509_STORE_CTX_free(ctx);
	sk_X509_pop_free(rest, X509_free);
	X509_STORE_free(store);
	X509_free(leaf);
	return ok;
}

static bool matches_at(const struct dns_tlsa *r, const struct cert_chain *chain,
		       size_t i, int64_t now)
{
	X509 *x = parse(&chain->items[i]);
	bool ok = x && is_named(r, x) &&
		  (r->usage == SERVER || leads_to(chain, x, now));

	X509_free(x);
	ERR_clear_error();
	return ok;
}

bool dane_matches(const struct dns_tlsa *records, size_t count,
		  const struct cert_chain *chain, const char *host, int64_t now)
{
	for (size_t i = 0; i < count; i++) {
		const struct dns_tlsa *r = &records[i];

		if (!dane_usable(r) || !chain->len)
			continue;
		if (r->usage == SERVER) {
			if (matches_at(r, chain, 0, now))
				return true;
			continue;
		}
		if (!cert_matches(&chain->items[0], host))
			continue;
		for (size_t n = 1; n < chain->len; n++)
			if (matches_at(r, chain, n, now))
				return true;
	}
	return false;
}
