/*
 * address: whose request it is, when proxies stand between.
 *
 * The peer of the connection, unless it is in TRUSTED_PROXIES: then the
 * right-most element of X-Forwarded-For that is an address and not trusted.
 * Whatever is left of it was written by the client and means nothing.
 */
#ifndef NIS2_HTTP_ADDRESS_H
#define NIS2_HTTP_ADDRESS_H

#include <stdbool.h>

#include "base/arena.h"

/* `trusted`: comma separated addresses and CIDRs. Canonical text. */
const char *address_client(const char *peer, const char *forwarded_for,
			   const char *trusted, struct arena *a);

/*
 * The network that one client is taken for when it is counted: `v4_bits` of an
 * IPv4 address; of an IPv6 address always 64, since a connection of its own
 * comes with as many (RFC 6177), and counting each would count nothing. What is
 * no address stays as it is.
 */
const char *address_network(const char *address, unsigned v4_bits,
			    struct arena *a);

bool address_in(const char *address, const char *networks);
bool address_is_loopback(const char *address);

#endif
