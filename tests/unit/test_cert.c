/*
 * Certificates as servers sent them (tests/probe/cert: whole TLS 1.2 flights,
 * made for these tests), and what each chain is worth at a given time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "net/cert.h"
#include "net/hello.h"

#define VALID "2025-06-01T00:00:00Z"

static struct cert_store *store; /* the system's, and root.pem */

static const char *source(struct arena *a, const char *file)
{
	return arena_printf(a, "%s/tests/probe/cert/%s", getenv("NIS2_SOURCE"),
			    file);
}

static struct cert_chain chain_of(const char *name, struct arena *a)
{
	const char *path = source(a, arena_printf(a, "%s.bytes", name));
	struct hello_answer answer;
	struct cert_chain chain = { 0 };
	struct err err = { 0 };
	char *bytes;
	size_t len;

	assert_true(file_read(path, 1 << 20, a, &bytes, &len, &err));
	assert_int_equal(hello_parse(span_of(bytes, len), true, a, &answer),
			 HELLO_SERVER);
	assert_true(cert_parse_chain(answer.ders, answer.der_count, a, &chain,
				     &err));
	return chain;
}

static int64_t at(const char *time)
{
	int64_t t = 0;

	assert_true(clock_parse(time, &t));
	return t;
}

static int open_store(void **state)
{
	_arena_ struct arena a = { 0 };
	struct err err = { 0 };

	return !cert_store_open(source(&a, "root.pem"), &store, &err);
}

static int close_store(void **state)
{
	cert_store_close(store);
	return 0;
}

static void a_certificate_is_read_to_the_last_member(void **state)
{
	_arena_ struct arena a = { 0 };
	struct cert_chain chain = chain_of("good", &a);
	const struct cert *c = &chain.items[0];

	assert_int_equal(chain.len, 2);
	assert_string_equal(c->subject, "CN=www.example.test");
	assert_string_equal(c->issuer, "O=Example,CN=Example Intermediate");
	assert_int_equal(c->issuer_attrs.len, 2);
	assert_string_equal(c->subject_attrs.items[0].name, "commonName");
	assert_string_equal(c->subject_attrs.items[0].value,
			    "www.example.test");
	assert_int_equal(c->dns.len, 2);
	assert_string_equal(c->dns.items[0], "www.example.test");
	assert_string_equal(c->dns.items[1], "*.shop.example.test");
	assert_int_equal(c->ips.len, 2);
	assert_string_equal(c->ips.items[0], "192.0.2.7");
	assert_string_equal(c->ips.items[1], "2001:db8::7");
	assert_true(c->not_before == at("2025-01-01T00:00:00Z"));
	assert_true(c->not_after == at("2026-01-01T00:00:00Z"));
	assert_string_equal(c->key_type, "RSA");
	assert_int_equal(c->key_bits, 2048);
	assert_null(c->key_curve);
	assert_string_equal(c->signature, "sha256WithRSAEncryption");
	assert_string_equal(c->hash, "SHA256");
	assert_string_equal(c->ocsp_url, "http://ocsp.example.test/");
	assert_int_equal(strlen(c->fingerprint), 64);
	assert_int_equal(strlen(c->serial), 4);
	assert_false(c->is_ca || c->self_signed || c->weak_key ||
		     c->weak_signature);
	assert_true(chain.items[1].is_ca);
}

static void keys_and_signatures_are_what_they_are(void **state)
{
	static const struct {
		const char *file, *type;
		int bits;
		const char *curve, *signature;
		bool weak_key, weak_signature;
	} cases[] = {
		{ "direct", "ECDSA", 256, "prime256v1",
		  "sha256WithRSAEncryption", false, false },
		{ "small_curve", "ECDSA", 224, "secp224r1",
		  "sha256WithRSAEncryption", true, false },
		{ "ed25519", "Ed25519", 256, NULL, "sha256WithRSAEncryption",
		  false, false },
		{ "weak_key", "RSA", 1024, NULL, "sha256WithRSAEncryption",
		  true, false },
		{ "sha1", "RSA", 2048, NULL, "sha1WithRSAEncryption", false,
		  true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct cert c = chain_of(cases[i].file, &a).items[0];

		assert_string_equal(c.key_type, cases[i].type);
		assert_int_equal(c.key_bits, cases[i].bits);
		assert_string_equal(c.key_curve ? c.key_curve : "",
				    cases[i].curve ? cases[i].curve : "");
		assert_string_equal(c.signature, cases[i].signature);
		assert_int_equal(c.weak_key, cases[i].weak_key);
		assert_int_equal(c.weak_signature, cases[i].weak_signature);
	}
}

/* What is wrong, in letters: each has its own. */
static const char *verdict_letters(const struct cert_verdict *v,
				   struct arena *a)
{
	return arena_printf(
		a, "%s%s%s%s%s%s%s%s", v->expired ? "E" : "",
		v->not_yet_valid ? "Y" : "", v->self_signed ? "S" : "",
		v->trusted ? "" : "T", v->unknown_issuer ? "U" : "",
		v->chain_complete ? "" : "C", v->name_match ? "" : "N",
		v->weak_signature ? "W" : "");
}

static void what_is_wrong_with_a_chain_is_told_apart(void **state)
{
	static const char unknown[] =
		"the chain ends at a root that is not trusted";
	static const struct {
		const char *file, *host, *now, *letters;
		int days;
		const char *trust_error;
	} cases[] = {
		{ "good", "www.example.test", VALID, "", 214, NULL },
		{ "direct", "www.example.test", VALID, "", 214, NULL },
		{ "good", "other.example.test", VALID, "N", 214, NULL },
		{ "good", "www.example.test", "2026-01-01T00:00:01Z", "E", -1,
		  NULL },
		{ "good", "www.example.test", "2026-01-03T00:00:00Z", "E", -2,
		  NULL },
		{ "good", "www.example.test", "2025-12-31T23:59:59Z", "", 0,
		  NULL },
		{ "good", "www.example.test", "2024-12-31T00:00:00Z", "Y", 366,
		  NULL },
		{ "incomplete", "www.example.test", VALID, "TUC", 214,
		  "the certificate of the issuer was not sent" },
		{ "incomplete", "x", "2027-01-01T00:00:00Z", "ETUCN", -365,
		  "the certificate of the issuer was not sent" },
		{ "unknown_root", "www.example.test", VALID, "TU", 214,
		  unknown },
		{ "self_signed", "www.example.test", VALID, "ST", 214,
		  "the certificate is self-signed" },
		{ "old_issuer", "www.example.test", VALID, "T", 214,
		  "a certificate of an issuer has expired" },
		{ "old_issuer", "www.example.test", "2025-02-01T00:00:00Z", "",
		  334, NULL },
		{ "sha1", "www.example.test", VALID, "W", 214, NULL },
		{ "weak_key", "www.example.test", VALID, "", 214, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct cert_chain chain = chain_of(cases[i].file, &a);
		struct cert_verdict v;

		cert_judge(store, &chain, cases[i].host, at(cases[i].now), &v);
		assert_string_equal(verdict_letters(&v, &a), cases[i].letters);
		assert_int_equal(v.days_left, cases[i].days);
		assert_string_equal(v.trust_error ? v.trust_error : "",
				    cases[i].trust_error ? cases[i].trust_error
							 : "");
	}
}

static void names_match_by_label(void **state)
{
	static const struct {
		const char *host;
		bool match;
	} cases[] = {
		{ "www.example.test", true },
		{ "WWW.example.TEST", true },
		{ "a.shop.example.test", true },
		{ "shop.example.test", false },
		{ "a.b.shop.example.test", false },
		{ ".shop.example.test", false },
		{ "xwww.example.test", false },
		{ "192.0.2.7", true },
		{ "192.0.2.8", false },
		{ "2001:DB8:0::7", true },
		{ "::ffff:192.0.2.7", false },
		{ "", false },
	};
	_arena_ struct arena a = { 0 };
	struct cert c = chain_of("good", &a).items[0];
	const char *all[] = { "*", "*.test", "*.", "x*.example.test" };
	struct cert wild = { .dns = { all, 4 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(cert_matches(&c, cases[i].host),
				 cases[i].match);
	/* No wildcard for a whole top-level domain, or for part of a label. */
	assert_false(cert_matches(&wild, "example.test"));
	assert_false(cert_matches(&wild, "xy.example.test"));
	assert_false(cert_matches(&wild, "test"));
}

static void what_is_no_certificate_is_refused(void **state)
{
	_arena_ struct arena a = { 0 };
	struct cert_der der = chain_of("good", &a).items[0].der;
	uint8_t *longer = arena_alloc(&a, der.len + 1);
	static uint8_t huge[CERT_DER_MAX + 1];
	struct cert_chain chain;
	struct err err = { 0 };
	struct cert c;

	memcpy(longer, der.bytes, der.len);
	assert_true(cert_parse(longer, der.len, &a, &c, &err));
	assert_false(cert_parse(longer, der.len + 1, &a, &c, &err));
	assert_string_equal(err.msg, "not a certificate");
	assert_false(cert_parse(longer, der.len - 1, &a, &c, &err));
	assert_false(cert_parse("", 0, &a, &c, &err));
	assert_false(cert_parse(huge, sizeof(huge), &a, &c, &err));
	assert_int_equal(err.kind, ERR_TOO_LARGE);
	assert_false(cert_parse_chain(NULL, 0, &a, &chain, &err));
	assert_string_equal(err.msg, "no certificate was sent");
}

static void a_broken_issuer_does_not_hide_the_leaf(void **state)
{
	_arena_ struct arena a = { 0 };
	struct cert_chain good = chain_of("good", &a), chain;
	struct cert_der ders[] = { good.items[0].der,
				   { (const uint8_t *)"junk", 4 } };
	struct err err = { 0 };

	assert_true(cert_parse_chain(ders, 2, &a, &chain, &err));
	assert_int_equal(chain.len, 1);
	assert_string_equal(chain.items[0].subject, "CN=www.example.test");
}

static void a_ca_file_that_is_none_is_an_error(void **state)
{
	_arena_ struct arena a = { 0 };
	struct cert_store *none = NULL;
	struct err err = { 0 };

	assert_false(cert_store_open(source(&a, "good.bytes"), &none, &err));
	assert_int_equal(err.kind, ERR_INVALID);
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_is_read_to_the_last_member),
		cmocka_unit_test(keys_and_signatures_are_what_they_are),
		cmocka_unit_test(what_is_wrong_with_a_chain_is_told_apart),
		cmocka_unit_test(names_match_by_label),
		cmocka_unit_test(what_is_no_certificate_is_refused),
		cmocka_unit_test(a_broken_issuer_does_not_hide_the_leaf),
		cmocka_unit_test(a_ca_file_that_is_none_is_an_error),
	};

	return cmocka_run_group_tests(tests, open_store, close_store);
}
