/*
 * cert: the facts of a certificate chain and its verdict. Pure.
 */
#ifndef NIS2_SCAN_PROBES_CERT_H
#define NIS2_SCAN_PROBES_CERT_H

#include "core/fact.h"
#include "net/cert.h"

/* `name` is the DNS name that was asked for, or NULL for an address. */
void cert_facts(const struct cert_store *trust, const struct cert_chain *chain,
		const char *name, int64_t now, int port,
		struct fact_list *facts);

/* The longest that a certificate issued at that time may be valid, in days:
 * what browsers accept of public authorities. 0: without a limit. */
int cert_lifetime_limit(int64_t not_before);

#endif
