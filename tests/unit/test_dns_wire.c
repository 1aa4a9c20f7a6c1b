/*
 * Bytes of DNS: names, records of DNSSEC, CAA, TLSA, whole messages, and which
 * domain a name belongs to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/dns_wire.h"
#include "net/dnssec.h"
#include "net/domain.h"
#include "net/resolver.h"
#include "table.h"

#define BYTES(text) span_of(text, sizeof(text) - 1)

/* ---- names ---- */

struct name_case {
	const char *name;
	struct span wire;
	const char *text; /* NULL: none */
};

static void name_is_read(void **state)
{
	const struct name_case *c = *state;
	_arena_ struct arena a = { 0 };
	const char *text = NULL;
	struct span s = c->wire;

	if (!c->text) {
		assert_false(dns_read_name(&s, &a, &text));
		return;
	}
	assert_true(dns_read_name(&s, &a, &text));
	assert_string_equal(text, c->text);
	assert_int_equal(span_len(s), 0);
}

#define LABEL63 \
	"\x3f"  \
	"abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc"

/* ---- DNSSEC ---- */

static void keys_and_digests(void **state)
{
	struct dnskey key;
	struct ds ds;

	/* exponent 3, a modulus of 9 bytes whose first bit is set late */
	assert_true(dnskey_read(BYTES("\x01\x01\x03\x08\x01\x03\x00\x1f"
				      "\xff\xff\xff\xff\xff\xff\xff"),
				&key));
	assert_int_equal(key.flags, 257);
	assert_int_equal(key.bits, 61);
	/* a length of the exponent in three bytes */
	assert_true(dnskey_read(BYTES("\x01\x00\x03\x05\x00\x00\x01\x03\x80"),
				&key));
	assert_int_equal(key.bits, 8);
	assert_true(dnssec_algorithm(key.algorithm)->weak);
	assert_true(dnskey_read(BYTES("\x01\x00\x03\x05\x00\x00"), &key));
	assert_int_equal(key.bits, 0);
	assert_false(dnskey_read(BYTES("\x01\x00\x02\x0d"), &key));
	assert_true(ds_read(BYTES("\x12\x34\x0d\x01xxxx"), &ds));
	assert_true(dnssec_digest_weak(ds.digest));
	assert_false(dnssec_digest_weak(2));
	assert_null(dnssec_digest(99));
	assert_null(dnssec_algorithm(99));
}

/* RFC 4034 section 3.1.5: 32 bits, the time nearest to now. */
static void times_of_signatures_outlive_2038(void **state)
{
	const int64_t now = INT64_C(4294967296) + 1000; /* in 2106 */
	struct rrsig sig;

	assert_true(rrsig_read(BYTES("\x00\x06\x0d\x02\x00\x00\x00\x3c"
				     "\x00\x00\x07\xd0\xff\xff\xff\xf0\x00\x01"
				     "\x00"),
			       now, &sig));
	assert_int_equal(sig.covered, DNS_SOA);
	assert_int_equal(sig.expires, INT64_C(4294967296) + 2000);
	assert_int_equal(sig.inception, INT64_C(4294967296) - 16);
	assert_false(rrsig_read(BYTES("\x00\x06\x0d"), now, &sig));
}

static void parameters_of_nsec3(void **state)
{
	struct nsec3 n;

	assert_true(nsec3_read(BYTES("\x01\x01\x00\x96\x02\xaa\xbb"), &n));
	assert_int_equal(n.iterations, 150);
	assert_int_equal(n.salt_len, 2);
	assert_true(n.opt_out);
	assert_false(nsec3_read(BYTES("\x01\x00\x00"), &n));
}

/* ---- others ---- */

static void records(void **state)
{
	_arena_ struct arena a = { 0 };
	struct dns_tlsa tlsa;
	struct dns_caa caa;
	struct dns_soa soa;
	struct dns_mx mx;
	const char *text;

	assert_true(dns_read_txt(BYTES("\x03one\x00\x04"
				       "two\0"),
				 &a, &text));
	assert_string_equal(text, "onetwo?");
	assert_false(dns_read_txt(BYTES("\x05one"), &a, &text));
	assert_true(dns_read_mx(BYTES("\x00\x0a\x02MX\x00"), &a, &mx));
	assert_int_equal(mx.preference, 10);
	assert_string_equal(mx.host, "mx.");
	assert_true(dns_read_mx(BYTES("\x00\x00\x00"), &a, &mx));
	assert_string_equal(mx.host, ".");
	assert_true(dns_read_caa(BYTES("\x80\x05Issueca.example"), &a, &caa));
	assert_true(caa.critical);
	assert_string_equal(caa.tag, "issue");
	assert_string_equal(caa.value, "ca.example");
	assert_false(dns_read_caa(BYTES("\x00\x00x"), &a, &caa));
	assert_false(dns_read_caa(BYTES("\x00\x09x"), &a, &caa));
	assert_true(dns_read_tlsa(BYTES("\x03\x01\x01x"), &tlsa));
	assert_false(dns_read_tlsa(BYTES("\x03\x01\x01"), &tlsa));
	assert_false(dns_read_soa(BYTES("\x00\x00\x00\x00"), &a, &soa));
}

static void a_question_is_read_back(void **state)
{
	const struct dns_question q = { "example.net.", DNS_SOA, DNS_CLASS_IN,
					true, 4711 };
	_arena_ struct arena a = { 0 };
	struct dns_message m;
	struct span wire;

	assert_true(dns_wire_query(&q, &a, &wire));
	assert_true(dns_wire_parse(wire, &a, &m));
	assert_int_equal(m.id, 4711);
	assert_false(m.response);
	assert_int_equal(m.answer_count, 0);
	assert_false(dns_wire_parse(BYTES("\x12\x67"), &a, &m));
}

struct domain_case {
	const char *name;
	const char *domain;
};

static const struct domain_case domain_cases[] = {
	{ "example.com", "example.com" },
	{ "www.example.com", "example.com" },
	{ "a.b.Example.CO.UK.", "example.co.uk" },
	{ "someone.github.io", "someone.github.io" },
	{ "co.uk", "co.uk" },
	{ "intranet", "intranet" },
};

static void domain_is_found(void **state)
{
	const struct domain_case *c = *state;
	_arena_ struct arena a = { 0 };

	assert_string_equal(domain_of(c->name, &a), c->domain);
}

static void servers_are_checked(void **state)
{
	assert_true(resolver_servers_ok(""));
	assert_true(resolver_servers_ok("192.0.2.1"));
	assert_true(resolver_servers_ok("192.0.2.1@5353 2001:db8::1"));
	assert_false(resolver_servers_ok("192.0.2.1@"));
	assert_false(resolver_servers_ok("192.0.2.1@0"));
	assert_false(resolver_servers_ok("192.0.2.1@70000"));
	assert_false(resolver_servers_ok("192.0.2.1,192.0.2.2"));
	assert_false(resolver_servers_ok("ns.example.net"));
}

int main(void)
{
	static struct name_case name_cases[7];
	static const struct CMUnitTest rest[] = {
		cmocka_unit_test(keys_and_digests),
		cmocka_unit_test(times_of_signatures_outlive_2038),
		cmocka_unit_test(parameters_of_nsec3),
		cmocka_unit_test(records),
		cmocka_unit_test(a_question_is_read_back),
		cmocka_unit_test(servers_are_checked),
	};
	static struct CMUnitTest
		tests[COUNT(name_cases) + COUNT(domain_cases) + COUNT(rest)];
	size_t n = 0;
	const struct name_case rows[] = {
		{ "the root", BYTES("\0"), "." },
		{ "lower case", BYTES("\3WWW\7Example\0"), "www.example." },
		{ "what is no letter", BYTES("\4a.\\\1\0"),
		  "a\\046\\092\\001." },
		{ "no end", BYTES("\3www"), NULL },
		{ "a label that is cut", BYTES("\7www\0"), NULL },
		{ "a pointer is not for RDATA", BYTES("\xc0\x0c"), NULL },
		{ "longer than 255",
		  BYTES(LABEL63 LABEL63 LABEL63 LABEL63 "\0"), NULL },
	};

	memcpy(name_cases, rows, sizeof(rows));
	ADD(name_cases, name_is_read);
	ADD(domain_cases, domain_is_found);
	memcpy(tests + n, rest, sizeof(rest));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
