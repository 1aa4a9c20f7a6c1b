#include "scan/probes/tls.h"

#include <string.h>

#include "base/clock.h"
#include "net/conn.h"
#include "net/starttls.h"
#include "scan/plan.h"
#include "scan/probe.h"

/*
 * A port that is not known for TLS gets this long to answer a hello: services
 * that wait for a line would hold the host up. Mail servers like to wait for
 * a name server before they greet.
 */
enum { CURIOUS_US = 1000000, CERTAIN_US = 3000000, GREETING_US = 5000000 };

/* TLS 1.2 first: what answers it in TLS, with yes or no, speaks TLS. */
static const enum tls_version order[TLS_VERSIONS] = { TLS_1_2,	TLS_1_3,
						      TLS_1_1,	TLS_1_0,
						      TLS_SSL3, TLS_SSL2 };

/* What a client of today agrees on with the server. */
static void shake_hands(struct probe_run *run, enum starttls_kind starttls)
{
	_cleanup_conn_ struct conn *conn = NULL;
	struct conn_tls tls = { 0 };

	if (!conn_open(&run->host->addr, run->port,
		       probe_deadline(run, CERTAIN_US), &conn, NULL, NULL) ||
	    !starttls_begin(conn, starttls, probe_sni(run), NULL) ||
	    !conn_start_tls(conn, probe_sni(run), NULL, run->arena, &tls, NULL))
		return;
	fact_text(run->facts, "tls.version", run->port, tls.version);
	fact_text(run->facts, "tls.cipher", run->port, tls.cipher);
}

static bool not_tested(struct probe_run *run, const char *why, struct err *err)
{
	fact_bool(run->facts, "tls.tested", run->port, false);
	fact_text(run->facts, "tls.error", run->port, why);
	return err_set(err, ERR_UPSTREAM, "TLS on port %d: %s", run->port, why);
}

/*
 * Whether a service that begins in clear goes on in TLS. Where another one
 * answers there is nothing to say: false, and no fact.
 */
static bool look_before(struct probe_run *run, enum starttls_kind kind)
{
	_cleanup_conn_ struct conn *conn = NULL;
	struct starttls_said said = { 0 };
	struct fact_list *f = run->facts;
	int port = run->port;

	if (!conn_open(&run->host->addr, port, probe_deadline(run, GREETING_US),
		       &conn, NULL, NULL))
		return false;
	if (!starttls_look(conn, kind, probe_sni(run), &said, NULL) &&
	    !said.offers)
		return false;
	fact_text(f, "starttls.service", port, starttls_name(kind));
	fact_bool(f, "starttls.offered", port, said.offers);
	if (said.knows_login)
		fact_bool(f, "starttls.login_in_clear", port,
			  said.login_in_clear);
	return said.offers;
}

/* The newest version before TLS 1.3 that is accepted, or NULL. */
static struct hello_verdict *newest_old(struct hello_verdict *verdicts)
{
	struct hello_verdict *best = NULL;

	for (int i = 0; i < TLS_VERSIONS; i++)
		if (verdicts[i].result == HELLO_ACCEPTED &&
		    verdicts[i].version < TLS_1_3 &&
		    verdicts[i].version > TLS_SSL2 &&
		    (!best || verdicts[i].version > best->version))
			best = &verdicts[i];
	return best;
}

/* What is asked once it is known which suites are accepted. */
static void look_closer(struct probe_run *run, struct hello_peer *peer,
			struct hello_verdict *verdicts)
{
	struct hello_verdict *old = newest_old(verdicts);

	if (!old)
		return;
	hello_keys(peer, run->arena, old);
	hello_order(peer, run->arena, old);
	if (probe_port_is_web(run->port) && old->version == TLS_1_2)
		fact_bool(run->facts, "tls.http2", run->port,
			  hello_http2(peer, old, run->arena));
}

/* ---- attacks ---- */

static void state_finding(struct probe_run *run, const char *fact,
			  enum hello_finding finding, bool when)
{
	if (finding != HELLO_UNKNOWN)
		fact_bool(run->facts, fact, run->port,
			  (finding == HELLO_VULNERABLE) == when);
}

static void state_features(struct probe_run *run,
			   const struct hello_features *f)
{
	struct fact_list *facts = run->facts;
	int port = run->port;

	fact_bool(facts, "tls.compression", port, f->compression);
	fact_bool(facts, "tls.insecure_renegotiation", port,
		  !f->secure_renegotiation);
	fact_bool(facts, "tls.extended_master_secret", port,
		  f->extended_master_secret);
	fact_bool(facts, "tls.encrypt_then_mac", port, f->encrypt_then_mac);
	fact_bool(facts, "tls.tickets", port, f->tickets);
}

/* Whether a better version than `old` is accepted. */
static bool has_better(const struct hello_verdict *verdicts,
		       const struct hello_verdict *old)
{
	for (int i = 0; i < TLS_VERSIONS; i++)
		if (verdicts[i].result == HELLO_ACCEPTED &&
		    verdicts[i].version > old->version)
			return true;
	return false;
}

/* The version below the best one, or NULL. */
static struct hello_verdict *second_best(struct hello_verdict *verdicts)
{
	struct hello_verdict *best = NULL;

	for (int i = 0; i < TLS_VERSIONS; i++)
		if (verdicts[i].result == HELLO_ACCEPTED &&
		    verdicts[i].version > TLS_SSL2 &&
		    has_better(verdicts, &verdicts[i]) &&
		    (!best || verdicts[i].version > best->version))
			best = &verdicts[i];
	return best;
}

static void look_for_attacks(struct probe_run *run, struct hello_peer *peer,
			     struct hello_verdict *verdicts)
{
	struct hello_verdict *old = newest_old(verdicts);
	struct hello_verdict *second = second_best(verdicts);
	struct hello_features features = { 0 };
	enum hello_finding bleeds = HELLO_SAFE;

	if (!old)
		return;
	if (hello_ask_features(peer, old, run->arena, &features)) {
		state_features(run, &features);
		if (features.heartbeat)
			bleeds = hello_heartbleed(peer, old, run->arena);
		state_finding(run, "tls.heartbleed", bleeds, true);
	}
	state_finding(run, "tls.ccs", hello_early_ccs(peer, old, run->arena),
		      true);
	if (second)
		state_finding(run, "tls.fallback_scsv",
			      hello_fallback(peer, second, run->arena), false);
}

/*
 * MySQL shuts a host out whose handshakes fail a hundred times: it is asked
 * for versions alone.
 */
static void ask_version(const struct probe_run *run, struct hello_peer *peer,
			enum tls_version version, struct hello_verdict *ret)
{
	if (version == TLS_SSL2)
		hello_ssl2(peer, run->arena, ret);
	else if (peer->starttls == STARTTLS_MYSQL)
		hello_offered(peer, version, run->arena, ret);
	else
		hello_suites(peer, version, run->arena, ret);
}

/* False: `ret_why` says why nothing can be said, or is NULL: no TLS here. */
static bool ask_versions(struct probe_run *run, struct hello_peer *peer,
			 bool certain, struct hello_verdict *verdicts,
			 const char **ret_why)
{
	bool offers = false;

	*ret_why = NULL;
	for (int i = 0; i < TLS_VERSIONS; i++) {
		ask_version(run, peer, order[i], &verdicts[i]);
		offers |= verdicts[i].result == HELLO_ACCEPTED;
		if (i || verdicts[0].speaks_tls)
			continue;
		if (!certain)
			return false;
		if (verdicts[0].result == HELLO_UNTESTED) {
			*ret_why = verdicts[0].why;
			return false;
		}
	}
	if (!offers)
		*ret_why = verdicts[0].why;
	return offers;
}

static bool accepts_13(const struct hello_verdict *verdicts)
{
	for (int i = 0; i < TLS_VERSIONS; i++)
		if (verdicts[i].version == TLS_1_3)
			return verdicts[i].result == HELLO_ACCEPTED;
	return false;
}

static bool run_tls(struct probe_run *run, struct err *err)
{
	struct hello_verdict verdicts[TLS_VERSIONS] = { 0 };
	enum starttls_kind starttls = probe_starttls(run);
	bool certain = probe_port_is_tls(run->port) || starttls;
	struct hello_peer peer = {
		.addr = &run->host->addr,
		.port = run->port,
		.sni = probe_sni(run),
		.starttls = starttls,
		.deadline = run->deadline,
		.patience = starttls  ? GREETING_US
			    : certain ? CERTAIN_US
				      : CURIOUS_US,
	};
	const char *why;

	/* A hello is noise for other services, and SSH makes us wait. */
	if (starttls ? !look_before(run, starttls) : !probe_may_speak_tls(run))
		return true;
	if (!ask_versions(run, &peer, certain, verdicts, &why))
		return !why || not_tested(run, why, err);
	if (starttls != STARTTLS_MYSQL) {
		look_closer(run, &peer, verdicts);
		look_for_attacks(run, &peer, verdicts);
		if (run->plan->profile != SCAN_PLAN_PROFILE_QUICK)
			tls_look_at_sessions(run, &peer, newest_old(verdicts),
					     accepts_13(verdicts));
	}
	shake_hands(run, starttls);
	tls_facts(verdicts, run->port, run->facts);
	fact_int(run->facts, "tls.connections", run->port, peer.connections);
	return true;
}

const struct probe probe_tls = {
	.name = "tls",
	.about = "TLS versions, cipher suites and keys that a port offers",
	.feature = PROBE_WEB,
	.any_port = true,
	.deadline_ms = 30000,
	.facts =
		(const struct fact_def[]){
			{ "tls.tested", FACT_BOOL,
			  "Whether the port answered in TLS" },
			{ "tls.error", FACT_TEXT, "Why it was not tested" },
			{ "tls.connections", FACT_INT,
			  "How many connections it took to find out" },
			{ "tls.version", FACT_TEXT,
			  "Version agreed on with a client of today" },
			{ "tls.cipher", FACT_TEXT,
			  "Cipher suite agreed on, OpenSSL's name" },
			{ "tls.versions", FACT_LIST,
			  "All versions the port accepts" },
			{ "tls.weak_versions", FACT_LIST,
			  "Accepted versions older than TLS 1.2" },
			{ "tls.untested", FACT_LIST,
			  "Versions that could not be tested to the end" },
			{ "tls.suites", FACT_LIST,
			  "Suites of one version, IANA's names" },
			{ "tls.ciphers", FACT_LIST,
			  "All cipher suites the port accepts" },
			{ "tls.weak_ciphers", FACT_LIST,
			  "Accepted suites without encryption or "
			  "authentication, or with a broken or short cipher" },
			{ "tls.plain_ciphers", FACT_LIST,
			  "Of these, those without encryption or "
			  "authentication" },
			{ "tls.export_ciphers", FACT_LIST,
			  "Of these, those weakened for export" },
			{ "tls.broken_ciphers", FACT_LIST,
			  "The rest: RC4, RC2, DES, 3DES, IDEA, MD5" },
			{ "tls.block64_ciphers", FACT_LIST,
			  "Suites with blocks of 64 bits (SWEET32)" },
			{ "tls.ssl2", FACT_BOOL, "SSLv2 is accepted (DROWN)" },
			{ "tls.modern", FACT_BOOL,
			  "TLS 1.2 or 1.3 is accepted" },
			{ "tls.tls13", FACT_BOOL, "TLS 1.3 is accepted" },
			{ "tls.freak", FACT_BOOL,
			  "RSA export suites are accepted (FREAK)" },
			{ "tls.logjam", FACT_BOOL,
			  "Diffie-Hellman for export, or of at most 1024 "
			  "bits" },
			{ "tls.poodle", FACT_BOOL, "SSLv3 with CBC (POODLE)" },
			{ "tls.beast", FACT_BOOL,
			  "CBC with TLS 1.0 or SSLv3 (BEAST)" },
			{ "tls.lucky13", FACT_BOOL,
			  "CBC suites of TLS are accepted (LUCKY13)" },
			{ "tls.heartbleed", FACT_BOOL,
			  "Heartbeats give memory away (CVE-2014-0160)" },
			{ "tls.ccs", FACT_BOOL,
			  "ChangeCipherSpec is taken before there is a key "
			  "(CVE-2014-0224)" },
			{ "tls.compression", FACT_BOOL,
			  "TLS compresses (CRIME)" },
			{ "tls.insecure_renegotiation", FACT_BOOL,
			  "Renegotiation is not bound to the session "
			  "(RFC 5746)" },
			{ "tls.fallback_scsv", FACT_BOOL,
			  "A forced fallback is refused (RFC 7507)" },
			{ "tls.extended_master_secret", FACT_BOOL,
			  "Extended master secret (RFC 7627)" },
			{ "tls.encrypt_then_mac", FACT_BOOL,
			  "Encrypt-then-MAC (RFC 7366)" },
			{ "tls.tickets", FACT_BOOL,
			  "Session tickets before TLS 1.3 (RFC 5077)" },
			{ "tls.resumes_by_id", FACT_BOOL,
			  "It takes up a session by its id, before TLS 1.3" },
			{ "tls.resumes_by_ticket", FACT_BOOL,
			  "The same by a ticket" },
			{ "tls.resumes_13", FACT_BOOL,
			  "It takes up a session of TLS 1.3" },
			{ "tls.ticket_lifetime", FACT_INT,
			  "Seconds that a ticket of TLS 1.3 is good for" },
			{ "tls.early_data", FACT_BOOL,
			  "It takes data with the first flight of TLS 1.3" },
			{ "tls.client_renegotiation", FACT_BOOL,
			  "A client is granted a new handshake" },
			{ "tls.ticketbleed", FACT_BOOL,
			  "Tickets give memory away (CVE-2016-9244)" },
			{ "tls.robot", FACT_BOOL,
			  "It tells how an RSA key exchange was padded "
			  "(CVE-2017-13099)" },
			{ "tls.robot_oracle", FACT_TEXT,
			  "How much it tells: weak or strong" },
			{ "tls.forward_secrecy", FACT_BOOL,
			  "A suite with forward secrecy is accepted" },
			{ "tls.aead", FACT_BOOL,
			  "A suite with authenticated encryption is accepted" },
			{ "tls.cipher_bits_min", FACT_INT,
			  "Strength of the weakest suite" },
			{ "tls.cipher_bits_max", FACT_INT,
			  "Strength of the strongest suite" },
			{ "tls.groups", FACT_LIST,
			  "Groups for the key exchange" },
			{ "tls.post_quantum", FACT_BOOL,
			  "A group with ML-KEM is accepted" },
			{ "tls.signature_algorithms", FACT_LIST,
			  "What it signs its key exchange with in TLS 1.2" },
			{ "tls.weak_signature_algorithms", FACT_LIST,
			  "Of these, those with MD5 or SHA-1" },
			{ "tls.dh_bits", FACT_INT,
			  "Smallest Diffie-Hellman prime, export apart" },
			{ "tls.dh_prime", FACT_TEXT,
			  "Its source, when many servers share it" },
			{ "tls.server_order", FACT_BOOL,
			  "The server's order of suites counts" },
			{ "tls.client_picks_weak", FACT_BOOL,
			  "Weak suites are accepted, and the client decides" },
			{ "tls.chacha_first", FACT_BOOL,
			  "ChaCha20 for clients that put it first" },
			{ "tls.http2", FACT_BOOL, "HTTP/2 is chosen by ALPN" },
			{ "starttls.service", FACT_TEXT,
			  "The service that begins in clear" },
			{ "starttls.offered", FACT_BOOL,
			  "It offers to change to TLS" },
			{ "starttls.login_in_clear", FACT_BOOL,
			  "It takes passwords before that" },
			{ 0 } },
	.run = run_tls,
};
