/*
 * resolver: questions to the name servers of this machine, many at a time,
 * each answer with its DNSSEC state. Through libunbound.
 *
 * A resolver has two minds. One validates from a trust anchor (RFC 4035); what
 * it finds bogus is asked again of one that does not, so that a zone with
 * broken signatures can still be looked at: `bogus` and `why_bogus` are kept.
 * A name server that drops the records of DNSSEC would make every zone look
 * bogus; resolver_check() finds that out with the root, and then nothing is
 * validated and resolver_validates() is false.
 *
 *	struct dns_ask asks[] = { { .name = "example.net", .type = DNS_MX } };
 *	resolver_ask(r, asks, 1, deadline, arena);
 *	for (size_t i = 0; i < asks[0].len; i++) …
 *
 * One thread at a time may use a resolver.
 */
#ifndef NIS2_NET_RESOLVER_H
#define NIS2_NET_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_DS = 43,
	DNS_RRSIG = 46,
	DNS_DNSKEY = 48,
	DNS_NSEC3 = 50,
	DNS_NSEC3PARAM = 51,
	DNS_TLSA = 52,
	DNS_AXFR = 252,
	DNS_CAA = 257,
};

/* Records of one answer that are kept, and the largest answer, in bytes. */
enum { DNS_RECORDS_MAX = 64, DNS_PACKET_MAX = 65535 };

enum dns_state {
	DNS_LATE,     /* no answer before the deadline */
	DNS_FAILED,   /* SERVFAIL and the like */
	DNS_NXDOMAIN, /* there is no such name */
	DNS_NODATA,   /* the name has no record of that type */
	DNS_DATA,
};

struct dns_ask {
	const char *name;
	int type; /* enum dns_type */
	/* Filled in: */
	enum dns_state state;
	bool secure;	       /* validated up to the anchor */
	bool bogus;	       /* should have been, and was not */
	const char *why_bogus; /* or NULL */
	const char *canonical; /* where CNAMEs led, or NULL */
	struct span *items;    /* RDATA, names in it uncompressed */
	size_t len;
	struct span packet; /* the whole answer; empty for none */
	int rcode;
};

struct resolver_options {
	/* "192.0.2.1 2001:db8::1@5353"; NULL or "": /etc/resolv.conf */
	const char *servers;
	/* DS or DNSKEY records; NULL or "": nothing is validated */
	const char *anchor_file;
};

struct resolver;
#define _cleanup_resolver_ __attribute__((cleanup(resolver_close_at_end)))
void resolver_close_at_end(struct resolver **resolver);
void resolver_close(struct resolver *resolver);

bool resolver_open(const struct resolver_options *options,
		   struct resolver **ret, struct err *err);
/*
 * Whether the servers let us validate. ERR_UPSTREAM when they do not answer at
 * all. Without a call the answers are validated as far as there is an anchor.
 */
bool resolver_check(struct resolver *r, int64_t deadline, struct err *err);
bool resolver_validates(const struct resolver *r);

/* Asks all at once; returns when all are answered or the deadline passed. */
void resolver_ask(struct resolver *r, struct dns_ask *asks, size_t count,
		  int64_t deadline, struct arena *a);

/* The trust anchor of the system, a file of Debian's dns-root-data; or NULL. */
const char *resolver_system_anchor(void);

/* The list parses: addresses with an optional @port, blanks between. */
bool resolver_servers_ok(const char *servers);

#endif
