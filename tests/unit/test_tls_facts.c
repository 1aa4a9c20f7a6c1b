/* What the TLS and certificate probes state, as the lines that travel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "scan/probes/cert.h"
#include "scan/probes/tls.h"

static const char *lines_of(const struct fact_list *facts, struct arena *a)
{
	struct sb out = sb_new(a, 4096);

	for (size_t i = 0; i < facts->len; i++) {
		fact_write(&facts->items[i], &out);
		sb_addc(&out, '\n');
	}
	return out.s;
}

static const char *read_text(const char *path, struct arena *a, size_t *ret_len)
{
	struct err err = { 0 };
	char *text = NULL;

	assert_true(file_read(arena_printf(a, "%s/tests/probe/%s",
					   getenv("NIS2_SOURCE"), path),
			      1 << 20, a, &text, ret_len, &err));
	return text;
}

static void a_recorded_flight_gives_the_facts_beside_it(void **state)
{
	static const struct {
		const char *file, *name, *now;
	} cases[] = {
		{ "good", "www.example.test", "2025-06-01T00:00:00Z" },
		{ "direct", NULL, "2025-06-01T00:00:00Z" },
		{ "incomplete", "other.example.test", "2026-06-01T00:00:00Z" },
		{ "self_signed", "www.example.test", "2024-06-01T00:00:00Z" },
		{ "weak_key", "www.example.test", "2025-06-01T00:00:00Z" },
	};
	_arena_ struct arena keep = { 0 };
	_cleanup_cert_store_ struct cert_store *store = NULL;
	struct err err = { 0 };

	assert_true(cert_store_open(arena_printf(&keep,
						 "%s/tests/probe/cert/root.pem",
						 getenv("NIS2_SOURCE")),
				    &store, &err));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct fact_list facts = { .arena = &a };
		struct hello_answer answer;
		struct cert_chain chain;
		const char *bytes, *want;
		size_t len;
		int64_t now;

		bytes = read_text(
			arena_printf(&a, "cert/%s.bytes", cases[i].file), &a,
			&len);
		assert_true(clock_parse(cases[i].now, &now));
		hello_parse(span_of(bytes, len), true, &a, &answer);
		assert_true(cert_parse_chain(answer.ders, answer.der_count, &a,
					     &chain, &err));
		cert_facts(store, &chain, cases[i].name, now, 443, &facts);
		want = read_text(
			arena_printf(&a, "cert/%s.facts", cases[i].file), &a,
			NULL);
		assert_string_equal(lines_of(&facts, &a), want);
	}
}

static void versions_and_suites_become_lists(void **state)
{
	uint16_t new[] = { 0x1302, 0x1301 }, mid[] = { 0xc02f, 0x000a };
	uint16_t old[] = { 0x000a, 0x0003, 0x0034 }, first[] = { 0x0700 };
	uint16_t groups[] = { 0x11ec, 0x001d }, curves[] = { 0x001d, 0x0017 };
	uint16_t sigalgs[] = { 0x0401, 0x0201 };
	const struct hello_verdict verdicts[TLS_VERSIONS] = {
		{ TLS_1_2, HELLO_ACCEPTED, true, NULL, mid, 2, true,
		  .groups = curves, .group_count = 2, .sigalgs = sigalgs,
		  .sigalg_count = 2, .order = HELLO_ORDER_CLIENT },
		{ TLS_1_3, HELLO_ACCEPTED, true, NULL, new, 2, true,
		  .groups = groups, .group_count = 2 },
		{ TLS_1_1, HELLO_UNTESTED, true, "timed out", NULL, 0, false },
		{ TLS_1_0, HELLO_ACCEPTED, true, NULL, old, 3, true,
		  .dh_bits = 1024, .dh_prime = "RFC 2409/3526" },
		{ TLS_SSL3, HELLO_REFUSED, true, "protocol_version", NULL, 0,
		  true },
		{ TLS_SSL2, HELLO_ACCEPTED, true, NULL, first, 1, true },
	};
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };
	size_t len;

	tls_facts(verdicts, 8443, &facts);
	assert_string_equal(lines_of(&facts, &a),
			    read_text("tls/mixed.facts", &a, &len));
}

/* MySQL is asked for versions alone: nothing is said of its other suites. */
static void a_sample_of_suites_proves_nothing(void **state)
{
	uint16_t suite[] = { 0xc02f };
	struct hello_verdict verdicts[TLS_VERSIONS] = {
		{ TLS_1_2, HELLO_ACCEPTED, true, NULL, suite, 1, true,
		  .sampled = true },
	};
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };

	tls_facts(verdicts, 3306, &facts);
	assert_true(fact_find(&facts, "tls.modern", 3306)->yes);
	assert_false(fact_find(&facts, "tls.tls13", 3306)->yes);
	assert_null(fact_find(&facts, "tls.ciphers", 3306));
	assert_null(fact_find(&facts, "tls.aead", 3306));
	assert_null(fact_find(&facts, "tls.cipher_bits_min", 3306));
}

static void a_port_that_refuses_all_versions_offers_none(void **state)
{
	struct hello_verdict verdicts[TLS_VERSIONS] = { 0 };
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };

	for (int i = 0; i < TLS_VERSIONS; i++)
		verdicts[i] = (struct hello_verdict){
			.version = i ? (enum tls_version)(TLS_SSL3 + i - 1)
				     : TLS_SSL2,
			.result = HELLO_REFUSED,
			.complete = true
		};
	tls_facts(verdicts, 443, &facts);
	assert_false(fact_find(&facts, "tls.tested", 443)->yes);
	assert_null(fact_find(&facts, "tls.version", 443));
	assert_int_equal(fact_find(&facts, "tls.weak_versions", 443)->list.len,
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recorded_flight_gives_the_facts_beside_it),
		cmocka_unit_test(versions_and_suites_become_lists),
		cmocka_unit_test(a_sample_of_suites_proves_nothing),
		cmocka_unit_test(a_port_that_refuses_all_versions_offers_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
