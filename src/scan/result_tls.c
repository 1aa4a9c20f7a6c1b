#include "scan/result_member.h"

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
	{ "trust_error", "cert.trust_error", member_plain },
	{ "error", "tls.error", member_plain },
	{ 0 }
};
