/*
 * dns_signed: DNSSEC of a domain. Whether it validates says libunbound; how
 * good algorithms, keys, digests and NSEC3 are is judged here by the standards
 * of today, which validators do not do.
 */
#include <string.h>

#include "base/clock.h"
#include "net/dns_wire.h"
#include "net/dnssec.h"
#include "scan/probes/dns.h"

enum { SOON_SECONDS = 3 * 86400 };

/* The answer that does not validate, or NULL. */
static const struct dns_ask *bogus_one(const struct dns_zone_answers *z)
{
	return z->soa->bogus  ? z->soa
	       : z->v4->bogus ? z->v4
	       : z->v6->bogus ? z->v6
			      : NULL;
}

static const char *state_of(const struct names *n,
			    const struct dns_zone_answers *z)
{
	const struct dns_ask *soa = z->soa;

	if (!resolver_validates(n->resolver))
		return "indeterminate";
	if (bogus_one(z))
		return "bogus";
	if (soa->state == DNS_LATE || soa->state == DNS_FAILED)
		return "indeterminate";
	return soa->secure ? "secure" : "insecure";
}

/*
 * "validation failure <example.net. SOA IN>: signature expired from 192.0.2.1
 * for key …": what happened, without which resolver saw it.
 */
static const char *plain_reason(const struct dns_ask *ask, struct arena *a)
{
	const char *text = ask->why_bogus, *start, *end;

	if (!text)
		return "the signatures do not validate";
	start = strstr(text, ">: ");
	start = start ? start + 3 : text;
	end = strstr(start, " from ");
	return end ? arena_strndup(a, start, (size_t)(end - start)) : start;
}

static const char *why(const struct names *n, const char *state,
		       const struct dns_zone_answers *z)
{
	if (!strcmp(state, "bogus"))
		return plain_reason(bogus_one(z), n->run->arena);
	if (!strcmp(state, "insecure")) {
		if (!z->dnskey->len)
			return "the zone is not signed";
		return z->ds->len ? "the signatures are of a kind that "
				    "validators do not accept"
				  : "the zone is signed, but the parent has no "
				    "DS record";
	}
	if (!strcmp(state, "secure"))
		return NULL;
	if (!n->anchor)
		return "there is no trust anchor";
	return resolver_validates(n->resolver)
		       ? "the zone did not answer"
		       : "the resolver does not pass DNSSEC records on";
}

static void key_facts(const struct names *n, const struct dns_ask *dnskey)
{
	struct arena *a = n->run->arena;
	struct fact_list *facts = n->run->facts;
	struct str_list all = names_list(a), weak = names_list(a);
	int bits = 0;

	for (size_t i = 0; i < dnskey->len; i++) {
		const struct dnssec_algorithm *known;
		struct dnskey key;

		if (!dnskey_read(dnskey->items[i], &key) ||
		    !(key.flags & 256) || (key.flags & 128))
			continue;
		known = dnssec_algorithm(key.algorithm);
		names_add(&all, known ? known->name
				      : arena_printf(a, "algorithm %d",
						     key.algorithm));
		if (known && known->weak)
			names_add(&weak, known->name);
		if (key.bits && (!bits || key.bits < bits))
			bits = key.bits;
	}
	if (!all.len)
		return;
	fact_strs(facts, "dns.dnssec_algorithms", 0, &all);
	fact_strs(facts, "dns.dnssec_weak_algorithms", 0, &weak);
	if (bits)
		fact_int(facts, "dns.dnssec_rsa_bits", 0, bits);
}

static void digest_facts(const struct names *n, const struct dns_ask *answer)
{
	struct arena *a = n->run->arena;
	struct str_list digests = names_list(a);
	bool good = false;

	for (size_t i = 0; i < answer->len; i++) {
		const char *name;
		struct ds ds;

		if (!ds_read(answer->items[i], &ds))
			continue;
		name = dnssec_digest(ds.digest);
		names_add(&digests,
			  name ? name
			       : arena_printf(a, "digest %d", ds.digest));
		good |= !dnssec_digest_weak(ds.digest);
	}
	if (!digests.len)
		return;
	fact_strs(n->run->facts, "dns.ds_digests", 0, &digests);
	fact_bool(n->run->facts, "dns.ds_weak", 0, !good);
}

/* Of the records of an answer the one that ends first. */
static void find_expiry(const struct names *n, const struct dns_ask *ask,
			struct rrsig *first)
{
	struct dns_message m = { 0 };

	if (!span_len(ask->packet) ||
	    !dns_wire_parse(ask->packet, n->run->arena, &m))
		return;
	for (size_t i = 0; i < m.answer_count; i++) {
		struct rrsig sig;

		if (m.answers[i].type != DNS_RRSIG ||
		    !rrsig_read(m.answers[i].rdata, n->run->now / CLOCK_SECOND,
				&sig))
			continue;
		if (!first->expires || sig.expires < first->expires)
			*first = sig;
	}
}

/*
 * Signers renew when a part of the lifetime is left; some live two days and
 * are renewed every few hours. Little is a tenth of it, and less than three
 * days.
 */
static void expiry_facts(const struct names *n,
			 const struct dns_zone_answers *z)
{
	int64_t now = n->run->now / CLOCK_SECOND, left;
	struct rrsig first = { 0 };

	find_expiry(n, z->soa, &first);
	find_expiry(n, z->dnskey, &first);
	if (!first.expires)
		return;
	left = first.expires - now;
	fact_time(n->run->facts, "dns.rrsig_expires", 0,
		  first.expires * CLOCK_SECOND);
	fact_bool(n->run->facts, "dns.rrsig_near_expiry", 0,
		  left < SOON_SECONDS &&
			  left * 10 < first.expires - first.inception);
}

/* NSEC3PARAM says how; whether insecure delegations are left out stands in
 * the NSEC3 records of a denial. */
static void nsec3_facts(const struct names *n, const struct dns_zone_answers *z)
{
	struct fact_list *facts = n->run->facts;
	struct dns_message m = { 0 };
	struct nsec3 params;

	if (!z->nsec3param->len ||
	    !nsec3_read(z->nsec3param->items[0], &params))
		return;
	fact_int(facts, "dns.nsec3_iterations", 0, params.iterations);
	fact_bool(facts, "dns.nsec3_salt", 0, params.salt_len > 0);
	if (!span_len(z->nothing->packet) ||
	    !dns_wire_parse(z->nothing->packet, n->run->arena, &m))
		return;
	for (size_t i = 0; i < m.authority_count; i++)
		if (m.authority[i].type == DNS_NSEC3 &&
		    nsec3_read(m.authority[i].rdata, &params)) {
			fact_bool(facts, "dns.nsec3_opt_out", 0,
				  params.opt_out);
			return;
		}
}

void dns_signed_facts(struct names *n, const struct dns_zone_answers *z)
{
	const char *state = state_of(n, z), *reason = why(n, state, z);
	struct fact_list *facts = n->run->facts;

	fact_text(facts, "dns.dnssec", 0, state);
	if (reason)
		fact_text(facts, "dns.dnssec_why", 0, reason);
	if (strcmp(state, "indeterminate")) {
		fact_bool(facts, "dns.dnssec_signed", 0,
			  strcmp(state, "insecure") != 0);
		fact_bool(facts, "dns.dnssec_bogus", 0,
			  !strcmp(state, "bogus"));
	}
	key_facts(n, z->dnskey);
	digest_facts(n, z->ds);
	if (!z->dnskey->len)
		return;
	expiry_facts(n, z);
	nsec3_facts(n, z);
}
