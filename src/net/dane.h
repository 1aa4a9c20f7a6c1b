/*
 * dane: whether the certificates of a mail server are those that its TLSA
 * records name (RFC 6698, RFC 7671, RFC 7672). Pure; through OpenSSL.
 */
#ifndef NIS2_NET_DANE_H
#define NIS2_NET_DANE_H

#include <stdbool.h>
#include <stdint.h>

#include "net/cert.h"
#include "net/dns_wire.h"

/*
 * Usages 0 and 1 count for nothing in mail (RFC 7672 section 3.1.3), nor does
 * what is unknown: such a record cannot be used.
 */
bool dane_usable(const struct dns_tlsa *record);

/*
 * Whether one of the usable records matches: usage 3 the server's certificate
 * (names and dates aside), usage 2 an issuer that the chain, valid at `now`
 * and with `host` in its names, leads to.
 */
bool dane_matches(const struct dns_tlsa *records, size_t count,
		  const struct cert_chain *chain, const char *host,
		  int64_t now);

#endif
