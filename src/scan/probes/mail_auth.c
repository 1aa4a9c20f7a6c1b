/*
 * mail_auth: DMARC (RFC 7489) and DKIM (RFC 6376) of a domain.
 *
 * Which selectors a domain uses is known to its senders only: usual ones are
 * tried, and that none of them is there proves nothing. That `_domainkey` does
 * not exist at all (RFC 8020) does.
 */
#include <string.h>

#include "base/rand.h"
#include "core/embedded.h"
#include "gen/data_types.h"
#include "net/domain.h"
#include "scan/probes/dkim.h"
#include "scan/probes/dmarc.h"
#include "scan/probes/mail.h"
#include "scan/probes/tag_list.h"

/* Reports that go elsewhere are looked after for so many addresses. */
enum { FOREIGN_MAX = 8, SELECTORS_MAX = 64 };

/* ---- DMARC ---- */

/*
 * Who receives reports for another domain must say that it wants to
 * (RFC 7489 section 7.1).
 */
static void check_receivers(struct mail *m, struct dmarc *d)
{
	struct arena *a = m->n->run->arena;
	struct dns_ask asks[FOREIGN_MAX] = { 0 };
	const char *hosts[FOREIGN_MAX];
	size_t count = 0;

	for (size_t i = 0; i < d->rua.len && count < FOREIGN_MAX; i++) {
		const char *host = dmarc_mail_domain(d->rua.items[i], a);

		if (!host || !strcasecmp(domain_of(host, a), m->n->domain))
			continue;
		hosts[count] = host;
		asks[count++] = (struct dns_ask){
			arena_printf(a, "%s._report._dmarc.%.253s",
				     m->n->domain, host),
			DNS_TXT
		};
	}
	names_ask(m->n, asks, count);
	for (size_t i = 0; i < count; i++)
		if (asks[i].state != DNS_LATE && asks[i].state != DNS_FAILED &&
		    !names_texts(&asks[i], dmarc_is_record, a).len)
			record_error(&d->errors, a,
				     "%.100s did not agree to receive reports",
				     hosts[i]);
}

/* none, quarantine, reject: the alphabet has them in this order. */
static bool is_weaker(const char *policy, const char *than)
{
	return *policy < *than;
}

/* What is left out of an enforced policy. */
static void gap_facts(struct mail *m, const struct dmarc *d)
{
	struct arena *a = m->n->run->arena;
	struct str_list gaps = names_list(a);

	if (is_weaker(d->subdomain, d->policy))
		names_add(&gaps, arena_printf(a, "sp=%s", d->subdomain));
	if (d->pct < 100)
		names_add(&gaps, arena_printf(a, "pct=%d", d->pct));
	fact_strs(m->n->run->facts, "mail.dmarc_gaps", 0, &gaps);
}

/* A record that no receiver acts on is worth the policy "none". */
static void policy_facts(struct mail *m, struct dmarc *d, bool acted_on)
{
	struct fact_list *facts = m->n->run->facts;

	fact_text(facts, "mail.dmarc_policy", 0, acted_on ? d->policy : "none");
	fact_bool(facts, "mail.dmarc_enforced", 0,
		  acted_on && strcmp(d->policy, "none") && !d->testing);
	if (!acted_on)
		return;
	fact_text(facts, "mail.dmarc_subdomain_policy", 0, d->subdomain);
	fact_int(facts, "mail.dmarc_pct", 0, d->pct);
	fact_strs(facts, "mail.dmarc_rua", 0, &d->rua);
	fact_bool(facts, "mail.dmarc_reports", 0, d->rua.len > 0);
	gap_facts(m, d);
	check_receivers(m, d);
}

static void domain_facts(struct mail *m, const struct dns_ask *ask)
{
	struct arena *a = m->n->run->arena;
	struct fact_list *facts = m->n->run->facts;
	struct str_list texts = names_texts(ask, dmarc_is_record, a);
	struct dmarc d;

	fact_bool(facts, "mail.dmarc_present", 0, texts.len > 0);
	if (!texts.len)
		return;
	fact_text(facts, "mail.dmarc", 0, texts.items[0]);
	dmarc_parse(texts.items[0], a, &d);
	if (texts.len > 1)
		record_error(&d.errors, a,
			     "%zu records: receivers take none of them",
			     texts.len);
	policy_facts(m, &d, texts.len == 1 && d.valid);
	fact_strs(facts, "mail.dmarc_errors", 0, &d.errors);
}

/*
 * For a name below the domain: its own record, or the next one above
 * (RFC 9989 section 4.10; RFC 7489 knows the first and the last).
 */
static void name_facts(struct mail *m, const struct dns_ask *asks, size_t count)
{
	struct arena *a = m->n->run->arena;

	for (size_t i = 0; i < count; i++) {
		struct str_list texts =
			names_texts(&asks[i], dmarc_is_record, a);
		struct dmarc d;

		if (asks[i].state == DNS_LATE || asks[i].state == DNS_FAILED)
			return;
		if (texts.len != 1)
			continue;
		dmarc_parse(texts.items[0], a, &d);
		if (!d.valid)
			continue;
		fact_text(m->n->run->facts, "mail.name_dmarc_policy", 0,
			  i ? d.subdomain : d.policy);
		return;
	}
}

void mail_dmarc_facts(struct mail *m, const struct dns_ask *asks, size_t count)
{
	const struct dns_ask *last = &asks[count - 1];

	if (last->state != DNS_LATE && last->state != DNS_FAILED)
		domain_facts(m, last);
	if (!m->n->is_domain)
		name_facts(m, asks, count);
}

/* ---- DKIM ---- */

static void key_facts(struct mail *m, const char *selector, const char *text)
{
	struct fact_list *facts = m->n->run->facts;
	struct dkim key;

	dkim_parse(text, m->n->run->arena, &key);
	fact_bool(facts, "mail.dkim_revoked", 0, key.revoked);
	fact_item(facts, selector);
	if (key.revoked)
		return;
	fact_text(facts, "mail.dkim_key_type", 0, key.type);
	fact_item(facts, selector);
	if (key.bits && !strcasecmp(key.type, "rsa")) {
		fact_int(facts, "mail.dkim_rsa_bits", 0, key.bits);
		fact_item(facts, selector);
	}
	fact_bool(facts, "mail.dkim_testing", 0, key.testing);
	fact_item(facts, selector);
	fact_bool(facts, "mail.dkim_broken", 0, key.errors.len > 0);
	fact_item(facts, selector);
	fact_strs(facts, "mail.dkim_errors", 0, &key.errors);
	fact_item(facts, selector);
}

/* The first is made up: who answers it has a key at every name. */
static void selector_facts(struct mail *m, const struct dns_ask *asks,
			   const struct str_list *names)
{
	struct arena *a = m->n->run->arena;
	struct str_list found = names_list(a);

	if (names_texts(&asks[0], dkim_is_record, a).len)
		return;
	for (size_t i = 1; i < names->len; i++) {
		struct str_list texts =
			names_texts(&asks[i], dkim_is_record, a);

		if (!texts.len)
			continue;
		names_add(&found, names->items[i]);
		key_facts(m, names->items[i], texts.items[0]);
	}
	fact_strs(m->n->run->facts, "mail.dkim_selectors", 0, &found);
	if (found.len)
		fact_bool(m->n->run->facts, "mail.dkim_absent", 0, false);
}

void mail_dkim_facts(struct mail *m, const struct dns_ask *parent)
{
	struct arena *a = m->n->run->arena;
	struct dns_ask asks[SELECTORS_MAX] = { 0 };
	struct str_list names = names_list(a);
	struct dkim_selectors known = { 0 };

	if (parent->state == DNS_LATE || parent->state == DNS_FAILED)
		return;
	if (parent->state == DNS_NXDOMAIN) {
		fact_bool(m->n->run->facts, "mail.dkim_absent", 0, true);
		return;
	}
	if (!embedded_read("data/dkim_selectors.json", &dkim_selectors_type, a,
			   &known, NULL))
		return;
	names_add(&names, rand_hex(a, 8));
	for (size_t i = 0; i < known.selectors.len; i++)
		names_add(&names, known.selectors.items[i]);
	for (size_t i = 0; i < names.len; i++)
		asks[i] = (struct dns_ask){ arena_printf(a, "%s._domainkey.%s",
							 names.items[i],
							 m->n->domain),
					    DNS_TXT };
	names_ask(m->n, asks, names.len);
	selector_facts(m, asks, &names);
}
