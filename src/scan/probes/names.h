/*
 * names: what the probes of a name share: the resolver of the plan, the domain
 * that the name belongs to, and the addresses of other hosts it leads to.
 */
#ifndef NIS2_SCAN_PROBES_NAMES_H
#define NIS2_SCAN_PROBES_NAMES_H

#include <stdbool.h>

#include "net/dns.h"
#include "net/resolver.h"
#include "scan/probe.h"

/* Hosts of one kind (name servers, mail servers) that are looked at. */
enum { NAMES_HOSTS_MAX = 13 };

struct names {
	struct probe_run *run;
	struct resolver *resolver;
	const char *name;   /* the target's, without a final dot */
	const char *domain; /* the organisation's */
	bool is_domain;	    /* they are the same */
	const char *anchor; /* of DNSSEC; NULL: none */
};

#define _cleanup_names_ __attribute__((cleanup(names_close)))
void names_close(struct names *n);
/* Also asks whether answers can be validated. */
bool names_open(struct probe_run *run, struct names *ret, struct err *err);

/* Asks them all until the deadline of the run. */
void names_ask(struct names *n, struct dns_ask *asks, size_t count);

/* A host that a record of the domain names. */
struct name_host {
	const char *host;	/* lower case, with its final dot */
	enum dns_state state;	/* DNS_DATA: it has addresses */
	struct addr_list addrs; /* those that may be contacted */
	bool refused; /* has one that may not: private, loopback, … */
	bool alias;   /* the name is a CNAME */
	bool secure;  /* its addresses are validated */
	bool v6;
};

/* Addresses of up to NAMES_HOSTS_MAX hosts at once, each judged. */
void names_hosts(struct names *n, struct name_host *hosts, size_t count);

/* What is wrong with the records of a host, in words, as "HOST: why". */
void names_problems(const struct name_host *hosts, size_t count,
		    struct arena *a, struct str_list *ret);

/* The texts of a TXT answer that `is` takes; at most FACT_LIST_MAX. */
struct str_list names_texts(const struct dns_ask *ask,
			    bool (*is)(const char *text), struct arena *a);

/* The owner is another name: a CNAME was followed. */
bool names_is_alias(const struct dns_ask *ask);

/* A list that grows to NAMES_LIST_MAX, without doubles. */
enum { NAMES_LIST_MAX = 64 };
struct str_list names_list(struct arena *a);
void names_add(struct str_list *list, const char *text);

#endif
