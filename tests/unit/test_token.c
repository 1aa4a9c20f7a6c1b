/* What a token must be to be believed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "crypto/token.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define USER "11111111-1111-4111-8111-111111111111"

/* {"sub":USER,"iat":1000,"exp":2000,"type":"access"} under several headers,
 * signed with SECRET by another implementation. */
#define PAYLOAD                                                             \
	"eyJzdWIiOiIxMTExMTExMS0xMTExLTQxMTEtODExMS0xMTExMTExMTExMTEiLCJpY" \
	"XQiOjEwMDAsImV4cCI6MjAwMCwidHlwZSI6ImFjY2VzcyJ9"

static const struct token_claims full = {
	.user_id = USER,
	.org_id = "22222222-2222-4222-8222-222222222222",
	.role = "admin",
	.type = "access",
	.id = "33333333-3333-4333-8333-333333333333",
	.family = "44444444-4444-4444-8444-444444444444",
	.issued_at = 1000,
	.expires_at = 2000,
};

static const struct token_keys *hs256(void)
{
	static struct token_keys keys;

	token_keys_hs256(SECRET, &keys);
	return &keys;
}

static char *sign(struct arena *a, const struct token_claims *c)
{
	char *text = NULL;

	assert_true(token_sign(c, hs256(), a, &text, NULL));
	return text;
}

static void check(const struct token_claims *got,
		  const struct token_claims *want)
{
	assert_string_equal(got->user_id, want->user_id);
	assert_string_equal(got->org_id, want->org_id);
	assert_string_equal(got->role, want->role);
	assert_string_equal(got->type, want->type);
	assert_string_equal(got->id, want->id);
	assert_string_equal(got->family, want->family);
	assert_int_equal(got->issued_at, want->issued_at);
	assert_int_equal(got->expires_at, want->expires_at);
}

/* Twice, because the second time it is remembered. */
static void what_was_signed_is_read(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *text = sign(&a, &full);

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct token_claims got = { 0 };

		assert_true(token_verify(text, hs256(), 1500, &a, &got, NULL));
		check(&got, &full);
	}
}

static void absent_claims_stay_absent(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *text =
		sign(&a, &(struct token_claims){ .user_id = USER,
						 .type = "refresh",
						 .expires_at = 2000 });

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct token_claims got = full;

		assert_true(token_verify(text, hs256(), 1500, &a, &got, NULL));
		assert_null(got.org_id);
		assert_null(got.role);
		assert_null(got.family);
		assert_int_equal(got.issued_at, 0);
	}
}

static void it_ends_on_the_second_without_leeway(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *text = sign(&a, &full);
	struct token_claims got;
	struct err err = { 0 };

	(void)state;
	assert_true(token_verify(text, hs256(), 1999, &a, &got, &err));
	assert_false(token_verify(text, hs256(), 2000, &a, &got, &err));
	assert_int_equal(err.kind, ERR_UNAUTHENTICATED);
	assert_string_equal(err.msg, "Invalid or expired token");
	/* The clock was set back: it was never marked as dead. */
	assert_true(token_verify(text, hs256(), 1999, &a, &got, &err));
}

static void another_key_does_not_do_even_when_it_is_remembered(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *text = sign(&a, &full);
	struct token_claims got;
	struct token_keys other;

	(void)state;
	assert_true(token_verify(text, hs256(), 1500, &a, &got, NULL));
	token_keys_hs256("another key of thirty-two bytes.", &other);
	assert_false(token_verify(text, &other, 1500, &a, &got, NULL));
	assert_true(token_verify(text, hs256(), 1500, &a, &got, NULL));
}

/*
 * Any character changed to any other of the alphabet, except that the last of
 * a part carries bits that mean nothing.
 */
static void a_changed_character_is_noticed(void **state)
{
	_arena_ struct arena a = { 0 };
	char *text = sign(&a, &full);
	size_t len = strlen(text);
	struct token_claims got;

	(void)state;
	assert_true(token_verify(text, hs256(), 1500, &a, &got, NULL));
	for (size_t i = 0; i + 1 < len; i++) {
		char was = text[i];

		if (was == '.' || text[i + 1] == '.')
			continue;
		text[i] = was == 'A' ? 'B' : 'A';
		assert_false(token_verify(text, hs256(), 1500, &a, &got, NULL));
		text[i] = was;
	}
}

static void other_algorithms_and_odd_claims(void **state)
{
	static const struct {
		const char *what, *text;
		bool ok;
	} cases[] = {
		{ "HS256 of another implementation",
		  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." PAYLOAD
		  ".Ov7tLiHtn4oSVL6vzea31TNtmBfRYn1lnRI5XBrjHKY",
		  true },
		{ "HS384 with our key",
		  "eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9." PAYLOAD
		  ".KjkZjIIalLjm6fkZvARgFWNQpW0ZXyVM1ldLYcGLplSh8S9G-"
		  "QyEpJtiz0Xc3wZJ",
		  false },
		{ "HS512 with our key",
		  "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9." PAYLOAD
		  ".7A2Mhgk1fy249K4s9mZEhEJFpgOp97Fi4l_9d_hcRybiEK-"
		  "rvahcBM9foHY2WMapUh0oNvJn7dZeqUDg3f3rvg",
		  false },
		{ "no signature at all",
		  "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." PAYLOAD ".", false },
		{ "no expiry",
		  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
		  "eyJzdWIiOiJ4IiwiaWF0IjoxMDAwLCJ0eXBlIjoiYWNjZXNzIn0."
		  "5zaVaKtdcjUuEnfkjaW5bZAMqCwIq_Maqj7uTpEiUqM",
		  false },
		{ "one part", "abc", false },
		{ "two parts", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." PAYLOAD,
		  false },
		{ "nothing", "", false },
		{ "dots", "...", false },
		{ "no base64", "!.!.!", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct token_claims got = { 0 };

		if (token_verify(cases[i].text, hs256(), 1500, &a, &got,
				 NULL) != cases[i].ok)
			fail_msg("%s", cases[i].what);
	}
}

static void claims_of_another_type_are_absent(void **state)
{
	_arena_ struct arena a = { 0 };
	struct token_claims got = full;

	(void)state;
	/* {"sub":7,"iat":"x","exp":2000,"type":["access"]} */
	assert_true(token_verify(
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
		"eyJzdWIiOjcsImlhdCI6IngiLCJleHAiOjIwMDAsInR5cGUiOlsiYWNjZXNzIl"
		"19.TOHcd-aK4RmDTrL_qd4RemFtuy3Njl3g4t2Ir9qTrDY",
		hs256(), 1500, &a, &got, NULL));
	assert_null(got.user_id);
	assert_null(got.type);
	assert_int_equal(got.issued_at, 0);
}

static void a_text_that_is_too_long_is_not_read(void **state)
{
	_arena_ struct arena a = { 0 };
	char text[TOKEN_MAX + 100];
	struct token_claims got;

	(void)state;
	memset(text, 'A', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_false(token_verify(text, hs256(), 1500, &a, &got, NULL));
}

/* More tokens than a thread remembers: pushing out changes no answer. */
static void many_tokens_are_told_apart(void **state)
{
	_arena_ struct arena a = { 0 };
	char *texts[200];
	struct token_claims got;

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct token_claims c = full;

		c.family = arena_printf(&a, "family-%d", i);
		texts[i] = sign(&a, &c);
	}
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 200; i++) {
			assert_true(token_verify(texts[i], hs256(), 1500, &a,
						 &got, NULL));
			assert_string_equal(got.family,
					    arena_printf(&a, "family-%d", i));
		}
}

static void same_is_the_same_bytes(void **state)
{
	(void)state;
	assert_true(token_same("abc", "abc"));
	assert_true(token_same("", ""));
	assert_false(token_same("abc", "abd"));
	assert_false(token_same("abc", "abcd"));
	assert_false(token_same(NULL, "abc"));
	assert_false(token_same("abc", NULL));
	assert_false(token_same(NULL, NULL));
}

/* SHA-256 of "abc" is in FIPS 180-2, appendix B.1. */
static void a_hash_is_sha_256_in_hex(void **state)
{
	_arena_ struct arena a = { 0 };

	(void)state;
	assert_string_equal(token_hash(&a, "abc"),
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb4"
			    "10ff61f20015ad");
}

/* ---- RS256 ---- */

/* Keys are made for the run; none is worth keeping in a repository. */
struct pair {
	char *private, *public;
	EVP_PKEY *key;
};
static struct pair one, two, small, curve;

static char *text_of(BIO *bio)
{
	char *bytes = NULL;
	long len = BIO_get_mem_data(bio, &bytes);
	char *text = strndup(bytes, (size_t)len);

	BIO_free(bio);
	return text;
}

static void make_pair(EVP_PKEY *key, struct pair *ret)
{
	BIO *private = BIO_new(BIO_s_mem()), *public = BIO_new(BIO_s_mem());

	assert_non_null(key);
	PEM_write_bio_PKCS8PrivateKey(private, key, NULL, NULL, 0, NULL, NULL);
	PEM_write_bio_PUBKEY(public, key);
	*ret = (struct pair){ text_of(private), text_of(public), key };
}

static int make_pairs(void **state)
{
	(void)state;
	make_pair(EVP_RSA_gen(2048), &one);
	make_pair(EVP_RSA_gen(2048), &two);
	make_pair(EVP_RSA_gen(1024), &small);
	make_pair(EVP_EC_gen("P-256"), &curve);
	return 0;
}

static int drop_pairs(void **state)
{
	struct pair *all[] = { &one, &two, &small, &curve };

	(void)state;
	for (int i = 0; i < 4; i++) {
		free(all[i]->private);
		free(all[i]->public);
		EVP_PKEY_free(all[i]->key);
	}
	return 0;
}

/* As .env files hold it: in one line. */
static const char *escaped(struct arena *a, const char *pem)
{
	struct sb b = sb_new(a, 4096);

	for (; *pem; pem++)
		*pem == '\n' ? sb_add(&b, "\\n") : sb_addc(&b, *pem);
	return b.s;
}

static struct settings rs256(const char *private, const char *public,
			     const char *previous)
{
	return (struct settings){ .jwt_algorithm = "RS256",
				  .jwt_secret = SECRET,
				  .jwt_private_key = private,
				  .jwt_public_key = public,
				  .jwt_previous_keys = previous };
}

static struct token_keys load(struct arena *a, const struct settings *s)
{
	struct token_keys keys = { 0 };
	struct err err = { 0 };

	if (!token_keys_load(s, a, &keys, &err))
		fail_msg("%s", err.msg);
	return keys;
}

static char *sign_with(struct arena *a, const struct token_keys *keys)
{
	char *text = NULL;

	assert_true(token_sign(&full, keys, a, &text, NULL));
	return text;
}

static bool verifies(struct arena *a, const char *text,
		     const struct token_keys *keys)
{
	struct token_claims got = { 0 };

	return token_verify(text, keys, 1500, a, &got, NULL);
}

/* W27: the public key need not be given, and line ends may be escaped. */
static void a_private_key_is_enough_in_either_spelling(void **state)
{
	_arena_ struct arena a = { 0 };
	struct settings plain = rs256(one.private, "", "");
	struct settings line =
		rs256(escaped(&a, one.private), escaped(&a, one.public), "");
	struct token_keys k = load(&a, &plain), l = load(&a, &line);

	(void)state;
	plain.jwt_algorithm = "HS256"; /* a private key chooses RS256 too */
	assert_true(load(&a, &plain).rs256 && k.rs256 && k.count == 1);
	assert_string_equal(k.keys[0].kid, l.keys[0].kid);
	assert_string_equal(k.keys[0].pem, one.public);
	assert_int_equal(strlen(k.keys[0].kid), 16);
	assert_string_equal(k.keys[0].e, "AQAB");
	assert_int_equal(strlen(k.keys[0].n), 342);
	for (int i = 0; i < 2; i++) {
		assert_true(verifies(&a, sign_with(&a, &k), &l));
		assert_true(verifies(&a, sign_with(&a, &l), &k));
	}
}

/* W27: each of these started once, and then failed every call. */
static void keys_that_cannot_serve_are_refused(void **state)
{
	const struct {
		const char *private, *public, *previous, *word;
	} cases[] = {
		{ "", "", "", "JWT_PRIVATE_KEY is not set" },
		{ "rubbish", "", "", "JWT_PRIVATE_KEY cannot be read" },
		{ one.public, "", "", "JWT_PRIVATE_KEY cannot be read" },
		{ small.private, "", "", "JWT_PRIVATE_KEY has 1024 bits" },
		{ curve.private, "", "", "JWT_PRIVATE_KEY is not an RSA key" },
		{ one.private, two.public, "",
		  "JWT_PUBLIC_KEY does not belong to JWT_PRIVATE_KEY" },
		{ one.private, "rubbish", "", "JWT_PUBLIC_KEY cannot be read" },
		{ one.private, "", "rubbish", "JWT_PREVIOUS_PUBLIC_KEYS" },
		{ one.private, "", "-----BEGIN PUBLIC KEY-----",
		  "JWT_PREVIOUS_PUBLIC_KEYS holds a key" },
		{ one.private, "", curve.public, "is not an RSA key" },
		{ one.private, "", small.public, "has 1024 bits" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct settings s = rs256(cases[i].private, cases[i].public,
					  cases[i].previous);
		struct token_keys keys;
		struct err err = { 0 };

		if (token_keys_load(&s, &a, &keys, &err) ||
		    !strstr(err.msg, cases[i].word))
			fail_msg("%s: %s", cases[i].word, err.msg);
		assert_int_equal(err.kind, ERR_INVALID);
	}
}

/* W27: a key can be changed without signing everybody out. */
static void a_previous_key_verifies_until_it_is_taken_away(void **state)
{
	_arena_ struct arena a = { 0 };
	struct settings before = rs256(two.private, "", "");
	struct settings both = rs256(
		one.private, "",
		arena_printf(&a, "%s%s", escaped(&a, two.public), one.public));
	struct settings after = rs256(one.private, "", "");
	struct token_keys old = load(&a, &before), turn = load(&a, &both),
			  new = load(&a, &after);
	const char *text = sign_with(&a, &old);

	(void)state;
	assert_int_equal(turn.count, 2);
	for (int i = 0; i < 2; i++) {
		assert_true(verifies(&a, text, &turn));
		assert_false(verifies(&a, text, &new));
		assert_true(verifies(&a, sign_with(&a, &turn), &new));
		assert_false(verifies(&a, sign_with(&a, &new), &old));
	}
}

/* A public key is no secret: who signs HS256 with it is nobody. */
static void no_algorithm_stands_in_for_another(void **state)
{
	_arena_ struct arena a = { 0 };
	struct settings s = rs256(one.private, "", "");
	struct token_keys rs = load(&a, &s), forger;

	(void)state;
	token_keys_hs256(rs.keys[0].pem, &forger);
	assert_false(verifies(&a, sign_with(&a, &forger), &rs));
	assert_false(verifies(&a, sign(&a, &full), &rs));
	assert_false(verifies(&a, sign_with(&a, &rs), hs256()));
	assert_false(verifies(
		&a, "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." PAYLOAD ".", &rs));
	assert_false(verifies(
		&a, "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9." PAYLOAD ".", &rs));
}

static void an_rs256_token_that_was_changed_is_noticed(void **state)
{
	_arena_ struct arena a = { 0 };
	struct settings s = rs256(one.private, "", "");
	struct token_keys keys = load(&a, &s);
	char *text = sign_with(&a, &keys);
	size_t len = strlen(text);

	(void)state;
	assert_true(verifies(&a, text, &keys));
	for (size_t i = 0; i + 1 < len; i += 7) {
		char was = text[i];

		if (was == '.' || text[i + 1] == '.')
			continue;
		text[i] = was == 'A' ? 'B' : 'A';
		assert_false(verifies(&a, text, &keys));
		text[i] = was;
	}
}

/* RFC 4231 has no label; the value is that of HMAC-SHA256(SECRET, "csrf:x"). */
static void a_mac_depends_on_all_it_is_made_of(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *mac = token_mac(SECRET, "csrf", "x", 32, &a);

	(void)state;
	assert_string_equal(mac, "VPIhE5lvr5stlLWTVWi5b-R1vmGxI0d4wcsbAzGpjPI");
	assert_string_not_equal(mac, token_mac(SECRET, "csrf", "y", 32, &a));
	assert_string_not_equal(mac, token_mac(SECRET, "other", "x", 32, &a));
	assert_string_not_equal(mac, token_mac("k", "csrf", "x", 32, &a));
	assert_int_equal(strlen(token_mac(SECRET, "csrf", "x", 16, &a)), 22);
}

static void a_hash_is_sha256(void **state)
{
	_arena_ struct arena a = { 0 };

	(void)state;
	/* FIPS 180-2, B.1 */
	assert_string_equal(token_hash(&a, "abc"),
			    "ba7816bf8f01cfea414140de5dae2223"
			    "b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_signed_is_read),
		cmocka_unit_test(absent_claims_stay_absent),
		cmocka_unit_test(it_ends_on_the_second_without_leeway),
		cmocka_unit_test(
			another_key_does_not_do_even_when_it_is_remembered),
		cmocka_unit_test(a_changed_character_is_noticed),
		cmocka_unit_test(other_algorithms_and_odd_claims),
		cmocka_unit_test(claims_of_another_type_are_absent),
		cmocka_unit_test(a_text_that_is_too_long_is_not_read),
		cmocka_unit_test(many_tokens_are_told_apart),
		cmocka_unit_test(same_is_the_same_bytes),
		cmocka_unit_test(a_mac_depends_on_all_it_is_made_of),
		cmocka_unit_test(a_hash_is_sha_256_in_hex),
		cmocka_unit_test(a_private_key_is_enough_in_either_spelling),
		cmocka_unit_test(keys_that_cannot_serve_are_refused),
		cmocka_unit_test(
			a_previous_key_verifies_until_it_is_taken_away),
		cmocka_unit_test(no_algorithm_stands_in_for_another),
		cmocka_unit_test(an_rs256_token_that_was_changed_is_noticed),
		cmocka_unit_test(a_hash_is_sha256),
	};

	return cmocka_run_group_tests(tests, make_pairs, drop_pairs);
}
