#include "scan/probes/cert.h"

#include "base/clock.h"
#include "net/conn.h"
#include "net/hello.h"
#include "scan/probe.h"

static void state_names(const struct cert *c, int port, struct fact_list *facts)
{
	size_t count = c->dns.len + c->ips.len;
	struct str_list names = {
		arena_array(facts->arena, count, sizeof(const char *)), 0
	};

	for (size_t i = 0; i < c->dns.len; i++)
		names.items[names.len++] = c->dns.items[i];
	for (size_t i = 0; i < c->ips.len; i++)
		names.items[names.len++] = c->ips.items[i];
	fact_strs(facts, "cert.names", port, &names);
}

static void state_cert(const struct cert *c, int port, struct fact_list *facts)
{
	fact_text(facts, "cert.subject", port, c->subject);
	fact_text(facts, "cert.issuer", port, c->issuer);
	state_names(c, port, facts);
	fact_time(facts, "cert.not_before", port, c->not_before);
	fact_time(facts, "cert.not_after", port, c->not_after);
	fact_text(facts, "cert.key_type", port, c->key_type);
	fact_int(facts, "cert.key_bits", port, c->key_bits);
	fact_bool(facts, "cert.weak_key", port, c->weak_key);
	fact_text(facts, "cert.signature", port, c->signature);
	fact_text(facts, "cert.fingerprint", port, c->fingerprint);
}

void cert_facts(const struct cert_store *trust, const struct cert_chain *chain,
		const char *name, int64_t now, int port,
		struct fact_list *facts)
{
	struct cert_verdict v;

	cert_judge(trust, chain, name ? name : "", now, &v);
	state_cert(&chain->items[0], port, facts);
	fact_int(facts, "cert.days_left", port, v.days_left);
	fact_bool(facts, "cert.expired", port, v.expired);
	fact_bool(facts, "cert.not_yet_valid", port, v.not_yet_valid);
	fact_bool(facts, "cert.self_signed", port, v.self_signed && !v.trusted);
	fact_bool(facts, "cert.trusted", port, v.trusted);
	if (v.trust_error)
		fact_text(facts, "cert.trust_error", port, v.trust_error);
	fact_bool(facts, "cert.chain_complete", port, v.chain_complete);
	/* Certificates name hosts: about an address there is nothing to say. */
	if (name)
		fact_bool(facts, "cert.name_match", port, v.name_match);
	fact_bool(facts, "cert.weak_signature", port, v.weak_signature);
}

static bool by_handshake(struct probe_run *run, struct cert_chain *ret,
			 struct err *err)
{
	_cleanup_conn_ struct conn *conn = NULL;
	struct conn_tls tls = { 0 };

	if (!conn_open(&run->host->addr, run->port, run->deadline, &conn, NULL,
		       err) ||
	    !starttls_begin(conn, probe_starttls(run), probe_sni(run), err) ||
	    !conn_start_tls(conn, probe_sni(run), NULL, run->arena, &tls, err))
		return false;
	*ret = tls.chain;
	return true;
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

static bool run_cert(struct probe_run *run, struct err *err)
{
	const struct fact *tested =
		fact_find(run->facts, "tls.tested", run->port);
	struct cert_chain chain = { 0 };

	/* The tls probe came first and says whether there is a certificate. */
	if (!tested || !tested->yes)
		return true;
	if (!by_handshake(run, &chain, err) && !by_hello(run, &chain))
		return err_wrap(err, "certificate on port %d", run->port);
	cert_facts(run->trust, &chain, run->host->name, run->now, run->port,
		   run->facts);
	return true;
}

const struct probe probe_cert = {
	.name = "cert",
	.about = "Certificate of a TLS port, and whether it can be trusted",
	.feature = PROBE_WEB,
	.any_port = true,
	.deadline_ms = 10000,
	.facts =
		(const struct fact_def[]){
			{ "cert.subject", FACT_TEXT, "Subject, RFC 4514" },
			{ "cert.issuer", FACT_TEXT, "Issuer, RFC 4514" },
			{ "cert.names", FACT_LIST,
			  "Host names and addresses it is for" },
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
			{ 0 } },
	.run = run_cert,
};
