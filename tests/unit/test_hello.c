/* Our ClientHello, what servers answered it, and what is asked of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "net/hello.h"
#include "peer.h"

static struct span recorded(const char *name, struct arena *a)
{
	const char *path = arena_printf(a, "%s/tests/probe/tls/%s.bytes",
					getenv("NIS2_SOURCE"), name);
	char *bytes = NULL;
	size_t len = 0;

	assert_true(file_read(path, 1 << 20, a, &bytes, &len, NULL));
	return span_of(bytes, len);
}

/* ---- the table of suites ---- */

static void suites_are_numbered_once_and_named_right(void **state)
{
	static const struct {
		unsigned code;
		const char *name, *openssl;
		unsigned flags;
		enum tls_version first, last;
	} cases[] = {
		{ 0x1301, "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", 0,
		  TLS_1_3, TLS_1_3 },
		{ 0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
		  "ECDHE-RSA-AES128-GCM-SHA256", 0, TLS_1_2, TLS_1_2 },
		{ 0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA",
		  SUITE_CBC | SUITE_NO_FS, TLS_SSL3, TLS_1_2 },
		{ 0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA",
		  SUITE_3DES | SUITE_CBC | SUITE_NO_FS, TLS_SSL3, TLS_1_2 },
		{ 0x0009, "TLS_RSA_WITH_DES_CBC_SHA", "DES-CBC-SHA",
		  SUITE_DES | SUITE_CBC | SUITE_NO_FS, TLS_SSL3, TLS_1_2 },
		{ 0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5", "EXP-RC4-MD5",
		  SUITE_EXPORT | SUITE_RC4 | SUITE_MD5 | SUITE_NO_FS, TLS_SSL3,
		  TLS_1_2 },
		{ 0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA", "ADH-AES128-SHA",
		  SUITE_ANON | SUITE_CBC, TLS_SSL3, TLS_1_2 },
		{ 0x0002, "TLS_RSA_WITH_NULL_SHA", "NULL-SHA",
		  SUITE_NULL | SUITE_NO_FS, TLS_SSL3, TLS_1_2 },
		{ 0x0007, "TLS_RSA_WITH_IDEA_CBC_SHA", "IDEA-CBC-SHA",
		  SUITE_IDEA | SUITE_CBC | SUITE_NO_FS, TLS_SSL3, TLS_1_2 },
		{ 0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256",
		  "PSK-AES128-GCM-SHA256", SUITE_NO_FS | SUITE_PSK, TLS_1_2,
		  TLS_1_2 },
	};
	const struct suite *s;

	for (size_t i = 0; (s = suite_row(i)); i++)
		assert_ptr_equal(suite_find(s->code), s);
	assert_null(suite_find(0));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		s = suite_find(cases[i].code);
		assert_non_null(s);
		assert_string_equal(s->name, cases[i].name);
		assert_string_equal(s->openssl, cases[i].openssl);
		assert_int_equal(s->flags, cases[i].flags);
		assert_int_equal(s->first, cases[i].first);
		assert_int_equal(s->last, cases[i].last);
	}
}

/* ---- building ---- */

static void take(struct span *s, size_t len, const char *hex)
{
	struct span bytes;
	char text[256] = "";

	assert_true(span_take(s, len, &bytes));
	for (size_t i = 0; i < len && hex; i++)
		snprintf(text + 2 * i, 3, "%02x", (unsigned char)bytes.p[i]);
	if (hex)
		assert_string_equal(text, hex);
}

static void an_ssl3_hello_has_no_extensions(void **state)
{
	static const uint16_t suites[] = { 0x0005, 0x000a };
	const struct hello_offer offer = { .version = TLS_SSL3,
					   .sni = "example.test",
					   .suites = suites,
					   .suite_count = 2 };
	_arena_ struct arena a = { 0 };
	struct sb out = sb_new(&a, 0);
	struct span s;

	hello_build(&offer, &out);
	s = span_of(out.s, out.len);
	take(&s, 5, "1603000031"); /* record */
	take(&s, 4, "0100002d");   /* ClientHello */
	take(&s, 2, "0300");
	take(&s, 32, NULL);
	take(&s, 1, "00");
	take(&s, 8, "00060005000a00ff");
	take(&s, 2, "0100");
	assert_int_equal(span_len(s), 0);
}

static void a_tls13_hello_names_its_version_and_brings_no_share(void **state)
{
	static const uint16_t suites[] = { 0x1301 };
	struct hello_offer offer = { .version = TLS_1_3,
				     .sni = "example.test",
				     .suites = suites,
				     .suite_count = 1 };
	_arena_ struct arena a = { 0 };
	struct sb out = sb_new(&a, 0), share = sb_new(&a, 0);
	struct span s;

	hello_build(&offer, &out);
	s = span_of(out.s, out.len);
	take(&s, 3, "160301");
	take(&s, 2 + 4, NULL);
	take(&s, 2, "0303");
	take(&s, 32, NULL);
	take(&s, 1, "20");
	take(&s, 32, NULL);
	take(&s, 4, "00021301");
	take(&s, 4,
	     "0100"
	     "00"
	     "98");
	take(&s, 4 + 5,
	     "0000"
	     "0011"
	     "000f"
	     "00"
	     "000c");
	take(&s, 12, "6578616d706c652e74657374");
	s.p = s.end - 19;
	take(&s, 7, "002b0003020304");
	take(&s, 6, "002d00020101");
	take(&s, 6, "003300020000");
	offer.key_share = true;
	hello_build(&offer, &share);
	assert_int_equal(share.len, out.len + 4 + 32);
}

static void an_address_is_not_sent_as_a_name(void **state)
{
	static const uint16_t suites[] = { 0xc02f };
	static const char *const names[] = { NULL, "", "192.0.2.1", "::1" };
	struct hello_offer offer = { .version = TLS_1_2,
				     .sni = "example.test",
				     .suites = suites,
				     .suite_count = 1 };
	_arena_ struct arena a = { 0 };
	struct sb with = sb_new(&a, 0);

	hello_build(&offer, &with);
	for (size_t i = 0; i < 4; i++) {
		struct sb out = sb_new(&a, 0);

		offer.sni = names[i];
		hello_build(&offer, &out);
		assert_int_equal(out.len, with.len - 21);
	}
}

/* ---- parsing what servers sent ---- */

static const char *in_words(const struct hello_answer *r, struct arena *a)
{
	switch (r->kind) {
	case HELLO_MORE:
		return "more";
	case HELLO_NOT_TLS:
		return "not TLS";
	case HELLO_ALERT:
		return arena_printf(a, "alert %s",
				    hello_alert_name(r->alert, a));
	default:
		return arena_printf(a, "%s %04x%s group %04x certificates %zu",
				    tls_version_name(r->version), r->suite,
				    r->retry ? " retry" : "", r->group,
				    r->der_count);
	}
}

static void answers_of_real_servers_are_read(void **state)
{
	static const char *const cases[][2] = {
		{ "tls13_retry",
		  "TLSv1.3 1302 retry group 001d certificates 0" },
		{ "tls12_nginx", "TLSv1.2 c02c group 0000 certificates 1" },
		{ "tls12_anon", "TLSv1.2 0034 group 0000 certificates 0" },
		{ "tls10_downgrade", "TLSv1.0 c013 group 0000 certificates 1" },
		{ "ssl3_export", "SSLv3 0008 group 0000 certificates 2" },
		{ "protocol_version", "alert protocol_version" },
		{ "handshake_failure", "alert handshake_failure" },
		{ "http", "not TLS" },
		{ "ssh", "not TLS" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct hello_answer answer;
		struct span s = recorded(cases[i][0], &a);

		hello_parse(s, true, &a, &answer);
		assert_string_equal(in_words(&answer, &a), cases[i][1]);
	}
}

/* Cut anywhere, an answer is incomplete or already the whole one. */
static void an_answer_that_is_cut_is_never_another_one(void **state)
{
	static const char *const names[] = { "tls13_retry", "tls12_nginx",
					     "ssl3_export",
					     "protocol_version" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		_arena_ struct arena a = { 0 };
		struct span s = recorded(names[i], &a);
		struct hello_answer whole, part;

		hello_parse(s, true, &a, &whole);
		for (const char *end = s.p; end < s.end; end++) {
			struct span cut = { s.p, end };

			if (hello_parse(cut, true, &a, &part) == HELLO_MORE)
				continue;
			assert_string_equal(in_words(&part, &a),
					    in_words(&whole, &a));
		}
	}
}

static void add_record(struct sb *out, int type, const char *bytes, size_t len)
{
	sb_addc(out, (char)type);
	sb_addn(out, "\x03\x03\0", 3);
	sb_addc(out, (char)len);
	sb_addn(out, bytes, len);
}

static void records_are_put_together(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *message = recorded("tls12_nginx", &a).p + 5;
	size_t len = 4 + (unsigned char)message[3];
	struct sb split = sb_new(&a, 0);
	struct hello_answer answer;

	/* One byte a record, and a warning before them: unrecognized_name. */
	add_record(&split, 0x15, "\1\x70", 2);
	add_record(&split, 0x16, message, 1);
	add_record(&split, 0x16, message + 1, 40);
	assert_int_equal(
		hello_parse(span_of(split.s, split.len), false, &a, &answer),
		HELLO_MORE);
	add_record(&split, 0x16, message + 41, len - 41);
	assert_int_equal(
		hello_parse(span_of(split.s, split.len), false, &a, &answer),
		HELLO_SERVER);
	assert_int_equal(answer.suite, 0xc02c);
}

static void nonsense_in_records_is_not_tls(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{ "\x17\3\3\0\1x", 6 },		 /* data before a hello */
		{ "\x16\4\0\0\1x", 6 },		 /* version 4 */
		{ "\x16\3\3\0\0", 5 },		 /* an empty record */
		{ "\x16\3\3\xff\xff", 5 },	 /* a record too long */
		{ "\x16\3\3\0\4\x0b\0\0\0", 9 }, /* no ServerHello first */
		{ "\x16\3\3\0\4\2\0\0\0", 9 },	 /* an empty ServerHello */
		{ "\x16\3\3\0\4\2\xff\0\0", 9 }, /* a message too long */
		{ "\x15\3\3\0\2\7\x28", 7 },	 /* no such alert level */
		{ "\x15\3\3\0\1\2", 6 },	 /* half an alert */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct hello_answer answer;

		assert_int_equal(
			hello_parse(span_of(cases[i].bytes, cases[i].len),
				    false, &a, &answer),
			HELLO_NOT_TLS);
	}
}

/* ---- asking ---- */

/* Starts the server, and says how it is asked. */
static struct hello_peer started(struct peer *p)
{
	static const struct addr loopback = { 4, { 127, 0, 0, 1 } };

	peer_start(p);
	return (struct hello_peer){ .addr = &loopback,
				    .port = p->port,
				    .deadline = clock_tick() + 5000000,
				    .patience = 150000 };
}

static void reset_now(struct peer *p, int fd)
{
	char hello[2048];

	recv(fd, hello, sizeof(hello), 0);
	peer_reset(fd);
}

static void refused_and_not_tested_are_told_apart(void **state)
{
	static const struct {
		void (*serve)(struct peer *, int);
		const char *bytes;
		size_t len;
		enum hello_result result;
		bool speaks_tls;
		const char *why;
	} cases[] = {
		{ peer_say, "\x15\3\3\0\2\2\x46", 7, HELLO_REFUSED, true,
		  "protocol_version" },
		{ peer_say, "\x15\3\3\0\2\2\x28", 7, HELLO_REFUSED, true,
		  "handshake_failure" },
		{ reset_now, "", 0, HELLO_REFUSED, false,
		  "connection reset by the peer" },
		{ peer_be_silent, "", 0, HELLO_UNTESTED, false, "timed out" },
		{ peer_say, "SSH-2.0-x\r\n", 11, HELLO_UNTESTED, false,
		  "not TLS" },
		{ peer_say, "+\r\n", 3, HELLO_UNTESTED, false, "not TLS" },
		{ NULL, "", 0, HELLO_UNTESTED, false, "connection refused" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct peer p = { cases[i].serve, cases[i].bytes,
				  cases[i].len };
		_arena_ struct arena a = { 0 };
		struct hello_peer peer;
		struct hello_verdict v;

		peer = started(&p);
		hello_offered(&peer, TLS_1_1, &a, &v);
		assert_string_equal(v.why, cases[i].why);
		assert_int_equal(v.result, cases[i].result);
		assert_int_equal(v.speaks_tls, cases[i].speaks_tls);
		assert_int_equal(v.complete, v.result != HELLO_UNTESTED);
		peer_stop(&p);
	}
}

/* A server of TLS 1.2 with `ctx` as its suites, in its order of preference. */
static void pick(struct peer *p, int fd)
{
	static const char head[] = "\x16\3\3\0\x2a\2\0\0\x26\3\3";
	const uint16_t *mine = p->ctx;
	unsigned char in[2048], out[47] = { 0 };
	ssize_t n = recv(fd, in, sizeof(in), 0);
	size_t offered;

	memcpy(out, head, sizeof(head) - 1);
	if (n < 46 || in[10] != 3) {
		send(fd, "\x15\3\1\0\2\2\x46", 7, MSG_NOSIGNAL);
		return;
	}
	offered = ((size_t)in[44] << 8 | in[45]) / 2;
	assert_true(offered <= HELLO_SUITES_MAX);
	for (size_t i = 0; i < p->len; i++)
		for (size_t k = 0; k < offered; k++)
			if (in[46 + 2 * k] == mine[i] >> 8 &&
			    in[47 + 2 * k] == (mine[i] & 0xff)) {
				out[44] = (unsigned char)(mine[i] >> 8);
				out[45] = (unsigned char)mine[i];
				send(fd, out, sizeof(out), MSG_NOSIGNAL);
				peer_be_silent(p, fd);
				return;
			}
	send(fd, "\x15\3\3\0\2\2\x28", 7, MSG_NOSIGNAL);
}

static void every_suite_of_a_version_is_found(void **state)
{
	static const uint16_t mine[] = { 0x0005, 0xc02f, 0xccab,
					 0x0003, 0xc0ae, 0xc030 };
	struct peer p = { pick, mine, 6 };
	_arena_ struct arena a = { 0 };
	struct hello_peer peer;
	struct hello_verdict v;

	peer = started(&p);
	hello_suites(&peer, TLS_1_2, &a, &v);
	assert_int_equal(v.result, HELLO_ACCEPTED);
	assert_true(v.complete);
	assert_int_equal(v.suite_count, 6);
	for (size_t i = 0; i < 6; i++) {
		bool found = false;

		for (size_t k = 0; k < 6; k++)
			found |= v.suites[k] == mine[i];
		assert_true(found);
	}
	assert_int_equal(p.connections, peer.connections);

	hello_offered(&peer, TLS_1_2, &a, &v);
	assert_int_equal(v.suite_count, 1);
	hello_suites(&peer, TLS_1_0, &a, &v);
	assert_int_equal(v.result, HELLO_REFUSED);
	assert_string_equal(v.why, "protocol_version");
	peer_stop(&p);
}

static void a_passed_deadline_makes_a_list_incomplete(void **state)
{
	static const uint16_t mine[] = { 0xc02f };
	struct peer p = { pick, mine, 1 };
	_arena_ struct arena a = { 0 };
	struct hello_peer peer;
	struct hello_verdict v;

	peer = started(&p);
	peer.deadline = clock_tick() - 1;
	hello_suites(&peer, TLS_1_2, &a, &v);
	assert_int_equal(v.result, HELLO_UNTESTED);
	assert_false(v.complete);
	assert_string_equal(v.why, "timed out");
	peer_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suites_are_numbered_once_and_named_right),
		cmocka_unit_test(an_ssl3_hello_has_no_extensions),
		cmocka_unit_test(
			a_tls13_hello_names_its_version_and_brings_no_share),
		cmocka_unit_test(an_address_is_not_sent_as_a_name),
		cmocka_unit_test(answers_of_real_servers_are_read),
		cmocka_unit_test(an_answer_that_is_cut_is_never_another_one),
		cmocka_unit_test(records_are_put_together),
		cmocka_unit_test(nonsense_in_records_is_not_tls),
		cmocka_unit_test(refused_and_not_tested_are_told_apart),
		cmocka_unit_test(every_suite_of_a_version_is_found),
		cmocka_unit_test(a_passed_deadline_makes_a_list_incomplete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
