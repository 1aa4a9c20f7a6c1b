/*
 * cert_store: whom we trust, and what a chain is worth.
 */
#include "net/cert.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/cert_x509.h"

struct cert_store {
	X509_STORE *x509;
	STACK_OF(X509_INFO) * own; /* those of CA_FILE; NULL: none */
};

/* Debian and its kin, Red Hat and its kin. */
static const char *const system_bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
};

static void load_system(X509_STORE *store)
{
	for (size_t i = 0; i < sizeof(system_bundles) / sizeof(char *); i++)
		if (X509_STORE_load_file(store, system_bundles[i]))
			break;
	ERR_clear_error();
}

static bool read_own(struct cert_store *store, const char *ca_file)
{
	BIO *bio = BIO_new_file(ca_file, "r");

	store->own = bio ? PEM_X509_INFO_read_bio(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	return store->own;
}

static bool is_own(const struct cert_store *store, const X509 *x)
{
	for (int i = 0; store->own && i < sk_X509_INFO_num(store->own); i++) {
		const X509_INFO *info = sk_X509_INFO_value(store->own, i);

		if (info->x509 && !X509_cmp(info->x509, x))
			return true;
	}
	return false;
}

bool cert_store_open(const char *ca_file, struct cert_store **ret,
		     struct err *err)
{
	struct cert_store *store = calloc(1, sizeof(*store));

	if (!store || !(store->x509 = X509_STORE_new()))
		abort();
	load_system(store->x509);
	if (ca_file && *ca_file &&
	    (!X509_STORE_load_file(store->x509, ca_file) ||
	     !read_own(store, ca_file))) {
		cert_store_close(store);
		ERR_clear_error();
		return err_set(err, ERR_INVALID,
			       "CA_FILE %s: no certificate can be read",
			       ca_file);
	}
	*ret = store;
	return true;
}

void cert_store_close(struct cert_store *store)
{
	if (!store)
		return;
	X509_STORE_free(store->x509);
	sk_X509_INFO_pop_free(store->own, X509_INFO_free);
	free(store);
}

void cert_store_close_at_end(struct cert_store **store)
{
	cert_store_close(*store);
}

/* ---- verifying ---- */

/* What the verification of one chain came upon. */
struct findings {
	int error;  /* the first that is not about the leaf's dates */
	int length; /* of the chain when it came up */
	bool public_root;
};

static const struct {
	int error;
	const char *text;
} trust_errors[] = {
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
	  "the certificate is self-signed" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
	  "the chain ends at a root that is not trusted" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
	  "the chain ends at an issuer that is not known" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
	  "the chain ends at an issuer that is not known" },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
	  "the chain ends at an issuer that is not known" },
	{ X509_V_ERR_CERT_HAS_EXPIRED,
	  "a certificate of an issuer has expired" },
	{ X509_V_ERR_CERT_NOT_YET_VALID,
	  "a certificate of an issuer is not valid yet" },
	{ X509_V_ERR_INVALID_CA, "an issuer may not issue certificates" },
	{ X509_V_ERR_INVALID_PURPOSE, "the certificate is not for servers" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE,
	  "a signature in the chain is wrong" },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG, "the chain is too long" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED,
	  "the chain is longer than an issuer allows" },
	{ X509_V_ERR_PERMITTED_VIOLATION,
	  "the name is not one its issuer may certify" },
};

static const char *trust_error_text(int error)
{
	for (size_t i = 0; i < sizeof(trust_errors) / sizeof(*trust_errors);
	     i++)
		if (trust_errors[i].error == error)
			return trust_errors[i].text;
	return "the chain cannot be verified";
}

static bool is_unknown_issuer(int error)
{
	return error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
	       error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	       error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

static int note(int ok, X509_STORE_CTX *ctx)
{
	struct findings *found = X509_STORE_CTX_get_app_data(ctx);
	int error = X509_STORE_CTX_get_error(ctx);
	bool date = error == X509_V_ERR_CERT_HAS_EXPIRED ||
		    error == X509_V_ERR_CERT_NOT_YET_VALID;

	if (ok || found->error ||
	    (date && !X509_STORE_CTX_get_error_depth(ctx)))
		return 1;
	found->error = error;
	found->length = sk_X509_num(X509_STORE_CTX_get0_chain(ctx));
	return 1;
}

X509 *cert_x509(const struct cert *c)
{
	const unsigned char *p = c->der.bytes;
	X509 *x = d2i_X509(NULL, &p, (long)c->der.len);

	if (!x)
		abort(); /* cert_parse() has read it before */
	return x;
}

/* Whom the system trusts: what it hangs on is none of the operator's own. */
static bool ends_in_public(const struct cert_store *store, X509_STORE_CTX *ctx)
{
	STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);
	int count = path ? sk_X509_num(path) : 0;

	return count > 0 && !is_own(store, sk_X509_value(path, count - 1));
}

static void set_params(X509_STORE_CTX *ctx, int64_t now)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_STORE_CTX_set_default(ctx, "ssl_server");
	X509_VERIFY_PARAM_set_time(param, (time_t)(now / CLOCK_SECOND));
	X509_VERIFY_PARAM_set_depth(param, CERT_CHAIN_MAX);
	/* Weak hashes are a finding of their own. */
	X509_VERIFY_PARAM_set_auth_level(param, 0);
	/* A CA_FILE may name an intermediate, or a server itself. */
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
}

static void verify(const struct cert_store *store,
		   const struct cert_chain *chain, int64_t now,
		   struct findings *found)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *others = sk_X509_new_null();
	X509 *leaf = cert_x509(&chain->items[0]);

	if (!ctx || !others)
		abort();
	for (size_t i = 1; i < chain->len; i++) {
		X509 *x = cert_x509(&chain->items[i]);

		if (!sk_X509_push(others, x))
			abort();
	}
	if (X509_STORE_CTX_init(ctx, store->x509, leaf, others)) {
		set_params(ctx, now);
		X509_STORE_CTX_set_app_data(ctx, found);
		X509_STORE_CTX_set_verify_cb(ctx, note);
		if (X509_verify_cert(ctx) < 0 && !found->error)
			found->error = X509_V_ERR_UNSPECIFIED;
		found->public_root =
			!found->error && ends_in_public(store, ctx);
	} else {
		found->error = X509_V_ERR_UNSPECIFIED;
	}
	X509_free(leaf);
	sk_X509_pop_free(others, X509_free);
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
}

/* ---- the chain as it was sent ---- */

bool cert_is_issued_by(const struct cert *c, const struct cert *issuer)
{
	X509 *x = cert_x509(c), *ca = cert_x509(issuer);
	EVP_PKEY *key = X509_get0_pubkey(ca);
	bool yes = !X509_NAME_cmp(X509_get_issuer_name(x),
				  X509_get_subject_name(ca)) &&
		   key && X509_verify(x, key) == 1;

	X509_free(x);
	X509_free(ca);
	ERR_clear_error();
	return yes;
}

/* A trusted one that signed it; the caller frees it. */
static X509 *trusted_issuer(const struct cert_store *store, X509 *x)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509 *found = NULL;

	if (!ctx || !X509_STORE_CTX_init(ctx, store->x509, x, NULL))
		abort();
	if (X509_STORE_CTX_get1_issuer(&found, ctx, x) != 1)
		found = NULL;
	X509_STORE_CTX_free(ctx);
	return found;
}

static bool parse_x509(X509 *x, struct arena *a, struct cert *ret)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);
	bool ok = len > 0 && cert_parse(der, (size_t)len, a, ret, NULL);

	OPENSSL_free(der);
	return ok;
}

bool cert_find_issuer(const struct cert_store *store,
		      const struct cert_chain *chain, struct arena *a,
		      struct cert *ret)
{
	const struct cert *leaf = &chain->items[0];
	struct cert found = { 0 };
	X509 *x, *ca;
	bool ok;

	for (size_t i = 1; i < chain->len; i++)
		if (cert_is_issued_by(leaf, &chain->items[i])) {
			*ret = chain->items[i];
			return true;
		}
	x = cert_x509(leaf);
	ca = trusted_issuer(store, x);
	ok = ca && parse_x509(ca, a, &found) && cert_is_issued_by(leaf, &found);
	X509_free(x);
	X509_free(ca);
	ERR_clear_error();
	if (ok)
		*ret = found;
	return ok;
}

static bool is_ordered(const struct cert_chain *chain)
{
	for (size_t i = 1; i < chain->len; i++)
		if (!cert_is_issued_by(&chain->items[i - 1], &chain->items[i]))
			return false;
	return true;
}

static int days_between(int64_t from, int64_t to)
{
	int64_t d = to - from;

	return (int)(d >= 0 ? d / CLOCK_DAY
			    : -((CLOCK_DAY - 1 - d) / CLOCK_DAY));
}

void cert_judge(const struct cert_store *store, const struct cert_chain *chain,
		const char *host, int64_t now, struct cert_verdict *ret)
{
	const struct cert *leaf = &chain->items[0];
	struct findings found = { 0 };
	struct cert_verdict v = {
		.expired = now > leaf->not_after,
		.not_yet_valid = now < leaf->not_before,
		.self_signed = leaf->self_signed,
		.name_match = cert_matches(leaf, host),
		.weak_signature = leaf->weak_signature,
		.days_left = days_between(now, leaf->not_after),
	};

	verify(store, chain, now, &found);
	v.trusted = !found.error;
	v.public_root = found.public_root;
	v.ordered = is_ordered(chain);
	v.unknown_issuer = is_unknown_issuer(found.error);
	/*
	 * A root need not be sent, so only a leaf whose own issuer is neither
	 * sent nor known is surely incomplete.
	 */
	v.chain_complete = !v.unknown_issuer || found.length > 1;
	if (!v.trusted)
		v.trust_error = trust_error_text(found.error);
	if (!v.chain_complete)
		v.trust_error = "the certificate of the issuer was not sent";
	/* The signature of a root says nothing: it is trusted by name. */
	for (size_t i = 1; i < chain->len; i++) {
		v.root_sent |= chain->items[i].self_signed;
		v.weak_signature |= !chain->items[i].self_signed &&
				    chain->items[i].weak_signature;
	}
	*ret = v;
}
