#include "scan/result_member.h"

#include "core/grade.h"

/* A client of today, that trusts what we trust, would accept it. */
static bool certificate_ok(const struct fact_list *facts, int port,
			   const char *name, struct sb *out)
{
	const struct fact *match = fact_find(facts, "cert.name_match", port);
	bool ok = member_is_true(facts, name, port) && (!match || match->yes) &&
		  !member_is_true(facts, "cert.expired", port) &&
		  !member_is_true(facts, "cert.not_yet_valid", port);

	sb_add(out, ok ? "true" : "false");
	return true;
}

/* ---- the grade, which is made of facts of several probes ---- */

static bool grade_letter(const struct fact_list *facts, int port,
			 const char *name, struct sb *out)
{
	_arena_ struct arena a = { 0 };
	struct grade g = { 0 };

	if (!grade_port(facts, port, &a, &g))
		return false;
	codec_write_string(out, g.letter);
	return true;
}

static bool grade_score(const struct fact_list *facts, int port,
			const char *name, struct sb *out)
{
	_arena_ struct arena a = { 0 };
	struct grade g = { 0 };

	if (!grade_port(facts, port, &a, &g))
		return false;
	sb_addf(out, "%d", g.score);
	return true;
}

static bool grade_reasons(const struct fact_list *facts, int port,
			  const char *name, struct sb *out)
{
	_arena_ struct arena a = { 0 };
	struct grade g = { 0 };

	if (!grade_port(facts, port, &a, &g))
		return false;
	member_list(&g.reasons, out);
	return true;
}

const struct member result_tls_members[] = {
	{ "valid", "cert.trusted", certificate_ok },
	{ "version", "tls.version", member_or_unknown },
	{ "expired", "cert.expired", member_or_false },
	{ "expiry_date", "cert.not_after", member_or_null },
	{ "cipher", "tls.cipher", member_plain },
	{ "versions", "tls.versions", member_plain },
	{ "weak_versions", "tls.weak_versions", member_plain },
	{ "subject", "cert.subject", member_plain },
	{ "issuer", "cert.issuer", member_plain },
	{ "names", "cert.names", member_plain },
	{ "not_before", "cert.not_before", member_plain },
	{ "fingerprint_sha256", "cert.fingerprint", member_plain },
	{ "key_fingerprint_sha256", "cert.key_fingerprint", member_plain },
	{ "key_type", "cert.key_type", member_plain },
	{ "key_bits", "cert.key_bits", member_plain },
	{ "signature_algorithm", "cert.signature", member_plain },
	{ "chain_length", "cert.chain_length", member_plain },
	{ "revocation", "cert.status", member_plain },
	{ "revocation_source", "cert.status_source", member_plain },
	{ "scts", "cert.scts", member_plain },
	{ "names_total", "cert.names_total", member_plain },
	{ "is_ca", "cert.is_ca", member_plain },
	{ "key_exponent", "cert.key_exponent", member_plain },
	{ "must_staple", "cert.must_staple", member_plain },
	{ "stapled", "cert.stapled", member_plain },
	{ "revoked_at", "cert.revoked_at", member_plain },
	{ "revoked_reason", "cert.revoked_reason", member_plain },
	{ "revocation_error", "cert.status_error", member_plain },
	{ "scts_valid", "cert.scts_valid", member_plain },
	{ "scts_unknown", "cert.scts_unknown", member_plain },
	{ "trust_error", "cert.trust_error", member_plain },
	{ "error", "tls.error", member_plain },
	{ "grade", NULL, grade_letter },
	{ "grade_score", NULL, grade_score },
	{ "grade_reasons", NULL, grade_reasons },
	{ "ciphers", "tls.ciphers", member_plain },
	{ "suites", "tls.suites", member_by_item },
	{ "chacha_first", "tls.chacha_first", member_plain },
	{ "connections", "tls.connections", member_plain },
	{ "weak_ciphers", "tls.weak_ciphers", member_plain },
	{ "freak", "tls.freak", member_plain },
	{ "logjam", "tls.logjam", member_plain },
	{ "heartbleed", "tls.heartbleed", member_plain },
	{ "ccs", "tls.ccs", member_plain },
	{ "compression", "tls.compression", member_plain },
	{ "insecure_renegotiation", "tls.insecure_renegotiation",
	  member_plain },
	{ "fallback_scsv", "tls.fallback_scsv", member_plain },
	{ "extended_master_secret", "tls.extended_master_secret",
	  member_plain },
	{ "encrypt_then_mac", "tls.encrypt_then_mac", member_plain },
	{ "tickets", "tls.tickets", member_plain },
	{ "resumes_by_id", "tls.resumes_by_id", member_plain },
	{ "resumes_by_ticket", "tls.resumes_by_ticket", member_plain },
	{ "resumes_13", "tls.resumes_13", member_plain },
	{ "ticket_lifetime", "tls.ticket_lifetime", member_plain },
	{ "early_data", "tls.early_data", member_plain },
	{ "client_renegotiation", "tls.client_renegotiation", member_plain },
	{ "ticketbleed", "tls.ticketbleed", member_plain },
	{ "robot", "tls.robot", member_plain },
	{ "robot_oracle", "tls.robot_oracle", member_plain },
	{ "untested", "tls.untested", member_plain },
	{ "forward_secrecy", "tls.forward_secrecy", member_plain },
	{ "server_order", "tls.server_order", member_plain },
	{ "groups", "tls.groups", member_plain },
	{ "post_quantum", "tls.post_quantum", member_plain },
	{ "signature_algorithms", "tls.signature_algorithms", member_plain },
	{ "dh_bits", "tls.dh_bits", member_plain },
	{ "dh_prime", "tls.dh_prime", member_plain },
	{ "http2", "tls.http2", member_plain },
	{ "starttls", "starttls.service", member_plain },
	{ 0 }
};
