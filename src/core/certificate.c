#include "core/certificate.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/span.h"
#include "core/catalog.h"
#include "core/finding.h"
#include "core/judge.h"

static const char *text_of(const struct certificate_input *in, const char *name)
{
	const struct fact *f = fact_find(in->facts, name, in->port);

	return f && f->text ? f->text : "";
}

static int64_t number_of(const struct certificate_input *in, const char *name)
{
	const struct fact *f = fact_find(in->facts, name, in->port);

	return f ? f->number : 0;
}

static bool is_true(const struct certificate_input *in, const char *name)
{
	const struct fact *f = fact_find(in->facts, name, in->port);

	return f && f->yes;
}

static const struct str_list *list_of(const struct certificate_input *in,
				      const char *name)
{
	static const struct str_list none;
	const struct fact *f = fact_find(in->facts, name, in->port);

	return f ? &f->list : &none;
}

bool certificate_seen(const struct certificate *c)
{
	return c->fingerprint_sha256[0];
}

/* ---- validity ---- */

int64_t certificate_days(int64_t not_after, int64_t now)
{
	int64_t d = not_after - now;

	return d >= 0 ? d / CLOCK_DAY : -((CLOCK_DAY - 1 - d) / CLOCK_DAY);
}

enum expiry_risk certificate_risk(int64_t days)
{
	return days < 0	    ? EXPIRY_RISK_EXPIRED
	       : days <= 7  ? EXPIRY_RISK_CRITICAL_7D
	       : days <= 30 ? EXPIRY_RISK_WARNING_30D
			    : EXPIRY_RISK_OK;
}

/* The contract writes these two with an offset. */
static const char *offset_time(int64_t time, struct arena *a)
{
	char text[CLOCK_TEXT];
	int len = clock_text(time, text);

	return arena_printf(a, "%.*s+00:00", len - 1, text);
}

static const char *z_time(int64_t time, struct arena *a)
{
	char text[CLOCK_TEXT];

	clock_text(time, text);
	return arena_strdup(a, text);
}

static void add_validity(const struct certificate_input *in, struct arena *a,
			 struct certificate_validity *v)
{
	int64_t end = number_of(in, "cert.not_after");
	int64_t days = certificate_days(end, in->now);

	v->not_before = offset_time(number_of(in, "cert.not_before"), a);
	v->not_after = offset_time(end, a);
	v->days_remaining = days > 0 ? days : 0;
	v->is_expired = days < 0;
	v->expiry_risk = certificate_risk(days);
}

/* ---- key ---- */

static const struct strength {
	const char *type;
	int64_t acceptable, strong; /* bits, from */
} strengths[] = {
	{ "RSA", 2048, 4096 }, { "DSA", 2048, 4096 }, { "ECDSA", 256, 384 },
	{ "Ed25519", 0, 0 },   { "Ed448", 0, 0 },
};

static const char *strength_of(const char *type, int64_t bits)
{
	for (size_t i = 0; i < sizeof(strengths) / sizeof(*strengths); i++) {
		const struct strength *s = &strengths[i];

		if (strcmp(s->type, type) != 0)
			continue;
		if (!bits)
			return "UNKNOWN";
		return bits < s->acceptable ? "WEAK"
		       : bits >= s->strong  ? "STRONG"
					    : "ACCEPTABLE";
	}
	return "UNKNOWN";
}

static void add_key(const struct certificate_input *in,
		    struct certificate_key *key)
{
	key->type = text_of(in, "cert.key_type");
	key->size = number_of(in, "cert.key_bits");
	key->strength = is_true(in, "cert.broken_key")
				? "WEAK"
				: strength_of(key->type, key->size);
	if (fact_find(in->facts, "cert.key_curve", in->port))
		key->curve = text_of(in, "cert.key_curve");
}

/* ---- names ---- */

/* One object of several facts of that name; of equal items the last counts. */
static const char *attributes(const struct certificate_input *in,
			      const char *name, struct arena *a)
{
	const struct fact_list *all = in->facts;
	struct sb b = sb_new(a, 256);

	sb_addc(&b, '{');
	for (size_t i = 0; i < all->len; i++) {
		const struct fact *f = &all->items[i];
		bool last = true;

		if (strcmp(f->name, name) != 0 || f->port != in->port ||
		    !f->item)
			continue;
		for (size_t j = i + 1; j < all->len; j++)
			last &= strcmp(all->items[j].name, name) != 0 ||
				all->items[j].port != in->port ||
				!all->items[j].item ||
				strcmp(all->items[j].item, f->item) != 0;
		if (!last)
			continue;
		if (b.len > 1)
			sb_addc(&b, ',');
		codec_write_string(&b, f->item);
		sb_addc(&b, ':');
		codec_write_string(&b, f->text);
	}
	sb_addc(&b, '}');
	return b.s;
}

static bool is_address(const char *name)
{
	return strchr(name, ':') || !name[strspn(name, "0123456789.")];
}

static void add_names(const struct certificate_input *in, struct arena *a,
		      struct certificate *c)
{
	const struct str_list *names = list_of(in, "cert.names");
	struct str_list *wild = &c->wildcard.domains;

	c->sans.items = arena_array(a, names->len + 1, sizeof(char *));
	wild->items = arena_array(a, names->len + 1, sizeof(char *));
	for (size_t i = 0; i < names->len; i++) {
		const char *name = names->items[i];

		if (is_address(name))
			continue;
		c->sans.items[c->sans.len++] = name;
		if (!strncmp(name, "*.", 2))
			wild->items[wild->len++] = name;
	}
	c->wildcard.is_wildcard = wild->len > 0;
}

/* ---- chain and issuer ---- */

static const char *link_text(const struct certificate_input *in,
			     const char *name, const char *item)
{
	for (size_t i = 0; i < in->facts->len; i++) {
		const struct fact *f = &in->facts->items[i];

		if (f->port == in->port && f->item && !strcmp(f->item, item) &&
		    !strcmp(f->name, name))
			return f->text;
	}
	return "";
}

enum { LINKS_MAX = 16 };

static void add_chain(const struct certificate_input *in, struct arena *a,
		      struct certificate_chain *chain)
{
	int64_t count = number_of(in, "cert.chain_length");

	chain->length = count;
	chain->valid = is_true(in, "cert.trusted") &&
		       is_true(in, "cert.name_match") &&
		       !is_true(in, "cert.expired") &&
		       !is_true(in, "cert.not_yet_valid");
	chain->details.items =
		arena_array(a, LINKS_MAX, sizeof(*chain->details.items));
	for (int64_t i = 0; i < count && i < LINKS_MAX; i++) {
		const char *at = arena_printf(a, "%lld", (long long)i);

		chain->details.items[chain->details.len++] =
			(struct certificate_link){
				i ? CERTIFICATE_LINK_TYPE_INTERMEDIATE
				  : CERTIFICATE_LINK_TYPE_LEAF,
				link_text(in, "cert.chain_subject", at),
				link_text(in, "cert.chain_issuer", at)
			};
	}
}

/* Organisations, from their beginning, as a whole word. */
static const struct {
	const char *organization, *type;
} authorities[] = {
	{ "Let's Encrypt", "letsencrypt" },
	{ "Internet Security Research Group", "letsencrypt" },
	{ "DigiCert", "digicert" },
	{ "Sectigo", "sectigo" },
	{ "COMODO", "sectigo" },
	{ "GlobalSign", "globalsign" },
	{ "GoDaddy", "godaddy" },
	{ "Go Daddy", "godaddy" },
	{ "Starfield", "godaddy" },
	{ "Amazon", "amazon" },
	{ "Google Trust Services", "google" },
	{ "ZeroSSL", "zerossl" },
};

static const char *authority_type(const char *organization)
{
	for (size_t i = 0; i < sizeof(authorities) / sizeof(*authorities);
	     i++) {
		size_t len = strlen(authorities[i].organization);
		char next;

		if (strncasecmp(organization, authorities[i].organization, len))
			continue;
		next = organization[len];
		if (!next || strchr(" .,", next))
			return authorities[i].type;
	}
	return "commercial";
}

static void add_issuer(const struct certificate_input *in,
		       struct certificate_ca *ca)
{
	ca->organization =
		link_text(in, "cert.issuer_attr", "organizationName");
	ca->type = is_true(in, "cert.self_signed")
			   ? "self-signed"
			   : authority_type(ca->organization);
}

static void add_status(const struct certificate_input *in, struct arena *a,
		       struct certificate *c)
{
	const char *status = text_of(in, "cert.status");

	c->ocsp.url = text_of(in, "cert.ocsp_url");
	c->ocsp.source = text_of(in, "cert.status_source");
	for (int i = 0; certificate_ocsp_status_names[i]; i++)
		if (!strcmp(status, certificate_ocsp_status_names[i]))
			c->ocsp.status = (enum certificate_ocsp_status)i;
	c->ct.log_count =
		number_of(in, "cert.scts") - number_of(in, "cert.scts_invalid");
	c->ct.logged = c->ct.log_count > 0;
	if (c->ct.logged && fact_find(in->facts, "cert.first_logged", in->port))
		c->ct.first_seen =
			z_time(number_of(in, "cert.first_logged"), a);
}

/* ---- findings and score ---- */

/* Where the contract says how grave it is; others are as their check says. */
static const struct {
	const char *check;
	enum certificate_finding_severity severity;
} severities[] = {
	{ "cert_expired", CERTIFICATE_FINDING_SEVERITY_CRITICAL },
	{ "cert_expires_7", CERTIFICATE_FINDING_SEVERITY_CRITICAL },
	{ "cert_expires_30", CERTIFICATE_FINDING_SEVERITY_HIGH },
	{ "cert_not_yet_valid", CERTIFICATE_FINDING_SEVERITY_CRITICAL },
	{ "cert_weak_key", CERTIFICATE_FINDING_SEVERITY_HIGH },
	{ "cert_broken_key", CERTIFICATE_FINDING_SEVERITY_CRITICAL },
	{ "cert_untrusted", CERTIFICATE_FINDING_SEVERITY_CRITICAL },
	{ "cert_chain_incomplete", CERTIFICATE_FINDING_SEVERITY_CRITICAL },
	{ "cert_name_mismatch", CERTIFICATE_FINDING_SEVERITY_CRITICAL },
	{ "cert_cn_only", CERTIFICATE_FINDING_SEVERITY_CRITICAL },
	{ "cert_wrong_usage", CERTIFICATE_FINDING_SEVERITY_CRITICAL },
	{ "cert_revoked", CERTIFICATE_FINDING_SEVERITY_CRITICAL },
	{ "cert_self_signed", CERTIFICATE_FINDING_SEVERITY_HIGH },
};

static enum certificate_finding_severity severity_of(const struct verdict *v)
{
	const char *name = check_severity_names[v->severity];

	for (size_t i = 0; i < sizeof(severities) / sizeof(*severities); i++)
		if (!strcmp(severities[i].check, v->check->id))
			return severities[i].severity;
	for (int i = 0; certificate_finding_severity_names[i]; i++)
		if (!strcmp(certificate_finding_severity_names[i], name))
			return (enum certificate_finding_severity)i;
	return CERTIFICATE_FINDING_SEVERITY_LOW;
}

enum { FINDINGS_MAX = 64 };

static struct check_list certificate_checks(struct arena *a)
{
	const struct check_list *all = catalog_checks();
	struct check_list ret = { .items = arena_array(a, all->len,
						       sizeof(*ret.items)) };

	for (size_t i = 0; i < all->len; i++)
		if (!strncmp(all->items[i].id, "cert_", 5))
			ret.items[ret.len++] = all->items[i];
	return ret;
}

static void add_finding(struct certificate *c,
			enum certificate_finding_severity severity,
			const char *message, const char *remediation)
{
	if (c->findings.len < FINDINGS_MAX)
		c->findings.items[c->findings.len++] =
			(struct certificate_finding){ severity, message,
						      remediation };
}

static void add_verdicts(const struct certificate_input *in, struct arena *a,
			 struct certificate *c)
{
	struct check_list checks = certificate_checks(a);
	struct judge_input judge = { .name = in->domain,
				     .ip = in->ip,
				     .facts = in->facts,
				     .checks = &checks,
				     .now = in->now };
	struct judgement j = { 0 };

	judge_host(&judge, a, &j);
	for (size_t i = 0; i < j.verdicts.len; i++) {
		const struct verdict *v = &j.verdicts.items[i];
		struct finding_texts texts = { 0 };

		finding_texts(v->check->id, v->evidence, in->locale, a, &texts);
		add_finding(
			c, severity_of(v),
			arena_printf(a, "%s: %s", texts.title, texts.detail),
			texts.remediation);
	}
}

static void add_old_versions(const struct certificate_input *in,
			     struct arena *a, struct certificate *c)
{
	struct finding_texts texts = { 0 };

	finding_texts("tls_weak_versions", NULL, in->locale, a, &texts);
	for (size_t i = 0; i < c->tls.weak_protocols.len; i++)
		add_finding(c, CERTIFICATE_FINDING_SEVERITY_HIGH,
			    arena_printf(a, "%s: %s", texts.title,
					 c->tls.weak_protocols.items[i]),
			    texts.remediation);
}

static int by_severity(const void *a, const void *b)
{
	const struct certificate_finding *x = a, *y = b;

	return x->severity != y->severity ? (int)y->severity - (int)x->severity
					  : strcmp(x->message, y->message);
}

static int64_t score_of(const struct certificate_finding_list *findings)
{
	static const int cost[] = {
		[CERTIFICATE_FINDING_SEVERITY_LOW] = 5,
		[CERTIFICATE_FINDING_SEVERITY_MEDIUM] = 10,
		[CERTIFICATE_FINDING_SEVERITY_HIGH] = 20,
		[CERTIFICATE_FINDING_SEVERITY_CRITICAL] = 40,
	};
	int64_t score = 100;

	for (size_t i = 0; i < findings->len; i++)
		score -= cost[findings->items[i].severity];
	return score > 0 ? score : 0;
}

/* ---- all of it ---- */

/* As the contract words it, whatever the probe put in front. */
static const char *error_text(const struct certificate_input *in,
			      const char *text, struct arena *a)
{
	static const char head[] = "TLS handshake failed: ";
	const char *prefix =
		arena_printf(a, "certificate on port %d: ", in->port);

	if (strncmp(text, prefix, strlen(prefix)) != 0)
		return text;
	text += strlen(prefix);
	return strncmp(text, head, strlen(head)) == 0
		       ? text
		       : arena_printf(a, "%s%s", head, text);
}

static void add_errors(const struct certificate_input *in, bool seen,
		       struct arena *a, struct certificate *c)
{
	static const char *const closed =
		"TLS handshake failed: the port is closed or does not answer";
	size_t count = in->errors ? in->errors->len : 0;

	c->errors.items = arena_array(a, count + 1, sizeof(char *));
	for (size_t i = 0; i < count; i++)
		c->errors.items[c->errors.len++] =
			error_text(in, in->errors->items[i], a);
	if (!count && !seen)
		c->errors.items[c->errors.len++] = closed;
}

static void add_seen(const struct certificate_input *in, struct arena *a,
		     struct certificate *c)
{
	c->subject = attributes(in, "cert.subject_attr", a);
	c->issuer = attributes(in, "cert.issuer_attr", a);
	c->serial_number = text_of(in, "cert.serial");
	c->signature_algorithm = text_of(in, "cert.signature");
	c->hostname_match = is_true(in, "cert.name_match");
	c->has_hostname_match = true;
	c->tls.version = text_of(in, "cert.tls_version");
	c->tls.cipher_suite = text_of(in, "cert.tls_cipher");
	c->tls.weak_protocols = *list_of(in, "check.old_versions");
	c->pinning.hpkp = is_true(in, "check.hpkp");
	c->pinning.expect_ct = is_true(in, "check.expect_ct");
	add_validity(in, a, &c->validity);
	add_key(in, &c->key);
	add_chain(in, a, &c->chain);
	add_names(in, a, c);
	add_issuer(in, &c->ca);
	add_status(in, a, c);
	c->findings.items =
		arena_array(a, FINDINGS_MAX, sizeof(*c->findings.items));
	add_verdicts(in, a, c);
	add_old_versions(in, a, c);
	qsort(c->findings.items, c->findings.len, sizeof(*c->findings.items),
	      by_severity);
	c->score = score_of(&c->findings);
}

void certificate_make(const struct certificate_input *in, struct arena *a,
		      struct certificate *ret)
{
	struct certificate c = {
		.domain = in->domain,
		.ip = in->ip,
		.port = in->port,
		.subject = "{}",
		.issuer = "{}",
		.serial_number = "",
		.fingerprint_sha256 = text_of(in, "cert.fingerprint"),
		.key = { .type = "", .strength = "" },
		.tls = { .version = "", .cipher_suite = "" },
		.ca = { .type = "", .organization = "" },
		.ocsp = { .url = "", .source = "" },
		.signature_algorithm = "",
	};
	bool seen = certificate_seen(&c);

	if (seen)
		add_seen(in, a, &c);
	add_errors(in, seen, a, &c);
	*ret = c;
}
