/*
 * sct: Signed Certificate Timestamps, the receipts of the public logs of
 * certificates (RFC 6962).
 *
 * They come inside of the certificate, as a TLS extension or with an OCSP
 * answer. A signature is verified when its log is in the operator's list
 * (CT_LOG_LIST); a log that is not is unknown, which says nothing against the
 * certificate.
 */
#ifndef NIS2_NET_SCT_H
#define NIS2_NET_SCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/cert.h"

enum { SCT_MAX = 32, SCT_LOGS_MAX = 1024, SCT_LIST_MAX = 64 * 1024 };

/* One log: its public key as base64 of a SubjectPublicKeyInfo, and its name. */
struct sct_log {
	const char *key;
	const char *name;
};

struct sct_logs;
#define _cleanup_sct_logs_ __attribute__((cleanup(sct_logs_close_at_end)))
void sct_logs_close_at_end(struct sct_logs **logs);
void sct_logs_close(struct sct_logs *logs);

/* Reads the keys; a key that is none is an error that names its log. */
bool sct_logs_open(const struct sct_log *logs, size_t count,
		   struct sct_logs **ret, struct err *err);

enum sct_state {
	SCT_VALID,
	SCT_INVALID,	  /* the log is known, and did not sign this */
	SCT_UNKNOWN_LOG,  /* nothing can be said */
	SCT_NOT_VERIFIED, /* of another version, or the issuer is missing */
};

struct sct {
	enum sct_state state;
	int64_t timestamp; /* microseconds, as in base/clock.h */
	char log[65];	   /* its id, lower-case hex */
};

struct sct_list {
	struct sct items[SCT_MAX];
	size_t len;
};

struct sct_input {
	const struct cert *cert;
	const struct cert *issuer;   /* NULL: not known */
	const struct sct_logs *logs; /* NULL: none are known */
	struct cert_der tls;	     /* of the extension; empty: none */
	struct cert_der ocsp;	     /* of an OCSP answer */
	int64_t now;
};

/* All of them, from the three places; one that does not parse is left out. */
void sct_read(const struct sct_input *in, struct sct_list *ret);

#endif
