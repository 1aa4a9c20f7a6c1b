/*
 * cert_x509: what the files that know OpenSSL share about certificates. For
 * src/net alone; nobody else sees an X509.
 */
#ifndef NIS2_NET_CERT_X509_H
#define NIS2_NET_CERT_X509_H

#include <stddef.h>

#include "net/cert.h"

struct x509_st; /* X509 */
struct evp_pkey_st;

/* Of the DER that was parsed before; the caller frees it. Never NULL. */
struct x509_st *cert_x509(const struct cert *c);

/* A text of a certificate: bounded, without control characters. */
const char *cert_text(struct arena *a, const char *bytes, size_t len);
/* SHA-256 as lower-case hex. */
void cert_hash_hex(const void *bytes, size_t size, char ret[65]);

/* Key usages, must-staple and addresses of revocation lists. */
void cert_read_usage(struct x509_st *x, struct arena *a, struct cert *c);
/* The fingerprint of its key, and whether that key can be a secret at all. */
void cert_read_secret(struct x509_st *x, struct cert *c);

#endif
