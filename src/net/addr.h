/*
 * addr: IP addresses, networks, and what the IANA says about them.
 *
 * Addresses are read strictly (a dotted quad without leading zeros, any form
 * of RFC 4291 section 2.2; no zone) and written in the canonical form of
 * RFC 5952. There is one table of special-purpose blocks, for both families,
 * and everything that connects or accepts a target asks it through
 * addr_special().
 *
 *	struct addr a;
 *	if (!addr_parse("::ffff:127.0.0.1", &a)) …
 *	addr_special(&a)->reason;	// "loopback"
 */
#ifndef NIS2_NET_ADDR_H
#define NIS2_NET_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct addr {
	uint8_t family;	   /* 4 or 6; 0 is no address */
	uint8_t bytes[16]; /* network order; IPv4 uses the first four */
};

/* Long enough for any address, and for any network, in text. */
enum { ADDR_TEXT = 46, CIDR_TEXT = 50 };

bool addr_parse(const char *text, struct addr *ret);
const char *addr_text(const struct addr *a, char buf[ADDR_TEXT]);
bool addr_equal(const struct addr *a, const struct addr *b);
/* 32 or 128. */
int addr_bits(const struct addr *a);

/*
 * The IPv4 address that an IPv6 address stands for: IPv4-mapped, NAT64
 * (64:ff9b::/96 and the last 32 bits under 64:ff9b:1::/48), 6to4, and the
 * client of a Teredo address. Anything else comes back as it is.
 */
struct addr addr_unwrap(const struct addr *a);

struct cidr {
	struct addr base; /* host bits are zero */
	int prefix;
};

/* "a.b.c.d/n"; host bits are cleared; a bare address is /32 or /128. */
bool cidr_parse(const char *text, struct cidr *ret);
const char *cidr_text(const struct cidr *c, char buf[CIDR_TEXT]);
/* False across families. */
bool cidr_contains(const struct cidr *c, const struct addr *a);
bool cidr_covers(const struct cidr *outer, const struct cidr *inner);
/* How many addresses; UINT64_MAX stands for 2^64 and more. */
uint64_t cidr_count(const struct cidr *c);
/* The n-th address, from 0: a network is walked without being listed. */
bool cidr_nth(const struct cidr *c, uint64_t n, struct addr *ret);

/*
 * A block that is not ordinary unicast space (RFC 6890). `documentation`
 * blocks may be registered as a target, but are never connected to.
 */
struct special {
	const char *block;  /* "127.0.0.0/8" */
	const char *name;   /* as the registry calls it */
	const char *rfc;    /* "RFC 1122, 3.2.1.3" */
	const char *reason; /* a word for people: "loopback" */
	bool global; /* globally reachable, or judged by the IPv4 inside */
	bool documentation;
};

/* The day the table was compared with the registries. */
extern const char addr_registry_date[];

/*
 * Why an address is special, or NULL when it is ordinary. An address that
 * stands for an IPv4 address is judged by that one.
 */
const struct special *addr_special(const struct addr *a);

/*
 * The same for a whole network: the block it lies in, or the first one that
 * lies in it. Documentation blocks are passed over when `documentation_ok`.
 */
const struct special *cidr_special(const struct cidr *c, bool documentation_ok);

/* The n-th row of the table, or NULL after the last: for tests and `check`. */
const struct special *special_row(size_t n);

/* Networks from a setting: "10.0.0.0/8, fd00::/8"; blanks are fine. */
struct net_list {
	const struct cidr *items;
	size_t len;
};

/* At most NET_LIST_MAX entries; an entry that does not parse is named. */
enum { NET_LIST_MAX = 256 };
bool net_list_parse(const char *text, struct arena *a, struct net_list *ret,
		    struct err *err);
/* The address, or the IPv4 address it stands for, lies in one of them. */
bool net_list_has(const struct net_list *list, const struct addr *a);

#endif
