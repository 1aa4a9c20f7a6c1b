/*
 * revocation: whether a certificate was taken back by who issued it.
 *
 * An OCSP answer (RFC 6960), stapled or asked for, and a revocation list
 * (RFC 5280 section 5) are read here; nothing is sent. An answer counts only
 * when its signature is that of the issuer (or of a responder the issuer has
 * named), it is about this very certificate, and `now` lies in its time. What
 * does not count is an error, never a status.
 */
#ifndef NIS2_NET_REVOCATION_H
#define NIS2_NET_REVOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/cert.h"

/* What is read of an answer, in bytes; a longer one is refused. */
enum {
	OCSP_ANSWER_MAX = 64 * 1024,
	CRL_MAX = 4 * 1024 * 1024,
	/* Seconds that clocks may differ. */
	REVOCATION_LEEWAY = 300,
};

enum cert_status { CERT_UNKNOWN, CERT_GOOD, CERT_REVOKED };
/* "UNKNOWN", "GOOD", "REVOKED": the words of the contract. */
extern const char *const cert_status_names[];

struct revocation {
	enum cert_status status;
	int64_t this_update;  /* microseconds, as in base/clock.h */
	int64_t next_update;  /* 0: newer ones are always there */
	int64_t revoked_at;   /* 0 unless it is REVOKED */
	const char *reason;   /* "keyCompromise", or NULL */
	struct cert_der scts; /* SCT list that came along (net/sct.h) */
};

/* A request for one certificate with a nonce (RFC 9654), as DER. */
bool ocsp_ask(const struct cert *c, const struct cert *issuer, struct arena *a,
	      struct cert_der *ret, struct err *err);

/*
 * Reads an answer. `request` is what was sent, so that a nonce that comes back
 * is compared; NULL for a stapled one. A responder that says "try later" or
 * the like is ERR_UPSTREAM.
 */
bool ocsp_read(struct cert_der answer, const struct cert_der *request,
	       const struct cert *c, const struct cert *issuer, int64_t now,
	       struct arena *a, struct revocation *ret, struct err *err);

/* Reads a whole list (no delta, no partition by reason). */
bool crl_read(struct cert_der list, const struct cert *c,
	      const struct cert *issuer, int64_t now, struct revocation *ret,
	      struct err *err);

#endif
