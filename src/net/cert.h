/*
 * cert: a certificate and its chain as plain structs.
 *
 * Parsing and judging are pure: bytes, a trust store and a time go in. What is
 * wrong is told apart: expired, not yet valid, self-signed, an issuer nobody
 * knows, a chain with a gap, and a name that does not match are separate
 * members, so a finding can say which it is. No X509 leaves cert.c.
 */
#ifndef NIS2_NET_CERT_H
#define NIS2_NET_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* What a peer may send: more is cut or refused. */
enum {
	CERT_DER_MAX = 64 * 1024,
	CERT_CHAIN_MAX = 16,
	CERT_NAMES_MAX = 256,
	CERT_ATTRS_MAX = 32,
};

struct cert_der {
	const uint8_t *bytes;
	size_t len;
};

/* One attribute of a name: {"commonName", "example.com"}. */
struct cert_attr {
	const char *name;
	const char *value;
};

struct cert_attr_list {
	struct cert_attr *items;
	size_t len;
};

struct cert_names {
	const char **items;
	size_t len;
};

struct cert {
	const char *subject; /* RFC 4514, "CN=example.com,O=Example" */
	const char *issuer;
	struct cert_attr_list subject_attrs; /* long names, in order */
	struct cert_attr_list issuer_attrs;
	struct cert_names dns; /* subjectAltName dNSName, lower case */
	struct cert_names ips; /* subjectAltName iPAddress, canonical text */
	const char *serial;    /* upper-case hex */
	int64_t not_before;    /* microseconds, as in base/clock.h */
	int64_t not_after;
	const char *key_type;  /* RSA, ECDSA, Ed25519, Ed448, DSA or Unknown */
	int key_bits;	       /* 0 when unknown */
	const char *key_curve; /* "prime256v1", or NULL */
	const char *signature; /* "sha256WithRSAEncryption" */
	const char *hash; /* "SHA256", or NULL when it has none of its own */
	bool is_ca;
	bool self_signed;    /* issued and signed by itself */
	bool weak_key;	     /* RSA and DSA below 2048 bits, curves below 256 */
	bool weak_signature; /* MD2, MD4, MD5, SHA-1 */
	const char *ocsp_url; /* or NULL */
	char fingerprint[65]; /* SHA-256 over the DER, lower-case hex */
	struct cert_der der;
};

struct cert_chain {
	struct cert *items; /* as sent: the leaf first */
	size_t len;
};

bool cert_parse(const void *der, size_t len, struct arena *a, struct cert *ret,
		struct err *err);
/* `ders` as the peer sent them. A broken leaf is an error, others are cut. */
bool cert_parse_chain(const struct cert_der *ders, size_t count,
		      struct arena *a, struct cert_chain *ret, struct err *err);

/*
 * Whether the certificate is for this host name or address: by subjectAltName
 * only, a wildcard stands for one whole leftmost label (RFC 9525).
 */
bool cert_matches(const struct cert *c, const char *host);

struct cert_store;
#define _cleanup_cert_store_ __attribute__((cleanup(cert_store_close_at_end)))
void cert_store_close_at_end(struct cert_store **store);

/*
 * The system's trusted certificates and those of `ca_file` (PEM; NULL or ""
 * for none). Read once; may then be used by several threads.
 */
bool cert_store_open(const char *ca_file, struct cert_store **ret,
		     struct err *err);
void cert_store_close(struct cert_store *store);

struct cert_verdict {
	bool expired;	    /* the leaf, at `now` */
	bool not_yet_valid; /* the leaf, at `now` */
	bool self_signed;   /* the leaf */
	bool trusted; /* leads to a trusted root, the leaf's dates apart */
	bool unknown_issuer; /* ends at an issuer that is not trusted */
	bool chain_complete; /* no certificate is missing on the way */
	bool name_match;
	bool weak_signature;	 /* of the leaf, or of a CA it hangs on */
	int days_left;		 /* whole days, negative when expired */
	const char *trust_error; /* a sentence, or NULL when trusted */
};

void cert_judge(const struct cert_store *store, const struct cert_chain *chain,
		const char *host, int64_t now, struct cert_verdict *ret);

#endif
