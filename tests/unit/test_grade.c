/*
 * The letter of a port, by the SSL Labs rating guide. Each case says what is
 * different from a good server with TLS 1.2 and 1.3.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/grade.h"
#include "fact_text.h"

/* The first line of a name counts: what differs comes first. */
#define GOOD                                                         \
	"443 tls.tested yes\n443 tls.versions [TLSv1.2,TLSv1.3]\n"   \
	"443 tls.cipher_bits_min 128\n443 tls.cipher_bits_max 256\n" \
	"443 tls.forward_secrecy yes\n443 tls.aead yes\n"            \
	"443 tls.ciphers [ECDHE-RSA-AES128-GCM-SHA256]\n"            \
	"443 cert.key_type RSA\n443 cert.key_bits 2048\n"            \
	"443 cert.trusted yes\n443 cert.name_match yes\n"            \
	"443 cert.chain_complete yes\n443 cert.expired no\n"

static const struct {
	const char *name, *facts, *letter, *reasons;
	int score;
} cases[] = {
	{ "a good server", "", "A", "", 93 },
	{ "with HSTS", "443 http.hsts_max_age 31536000", "A+", "", 93 },
	{ "with HSTS of a week", "443 http.hsts_max_age 604800", "A", "", 93 },
	{ "HSTS and no protection against a fallback",
	  "443 http.hsts_max_age 31536000\n443 tls.fallback_scsv no", "A", "",
	  93 },
	{ "HSTS and SHA-1 in the chain",
	  "443 http.hsts_max_age 31536000\n443 cert.weak_signature yes", "A",
	  "", 93 },
	{ "TLS 1.3 alone is no fault",
	  "443 tls.versions [TLSv1.3]\n443 http.hsts_max_age 31536000\n"
	  "443 tls.secure_renegotiation no\n443 tls.fallback_scsv no",
	  "A+", "", 93 },
	{ "no TLS 1.3", "443 tls.versions [TLSv1.2]", "A-", "no_tls13", 93 },
	{ "no secure renegotiation", "443 tls.secure_renegotiation no", "A-",
	  "no_secure_renegotiation", 93 },
	{ "TLS 1.0 too", "443 tls.versions [TLSv1.0,TLSv1.2,TLSv1.3]", "B",
	  "tls10_or_tls11", 91 },
	{ "TLS 1.0 alone", "443 tls.versions [TLSv1.0]", "C",
	  "no_tls12 tls10_or_tls11 no_tls13", 90 },
	{ "SSLv3 without CBC", "443 tls.versions [SSLv3,TLSv1.2,TLSv1.3]", "B",
	  "ssl3", 90 },
	{ "POODLE",
	  "443 tls.versions [SSLv3,TLSv1.2,TLSv1.3]\n443 tls.poodle yes", "C",
	  "poodle ssl3", 90 },
	{ "SSLv3 alone", "443 tls.versions [SSLv3]", "F",
	  "ssl3_best no_tls12 ssl3 no_tls13", 87 },
	{ "SSLv2 too", "443 tls.versions [SSLv2,TLSv1.2,TLSv1.3]", "F", "ssl2",
	  78 },
	{ "no forward secrecy", "443 tls.forward_secrecy no", "B",
	  "no_forward_secrecy", 93 },
	{ "no AEAD", "443 tls.aead no", "B", "no_aead", 93 },
	{ "RC4 with TLS 1.2",
	  "443 tls.weak_ciphers [RC4-SHA]\n443 tls.ciphers [RC4-SHA,AES]", "C",
	  "rc4_with_modern_tls", 93 },
	{ "RC4 with TLS 1.0",
	  "443 tls.versions [TLSv1.0]\n443 tls.weak_ciphers [RC4-SHA]", "C",
	  "no_tls12 tls10_or_tls11 rc4 no_tls13", 90 },
	{ "RC4 alone",
	  "443 tls.weak_ciphers [RC4-SHA]\n443 tls.ciphers [RC4-SHA]", "F",
	  "rc4_only rc4_with_modern_tls", 93 },
	{ "3DES with TLS 1.2",
	  "443 tls.block64_ciphers [DES-CBC3-SHA]\n443 tls.cipher_bits_min 112",
	  "C", "block64_with_modern_tls", 81 },
	{ "export suites",
	  "443 tls.export_ciphers [EXP-RC4-MD5]\n443 tls.cipher_bits_min 40",
	  "F", "export_suites", 66 },
	{ "anonymous suites", "443 tls.plain_ciphers [ADH-AES128-SHA]", "F",
	  "no_encryption_or_authentication", 0 },
	{ "suites without encryption",
	  "443 tls.plain_ciphers [NULL-SHA]\n443 tls.cipher_bits_min 0", "F",
	  "no_encryption_or_authentication", 77 },
	{ "1024 bits of Diffie-Hellman", "443 tls.dh_bits 1024", "B",
	  "dh_below_2048", 90 },
	{ "an RSA key of 1024 bits", "443 cert.key_bits 1024", "B",
	  "key_below_2048", 90 },
	{ "an RSA key of 512 bits", "443 cert.key_bits 512", "F",
	  "key_below_1024 key_below_2048", 78 },
	{ "an RSA key of 4096 bits", "443 cert.key_bits 4096", "A", "", 96 },
	{ "a curve of 256 bits",
	  "443 cert.key_type ECDSA\n443 cert.key_bits 256", "A", "", 96 },
	{ "only suites of 256 bits", "443 tls.cipher_bits_min 256", "A", "",
	  97 },
	{ "compression", "443 tls.compression yes", "C", "compression", 93 },
	{ "Heartbleed", "443 tls.heartbleed yes", "F", "heartbleed", 93 },
	{ "CCS injection", "443 tls.ccs yes", "F", "ccs_injection", 93 },
	{ "Ticketbleed", "443 tls.ticketbleed yes", "F", "ticketbleed", 93 },
	{ "ROBOT", "443 tls.robot yes", "F", "robot", 93 },
	{ "insecure renegotiation", "443 tls.insecure_renegotiation yes", "F",
	  "insecure_renegotiation", 93 },
	{ "an incomplete chain", "443 cert.chain_complete no", "B",
	  "incomplete_chain", 93 },
	{ "not trusted", "443 cert.trusted no", "T", "untrusted", 93 },
	{ "self-signed",
	  "443 cert.self_signed yes\n443 cert.trusted no\n"
	  "443 cert.chain_complete no",
	  "T", "self_signed", 93 },
	{ "expired", "443 cert.expired yes", "T", "expired", 93 },
	{ "revoked", "443 cert.revoked yes", "T", "revoked", 93 },
	{ "another name", "443 cert.name_match no", "M", "name_mismatch", 93 },
	{ "another name, and not trusted",
	  "443 cert.name_match no\n443 cert.trusted no", "M",
	  "name_mismatch untrusted", 93 },
	{ "F stays F whoever signed",
	  "443 cert.trusted no\n443 tls.heartbleed yes", "F",
	  "heartbleed untrusted", 93 },
};

static void a_server_gets_its_letter(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct fact_list facts = { .arena = &a };
		struct sb reasons = sb_new(&a, 64);
		struct grade g;

		read_facts(arena_printf(&a, "%s%s%s", cases[i].facts,
					*cases[i].facts ? "\n" : "", GOOD),
			   &facts);
		assert_true(grade_port(&facts, 443, &a, &g));
		for (size_t k = 0; k < g.reasons.len; k++)
			sb_addf(&reasons, "%s%s", k ? " " : "",
				g.reasons.items[k]);
		if (strcmp(g.letter, cases[i].letter) ||
		    strcmp(reasons.s, cases[i].reasons) ||
		    g.score != cases[i].score)
			fail_msg("%s: %s %d (%s)", cases[i].name, g.letter,
				 g.score, reasons.s);
	}
}

static void what_is_not_known_has_no_letter(void **state)
{
	static const char *const unknown[] = {
		"443 tls.tested no\n" GOOD,
		"443 tls.versions []\n" GOOD,
		"443 tls.tested yes\n443 tls.versions [TLSv1.2]\n",
		"8443 x yes\n",
	};

	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		_arena_ struct arena a = { 0 };
		struct fact_list facts = { .arena = &a };
		struct grade g;

		read_facts(unknown[i], &facts);
		assert_false(grade_port(&facts, 443, &a, &g));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_gets_its_letter),
		cmocka_unit_test(what_is_not_known_has_no_letter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
