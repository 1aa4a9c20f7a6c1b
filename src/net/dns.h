/*
 * dns: names to addresses.
 *
 * A hosts file answers before the resolver (net/resolver.h), so that a name of
 * the hosts file needs no network. Every call has a deadline (a clock_tick()
 * value) that holds whatever the resolver does. Calls from several threads do
 * not disturb each other: each has its own context.
 */
#ifndef NIS2_NET_DNS_H
#define NIS2_NET_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/addr.h"
#include "net/resolver.h"

/* More answers than this are cut: no host needs them. */
enum { DNS_ADDRS_MAX = 32 };

struct addr_list {
	struct addr *items;
	size_t len;
};

/* Where answers come from; members may be NULL or "". */
struct dns_source {
	const char *hosts_file;
	const char *servers; /* as in struct resolver_options */
};

/*
 * All A and AAAA records, IPv4 first, asked for in parallel. A name that does
 * not exist, or that has no address, is ERR_NOT_FOUND; a resolver that fails
 * or is late is ERR_UPSTREAM.
 */
bool dns_resolve(const char *name, const struct dns_source *source,
		 int64_t deadline, struct arena *a, struct addr_list *ret,
		 struct err *err);

/* The addresses of two answers, IPv4 first. */
void dns_addresses(const struct dns_ask *v4, const struct dns_ask *v6,
		   struct arena *a, struct addr_list *ret);

/*
 * The addresses that the text of a hosts file gives a name: pure, for tests.
 * Case is folded; lines that do not parse are passed over.
 */
void dns_hosts_find(const char *text, const char *name, struct arena *a,
		    struct addr_list *ret);

#endif
