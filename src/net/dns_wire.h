/*
 * dns_wire: DNS messages and RDATA as bytes (RFC 1035), taken apart by ldns.
 *
 * Everything here is pure. Names come out as text with a final dot, in lower
 * case, with \DDD for what is no plain character; a TXT record as one string,
 * its parts joined without anything between (RFC 7208 section 3.3).
 */
#ifndef NIS2_NET_DNS_WIRE_H
#define NIS2_NET_DNS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

enum dns_class { DNS_CLASS_IN = 1, DNS_CLASS_CH = 3 };

/* Records of one message that are kept. */
enum { DNS_MESSAGE_RECORDS = 256 };

struct dns_record {
	const char *name;
	int type, rclass;
	uint32_t ttl;
	struct span rdata; /* names in it uncompressed */
};

struct dns_message {
	int id, rcode;
	bool response, authoritative, truncated, recursion;
	struct dns_record *answers;
	size_t answer_count;
	struct dns_record *authority;
	size_t authority_count;
};

struct dns_question {
	const char *name;
	int type; /* enum dns_type */
	int qclass;
	bool recurse; /* RD */
	int id;
};

bool dns_wire_query(const struct dns_question *q, struct arena *a,
		    struct span *ret);
/* False for what is no message. */
bool dns_wire_parse(struct span bytes, struct arena *a,
		    struct dns_message *ret);

/* ---- RDATA ---- */

/* A name at the start of the span, which moves past it. */
bool dns_read_name(struct span *s, struct arena *a, const char **ret);
bool dns_read_txt(struct span rdata, struct arena *a, const char **ret);

struct dns_mx {
	unsigned preference;
	const char *host;
};
bool dns_read_mx(struct span rdata, struct arena *a, struct dns_mx *ret);

struct dns_soa {
	const char *mname, *rname;
	uint32_t serial, refresh, retry, expire, minimum;
};
bool dns_read_soa(struct span rdata, struct arena *a, struct dns_soa *ret);

struct dns_caa {
	bool critical;
	const char *tag; /* lower case */
	const char *value;
};
/* RFC 8659 section 4.1. */
bool dns_read_caa(struct span rdata, struct arena *a, struct dns_caa *ret);

struct dns_tlsa {
	unsigned usage, selector, matching;
	struct span data;
};
/* RFC 6698 section 2.1. */
bool dns_read_tlsa(struct span rdata, struct dns_tlsa *ret);

#endif
