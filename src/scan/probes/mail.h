/*
 * mail: parts of the probe of a domain's mail, each in a file of its own.
 */
#ifndef NIS2_SCAN_PROBES_MAIL_H
#define NIS2_SCAN_PROBES_MAIL_H

#include "scan/probes/dns.h"
#include "scan/probes/mta_sts.h"
#include "scan/probes/spf.h"

/* Mail servers that are connected to. */
enum { MAIL_SERVERS_MAX = 5 };

/* A mail server, asked on port 25 (mail_servers.c). */
struct mail_server {
	const struct name_host *host;
	const char *name; /* without its final dot */
	struct arena arena;
	int64_t deadline;
	bool spoke;    /* SMTP */
	bool starttls; /* it offers it, and TLS came about */
	struct cert_chain chain;
};

struct mail {
	struct names *n;
	const struct dns_ask *mx; /* of the domain */
	bool null_mx;
	struct name_host hosts[NAMES_HOSTS_MAX]; /* best preference first */
	size_t host_count;
	struct mail_server servers[MAIL_SERVERS_MAX];
	size_t server_count;
	bool sts_works, dane_works; /* at least one holds a sender to TLS */
};

/* ---- SPF (mail_spf.c) ---- */

enum { SPF_LOOKUPS = 10, SPF_VOIDS = 2 }; /* RFC 7208 section 4.6.4 */

struct spf_outcome {
	int lookups; /* terms that need DNS, with all that is included */
	int voids;   /* of them, without an answer */
	char all;    /* - ~ ? + for who is not listed */
	bool ptr;
	bool names_somebody; /* there are senders */
	struct str_list errors;
};

/* Follows include and redirect; everything is counted that might be asked. */
void spf_follow(struct names *n, const char *domain, const char *record,
		struct spf_outcome *ret);

/* ---- servers (mail_servers.c) ---- */

/* The mail servers, their addresses, and what they say. */
void mail_server_facts(struct mail *m);
/* Afterwards. */
void mail_servers_free(struct mail *m);
/* TLSA records, and whether the certificates are those. */
void mail_dane_facts(struct mail *m);

/* ---- signatures and policies (mail_auth.c) ---- */

/* The record of the domain, and what holds for the name. */
void mail_dmarc_facts(struct mail *m, const struct dns_ask *asks, size_t count);
/* Asks for the selectors of data/dkim_selectors.json. */
void mail_dkim_facts(struct mail *m, const struct dns_ask *parent);

/* ---- MTA-STS (mail_policy.c) ---- */

void mail_policy_facts(struct mail *m, const struct dns_ask *record);

#endif
