/*
 * dns_servers: each name server of a domain, asked itself: is it authoritative,
 * does it give the whole zone away, does it answer for strangers, does it tell
 * its version. Their addresses are judged first (net/target.h), so that a name
 * server's name cannot lead us inside.
 */
#include <string.h>

#include "base/clock.h"
#include "net/dns_direct.h"
#include "net/domain.h"
#include "scan/probes/dns.h"

enum {
	ADDRESSES_MAX = 26, /* of all name servers */
	QUESTIONS = 4,
	ANSWER_US = 4000000,
	DNS_PORT = 53,
	RCODE_OK = 0,
};

enum question { AUTHORITY, TRANSFER, RECURSION, VERSION };

_Static_assert(ADDRESSES_MAX *QUESTIONS <= DIRECT_MAX, "one call for all");

/* One address of one server. */
struct server {
	const struct name_host *host;
	const struct addr *addr;
	struct direct *asks; /* QUESTIONS of them */
};

struct servers {
	struct names *n;
	struct name_host hosts[NAMES_HOSTS_MAX];
	size_t host_count;
	struct server items[ADDRESSES_MAX];
	size_t len;
};

/* ---- asking ---- */

/* A name of nobody here, which a server answers only if it asks others. */
static const char *foreign_name(const char *domain)
{
	return domain_same("example.com", domain) ? "example.net."
						  : "example.com.";
}

static void prepare(struct servers *s, struct server *server,
		    struct direct *asks)
{
	const struct dns_question questions[QUESTIONS] = {
		[AUTHORITY] = { s->n->domain, DNS_SOA, DNS_CLASS_IN },
		[TRANSFER] = { s->n->domain, DNS_AXFR, DNS_CLASS_IN },
		[RECURSION] = { foreign_name(s->n->domain), DNS_A, DNS_CLASS_IN,
				true },
		[VERSION] = { "version.bind.", DNS_TXT, DNS_CLASS_CH },
	};

	server->asks = asks;
	for (int i = 0; i < QUESTIONS; i++)
		asks[i] = (struct direct){ .addr = server->addr,
					   .question = questions[i],
					   .tcp = i == TRANSFER,
					   .optional = i == VERSION };
}

static void ask_all(struct servers *s)
{
	struct direct *asks = arena_array(
		s->n->run->arena, ADDRESSES_MAX * QUESTIONS, sizeof(*asks));
	int64_t end = clock_tick() + ANSWER_US;

	for (size_t h = 0; h < s->host_count; h++)
		for (size_t i = 0;
		     i < s->hosts[h].addrs.len && s->len < ADDRESSES_MAX; i++) {
			struct server *server = &s->items[s->len];

			server->host = &s->hosts[h];
			server->addr = &s->hosts[h].addrs.items[i];
			prepare(s, server, asks + QUESTIONS * s->len++);
		}
	if (end > s->n->run->deadline)
		end = s->n->run->deadline;
	direct_ask(asks, QUESTIONS * s->len, DNS_PORT, end, s->n->run->arena);
}

/* ---- what the answers say ---- */

static const struct dns_record *soa_of(const struct dns_message *m)
{
	for (size_t i = 0; i < m->answer_count; i++)
		if (m->answers[i].type == DNS_SOA)
			return &m->answers[i];
	return NULL;
}

/* The SOA and more, or the SOA and another message. */
static bool gives_zone(const struct direct *d)
{
	return d->state == DIRECT_ANSWERED && d->message.rcode == RCODE_OK &&
	       d->message.answer_count &&
	       d->message.answers[0].type == DNS_SOA &&
	       (d->message.answer_count > 1 || d->more);
}

static bool recurses(const struct direct *d)
{
	return d->state == DIRECT_ANSWERED && d->message.recursion &&
	       d->message.rcode == RCODE_OK && d->message.answer_count &&
	       !d->message.authoritative;
}

static const char *version_of(const struct direct *d, struct arena *a)
{
	const char *text;

	if (d->state != DIRECT_ANSWERED || d->message.rcode != RCODE_OK ||
	    !d->message.answer_count || d->message.answers[0].type != DNS_TXT ||
	    !dns_read_txt(d->message.answers[0].rdata, a, &text))
		return NULL;
	/* "none" and the like are what careful people configure. */
	return strpbrk(text, "0123456789") ? text : NULL;
}

static bool is_lame(const struct direct *d)
{
	return d->state == DIRECT_ANSWERED &&
	       !(d->message.authoritative && soa_of(&d->message));
}

/* "ns1.example.net. (192.0.2.1)" */
static const char *label(const struct server *s, struct arena *a)
{
	char text[ADDR_TEXT];

	return arena_printf(a, "%s (%s)", s->host->host,
			    addr_text(s->addr, text));
}

struct seen {
	struct str_list transfer, recursion, version, lame;
	bool answered, transfer_tested;
};

static void look(const struct server *s, struct arena *a, struct seen *seen)
{
	const char *version = version_of(&s->asks[VERSION], a);

	seen->answered |= s->asks[AUTHORITY].state == DIRECT_ANSWERED;
	seen->transfer_tested |= s->asks[TRANSFER].state != DIRECT_UNTESTED;
	if (gives_zone(&s->asks[TRANSFER]))
		names_add(&seen->transfer, label(s, a));
	if (recurses(&s->asks[RECURSION]))
		names_add(&seen->recursion, label(s, a));
	if (is_lame(&s->asks[AUTHORITY]))
		names_add(&seen->lame, label(s, a));
	if (version)
		names_add(&seen->version,
			  arena_printf(a, "%s: %.60s", label(s, a), version));
}

static void behaviour_facts(const struct servers *s)
{
	struct arena *a = s->n->run->arena;
	struct fact_list *facts = s->n->run->facts;
	struct seen seen = { names_list(a), names_list(a), names_list(a),
			     names_list(a) };

	for (size_t i = 0; i < s->len; i++)
		look(&s->items[i], a, &seen);
	if (seen.transfer_tested) {
		fact_bool(facts, "dns.axfr", 0, seen.transfer.len > 0);
		fact_strs(facts, "dns.axfr_servers", 0, &seen.transfer);
	}
	if (!seen.answered)
		return;
	fact_strs(facts, "dns.open_recursion", 0, &seen.recursion);
	fact_strs(facts, "dns.ns_version", 0, &seen.version);
	fact_strs(facts, "dns.ns_lame", 0, &seen.lame);
}

/* Whether any address of the host was asked, and none answered. */
static bool is_silent(const struct servers *s, const struct name_host *host)
{
	bool asked = false;

	for (size_t i = 0; i < s->len; i++) {
		const struct server *one = &s->items[i];

		if (one->host != host ||
		    one->asks[AUTHORITY].state == DIRECT_UNTESTED)
			continue;
		if (one->asks[AUTHORITY].state == DIRECT_ANSWERED)
			return false;
		asked = true;
	}
	return asked;
}

/* One silence may be the network's fault; all of them is ours. */
static void silence_facts(const struct servers *s)
{
	struct str_list silent = names_list(s->n->run->arena);

	for (size_t i = 0; i < s->host_count; i++)
		if (is_silent(s, &s->hosts[i]))
			names_add(&silent, s->hosts[i].host);
	if (silent.len < s->host_count)
		fact_strs(s->n->run->facts, "dns.ns_silent", 0, &silent);
}

static void serial_facts(const struct servers *s)
{
	struct arena *a = s->n->run->arena;
	struct fact_list *facts = s->n->run->facts;
	struct str_list serials = names_list(a);

	for (size_t i = 0; i < s->len; i++) {
		const struct direct *d = &s->items[i].asks[AUTHORITY];
		const struct dns_record *r;
		struct dns_soa soa;

		if (d->state != DIRECT_ANSWERED || is_lame(d))
			continue;
		r = soa_of(&d->message);
		if (dns_read_soa(r->rdata, a, &soa))
			names_add(&serials, arena_printf(a, "%u", soa.serial));
	}
	if (!serials.len)
		return;
	fact_strs(facts, "dns.soa_serials", 0, &serials);
	fact_bool(facts, "dns.soa_serials_differ", 0, serials.len > 1);
}

/* ---- the servers' names ---- */

static void host_facts(const struct servers *s)
{
	struct arena *a = s->n->run->arena;
	struct fact_list *facts = s->n->run->facts;
	struct str_list problems = names_list(a);
	int v6 = 0;

	for (size_t i = 0; i < s->host_count; i++)
		v6 += s->hosts[i].v6;
	names_problems(s->hosts, s->host_count, a, &problems);
	fact_strs(facts, "dns.ns_problems", 0, &problems);
	fact_int(facts, "dns.ns_ipv6", 0, v6);
}

/* Different networks: /24 of IPv4, /48 of IPv6. */
static void network_facts(const struct servers *s)
{
	struct arena *a = s->n->run->arena;
	struct str_list nets = names_list(a);

	for (size_t i = 0; i < s->len; i++) {
		const struct addr *addr = s->items[i].addr;
		int bytes = addr->family == 4 ? 3 : 6;
		struct sb text = sb_new(a, 24);

		sb_addf(&text, "%d:", addr->family);
		for (int n = 0; n < bytes; n++)
			sb_addf(&text, "%02x", addr->bytes[n]);
		names_add(&nets, text.s);
	}
	if (nets.len)
		fact_int(s->n->run->facts, "dns.ns_networks", 0,
			 (int64_t)nets.len);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void dns_server_facts(struct names *n, const struct dns_ask *ns)
{
	struct servers s = { .n = n };
	struct str_list all = names_list(n->run->arena);

	for (size_t i = 0; i < ns->len; i++) {
		struct span rdata = ns->items[i];
		const char *host;

		if (dns_read_name(&rdata, n->run->arena, &host))
			names_add(&all, host);
	}
	/* Answers come in any order; what is said of them should not. */
	qsort(all.items, all.len, sizeof(*all.items), by_text);
	fact_strs(n->run->facts, "dns.nameservers", 0, &all);
	fact_int(n->run->facts, "dns.ns_count", 0, (int64_t)all.len);
	for (size_t i = 0; i < all.len && i < NAMES_HOSTS_MAX; i++)
		s.hosts[s.host_count++].host = all.items[i];
	names_hosts(n, s.hosts, s.host_count);
	ask_all(&s);
	host_facts(&s);
	network_facts(&s);
	behaviour_facts(&s);
	silence_facts(&s);
	serial_facts(&s);
}
