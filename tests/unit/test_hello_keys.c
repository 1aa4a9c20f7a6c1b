/* Beyond suites: SSLv2, key exchanges, and what suites are called after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "net/hello.h"

#define LEN(bytes) bytes, sizeof(bytes) - 1

/* ---- SSLv2 ---- */

static void an_ssl2_hello_offers_all_its_suites(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sb out = sb_new(&a, 0);

	hello_ssl2_build(&out);
	assert_int_equal(out.len, 2 + 9 + 8 * 3 + 16);
	assert_memory_equal(out.s, "\x80\x31\1\0\2\0\x18\0\0\0\x10", 11);
	assert_memory_equal(out.s + 11, "\1\0\x80", 3);
	assert_memory_equal(out.s + 11 + 15, "\6\0\x40\7\0\xc0", 6);
}

/* A certificate of two bytes, two suites and one that is unknown. */
#define SSL2_HELLO                                                     \
	"\x80\x1a\4\0\1\0\2\0\2\0\x09\0\4CC\1\0\x80\7\0\xc0\x7f\0\x80" \
	"IDID"

static void ssl2_answers_are_read(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum hello_kind kind;
		size_t suites;
	} cases[] = {
		{ LEN(SSL2_HELLO), HELLO_SERVER, 2 },
		{ SSL2_HELLO, 10, HELLO_MORE, 0 },
		{ LEN("\x80\3\0\0\1"), HELLO_ALERT, 0 }, /* no cipher */
		{ LEN("\x15\3\1\0\2\2\x46"), HELLO_ALERT, 0 },
		{ LEN("HTTP/1.1 400"), HELLO_NOT_TLS, 0 },
		{ LEN("\x80\2\4\0"), HELLO_NOT_TLS, 0 },
		{ LEN("\x80\x0b\4\0\1\0\2\xff\xff\0\0\0\0"), HELLO_NOT_TLS, 0 },
		{ LEN("\x80\x0b\4\0\1\0\3\0\0\0\0\0\0"), HELLO_NOT_TLS, 0 },
		{ LEN(""), HELLO_MORE, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		uint16_t *suites;
		size_t count;

		assert_int_equal(
			hello_ssl2_parse(span_of(cases[i].bytes, cases[i].len),
					 &a, &suites, &count),
			cases[i].kind);
		assert_int_equal(count, cases[i].suites);
		if (!count)
			continue;
		assert_int_equal(suites[0], 0x0100);
		assert_int_equal(suites[1], 0x0700);
	}
}

/* ---- ServerKeyExchange ---- */

static struct hello_answer answered(const char *version, const char *suite,
				    const char *keys, size_t len,
				    struct arena *a)
{
	struct sb flight = sb_new(a, 0), out = sb_new(a, 0);
	struct hello_answer answer;

	sb_addn(&flight, "\2\0\0\x26", 4);
	sb_addn(&flight, version, 2);
	sb_addn(&flight, "0123456789abcdef0123456789abcdef\0", 33);
	sb_addn(&flight, suite, 2);
	sb_addc(&flight, 0);
	sb_addn(&flight, "\x0c\0", 2);
	sb_addc(&flight, (char)(len >> 8));
	sb_addc(&flight, (char)len);
	sb_addn(&flight, keys, len);
	sb_addn(&out, "\x16\3\3", 3);
	sb_addc(&out, (char)(flight.len >> 8));
	sb_addc(&out, (char)flight.len);
	sb_addn(&out, flight.s, flight.len);
	assert_int_equal(hello_parse(span_of(out.s, out.len), HELLO_UNTIL_KEYS,
				     a, &answer),
			 HELLO_SERVER);
	return answer;
}

/* 512 bits, as JSSE sends with an export suite in SSLv3 and TLS 1.0. */
static void a_prime_is_measured(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sb keys = sb_new(&a, 0);
	struct hello_answer r;

	sb_addn(&keys, "\0\x41\0\xff\xff\xff\xff\xff\xff\xff\xff", 11);
	sb_addn(&keys, "\xc9\x0f\xda\xa2\x21\x68\xc2\x34", 8);
	for (int i = 0; i < 48; i++)
		sb_addc(&keys, 7);
	sb_addn(&keys, "\0\1\2\0\1\5\0\1\6", 9);
	r = answered("\3\0", "\0\x14", keys.s, keys.len, &a);
	assert_int_equal(r.dh_bits, 512);
	assert_int_equal(r.sigalg, 0);
	assert_string_equal(hello_prime_name(r.dh_start), "RFC 2409/3526");
}

static void a_curve_and_its_signature_are_read(void **state)
{
	static const struct {
		const char *version, *suite, *keys;
		size_t len;
		unsigned group, sigalg;
	} cases[] = {
		{ "\3\3", "\xc0\x2f", LEN("\3\0\x1d\1K\4\1\0\1S"), 0x1d,
		  0x0401 },
		/* Before TLS 1.2 nobody says what it is signed with. */
		{ "\3\1", "\xc0\x13", LEN("\3\0\x17\1K\0\1S"), 0x17, 0 },
		/* Anonymous: not signed. */
		{ "\3\3", "\xc0\x18", LEN("\3\0\x17\1K\4\1"), 0x17, 0 },
		/* A curve of its own, and one that is cut. */
		{ "\3\3", "\xc0\x2f", LEN("\1\0\x1d\1K\4\1\0\1S"), 0, 0 },
		{ "\3\3", "\xc0\x2f", LEN("\3\0\x1d\x20K"), 0, 0 },
		/* With a shared key comes a hint first: not read. */
		{ "\3\3", "\0\xaa", LEN("\3\0\x1d\1K\4\1\0\1S"), 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct hello_answer r =
			answered(cases[i].version, cases[i].suite,
				 cases[i].keys, cases[i].len, &a);

		/* A suite with a key of PSK may still be read as DHE. */
		assert_int_equal(r.group, cases[i].group);
		assert_int_equal(r.sigalg, cases[i].sigalg);
	}
}

/* ---- names ---- */

static void suites_say_what_they_are(void **state)
{
	static const struct {
		unsigned code;
		int bits;
		bool aead, dhe, ecdhe;
	} cases[] = {
		{ 0x1301, 128, true, false, false },
		{ 0x1303, 256, true, false, false },
		{ 0xc030, 256, true, false, true },
		{ 0xcca8, 256, true, false, true },
		{ 0x009e, 128, true, true, false },
		{ 0x0033, 128, false, true, false },
		{ 0xc018, 128, false, false, true },
		{ 0x000a, 112, false, false, false },
		{ 0x0009, 56, false, false, false },
		{ 0x0008, 40, false, false, false },
		{ 0x0003, 40, false, false, false },
		{ 0x0014, 40, false, true, false },
		{ 0x0064, 56, false, false, false },
		{ 0x0005, 128, false, false, false },
		{ 0x0002, 0, false, false, false },
		{ 0xc0b4, 0, false, false, false },
		{ 0xc02d, 128, true, false, false },
		{ 0x0700, 112, false, false, false },
		{ 0x0600, 56, false, false, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct suite *s = suite_find(cases[i].code);

		assert_non_null(s);
		if (suite_bits(s) != cases[i].bits ||
		    suite_is_aead(s) != cases[i].aead ||
		    suite_is_dhe(s) != cases[i].dhe ||
		    suite_is_ecdhe(s) != cases[i].ecdhe)
			fail_msg("%s: %d bits", s->name, suite_bits(s));
	}
}

static void groups_and_algorithms_have_names(void **state)
{
	_arena_ struct arena a = { 0 };

	assert_string_equal(hello_group_name(4588, &a), "X25519MLKEM768");
	assert_string_equal(hello_group_name(4587, &a), "SecP256r1MLKEM768");
	assert_string_equal(hello_group_name(4589, &a), "SecP384r1MLKEM1024");
	assert_string_equal(hello_group_name(0x9999, &a), "group 0x9999");
	assert_true(hello_group_is_post_quantum(4588));
	assert_false(hello_group_is_post_quantum(0x1d));
	assert_string_equal(hello_sigalg_name(0x0804, &a),
			    "rsa_pss_rsae_sha256");
	assert_true(hello_sigalg_is_weak(0x0201));
	assert_true(hello_sigalg_is_weak(0x0101));
	assert_false(hello_sigalg_is_weak(0x0401));
	assert_null(
		hello_prime_name((const unsigned char *)"0123456789abcdef"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ssl2_hello_offers_all_its_suites),
		cmocka_unit_test(ssl2_answers_are_read),
		cmocka_unit_test(a_prime_is_measured),
		cmocka_unit_test(a_curve_and_its_signature_are_read),
		cmocka_unit_test(suites_say_what_they_are),
		cmocka_unit_test(groups_and_algorithms_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
