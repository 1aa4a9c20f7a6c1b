/* Keyed hashes: the vectors of RFC 4231, and keys that a label sets apart. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "crypto/mac.h"

/* A shorter key is the same as one filled up with zeros (RFC 2104, 2). */
static struct mac_key key_of(const void *bytes, size_t len)
{
	struct mac_key key = { 0 };

	memcpy(key.bytes, bytes, len);
	return key;
}

static void the_hashes_are_those_of_the_rfc(void **state)
{
	static const struct {
		const char *key, *text, *hex;
	} cases[] = {
		{ "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
		  "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b",
		  "Hi There",
		  "b0344c61d8db38535ca8afceaf0bf12b"
		  "881dc200c9833da726e9376c2e32cff7" },
		{ "Jefe", "what do ya want for nothing?",
		  "5bdcc146bf60754e6a042426089575c7"
		  "5a003f089d2739839dec58b964ec3843" },
	};
	_arena_ struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct mac_key key = key_of(cases[i].key, strlen(cases[i].key));

		assert_string_equal(
			mac_hex(&key, cases[i].text, strlen(cases[i].text), &a),
			cases[i].hex);
	}
}

static void a_key_is_the_hash_of_its_label(void **state)
{
	_arena_ struct arena a = { 0 };
	struct mac_key derived, secret = key_of("Jefe", 4);
	char *text = arena_bytes(&a, MAC_HEX + 1);

	(void)state;
	mac_key_derive("Jefe", "audit chain v1", &derived);
	for (int i = 0; i < MAC_KEY; i++)
		snprintf(text + 2 * i, 3, "%02x", derived.bytes[i]);
	assert_string_equal(text, mac_hex(&secret, "audit chain v1", 14, &a));
}

static void labels_and_secrets_make_different_keys(void **state)
{
	struct mac_key one, label, secret;

	(void)state;
	mac_key_derive("secret", "one", &one);
	mac_key_derive("secret", "two", &label);
	mac_key_derive("terces", "one", &secret);
	assert_memory_not_equal(&one, &label, sizeof(one));
	assert_memory_not_equal(&one, &secret, sizeof(one));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hashes_are_those_of_the_rfc),
		cmocka_unit_test(a_key_is_the_hash_of_its_label),
		cmocka_unit_test(labels_and_secrets_make_different_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
