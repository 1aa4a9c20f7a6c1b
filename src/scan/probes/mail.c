/*
 * mail: what a domain says about its mail, and whether its mail servers hold
 * it. Everything is about the domain that the name belongs to; a name below it
 * is looked at for itself only where it has mail servers of its own.
 */
#include "scan/probes/mail.h"

#include <string.h>

#include "scan/probes/dmarc.h"
#include "scan/probes/tag_list.h"

enum { DMARC_LEVELS = 6 };

/* What is asked at once; the DMARC questions, from the name up, follow. */
enum ask { MX, TXT, STS, RPT, BIMI, DOMAINKEY, NAME_MX, NAME_TXT, DMARC };

struct look {
	struct mail mail;
	struct names *n;
	struct dns_ask asks[DMARC + DMARC_LEVELS];
	size_t count;
};

static bool is_known(const struct dns_ask *ask)
{
	return ask->state != DNS_LATE && ask->state != DNS_FAILED;
}

/* _dmarc of the name and of what is above it, the domain last. */
static void add_dmarc(struct look *l)
{
	struct arena *a = l->n->run->arena;
	const char *p = l->n->name;
	size_t above = strlen(p) - strlen(l->n->domain);

	while (p < l->n->name + above && l->count < DMARC + DMARC_LEVELS - 1) {
		l->asks[l->count++] =
			(struct dns_ask){ arena_printf(a, "_dmarc.%s", p),
					  DNS_TXT };
		p += strcspn(p, ".");
		p += *p == '.';
	}
	l->asks[l->count++] =
		(struct dns_ask){ arena_printf(a, "_dmarc.%s", l->n->domain),
				  DNS_TXT };
}

static void ask_all(struct look *l)
{
	static const struct {
		enum ask ask;
		const char *prefix;
		int type;
	} rows[] = {
		{ MX, "", DNS_MX },
		{ TXT, "", DNS_TXT },
		{ STS, "_mta-sts.", DNS_TXT },
		{ RPT, "_smtp._tls.", DNS_TXT },
		{ BIMI, "default._bimi.", DNS_TXT },
		{ DOMAINKEY, "_domainkey.", DNS_A },
	};
	struct arena *a = l->n->run->arena;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		l->asks[rows[i].ask] = (struct dns_ask){
			arena_printf(a, "%s%s", rows[i].prefix, l->n->domain),
			rows[i].type
		};
	l->asks[NAME_MX] = (struct dns_ask){ l->n->name, DNS_MX };
	l->asks[NAME_TXT] = (struct dns_ask){ l->n->name, DNS_TXT };
	l->count = DMARC;
	add_dmarc(l);
	names_ask(l->n, l->asks, l->count);
}

/* ---- SPF ---- */

static void limit_facts(struct look *l, struct spf_outcome *spf)
{
	struct str_list *errors = &spf->errors;
	struct fact_list *facts = l->n->run->facts;
	char all[2] = { spf->all, '\0' };

	if (spf->voids > SPF_VOIDS)
		record_error(errors, l->n->run->arena,
			     "%d lookups find nothing, %d may", spf->voids,
			     SPF_VOIDS);
	fact_strs(facts, "mail.spf_errors", 0, errors);
	fact_int(facts, "mail.spf_lookups", 0, spf->lookups);
	fact_int(facts, "mail.spf_voids", 0, spf->voids);
	fact_text(facts, "mail.spf_all", 0, all);
	fact_bool(facts, "mail.spf_allows_all", 0, spf->all == '+');
	fact_bool(facts, "mail.spf_neutral", 0, spf->all == '?');
	fact_bool(facts, "mail.spf_ptr", 0, spf->ptr);
}

/* True: somebody may send for the domain. */
static bool spf_facts(struct look *l)
{
	struct arena *a = l->n->run->arena;
	struct fact_list *facts = l->n->run->facts;
	struct str_list texts = names_texts(&l->asks[TXT], spf_is_record, a);
	struct spf_outcome spf = { 0 };

	fact_bool(facts, "mail.spf_present", 0, texts.len > 0);
	if (!texts.len) {
		fact_bool(facts, "mail.spf_denies", 0, false);
		return false;
	}
	fact_text(facts, "mail.spf", 0, texts.items[0]);
	spf_follow(l->n, l->n->domain, texts.items[0], &spf);
	if (texts.len > 1)
		record_error(&spf.errors, a,
			     "%zu records: receivers take none of them",
			     texts.len);
	limit_facts(l, &spf);
	fact_bool(facts, "mail.spf_denies", 0,
		  !spf.names_somebody && spf.all == '-' && texts.len == 1);
	return spf.names_somebody || spf.all == '+';
}

/* ---- small records ---- */

static void rpt_facts(struct look *l)
{
	struct arena *a = l->n->run->arena;
	struct str_list texts = names_texts(&l->asks[RPT], rpt_is_record, a);
	struct str_list errors = record_errors(a);

	if (!is_known(&l->asks[RPT]))
		return;
	fact_bool(l->n->run->facts, "mail.tls_rpt", 0, texts.len > 0);
	if (!texts.len)
		return;
	if (texts.len > 1)
		record_error(&errors, a, "several records");
	rpt_check(texts.items[0], a, &errors);
	fact_strs(l->n->run->facts, "mail.tls_rpt_errors", 0, &errors);
}

static void bimi_facts(struct look *l)
{
	struct str_list texts =
		names_texts(&l->asks[BIMI], bimi_is_record, l->n->run->arena);

	if (texts.len)
		fact_text(l->n->run->facts, "mail.bimi", 0, texts.items[0]);
}

/* ---- the whole ---- */

/* A name below the domain that takes mail itself. */
static void name_facts(struct look *l)
{
	const struct dns_ask *mx = &l->asks[NAME_MX], *txt = &l->asks[NAME_TXT];
	struct fact_list *facts = l->n->run->facts;

	if (l->n->is_domain || mx->state != DNS_DATA || !is_known(txt))
		return;
	fact_bool(facts, "mail.name_spf_present", 0,
		  names_texts(txt, spf_is_record, l->n->run->arena).len > 0);
}

/* What is demanded of a domain with mail is advice for one without. */
static void use_facts(struct look *l, bool sends)
{
	struct mail *m = &l->mail;
	bool receives = m->host_count > 0;

	if (!is_known(m->mx) || !is_known(&l->asks[TXT]))
		return;
	fact_bool(l->n->run->facts, "mail.receives", 0, receives);
	fact_bool(l->n->run->facts, "mail.used", 0, receives || sends);
	fact_bool(l->n->run->facts, "mail.unused", 0, !receives && !sends);
}

static void transport_facts(struct look *l)
{
	struct mail *m = &l->mail;

	mail_dane_facts(m);
	mail_policy_facts(m, &l->asks[STS]);
	if (m->host_count && is_known(&l->asks[STS]))
		fact_bool(l->n->run->facts, "mail.transport_secured", 0,
			  m->dane_works || m->sts_works);
}

static bool run_mail(struct probe_run *run, struct err *err)
{
	_cleanup_names_ struct names n = { 0 };
	struct look *l = arena_alloc(run->arena, sizeof(*l));
	bool sends = false;

	if (!names_open(run, &n, err))
		return false;
	l->n = l->mail.n = &n;
	ask_all(l);
	l->mail.mx = &l->asks[MX];
	if (is_known(&l->asks[MX]))
		mail_server_facts(&l->mail);
	if (is_known(&l->asks[TXT]))
		sends = spf_facts(l);
	use_facts(l, sends);
	name_facts(l);
	mail_dmarc_facts(&l->mail, l->asks + DMARC, l->count - DMARC);
	mail_dkim_facts(&l->mail, &l->asks[DOMAINKEY]);
	transport_facts(l);
	rpt_facts(l);
	bimi_facts(l);
	mail_servers_free(&l->mail);
	return is_known(&l->asks[MX]) ||
	       err_set(err, ERR_UPSTREAM,
		       "mail of %.100s: the resolver has no answer", n.domain);
}

const struct probe probe_mail = {
	.name = "mail",
	.about = "Mail of a domain: SPF, DMARC, DKIM, MTA-STS, DANE, STARTTLS",
	.feature = PROBE_DNS,
	.of_name = true,
	.deadline_ms = 20000,
	.facts =
		(const struct fact_def[]){
			{ "mail.mx", FACT_LIST, "Mail servers, best first" },
			{ "mail.null_mx", FACT_BOOL,
			  "Whether the domain says that it takes no mail" },
			{ "mail.receives", FACT_BOOL,
			  "Whether the domain has mail servers" },
			{ "mail.used", FACT_BOOL,
			  "Whether the domain takes or sends mail" },
			{ "mail.unused", FACT_BOOL, "Whether it does neither" },
			{ "mail.mx_problems", FACT_LIST,
			  "Mail servers without an address, with a private "
			  "one, or that are CNAMEs" },
			{ "mail.mx_ipv6", FACT_BOOL,
			  "Whether one has an IPv6 address" },
			{ "mail.mx_tested", FACT_LIST,
			  "Mail servers that answered on port 25" },
			{ "mail.mx_no_starttls", FACT_LIST,
			  "Those that cannot encrypt" },
			{ "mail.spf", FACT_TEXT, "SPF record of the domain" },
			{ "mail.spf_present", FACT_BOOL,
			  "Whether there is one" },
			{ "mail.spf_errors", FACT_LIST,
			  "What is wrong with it and with what it includes" },
			{ "mail.spf_lookups", FACT_INT,
			  "Terms that need DNS, at most 10" },
			{ "mail.spf_voids", FACT_INT,
			  "Of these, how many find nothing, at most 2" },
			{ "mail.spf_all", FACT_TEXT,
			  "What holds for all others: - ~ ? +" },
			{ "mail.spf_allows_all", FACT_BOOL,
			  "Whether anybody may send" },
			{ "mail.spf_neutral", FACT_BOOL,
			  "Whether it says nothing about others" },
			{ "mail.spf_ptr", FACT_BOOL, "Whether it uses ptr" },
			{ "mail.spf_denies", FACT_BOOL,
			  "Whether it says that nobody sends" },
			{ "mail.name_spf_present", FACT_BOOL,
			  "Whether a name with mail servers of its own has an "
			  "SPF record" },
			{ "mail.dmarc", FACT_TEXT,
			  "DMARC record of the domain" },
			{ "mail.dmarc_present", FACT_BOOL,
			  "Whether there is one" },
			{ "mail.dmarc_errors", FACT_LIST,
			  "What is wrong with it" },
			{ "mail.dmarc_policy", FACT_TEXT,
			  "none, quarantine or reject" },
			{ "mail.dmarc_enforced", FACT_BOOL,
			  "Whether forged mail is quarantined or rejected" },
			{ "mail.dmarc_subdomain_policy", FACT_TEXT,
			  "The policy for names below" },
			{ "mail.dmarc_gaps", FACT_LIST,
			  "What the policy leaves out: sp=, pct=" },
			{ "mail.dmarc_pct", FACT_INT,
			  "Percentage of mail it is applied to" },
			{ "mail.dmarc_rua", FACT_LIST,
			  "Where aggregate reports go" },
			{ "mail.dmarc_reports", FACT_BOOL,
			  "Whether they go anywhere" },
			{ "mail.name_dmarc_policy", FACT_TEXT,
			  "The policy that holds for the name" },
			{ "mail.dkim_absent", FACT_BOOL,
			  "Whether there is certainly no DKIM key" },
			{ "mail.dkim_selectors", FACT_LIST,
			  "Usual selectors with a key" },
			{ "mail.dkim_key_type", FACT_TEXT,
			  "Kind of key of a selector" },
			{ "mail.dkim_rsa_bits", FACT_INT,
			  "Bits of an RSA key" },
			{ "mail.dkim_revoked", FACT_BOOL,
			  "Whether the key was withdrawn" },
			{ "mail.dkim_testing", FACT_BOOL,
			  "Whether it is marked as a test" },
			{ "mail.dkim_broken", FACT_BOOL,
			  "Whether the record cannot be used" },
			{ "mail.dkim_errors", FACT_LIST,
			  "What is wrong with it" },
			{ "mail.mta_sts", FACT_BOOL,
			  "Whether there is an MTA-STS record" },
			{ "mail.mta_sts_id", FACT_TEXT, "Its id" },
			{ "mail.mta_sts_mode", FACT_TEXT,
			  "enforce, testing or none" },
			{ "mail.mta_sts_enforced", FACT_BOOL,
			  "Whether the mode is enforce" },
			{ "mail.mta_sts_max_age", FACT_INT,
			  "Lifetime of the policy, seconds" },
			{ "mail.mta_sts_errors", FACT_LIST,
			  "What is wrong with record and policy" },
			{ "mail.dane", FACT_BOOL,
			  "Whether TLSA records protect all mail servers" },
			{ "mail.dane_servers", FACT_LIST,
			  "Mail servers that they protect" },
			{ "mail.dane_invalid", FACT_LIST,
			  "Mail servers with another certificate" },
			{ "mail.dane_insecure", FACT_LIST,
			  "Mail servers whose TLSA records cannot be used" },
			{ "mail.transport_secured", FACT_BOOL,
			  "Whether MTA-STS or DANE holds senders to TLS" },
			{ "mail.tls_rpt", FACT_BOOL,
			  "Whether there is a TLS-RPT record" },
			{ "mail.tls_rpt_errors", FACT_LIST,
			  "What is wrong with it" },
			{ "mail.bimi", FACT_TEXT, "BIMI record" },
			{ 0 } },
	.run = run_mail,
};
