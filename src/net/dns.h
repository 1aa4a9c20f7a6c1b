/*
 * dns: names to addresses, and other records, through libunbound.
 *
 * The resolvers are those of /etc/resolv.conf, and a hosts file answers before
 * them, so that a name of the hosts file needs no network. Every call has a
 * deadline (a clock_tick() value) that holds whatever the resolver does. Calls
 * from several threads do not disturb each other: each has its own context.
 */
#ifndef NIS2_NET_DNS_H
#define NIS2_NET_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/addr.h"

/* More answers than this are cut: no host needs them. */
enum { DNS_ADDRS_MAX = 32, DNS_RECORDS_MAX = 64 };

struct addr_list {
	struct addr *items;
	size_t len;
};

/*
 * All A and AAAA records, IPv4 first, asked for in parallel. `hosts_file` NULL
 * or "" means none. A name that does not exist, or that has no address, is
 * ERR_NOT_FOUND; a resolver that fails or is late is ERR_UPSTREAM.
 */
bool dns_resolve(const char *name, int64_t deadline, const char *hosts_file,
		 struct arena *a, struct addr_list *ret, struct err *err);

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_SOA = 6,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_DS = 43,
	DNS_DNSKEY = 48,
	DNS_CAA = 257,
};

struct dns_record {
	const uint8_t *data; /* rdata as on the wire, names uncompressed */
	size_t len;
};

struct dns_answer {
	struct dns_record *items;
	size_t len;
	bool nxdomain; /* the name does not exist at all */
	bool secure;   /* validated by DNSSEC from the root key */
	bool bogus;    /* signed, but the signatures do not hold */
	const char *why_bogus;
	int ttl;
};

/*
 * Records of one type. No records is no error. `validate` checks DNSSEC with
 * the root key of the system (ERR_INTERNAL if there is none).
 */
bool dns_query(const char *name, enum dns_type type, bool validate,
	       int64_t deadline, const char *hosts_file, struct arena *a,
	       struct dns_answer *ret, struct err *err);

#endif
