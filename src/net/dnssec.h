/*
 * dnssec: how good the signatures of a zone are, apart from whether they are
 * valid: validators call RSASHA1, SHA-1 digests and 150 rounds of NSEC3
 * secure, the standards no longer do (RFC 8624, RFC 9276, RFC 9905). Pure.
 */
#ifndef NIS2_NET_DNSSEC_H
#define NIS2_NET_DNSSEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct dnssec_algorithm {
	int number;
	const char *name;
	bool weak; /* must not be used to sign */
	bool rsa;
};

/* The row of the registry, or NULL for an unassigned number. */
const struct dnssec_algorithm *dnssec_algorithm(int number);
/* "SHA-256"; NULL when unassigned. */
const char *dnssec_digest(int number);
/* SHA-1 and GOST. */
bool dnssec_digest_weak(int number);

struct dnskey {
	unsigned flags; /* 256: zone key, 1: entry point, 128: revoked */
	int algorithm;
	int bits; /* of an RSA key; 0 for others */
};
/* RFC 4034 section 2.1, RFC 3110. */
bool dnskey_read(struct span rdata, struct dnskey *ret);

struct ds {
	unsigned tag;
	int algorithm, digest;
};
bool ds_read(struct span rdata, struct ds *ret);

struct rrsig {
	int covered; /* type */
	int algorithm;
	int64_t expires, inception; /* seconds since 1970, near `now` */
};
/* RFC 4034 section 3.1; `now` (seconds) resolves the 32-bit times. */
bool rrsig_read(struct span rdata, int64_t now, struct rrsig *ret);

struct nsec3 {
	int hash;
	bool opt_out;
	int iterations;
	int salt_len;
};
/* The head of NSEC3 and the whole of NSEC3PARAM (RFC 5155). */
bool nsec3_read(struct span rdata, struct nsec3 *ret);

#endif
