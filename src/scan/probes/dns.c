/*
 * dns: the DNS of a name and of the domain it belongs to. All that the
 * resolver can tell is asked at once; then the name servers are asked
 * themselves (dns_servers.c).
 */
#include "scan/probes/dns.h"

#include <string.h>

#include "base/rand.h"
#include "net/dns_wire.h"
#include "net/domain.h"
#include "scan/probes/tag_list.h"

enum { LABELS_MAX = 8 };

/* What is asked at once; the CAA questions follow. */
enum ask { SOA, NS, DNSKEY, DS, NSEC3PARAM, NOTHING, A, AAAA, CAA };

struct look {
	struct names *n;
	struct dns_ask asks[CAA + LABELS_MAX];
	size_t count;
};

static void ask_all(struct look *l)
{
	const char *domain = l->n->domain, *p = l->n->name;
	struct arena *a = l->n->run->arena;

	l->asks[SOA] = (struct dns_ask){ domain, DNS_SOA };
	l->asks[NS] = (struct dns_ask){ domain, DNS_NS };
	l->asks[DNSKEY] = (struct dns_ask){ domain, DNS_DNSKEY };
	l->asks[DS] = (struct dns_ask){ domain, DNS_DS };
	l->asks[NSEC3PARAM] = (struct dns_ask){ domain, DNS_NSEC3PARAM };
	l->asks[NOTHING] = (struct dns_ask){
		arena_printf(a, "%s.%s", rand_hex(a, 8), domain), DNS_A
	};
	l->asks[A] = (struct dns_ask){ p, DNS_A };
	l->asks[AAAA] = (struct dns_ask){ p, DNS_AAAA };
	/* RFC 8659 section 3: from the name upwards, the root left out. */
	for (l->count = CAA; *p && l->count < CAA + LABELS_MAX; l->count++) {
		l->asks[l->count] = (struct dns_ask){ p, DNS_CAA };
		p += strcspn(p, ".");
		p += *p == '.';
	}
	names_ask(l->n, l->asks, l->count);
}

static bool is_known(const struct dns_ask *ask)
{
	return ask->state != DNS_LATE && ask->state != DNS_FAILED;
}

/* ---- the name ---- */

/* The CNAME leads to a name that does not exist. */
static void dangling_facts(const struct look *l)
{
	const struct dns_ask *v4 = &l->asks[A];
	struct fact_list *facts = l->n->run->facts;
	bool dangling = names_is_alias(v4) && v4->state == DNS_NXDOMAIN;
	struct dns_ask owner = { .type = DNS_SOA };
	bool free = false;

	if (!is_known(v4))
		return;
	fact_bool(facts, "dns.cname_dangling", 0, dangling);
	if (names_is_alias(v4))
		fact_text(facts, "dns.cname", 0, v4->canonical);
	if (!dangling)
		return;
	owner.name = domain_of(v4->canonical, l->n->run->arena);
	names_ask(l->n, &owner, 1);
	free = owner.state == DNS_NXDOMAIN || dns_can_be_claimed(v4->canonical);
	fact_bool(facts, "dns.cname_takeover", 0, free);
}

static void name_facts(const struct look *l)
{
	const struct dns_ask *v4 = &l->asks[A], *v6 = &l->asks[AAAA];
	struct fact_list *facts = l->n->run->facts;

	if (is_known(v4))
		fact_bool(facts, "dns.exists", 0, v4->state != DNS_NXDOMAIN);
	if (is_known(v6) && v4->state == DNS_DATA)
		fact_bool(facts, "dns.web_ipv6", 0, v6->state == DNS_DATA);
	if (is_known(&l->asks[NOTHING]))
		fact_bool(facts, "dns.wildcard", 0,
			  l->asks[NOTHING].state == DNS_DATA);
	dangling_facts(l);
}

/* ---- CAA ---- */

static void caa_set_facts(const struct look *l, const struct dns_ask *ask)
{
	struct arena *a = l->n->run->arena;
	struct str_list errors = record_errors(a), words = names_list(a);
	struct dns_caa set[DNS_RECORDS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < ask->len; i++) {
		if (!dns_read_caa(ask->items[i], a, &set[count])) {
			record_error(&errors, a, "a record is not well-formed");
			continue;
		}
		names_add(&words,
			  arena_printf(a, "%d %s \"%.200s\"",
				       set[count].critical ? 128 : 0,
				       set[count].tag, set[count].value));
		count++;
	}
	dns_caa_check(set, count, a, &errors);
	fact_strs(l->n->run->facts, "dns.caa", 0, &words);
	fact_strs(l->n->run->facts, "dns.caa_errors", 0, &errors);
	fact_text(l->n->run->facts, "dns.caa_at", 0, ask->name);
}

static void caa_facts(const struct look *l)
{
	for (size_t i = CAA; i < l->count; i++) {
		const struct dns_ask *ask = &l->asks[i];

		if (!is_known(ask))
			return;
		if (ask->state != DNS_DATA)
			continue;
		fact_bool(l->n->run->facts, "dns.caa_present", 0, true);
		caa_set_facts(l, ask);
		return;
	}
	fact_bool(l->n->run->facts, "dns.caa_present", 0, false);
}

/* ---- the domain ---- */

static void soa_facts(const struct look *l)
{
	struct fact_list *facts = l->n->run->facts;
	struct dns_soa soa;

	if (!l->asks[SOA].len ||
	    !dns_read_soa(l->asks[SOA].items[0], l->n->run->arena, &soa))
		return;
	fact_text(facts, "dns.soa_mname", 0, soa.mname);
	fact_text(facts, "dns.soa_rname", 0, soa.rname);
	fact_int(facts, "dns.soa_serial", 0, soa.serial);
	fact_int(facts, "dns.soa_refresh", 0, soa.refresh);
	fact_int(facts, "dns.soa_retry", 0, soa.retry);
	fact_int(facts, "dns.soa_expire", 0, soa.expire);
	fact_int(facts, "dns.soa_minimum", 0, soa.minimum);
}

/*
 * Of a domain that is no zone of its own (a name under a hoster's suffix) the
 * name servers are somebody else's.
 */
static void domain_facts(struct look *l)
{
	struct dns_zone_answers zone = {
		&l->asks[SOA],	      &l->asks[DNSKEY],	 &l->asks[DS],
		&l->asks[NSEC3PARAM], &l->asks[NOTHING], &l->asks[A],
		&l->asks[AAAA]
	};

	dns_signed_facts(l->n, &zone);
	soa_facts(l);
	if (l->asks[NS].state == DNS_DATA)
		dns_server_facts(l->n, &l->asks[NS]);
}

static bool run_dns(struct probe_run *run, struct err *err)
{
	_cleanup_names_ struct names n = { 0 };
	struct look look = { .n = &n };

	fact_text(run->facts, "dns.domain", 0,
		  domain_of(run->host->name, run->arena));
	if (!names_open(run, &n, err))
		return false;
	ask_all(&look);
	name_facts(&look);
	caa_facts(&look);
	domain_facts(&look);
	return is_known(&look.asks[SOA]) ||
	       err_set(err, ERR_UPSTREAM,
		       "DNS of %.100s: the resolver has no answer", n.domain);
}

const struct probe probe_dns = {
	.name = "dns",
	.about = "DNS of a domain: DNSSEC, name servers, CAA, CNAMEs",
	.feature = PROBE_DNS,
	.of_name = true,
	.deadline_ms = 20000,
	.facts =
		(const struct fact_def[]){
			{ "dns.domain", FACT_TEXT,
			  "Domain that the name belongs to (Public Suffix "
			  "List)" },
			{ "dns.exists", FACT_BOOL, "Whether the name exists" },
			{ "dns.cname", FACT_TEXT, "Where its CNAMEs lead" },
			{ "dns.cname_dangling", FACT_BOOL,
			  "Whether they lead to a name that does not exist" },
			{ "dns.cname_takeover", FACT_BOOL,
			  "Whether that name is for anybody to take" },
			{ "dns.web_ipv6", FACT_BOOL,
			  "Whether the name has an IPv6 address" },
			{ "dns.wildcard", FACT_BOOL,
			  "Whether any name of the domain has an address" },
			{ "dns.caa_present", FACT_BOOL,
			  "Whether CAA records are found, from the name "
			  "upwards" },
			{ "dns.caa", FACT_LIST, "These records" },
			{ "dns.caa_at", FACT_TEXT, "The name they stand at" },
			{ "dns.caa_errors", FACT_LIST,
			  "What is wrong with them" },
			{ "dns.dnssec", FACT_TEXT,
			  "secure, insecure, bogus or indeterminate" },
			{ "dns.dnssec_why", FACT_TEXT, "Why it is not secure" },
			{ "dns.dnssec_signed", FACT_BOOL,
			  "Whether there is a chain of trust to the domain" },
			{ "dns.dnssec_bogus", FACT_BOOL,
			  "Whether validation fails" },
			{ "dns.dnssec_algorithms", FACT_LIST,
			  "Algorithms of the zone's keys" },
			{ "dns.dnssec_weak_algorithms", FACT_LIST,
			  "Those that must not be used any more" },
			{ "dns.dnssec_rsa_bits", FACT_INT,
			  "Bits of the shortest RSA key" },
			{ "dns.ds_digests", FACT_LIST,
			  "Digests of the DS records" },
			{ "dns.ds_weak", FACT_BOOL,
			  "Whether none of them is better than SHA-1" },
			{ "dns.rrsig_expires", FACT_TIME,
			  "When the first signature of SOA and DNSKEY ends" },
			{ "dns.rrsig_near_expiry", FACT_BOOL,
			  "Whether it should have been renewed by now" },
			{ "dns.nsec3_iterations", FACT_INT,
			  "Additional iterations of NSEC3" },
			{ "dns.nsec3_salt", FACT_BOOL,
			  "Whether NSEC3 has a salt" },
			{ "dns.nsec3_opt_out", FACT_BOOL,
			  "Whether NSEC3 leaves delegations out" },
			{ "dns.soa_mname", FACT_TEXT, "Primary name server" },
			{ "dns.soa_rname", FACT_TEXT, "Mailbox of the zone" },
			{ "dns.soa_serial", FACT_INT, "Serial number" },
			{ "dns.soa_refresh", FACT_INT, "Refresh, seconds" },
			{ "dns.soa_retry", FACT_INT, "Retry, seconds" },
			{ "dns.soa_expire", FACT_INT, "Expire, seconds" },
			{ "dns.soa_minimum", FACT_INT,
			  "Lifetime of negative answers, seconds" },
			{ "dns.soa_serials", FACT_LIST,
			  "Serial numbers of all name servers" },
			{ "dns.soa_serials_differ", FACT_BOOL,
			  "Whether they are not the same" },
			{ "dns.nameservers", FACT_LIST, "Name servers" },
			{ "dns.ns_count", FACT_INT, "How many there are" },
			{ "dns.ns_networks", FACT_INT,
			  "Their different networks (/24, /48)" },
			{ "dns.ns_ipv6", FACT_INT,
			  "How many have an IPv6 address" },
			{ "dns.ns_problems", FACT_LIST,
			  "Name servers without an address, with a private "
			  "one, or that are CNAMEs" },
			{ "dns.ns_lame", FACT_LIST,
			  "Name servers that are not authoritative" },
			{ "dns.ns_silent", FACT_LIST,
			  "Name servers that do not answer" },
			{ "dns.ns_version", FACT_LIST,
			  "Versions that name servers tell" },
			{ "dns.axfr", FACT_BOOL,
			  "Whether a name server gives the whole zone" },
			{ "dns.axfr_servers", FACT_LIST, "Which ones" },
			{ "dns.open_recursion", FACT_LIST,
			  "Name servers that answer for strangers" },
			{ 0 } },
	.run = run_dns,
};
