/* The checks of TLS and STARTTLS: facts of one port in, what fails out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog_fixture.h"
#include "core/judge.h"
#include "fact_text.h"

#define TESTED "443 tls.tested yes\n443 tls.modern yes\n"

static const struct {
	const char *facts, *want; /* the checks that fail, with blanks */
} scenes[] = {
	{ TESTED "443 tls.ssl2 yes", "tls_ssl2" },
	{ TESTED "443 tls.ssl2 no", "" },
	{ TESTED "443 tls.plain_ciphers [NULL-SHA]", "tls_no_protection" },
	{ TESTED "443 tls.export_ciphers [EXP-RC4-MD5]", "tls_export" },
	{ TESTED "443 tls.broken_ciphers [RC4-SHA]", "tls_weak_ciphers" },
	{ TESTED "443 tls.plain_ciphers []\n443 tls.export_ciphers []\n"
		 "443 tls.broken_ciphers []\n443 tls.block64_ciphers []",
	  "" },
	{ TESTED "443 tls.dh_bits 1024", "tls_short_dh" },
	{ TESTED "443 tls.dh_bits 2048", "" },
	{ TESTED "443 tls.forward_secrecy no", "tls_no_forward_secrecy" },
	{ TESTED "443 tls.aead no", "tls_no_aead" },
	/* Old versions have no AEAD: that they are old is said already. */
	{ "443 tls.tested yes\n443 tls.modern no\n443 tls.aead no\n"
	  "443 tls.forward_secrecy no",
	  "" },
	{ TESTED "443 tls.client_picks_weak yes", "tls_client_order" },
	{ TESTED "443 tls.client_picks_weak no", "" },
	{ TESTED "443 tls.weak_signature_algorithms [rsa_pkcs1_sha1]",
	  "tls_weak_handshake_signature" },
	{ TESTED "443 tls.weak_signature_algorithms []", "" },
	{ TESTED "443 tls.poodle yes", "tls_poodle" },
	{ TESTED "443 tls.beast yes", "tls_beast" },
	{ TESTED "443 tls.lucky13 yes", "tls_lucky13" },
	{ TESTED "443 tls.block64_ciphers [DES-CBC3-SHA]", "tls_sweet32" },
	{ TESTED "443 tls.tls13 no", "tls_no_tls13" },
	{ TESTED "443 tls.post_quantum no", "tls_no_post_quantum" },
	{ TESTED "443 tls.tls13 yes\n443 tls.post_quantum yes", "" },
	{ TESTED "443 tls.robot yes\n443 tls.robot_oracle strong",
	  "tls_robot" },
	{ TESTED "443 tls.robot no", "" },
	{ TESTED "443 tls.ticketbleed yes", "tls_ticketbleed" },
	{ TESTED "443 tls.ticketbleed no", "" },
	{ TESTED "443 tls.client_renegotiation yes",
	  "tls_client_renegotiation" },
	{ TESTED "443 tls.client_renegotiation no", "" },
	{ TESTED "443 tls.early_data yes", "tls_early_data" },
	{ TESTED "443 tls.early_data no", "" },
	/* One thing, and it costs once. */
	{ TESTED "443 tls.version TLSv1.1\n443 tls.weak_versions [TLSv1.1]",
	  "tls_obsolete" },
	{ TESTED "443 tls.version TLSv1.3\n443 tls.weak_versions [TLSv1.1]",
	  "tls_weak_versions" },
	{ "25 starttls.service smtp\n25 starttls.offered no\n"
	  "25 starttls.login_in_clear yes",
	  "starttls_missing" },
	{ "25 starttls.service smtp\n25 starttls.offered yes\n"
	  "25 starttls.login_in_clear yes",
	  "starttls_clear_login" },
	{ "25 starttls.service smtp\n25 starttls.offered yes\n"
	  "25 starttls.login_in_clear no",
	  "" },
	{ "443 tls.tested no\n443 tls.ssl2 yes\n443 tls.poodle yes", "" },
};

static void judged(const char *text, struct arena *a, struct judgement *ret)
{
	struct fact_list facts = { .arena = a };
	struct judge_input in = { .name = "host.example",
				  .ip = "192.0.2.7",
				  .facts = &facts,
				  .checks = catalog_checks(),
				  .now = 1 };

	read_facts(text, &facts);
	judge_host(&in, a, ret);
}

static void what_is_weak_fails_one_check(void **state)
{
	for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++) {
		_arena_ struct arena a = { 0 };
		struct sb got = sb_new(&a, 64);
		struct judgement j;

		judged(scenes[i].facts, &a, &j);
		for (size_t k = 0; k < j.verdicts.len; k++)
			sb_addf(&got, "%s%s", k ? " " : "",
				j.verdicts.items[k].check->id);
		assert_string_equal(got.s, scenes[i].want);
	}
}

/* W46: a label is part of the fingerprint, so it names no version or suite. */
static void labels_hold_nothing_that_changes(void **state)
{
	_arena_ struct arena a = { 0 };
	struct judgement one, two;

	judged(TESTED "443 tls.export_ciphers [EXP-RC4-MD5]", &a, &one);
	judged(TESTED "443 tls.export_ciphers [EXP-DES-CBC-SHA]", &a, &two);
	assert_int_equal(one.verdicts.len, 1);
	assert_string_equal(one.verdicts.items[0].fingerprint,
			    two.verdicts.items[0].fingerprint);
}

/* What names an attack costs nothing: the suite behind it was counted. */
static void attacks_do_not_cost_twice(void **state)
{
	_arena_ struct arena a = { 0 };
	struct judgement j;

	judged(TESTED "443 tls.poodle yes\n443 tls.beast yes\n"
		      "443 tls.lucky13 yes\n443 tls.block64_ciphers [DES]\n"
		      "443 tls.tls13 no\n443 tls.post_quantum no",
	       &a, &j);
	assert_int_equal(j.verdicts.len, 6);
	assert_int_equal(j.score, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_weak_fails_one_check),
		cmocka_unit_test(labels_hold_nothing_that_changes),
		cmocka_unit_test(attacks_do_not_cost_twice),
	};

	return cmocka_run_group_tests(tests, catalog_setup, catalog_teardown);
}
