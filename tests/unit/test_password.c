/* Hashing passwords: right, wrong, nobody's, and several at once. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <pthread.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "crypto/password.h"

static char *hash_of(struct arena *a, const char *password)
{
	char *hash = NULL;

	assert_true(password_hash(password, a, &hash, NULL));
	return hash;
}

static bool fits(const char *password, const char *hash)
{
	bool same = false;

	assert_true(password_verify(password, hash, &same, NULL));
	return same;
}

static void the_right_one_fits_and_others_do_not(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *hash = hash_of(&a, "correct horse");

	(void)state;
	assert_int_equal(strncmp(hash, "$argon2id$v=19$m=65536,t=2,p=1$", 31),
			 0);
	assert_true(fits("correct horse", hash));
	assert_false(fits("correct horsf", hash));
	assert_false(fits("", hash));
}

static void one_password_has_many_hashes(void **state)
{
	_arena_ struct arena a = { 0 };

	(void)state;
	assert_string_not_equal(hash_of(&a, "same"), hash_of(&a, "same"));
}

static void what_follows_byte_72_counts(void **state)
{
	_arena_ struct arena a = { 0 };
	char *password = arena_alloc(&a, 5001);
	const char *hash;

	(void)state;
	memset(password, 'x', 5000);
	hash = hash_of(&a, password);
	assert_true(fits(password, hash));
	password[4999] = 'y';
	assert_false(fits(password, hash));
}

/* An account that does not exist must not be found by its speed. */
static void nobody_is_refused_as_slowly(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *hash = hash_of(&a, "correct horse");
	int64_t start, known, unknown;

	(void)state;
	start = clock_tick();
	assert_false(fits("wrong", hash));
	known = clock_tick() - start;
	start = clock_tick();
	assert_false(fits("wrong", NULL));
	unknown = clock_tick() - start;
	assert_true(unknown > known / 4);
}

static void a_hash_that_is_damaged_fits_nothing(void **state)
{
	(void)state;
	assert_false(fits("x", ""));
	assert_false(fits("x", "$argon2id$"));
	assert_false(fits("x", "plain text"));
}

static void hashes_of_other_parameters_are_to_be_renewed(void **state)
{
	_arena_ struct arena a = { 0 };

	(void)state;
	assert_false(password_needs_rehash(hash_of(&a, "x")));
	assert_true(password_needs_rehash(
		"$argon2id$v=19$m=32768,t=2,p=1$bm9ib2R5IGxpdmVzIGhlcg$"
		"Tm8gcGFzc3dvcmQgaGFzIHRoaXMgaGFzaC4gVHJ1bHk"));
	assert_true(password_needs_rehash("$2b$12$abcdefghijklmnopqrstuv"));
}

static void *one_of_many(void *arg)
{
	_arena_ struct arena a = { 0 };
	char *hash = NULL;
	bool same = false;

	*(bool *)arg = password_hash("many", &a, &hash, NULL) &&
		       password_verify("many", hash, &same, NULL) && same;
	return NULL;
}

static void more_than_fit_at_once_take_turns(void **state)
{
	enum { MANY = 6 };
	pthread_t threads[MANY];
	bool ok[MANY] = { 0 };

	(void)state;
	for (int i = 0; i < MANY; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, one_of_many, &ok[i]),
			0);
	for (int i = 0; i < MANY; i++) {
		pthread_join(threads[i], NULL);
		assert_true(ok[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_right_one_fits_and_others_do_not),
		cmocka_unit_test(one_password_has_many_hashes),
		cmocka_unit_test(what_follows_byte_72_counts),
		cmocka_unit_test(nobody_is_refused_as_slowly),
		cmocka_unit_test(a_hash_that_is_damaged_fits_nothing),
		cmocka_unit_test(hashes_of_other_parameters_are_to_be_renewed),
		cmocka_unit_test(more_than_fit_at_once_take_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
