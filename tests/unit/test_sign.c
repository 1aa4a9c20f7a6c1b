/* Keys in the form of RFC 8410, and what a signature binds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/digest.h"
#include "crypto/sign.h"

/* The key pair of RFC 8410, sections 10.1 and 10.3. */
#define PRIVATE_PEM                                                          \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n" \
	"-----END PRIVATE KEY-----\n"
#define PUBLIC_PEM                                                       \
	"-----BEGIN PUBLIC KEY-----\n"                                   \
	"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n" \
	"-----END PUBLIC KEY-----\n"

static void keys_are_those_of_rfc_8410(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sign_public public, again;
	struct sign_key key;
	struct err err = { 0 };

	assert_true(sign_key_read(PRIVATE_PEM, &key, &err));
	public = sign_key_public(&key);
	assert_string_equal(sign_public_pem(&public, &a), PUBLIC_PEM);
	assert_string_equal(sign_key_pem(&key, &a), PRIVATE_PEM);
	assert_true(sign_public_read(PUBLIC_PEM, &again, &err));
	assert_memory_equal(&public, &again, sizeof(public));
}

static void a_signature_is_of_one_key_and_one_text(void **state)
{
	unsigned char signature[SIGN_BYTES];
	struct sign_public public, stranger;
	struct sign_key key, other;

	sign_key_new(&key);
	sign_key_new(&other);
	public = sign_key_public(&key);
	stranger = sign_key_public(&other);
	sign_make(&key, "text", 4, signature);
	assert_true(sign_check(&public, "text", 4, signature));
	assert_false(sign_check(&public, "texT", 4, signature));
	assert_false(sign_check(&public, "text", 3, signature));
	assert_false(sign_check(&stranger, "text", 4, signature));
	signature[10] ^= 1;
	assert_false(sign_check(&public, "text", 4, signature));
}

static void what_is_no_key_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"-----BEGIN PRIVATE KEY-----",
		PUBLIC_PEM,
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
		"-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----",
	};
	struct sign_public public;
	struct sign_key key;
	struct err err = { 0 };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(sign_key_read(texts[i], &key, &err));
	assert_false(sign_public_read(PRIVATE_PEM, &public, &err));
}

/* FIPS 180-4, example "abc". */
static void a_digest_is_sha_256(void **state)
{
	_arena_ struct arena a = { 0 };

	assert_string_equal(digest_sha256("abc", 3, &a),
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9c"
			    "b410ff61f20015ad");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_those_of_rfc_8410),
		cmocka_unit_test(a_signature_is_of_one_key_and_one_text),
		cmocka_unit_test(what_is_no_key_is_refused),
		cmocka_unit_test(a_digest_is_sha_256),
	};

	return cmocka_run_group_tests_name("sign", tests, NULL, NULL);
}
