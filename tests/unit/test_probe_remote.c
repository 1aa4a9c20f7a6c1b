/*
 * SSH, SMB and Remote Desktop: what servers say in their first packets, made
 * after the specifications, and what is understood of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "scan/probes/rdp.h"
#include "scan/probes/smb.h"
#include "scan/probes/ssh.h"
#include "table.h"

/* ---- SSH ---- */

static void put_names(struct sb *out, const char *names)
{
	size_t len = strlen(names);

	sb_addn(out, "\0\0\0", 3);
	sb_addc(out, (char)len);
	sb_add(out, names);
}

static const struct offered {
	const char *name;
	const char *kex, *host_keys, *ciphers, *macs;
	const char *weak; /* all weak ones, in the order of the lists */
	bool terrapin, post_quantum;
} offers[] = {
	{ "a_server_of_today",
	  "sntrup761x25519-sha512@openssh.com,curve25519-sha256,"
	  "kex-strict-s-v00@openssh.com",
	  "rsa-sha2-512,ssh-ed25519", "chacha20-poly1305@openssh.com",
	  "hmac-sha2-256-etm@openssh.com", "", false, true },
	{ "an_old_server", "diffie-hellman-group1-sha1,curve25519-sha256",
	  "ssh-rsa,ssh-dss", "3des-cbc,aes128-ctr,arcfour",
	  "hmac-md5,hmac-sha1,hmac-sha1-96",
	  "diffie-hellman-group1-sha1 ssh-rsa ssh-dss 3des-cbc arcfour "
	  "hmac-md5 hmac-sha1-96" },
	{ "terrapin_with_chacha", "curve25519-sha256", "ssh-ed25519",
	  "chacha20-poly1305@openssh.com", "hmac-sha2-256", "", true },
	{ "terrapin_with_cbc_and_etm", "curve25519-sha256", "ssh-ed25519",
	  "aes128-cbc", "hmac-sha2-256-etm@openssh.com", "aes128-cbc", true },
	{ "no_terrapin_with_cbc_alone", "curve25519-sha256", "ssh-ed25519",
	  "aes128-cbc", "hmac-sha2-256", "aes128-cbc" },
	{ "no_terrapin_with_gcm", "curve25519-sha256", "ssh-ed25519",
	  "aes128-gcm@openssh.com", "hmac-sha2-256-etm@openssh.com", "" },
	{ "ml_kem", "mlkem768x25519-sha256", "ssh-ed25519", "aes128-ctr",
	  "hmac-sha2-256", "", false, true },
};

static void add_weak(const struct fact_list *f, const char *name,
		     struct sb *out)
{
	const struct fact *fact = fact_find(f, name, 22);

	for (size_t i = 0; i < fact->list.len; i++)
		sb_addf(out, "%s%s", out->len ? " " : "", fact->list.items[i]);
}

static void put_offer(const struct offered *c, struct sb *out)
{
	sb_addc(out, 20);
	sb_addn(out, "0123456789abcdef", 16);
	put_names(out, c->kex);
	put_names(out, c->host_keys);
	for (int i = 0; i < 2; i++)
		put_names(out, c->ciphers);
	for (int i = 0; i < 2; i++)
		put_names(out, c->macs);
	for (int i = 0; i < 2; i++)
		put_names(out, "none");
	for (int i = 0; i < 2; i++)
		put_names(out, "");
	sb_addn(out, "\0\0\0\0", 5);
}

static void is_read(void **state)
{
	const struct offered *c = *state;
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };
	struct sb payload = sb_new(&a, 512), weak = sb_new(&a, 128);
	struct ssh_host_key key = { 0 };
	struct ssh_offer offer;

	put_offer(c, &payload);
	assert_true(
		ssh_parse_kexinit(span_of(payload.s, payload.len), &a, &offer));
	ssh_facts(&offer, &key, 22, &facts);
	add_weak(&facts, "ssh.weak_kex", &weak);
	add_weak(&facts, "ssh.weak_host_keys", &weak);
	add_weak(&facts, "ssh.weak_ciphers", &weak);
	add_weak(&facts, "ssh.weak_macs", &weak);
	assert_string_equal(weak.s, c->weak);
	assert_int_equal(fact_find(&facts, "ssh.terrapin", 22)->yes,
			 c->terrapin);
	assert_int_equal(fact_find(&facts, "ssh.post_quantum", 22)->yes,
			 c->post_quantum);
}

/* What we send is well-formed, by our own reading of it. */
static void our_exchange_is_a_packet_after_a_packet(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sb theirs = sb_new(&a, 512), ours = sb_new(&a, 512);
	struct ssh_offer offer, back;
	struct span payload = { 0 };
	size_t len;

	put_offer(&offers[1], &theirs);
	assert_true(
		ssh_parse_kexinit(span_of(theirs.s, theirs.len), &a, &offer));
	assert_true(ssh_begin_exchange(&offer, "ssh-rsa", &ours));
	assert_true(ssh_packet(span_of(ours.s, ours.len), &len, &payload));
	assert_int_equal(len % 8, 0);
	assert_true(ssh_parse_kexinit(payload, &a, &back));
	assert_string_equal(back.lists[SSH_KEX].items[0], "curve25519-sha256");
	assert_string_equal(back.lists[SSH_HOST_KEY].items[0], "ssh-rsa");
	assert_true(ssh_packet(span_of(ours.s + len, ours.len - len), &len,
			       &payload));
	assert_int_equal(*payload.p, 30);
}

static void the_size_of_an_rsa_key_is_that_of_its_modulus(void **state)
{
	static const char reply[] = "\x1f\0\0\0\x17\0\0\0\x07ssh-rsa"
				    "\0\0\0\1\3\0\0\0\3\0\x80\1";
	_arena_ struct arena a = { 0 };
	struct ssh_host_key key = { 0 };

	assert_true(
		ssh_parse_reply(span_of(reply, sizeof(reply) - 1), &a, &key));
	assert_string_equal(key.type, "ssh-rsa");
	assert_int_equal(key.bits, 16);
}

static const struct wrong {
	const char *name, *bytes;
	size_t len;
} wrongs[] = {
#define BYTES(text) text, sizeof(text) - 1
	{ "a_packet_that_is_too_long", BYTES("\0\1\0\0\4") },
	{ "a_packet_that_is_padding", BYTES("\0\0\0\5\4") },
	{ "a_packet_of_nothing", BYTES("\0\0\0\0\0") },
};

static void is_no_packet(void **state)
{
	const struct wrong *c = *state;
	struct span payload;
	size_t len;

	assert_false(ssh_packet(span_of(c->bytes, c->len), &len, &payload));
}

/* ---- SMB ---- */

static void smb_requests_say_how_long_they_are(void **state)
{
	static const unsigned dialects[] = { 1, 0x0202, 0x0311 };

	for (size_t i = 0; i < COUNT(dialects); i++) {
		_arena_ struct arena a = { 0 };
		struct sb out = sb_new(&a, 256);

		smb_build_negotiate(dialects[i], &out);
		assert_int_equal((unsigned char)out.s[3], out.len - 4);
	}
}

static void smb_answers(unsigned dialect, const char *head, size_t head_len,
			const char *body, size_t body_len,
			struct smb_answer *ret, bool want)
{
	_arena_ struct arena a = { 0 };
	struct sb out = sb_new(&a, 128);

	sb_addn(&out, "\0\0\0\x60", 4);
	sb_addn(&out, head, head_len);
	while (out.len < 4 + (dialect == 1 ? 32 : 64))
		sb_addc(&out, 0);
	sb_addn(&out, body, body_len);
	assert_int_equal(
		smb_parse_negotiate(span_of(out.s, out.len), dialect, ret),
		want);
}

static void signing_of_smb_is_read(void **state)
{
	struct smb_answer r;

	smb_answers(0x0300, BYTES("\xfeSMB\x40"), BYTES("\x41\0\3\0\0\3\0\0"),
		    &r, true);
	assert_true(r.accepted && r.signing_required);
	smb_answers(0x0300, BYTES("\xfeSMB\x40"), BYTES("\x41\0\1\0\0\3\0\0"),
		    &r, true);
	assert_true(r.accepted && !r.signing_required);
	smb_answers(0x0202, BYTES("\xfeSMB\x40"), BYTES("\x41\0\1\0\0\3\0\0"),
		    &r, true);
	assert_false(r.accepted);
	smb_answers(1, BYTES("\xffSMB\x72"), BYTES("\x11\0\0\x0f"), &r, true);
	assert_true(r.accepted && r.signing_required);
	smb_answers(1, BYTES("\xffSMB\x72"), BYTES("\x01\xff\xff\0"), &r, true);
	assert_false(r.accepted);
	smb_answers(1, BYTES("HTTP/"), BYTES("\x01\xff\xff\0"), &r, false);
}

/* ---- Remote Desktop ---- */

static const struct confirm {
	const char *name;
	enum rdp_protection asked;
	const char *bytes;
	size_t len;
	bool is_answer, accepted;
} confirms[] = {
#define HEAD "\3\0\0\x13\x0e\xd0\0\0\x12\x34\0"
	{ "nla_is_agreed_to", RDP_NLA, BYTES(HEAD "\2\0\x08\0\2\0\0\0"), true,
	  true },
	{ "another_protection_is_no", RDP_NLA, BYTES(HEAD "\2\0\x08\0\1\0\0\0"),
	  true, false },
	{ "a_failure_is_no", RDP_STANDARD, BYTES(HEAD "\3\0\x08\0\5\0\0\0"),
	  true, false },
	{ "an_old_server_knows_one_way", RDP_STANDARD,
	  BYTES("\3\0\0\x0b\6\xd0\0\0\x12\x34\0"), true, true },
	{ "an_old_server_knows_no_tls", RDP_TLS,
	  BYTES("\3\0\0\x0b\6\xd0\0\0\x12\x34\0"), true, false },
	{ "a_web_server_is_none", RDP_TLS, BYTES("HTTP/1.1 400 Bad"), false },
};

static void is_confirmed(void **state)
{
	const struct confirm *c = *state;
	bool accepted = false;

	assert_int_equal(rdp_parse_confirm(span_of(c->bytes, c->len), c->asked,
					   &accepted),
			 c->is_answer);
	assert_int_equal(accepted, c->accepted);
}

int main(void)
{
	static const struct CMUnitTest rest[] = {
		cmocka_unit_test(our_exchange_is_a_packet_after_a_packet),
		cmocka_unit_test(the_size_of_an_rsa_key_is_that_of_its_modulus),
		cmocka_unit_test(smb_requests_say_how_long_they_are),
		cmocka_unit_test(signing_of_smb_is_read),
	};
	static struct CMUnitTest tests[COUNT(offers) + COUNT(wrongs) +
				       COUNT(confirms) + COUNT(rest)];
	size_t n = 0;

	ADD(offers, is_read);
	ADD(wrongs, is_no_packet);
	ADD(confirms, is_confirmed);
	memcpy(tests + n, rest, sizeof(rest));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
