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
	CERT_DER_MAX = 512 * 1024, /* ten thousand names fit */
	CERT_FLIGHT_MAX = 1024 * 1024,
	CERT_CHAIN_MAX = 16,
	CERT_NAMES_MAX = 16384,
	CERT_ATTRS_MAX = 32,
	CERT_URLS_MAX = 4,
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
	int64_t key_exponent;	 /* of RSA; 0: none, or beyond 63 bits */
	const char *key_problem; /* why its key is no secret, or NULL */
	bool server_usage;    /* its key usages allow a TLS server (RFC 5280) */
	bool must_staple;     /* asks for a stapled OCSP answer (RFC 7633) */
	const char *ocsp_url; /* or NULL */
	struct cert_names crl_urls; /* http: alone */
	char fingerprint[65];	    /* SHA-256 over the DER, lower-case hex */
	char key_fingerprint[65];   /* the same over SubjectPublicKeyInfo */
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
/* Without any such name, and with the host as its common name, as clients
 * accepted until RFC 6125. */
bool cert_cn_matches(const struct cert *c, const char *host);
/* Whether `issuer` is named in `c` and signed it. */
bool cert_is_issued_by(const struct cert *c, const struct cert *issuer);

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

/* Who issued the leaf: of the chain, or of those we trust. */
bool cert_find_issuer(const struct cert_store *store,
		      const struct cert_chain *chain, struct arena *a,
		      struct cert *ret);

struct cert_verdict {
	bool expired;	    /* the leaf, at `now` */
	bool not_yet_valid; /* the leaf, at `now` */
	bool self_signed;   /* the leaf */
	bool trusted; /* leads to a trusted root, the leaf's dates apart */
	bool unknown_issuer; /* ends at an issuer that is not trusted */
	bool chain_complete; /* no certificate is missing on the way */
	bool name_match;
	bool public_root;    /* trusted by the system, not by CA_FILE alone */
	bool ordered;	     /* each that was sent is issued by the next */
	bool root_sent;	     /* a root came along, which is of no use */
	bool weak_signature; /* of the leaf, or of a CA it hangs on */
	int days_left;	     /* whole days, negative when expired */
	const char *trust_error; /* a sentence, or NULL when trusted */
};

void cert_judge(const struct cert_store *store, const struct cert_chain *chain,
		const char *host, int64_t now, struct cert_verdict *ret);

#endif
