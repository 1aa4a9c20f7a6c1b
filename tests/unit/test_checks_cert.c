/*
 * Certificates judged: what becomes a finding of a scan, what a check of one
 * certificate answers, and the parts of the probe that do no I/O.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/span.h"
#include "catalog_fixture.h"
#include "core/certificate.h"
#include "core/judge.h"
#include "net/hello.h"
#include "scan/probes/cert.h"
#include "scan/probes/cert_status.h"
#include "scan/web.h"

#define NOW INT64_C(1772355600000000) /* 2026-03-01T09:00:00Z */

/* ---- scenes ---- */

static void state(struct fact_list *f, const char *name, const char *value)
{
	if (!strcmp(value, "yes") || !strcmp(value, "no"))
		fact_bool(f, name, 443, *value == 'y');
	else if (strspn(value, "-0123456789") == strlen(value))
		fact_int(f, name, 443, strtol(value, NULL, 10));
	else
		fact_text(f, name, 443, value);
}

/* "NAME=VALUE NAME=VALUE" */
static void state_all(struct fact_list *f, const char *text)
{
	struct span s = span_str(text), name, value;

	while (span_until(&s, '=', 64, &name) && span_word(&s, 64, &value)) {
		state(f, span_dup(f->arena, name), span_dup(f->arena, value));
		span_skip_blank(&s);
	}
}

static const char *findings_of(const char *text, struct arena *a)
{
	struct fact_list f = { .arena = a };
	struct judge_input in = { .name = "host.example",
				  .ip = "192.0.2.7",
				  .facts = &f,
				  .checks = catalog_checks(),
				  .now = NOW };
	struct sb out = sb_new(a, 64);
	struct judgement j;

	state_all(&f, text);
	judge_host(&in, a, &j);
	for (size_t i = 0; i < j.verdicts.len; i++)
		sb_addf(&out, "%s%s %s", i ? ", " : "",
			check_severity_names[j.verdicts.items[i].severity],
			j.verdicts.items[i].check->id);
	return out.s;
}

static void facts_become_findings(void **ctx)
{
	static const struct {
		const char *facts, *findings;
	} scenes[] = {
		{ "cert.revoked=yes cert.status_source=crl",
		  "HIGH cert_revoked" },
		{ "cert.revoked=no", "" },
		{ "cert.status=UNKNOWN", "" },
		{ "cert.broken_key=yes cert.key_problem=x",
		  "HIGH cert_broken_key" },
		{ "cert.broken_key=no", "" },
		{ "cert.chain_ordered=no cert.chain_length=3",
		  "LOW cert_chain_unordered" },
		{ "cert.chain_ordered=no cert.chain_complete=no",
		  "MEDIUM cert_chain_incomplete" },
		{ "cert.chain_ordered=yes", "" },
		{ "cert.root_sent=yes", "INFO cert_root_sent" },
		{ "cert.root_sent=no", "" },
		{ "cert.public=yes cert.too_long=yes cert.lifetime_days=900",
		  "LOW cert_too_long" },
		{ "cert.public=no cert.too_long=yes", "" },
		{ "cert.public=yes cert.too_long=no", "" },
		{ "cert.name_match=no cert.cn_only=yes",
		  "MEDIUM cert_cn_only" },
		{ "cert.name_match=no cert.cn_only=no",
		  "MEDIUM cert_name_mismatch" },
		{ "cert.trusted=no cert.server_usage=no",
		  "MEDIUM cert_wrong_usage" },
		{ "cert.server_usage=yes", "" },
		{ "cert.staple_missing=yes", "MEDIUM cert_staple_missing" },
		{ "cert.staple_missing=no", "" },
		{ "cert.staple_valid=no", "LOW cert_staple_invalid" },
		{ "cert.staple_valid=yes", "" },
		{ "cert.public=yes cert.ct_logged=no",
		  "MEDIUM cert_not_logged" },
		{ "cert.public=yes cert.ct_logged=yes", "" },
	};

	for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++) {
		_arena_ struct arena a = { 0 };

		assert_string_equal(findings_of(scenes[i].facts, &a),
				    scenes[i].findings);
	}
}

/* ---- one certificate ---- */

static void scores_have_no_bonus(void **ctx)
{
	static const struct {
		const char *facts;
		int score;
	} cases[] = {
		{ "cert.trusted=yes cert.scts=3 cert.key_type=Ed25519 "
		  "cert.key_bits=256",
		  100 },
		{ "cert.days_left=20 cert.trusted=yes cert.scts=3", 80 },
		{ "cert.expired=yes cert.days_left=-2", 60 },
		{ "cert.weak_key=yes cert.self_signed=yes", 60 },
		{ "cert.expired=yes cert.name_match=no cert.revoked=yes", 0 },
		{ "cert.root_sent=yes", 100 },
		{ "cert.staple_valid=no", 95 },
		{ "cert.staple_missing=yes", 90 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct fact_list f = { .arena = &a };
		struct certificate_input in = {
			"host.example", "192.0.2.7", 443, &f, NULL, "en", NOW
		};
		struct certificate c;

		state_all(&f, cases[i].facts);
		fact_text(&f, "cert.fingerprint", 443, "ab");
		certificate_make(&in, &a, &c);
		assert_int_equal(c.score, cases[i].score);
		assert_int_equal(c.errors.len, 0);
	}
}

static void an_issuer_is_told_by_its_organisation(void **ctx)
{
	static const struct {
		const char *organisation, *type;
	} cases[] = {
		{ "Let's Encrypt", "letsencrypt" },
		{ "DigiCert Inc", "digicert" },
		{ "Google Trust Services LLC", "google" },
		{ "Amazonas Verwaltung", "commercial" },
		{ "R3 Devices", "commercial" },
		{ "", "commercial" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct fact_list f = { .arena = &a };
		struct certificate_input in = { "h",  "",   443, &f,
						NULL, "en", NOW };
		struct certificate c;

		fact_text(&f, "cert.fingerprint", 443, "ab");
		fact_text(&f, "cert.issuer_attr", 443, cases[i].organisation);
		fact_item(&f, "organizationName");
		fact_text(&f, "cert.issuer_attr", 443, "R3");
		fact_item(&f, "commonName");
		certificate_make(&in, &a, &c);
		assert_string_equal(c.ca.type, cases[i].type);
	}
}

static void where_nothing_was_seen_there_is_a_reason(void **ctx)
{
	_arena_ struct arena a = { 0 };
	const char *said = "certificate on port 443: connection refused";
	struct str_list errors = { &said, 1 };
	struct fact_list f = { .arena = &a };
	struct certificate_input in = { "h", "", 443, &f, &errors, "en", NOW };
	struct sb json = sb_new(&a, 512);
	struct certificate c;

	certificate_make(&in, &a, &c);
	assert_false(certificate_seen(&c));
	assert_int_equal(c.score, 0);
	assert_string_equal(c.errors.items[0],
			    "TLS handshake failed: connection refused");
	codec_write(&certificate_type, &c, &json);
	assert_non_null(strstr(json.s, "\"hostname_match\":null"));
	assert_non_null(strstr(json.s, "\"expiry_risk\":\"OK\""));
}

/* ---- parts of the probe ---- */

static void addresses_in_certificates_are_taken_apart(void **ctx)
{
	static const struct {
		const char *url, *host;
		int port;
		const char *path;
	} cases[] = {
		{ "http://ocsp.example.test", "ocsp.example.test", 80, "/" },
		{ "HTTP://a.test:8080/x/y?z#f", "a.test", 8080, "/x/y?z" },
		{ "http://[2001:db8::1]:81/", "2001:db8::1", 81, "/" },
		{ "http://[::1]", "::1", 80, "/" },
		{ "https://a.test", "a.test", 443, "/" },
		{ "https://a.test:8443/x", "a.test", 8443, "/x" },
		{ "http://user@a.test/", NULL },
		{ "http:///x", NULL },
		{ "http://a.test:0/", NULL },
		{ "http://a.test:99999/", NULL },
		{ "http://a.test:80x/", NULL },
		{ "http://a b/", NULL },
		{ "http://a.test/\r\nHost: x", NULL },
		{ "http://[::1/", NULL },
		{ "http://[]:82/", NULL },
		{ "ldap:///CN=x", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct web_url url;
		bool ok = web_url_parse(cases[i].url, &a, &url);

		assert_int_equal(ok, cases[i].host != NULL);
		if (!ok)
			continue;
		assert_string_equal(url.host, cases[i].host);
		assert_int_equal(url.port, cases[i].port);
		assert_string_equal(url.path, cases[i].path);
	}
}

static void the_limit_of_a_life_is_that_of_its_issue(void **ctx)
{
	static const struct {
		const char *issued;
		int days;
	} cases[] = {
		{ "2017-01-01T00:00:00Z", 0 },
		{ "2020-08-31T23:59:59Z", 825 },
		{ "2020-09-01T00:00:00Z", 398 },
		{ "2026-03-14T23:59:59Z", 398 },
		{ "2026-03-15T00:00:00Z", 200 },
		{ "2027-03-15T00:00:00Z", 100 },
		{ "2029-03-15T00:00:00Z", 47 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t at = 0;

		assert_true(clock_parse(cases[i].issued, &at));
		assert_int_equal(cert_lifetime_limit(at), cases[i].days);
	}
}

static void receipts_are_asked_of_public_authorities_alone(void **ctx)
{
	static const struct {
		enum sct_state states[3];
		size_t count;
		bool is_public;
		const char *logged;
	} cases[] = {
		{ { 0 }, 0, false, "" },
		{ { 0 }, 0, true, "no" },
		{ { SCT_VALID }, 1, true, "no" },
		{ { SCT_VALID, SCT_UNKNOWN_LOG }, 2, true, "yes" },
		{ { SCT_VALID, SCT_INVALID }, 2, true, "no" },
		{ { SCT_UNKNOWN_LOG, SCT_NOT_VERIFIED }, 2, true, "yes" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct fact_list f = { .arena = &a };
		struct sct_list list = { .len = cases[i].count };
		const struct fact *logged;

		for (size_t j = 0; j < list.len; j++)
			list.items[j].state = cases[i].states[j];
		cert_sct_facts(&list, cases[i].is_public, 443, &f);
		logged = fact_find(&f, "cert.ct_logged", 443);
		assert_string_equal(!logged	  ? ""
				    : logged->yes ? "yes"
						  : "no",
				    cases[i].logged);
	}
}

/* The exponent of a recorded certificate is written over: 65537, then that. */
static void an_exponent_that_encrypts_nothing_is_seen(void **ctx)
{
	static const struct {
		uint8_t exponent[3];
		const char *problem;
	} cases[] = {
		{ { 1, 0, 1 }, NULL },
		{ { 0, 0, 1 }, "the RSA exponent is 1" },
		{ { 1, 0, 2 }, "the RSA exponent is even" },
	};
	_arena_ struct arena a = { 0 };
	struct hello_answer answer;
	char *bytes = NULL;
	uint8_t *at;
	size_t len;

	assert_true(file_read(arena_printf(&a, "%s/tests/probe/cert/good.bytes",
					   getenv("NIS2_SOURCE")),
			      1 << 20, &a, &bytes, &len, NULL));
	hello_parse(span_of(bytes, len), true, &a, &answer);
	at = memmem(answer.ders[0].bytes, answer.ders[0].len,
		    "\x02\x03\x01\x00\x01", 5);
	assert_non_null(at);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cert c;

		memcpy(at + 2, cases[i].exponent, 3);
		assert_true(cert_parse(answer.ders[0].bytes, answer.ders[0].len,
				       &a, &c, NULL));
		assert_string_equal(c.key_problem ? c.key_problem : "",
				    cases[i].problem ? cases[i].problem : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_become_findings),
		cmocka_unit_test(scores_have_no_bonus),
		cmocka_unit_test(an_issuer_is_told_by_its_organisation),
		cmocka_unit_test(where_nothing_was_seen_there_is_a_reason),
		cmocka_unit_test(addresses_in_certificates_are_taken_apart),
		cmocka_unit_test(the_limit_of_a_life_is_that_of_its_issue),
		cmocka_unit_test(
			receipts_are_asked_of_public_authorities_alone),
		cmocka_unit_test(an_exponent_that_encrypts_nothing_is_seen),
	};

	return cmocka_run_group_tests(tests, catalog_setup, catalog_teardown);
}
