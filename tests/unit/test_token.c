/* What a token must be to be believed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

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

static char *sign(struct arena *a, const struct token_claims *c)
{
	char *text = NULL;

	assert_true(token_sign(c, SECRET, a, &text, NULL));
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

		assert_true(token_verify(text, SECRET, 1500, &a, &got, NULL));
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

		assert_true(token_verify(text, SECRET, 1500, &a, &got, NULL));
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
	assert_true(token_verify(text, SECRET, 1999, &a, &got, &err));
	assert_false(token_verify(text, SECRET, 2000, &a, &got, &err));
	assert_int_equal(err.kind, ERR_UNAUTHENTICATED);
	assert_string_equal(err.msg, "Invalid or expired token");
	/* The clock was set back: it was never marked as dead. */
	assert_true(token_verify(text, SECRET, 1999, &a, &got, &err));
}

static void another_key_does_not_do_even_when_it_is_remembered(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *text = sign(&a, &full);
	struct token_claims got;

	(void)state;
	assert_true(token_verify(text, SECRET, 1500, &a, &got, NULL));
	assert_false(token_verify(text, "another key of thirty-two bytes.",
				  1500, &a, &got, NULL));
	assert_true(token_verify(text, SECRET, 1500, &a, &got, NULL));
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
	assert_true(token_verify(text, SECRET, 1500, &a, &got, NULL));
	for (size_t i = 0; i + 1 < len; i++) {
		char was = text[i];

		if (was == '.' || text[i + 1] == '.')
			continue;
		text[i] = was == 'A' ? 'B' : 'A';
		assert_false(token_verify(text, SECRET, 1500, &a, &got, NULL));
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

		if (token_verify(cases[i].text, SECRET, 1500, &a, &got, NULL) !=
		    cases[i].ok)
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
		SECRET, 1500, &a, &got, NULL));
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
	assert_false(token_verify(text, SECRET, 1500, &a, &got, NULL));
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
			assert_true(token_verify(texts[i], SECRET, 1500, &a,
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
		cmocka_unit_test(a_hash_is_sha256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
