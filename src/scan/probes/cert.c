#include "scan/probes/cert.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "gen/wire_types.h"
#include "net/conn.h"
#include "net/hello.h"
#include "scan/probe.h"
#include "scan/probes/cert_status.h"

/* How many of something are shown; the rest is counted. */
enum { NAMES_SHOWN = 250, CHAIN_SHOWN = CERT_CHAIN_MAX };

static void state_names(const struct cert *c, int port, struct fact_list *facts)
{
	size_t count = c->dns.len + c->ips.len;
	struct str_list names = {
		arena_array(facts->arena, NAMES_SHOWN, sizeof(const char *)), 0
	};

	for (size_t i = 0; i < c->dns.len && names.len < NAMES_SHOWN; i++)
		names.items[names.len++] = c->dns.items[i];
	for (size_t i = 0; i < c->ips.len && names.len < NAMES_SHOWN; i++)
		names.items[names.len++] = c->ips.items[i];
	fact_strs(facts, "cert.names", port, &names);
	fact_int(facts, "cert.names_total", port, (int64_t)count);
}

/* What browsers accept of public authorities (CA/Browser Forum, SC-081v3). */
static const struct {
	const char *from; /* of issue */
	int days;
} lifetimes[] = {
	{ "2018-03-01T00:00:00Z", 825 }, { "2020-09-01T00:00:00Z", 398 },
	{ "2026-03-15T00:00:00Z", 200 }, { "2027-03-15T00:00:00Z", 100 },
	{ "2029-03-15T00:00:00Z", 47 },
};

int cert_lifetime_limit(int64_t not_before)
{
	int days = 0;
	int64_t from;

	for (size_t i = 0; i < sizeof(lifetimes) / sizeof(*lifetimes); i++)
		if (clock_parse(lifetimes[i].from, &from) && not_before >= from)
			days = lifetimes[i].days;
	return days;
}

static void state_key(const struct cert *c, int port, struct fact_list *facts)
{
	fact_text(facts, "cert.key_type", port, c->key_type);
	fact_int(facts, "cert.key_bits", port, c->key_bits);
	if (c->key_curve)
		fact_text(facts, "cert.key_curve", port, c->key_curve);
	if (c->key_exponent)
		fact_int(facts, "cert.key_exponent", port, c->key_exponent);
	fact_bool(facts, "cert.weak_key", port, c->weak_key);
	fact_bool(facts, "cert.broken_key", port, c->key_problem != NULL);
	if (c->key_problem)
		fact_text(facts, "cert.key_problem", port, c->key_problem);
	fact_text(facts, "cert.key_fingerprint", port, c->key_fingerprint);
}

static void state_attrs(const struct cert_attr_list *attrs, const char *fact,
			int port, struct fact_list *facts)
{
	for (size_t i = 0; i < attrs->len; i++) {
		fact_text(facts, fact, port, attrs->items[i].value);
		fact_item(facts, attrs->items[i].name);
	}
}

static void state_cert(const struct cert *c, int port, struct fact_list *facts)
{
	fact_text(facts, "cert.subject", port, c->subject);
	fact_text(facts, "cert.issuer", port, c->issuer);
	state_attrs(&c->subject_attrs, "cert.subject_attr", port, facts);
	state_attrs(&c->issuer_attrs, "cert.issuer_attr", port, facts);
	fact_text(facts, "cert.serial", port, c->serial);
	state_names(c, port, facts);
	fact_time(facts, "cert.not_before", port, c->not_before);
	fact_time(facts, "cert.not_after", port, c->not_after);
	state_key(c, port, facts);
	fact_text(facts, "cert.signature", port, c->signature);
	fact_text(facts, "cert.fingerprint", port, c->fingerprint);
	fact_bool(facts, "cert.server_usage", port, c->server_usage);
	fact_bool(facts, "cert.is_ca", port, c->is_ca);
	fact_bool(facts, "cert.must_staple", port, c->must_staple);
}

/* One item a certificate, as sent: "0" is the leaf. */
static void state_chain(const struct cert_chain *chain, int port,
			struct fact_list *facts)
{
	fact_int(facts, "cert.chain_length", port, (int64_t)chain->len);
	for (size_t i = 0; i < chain->len; i++) {
		const char *at = arena_printf(facts->arena, "%zu", i);

		fact_text(facts, "cert.chain_subject", port,
			  chain->items[i].subject);
		fact_item(facts, at);
		fact_text(facts, "cert.chain_issuer", port,
			  chain->items[i].issuer);
		fact_item(facts, at);
	}
}

static void state_lifetime(const struct cert *c, int port,
			   struct fact_list *facts)
{
	/* Both ends count: 398 days less a second are 398 days. */
	int64_t us = c->not_after - c->not_before + CLOCK_SECOND;
	int64_t days = (us + CLOCK_DAY - 1) / CLOCK_DAY;
	int limit = cert_lifetime_limit(c->not_before);

	fact_int(facts, "cert.lifetime_days", port, days);
	fact_bool(facts, "cert.too_long", port, limit && days > limit);
}

static void state_verdict(const struct cert_verdict *v, int port,
			  struct fact_list *facts)
{
	fact_int(facts, "cert.days_left", port, v->days_left);
	fact_bool(facts, "cert.expired", port, v->expired);
	fact_bool(facts, "cert.not_yet_valid", port, v->not_yet_valid);
	fact_bool(facts, "cert.self_signed", port,
		  v->self_signed && !v->trusted);
	fact_bool(facts, "cert.trusted", port, v->trusted);
	fact_bool(facts, "cert.public", port, v->public_root);
	if (v->trust_error)
		fact_text(facts, "cert.trust_error", port, v->trust_error);
	fact_bool(facts, "cert.chain_complete", port, v->chain_complete);
	fact_bool(facts, "cert.chain_ordered", port, v->ordered);
	fact_bool(facts, "cert.root_sent", port, v->root_sent);
	fact_bool(facts, "cert.weak_signature", port, v->weak_signature);
}

void cert_facts(const struct cert_store *trust, const struct cert_chain *chain,
		const char *name, int64_t now, int port,
		struct fact_list *facts)
{
	const struct cert *leaf = &chain->items[0];
	struct cert_verdict v;

	cert_judge(trust, chain, name ? name : "", now, &v);
	state_cert(leaf, port, facts);
	state_chain(chain, port, facts);
	state_verdict(&v, port, facts);
	/* Rules of browsers for public authorities; one's own may differ. */
	if (v.public_root)
		state_lifetime(leaf, port, facts);
	/* Certificates name hosts: about an address there is nothing to say. */
	if (!name)
		return;
	fact_bool(facts, "cert.name_match", port, v.name_match);
	fact_bool(facts, "cert.cn_only", port, cert_cn_matches(leaf, name));
}

static bool by_handshake(struct probe_run *run, struct conn_tls *ret,
			 struct err *err)
{
	_cleanup_conn_ struct conn *conn = NULL;

	return conn_open(&run->host->addr, run->port, run->deadline, &conn,
			 NULL, err) &&
	       starttls_begin(conn, probe_starttls(run), probe_sni(run), err) &&
	       conn_start_tls(conn, probe_sni(run), NULL, run->arena, ret, err);
}

/* Old versions and suites that no library speaks send it in clear. */
static bool by_hello(struct probe_run *run, struct cert_chain *ret)
{
	struct hello_peer peer = { .addr = &run->host->addr,
				   .port = run->port,
				   .sni = probe_sni(run),
				   .starttls = probe_starttls(run),
				   .deadline = run->deadline };

	return hello_certificates(&peer, run->arena, ret, NULL);
}

/*
 * Servers fetch the answer they staple when somebody asks for it first, and
 * have it for the next: asked again, a moment later.
 */
static void ask_again(struct probe_run *run, struct conn_tls *tls)
{
	static const int64_t pauses_us[] = { 100000, 400000, 1000000 };
	const struct cert *leaf = &tls->chain.items[0];

	if (!leaf->ocsp_url && !leaf->must_staple)
		return;
	for (size_t i = 0; i < 3 && !tls->staple.len; i++) {
		struct conn_tls next = { 0 };

		if (clock_tick() + 3 * pauses_us[i] > run->deadline)
			return;
		usleep((useconds_t)pauses_us[i]);
		if (!by_handshake(run, &next, NULL))
			return;
		/* The certificate may be another one behind a balancer. */
		if (!strcmp(next.chain.items[0].fingerprint, leaf->fingerprint))
			tls->staple = next.staple;
	}
}

static bool run_cert(struct probe_run *run, struct err *err)
{
	const struct fact *tested =
		fact_find(run->facts, "tls.tested", run->port);
	struct conn_tls tls = { 0 };

	/*
	 * The tls probe came first and says whether there is a certificate;
	 * where it did not run, the port was named for its certificate.
	 */
	if (tested ? !tested->yes : !run->plan->only.len)
		return true;
	if (!by_handshake(run, &tls, err) && !by_hello(run, &tls.chain))
		return err_wrap(err, "certificate on port %d", run->port);
	cert_facts(run->trust, &tls.chain, run->host->name, run->now, run->port,
		   run->facts);
	if (tls.version) {
		fact_text(run->facts, "cert.tls_version", run->port,
			  tls.version);
		fact_text(run->facts, "cert.tls_cipher", run->port, tls.cipher);
		ask_again(run, &tls);
	}
	cert_status_facts(run, &tls);
	return true;
}

const struct probe probe_cert = {
	.name = "cert",
	.about = "Certificate of a TLS port, and whether it can be trusted",
	.feature = PROBE_WEB,
	.any_port = true,
	.deadline_ms = 12000,
	.facts =
		(const struct fact_def[]){
			{ "cert.subject", FACT_TEXT, "Subject, RFC 4514" },
			{ "cert.issuer", FACT_TEXT, "Issuer, RFC 4514" },
			{ "cert.subject_attr", FACT_TEXT,
			  "One attribute of the subject" },
			{ "cert.issuer_attr", FACT_TEXT,
			  "One attribute of the issuer" },
			{ "cert.serial", FACT_TEXT,
			  "Serial number, upper-case hex" },
			{ "cert.names", FACT_LIST,
			  "Host names and addresses it is for, the first 250" },
			{ "cert.names_total", FACT_INT, "How many there are" },
			{ "cert.not_before", FACT_TIME, "Valid from" },
			{ "cert.not_after", FACT_TIME, "Valid until" },
			{ "cert.days_left", FACT_INT,
			  "Whole days until it expires, negative afterwards" },
			{ "cert.expired", FACT_BOOL, "No longer valid" },
			{ "cert.not_yet_valid", FACT_BOOL, "Not valid yet" },
			{ "cert.self_signed", FACT_BOOL,
			  "Signed by itself, and not trusted by "
			  "configuration" },
			{ "cert.trusted", FACT_BOOL,
			  "Leads to a trusted root; its dates and name apart" },
			{ "cert.trust_error", FACT_TEXT,
			  "Why it is not trusted" },
			{ "cert.chain_complete", FACT_BOOL,
			  "The issuer's certificate was sent or is known" },
			{ "cert.name_match", FACT_BOOL,
			  "It is for the name that was asked for" },
			{ "cert.key_type", FACT_TEXT,
			  "RSA, ECDSA, Ed25519, Ed448, DSA or Unknown" },
			{ "cert.key_bits", FACT_INT, "Length of the key" },
			{ "cert.weak_key", FACT_BOOL,
			  "RSA or DSA below 2048 bits, curve below 256" },
			{ "cert.signature", FACT_TEXT, "Signature algorithm" },
			{ "cert.weak_signature", FACT_BOOL,
			  "The chain is signed with MD5, SHA-1 or older" },
			{ "cert.fingerprint", FACT_TEXT,
			  "SHA-256 of the certificate, lower-case hex" },
			{ "cert.public", FACT_BOOL,
			  "Leads to a root that the system trusts, not one "
			  "of CA_FILE" },
			{ "cert.chain_length", FACT_INT,
			  "Certificates that were sent" },
			{ "cert.chain_subject", FACT_TEXT,
			  "Subject of one of them; 0 is the server's" },
			{ "cert.chain_issuer", FACT_TEXT,
			  "Issuer of one of them" },
			{ "cert.chain_ordered", FACT_BOOL,
			  "Each is issued by the next" },
			{ "cert.root_sent", FACT_BOOL, "A root came along" },
			{ "cert.cn_only", FACT_BOOL,
			  "The name is its common name and no alternative "
			  "name" },
			{ "cert.key_curve", FACT_TEXT,
			  "Curve of an ECDSA key" },
			{ "cert.key_exponent", FACT_INT,
			  "Public exponent of an RSA key" },
			{ "cert.key_fingerprint", FACT_TEXT,
			  "SHA-256 of the public key, lower-case hex" },
			{ "cert.broken_key", FACT_BOOL,
			  "The private key can be computed or is not needed" },
			{ "cert.key_problem", FACT_TEXT, "Why" },
			{ "cert.server_usage", FACT_BOOL,
			  "Its key usages allow a TLS server" },
			{ "cert.is_ca", FACT_BOOL,
			  "It may issue certificates itself" },
			{ "cert.lifetime_days", FACT_INT,
			  "Days from first to last, of a public authority" },
			{ "cert.too_long", FACT_BOOL,
			  "Valid for longer than browsers accept" },
			{ "cert.tls_version", FACT_TEXT,
			  "Version of the handshake that showed it" },
			{ "cert.tls_cipher", FACT_TEXT, "Suite of it" },
			{ "cert.must_staple", FACT_BOOL,
			  "Asks for a stapled OCSP answer (RFC 7633)" },
			{ "cert.stapled", FACT_BOOL,
			  "An OCSP answer came with the handshake" },
			{ "cert.staple_valid", FACT_BOOL,
			  "The stapled answer counts" },
			{ "cert.staple_missing", FACT_BOOL,
			  "It asks for a stapled answer, and none comes" },
			{ "cert.status", FACT_TEXT,
			  "GOOD, REVOKED or UNKNOWN" },
			{ "cert.status_source", FACT_TEXT,
			  "Who said so: staple, ocsp or crl" },
			{ "cert.status_error", FACT_TEXT,
			  "Why more is not known" },
			{ "cert.revoked", FACT_BOOL, "It was revoked" },
			{ "cert.revoked_at", FACT_TIME, "When" },
			{ "cert.revoked_reason", FACT_TEXT, "Why" },
			{ "cert.ocsp_url", FACT_TEXT, "Its OCSP responder" },
			{ "cert.scts", FACT_INT,
			  "Receipts of certificate logs (RFC 6962)" },
			{ "cert.scts_valid", FACT_INT,
			  "Those whose signature was verified" },
			{ "cert.scts_invalid", FACT_INT,
			  "Those that their log did not sign" },
			{ "cert.scts_unknown", FACT_INT,
			  "Those of logs that are not in CT_LOG_LIST" },
			{ "cert.first_logged", FACT_TIME,
			  "The oldest receipt" },
			{ "cert.ct_logged", FACT_BOOL,
			  "Of a public authority: enough receipts for "
			  "browsers" },
			{ 0 } },
	.run = run_cert,
};
