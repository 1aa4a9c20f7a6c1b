/*
 * dns: parts of the probe of a domain's DNS, each in a file of its own.
 */
#ifndef NIS2_SCAN_PROBES_DNS_H
#define NIS2_SCAN_PROBES_DNS_H

#include "scan/probes/names.h"

/* The answers about the zone of the domain. */
struct dns_zone_answers {
	const struct dns_ask *soa, *dnskey, *ds, *nsec3param;
	const struct dns_ask *nothing; /* a name that hardly exists */
	const struct dns_ask *v4, *v6; /* addresses of the name itself */
};

/* DNSSEC: valid or not, and how good (dns_signed.c). */
void dns_signed_facts(struct names *n, const struct dns_zone_answers *zone);

/* Each name server, asked itself (dns_servers.c). */
void dns_server_facts(struct names *n, const struct dns_ask *ns);

/*
 * Services where a name that does not exist can be taken by anybody with an
 * account: a CNAME that leads there is for the taking. Pure.
 */
bool dns_can_be_claimed(const char *name);

/*
 * What is wrong with a set of CAA records (RFC 8659), as "TAG: why". Pure.
 */
struct dns_caa;
void dns_caa_check(const struct dns_caa *set, size_t count, struct arena *a,
		   struct str_list *errors);

#endif
