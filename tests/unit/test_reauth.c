/* A password that is asked for again, in a session that has begun (W11: a
 * stolen one gives no unlimited guesses). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/account.h"
#include "api/lock.h"
#include "api/reauth.h"
#include "base/clock.h"
#include "crypto/password.h"
#include "exchange.h"
#include "gen/queries.h"

#define RIGHT "the right password"
#define REFUSAL "Current password is incorrect"

struct fixture {
	struct arena arena;
	struct db *db;
	struct session session;
	struct request request;
	struct call call;
};

/* A person of their own for each case: failures are counted by the process. */
static void person(struct fixture *f, const char *email, const char *password)
{
	struct account account = { 0 };
	struct err err = { 0 };
	char *hash = NULL;

	if (password)
		assert_true(password_hash(password, &f->arena, &hash, &err));
	assert_true(account_create(f->db, &f->arena,
				   &(struct account_new){
					   .email = email,
					   .password_hash = hash,
					   .full_name = "A",
					   .org_name = "A",
					   .now = 1,
				   },
				   &account, &err));
	f->session =
		(struct session){ .user_id = account.user_id, .email = email };
}

static int set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	*state = f;
	f->request.ip = "192.0.2.1";
	f->call = (struct call){
		.arena = &f->arena,
		.session = &f->session,
		.request = &f->request,
		.now = CLOCK_SECOND,
	};
	if (test_db_open(&f->db) != 0)
		return -1;
	f->call.db = f->db;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	db_close(f->db);
	arena_free(&f->arena);
	test_free(f);
	return 0;
}

/* The kind of its refusal, ERR_NONE when it was right. */
static enum err_kind ask(struct fixture *f, const char *password)
{
	struct err err = { 0 };

	if (reauth_password(&f->call, password, ERR_REFUSED, REFUSAL, &err))
		return ERR_NONE;
	if (err.kind == ERR_REFUSED)
		assert_string_equal(err.msg, REFUSAL);
	return err.kind;
}

static int64_t jobs(struct fixture *f)
{
	struct job_state_row_list states = { 0 };
	struct err err = { 0 };

	assert_true(sql_job_states(f->db, &f->arena, &states, &err));
	return states.len ? states.items[0].n : 0;
}

static void the_right_one_passes_and_a_wrong_one_does_not(void **state)
{
	struct fixture *f = *state;

	person(f, "plain@example.com", RIGHT);
	assert_int_equal(ask(f, RIGHT), ERR_NONE);
	assert_int_equal(ask(f, "another password"), ERR_REFUSED);
	assert_int_equal(ask(f, RIGHT), ERR_NONE);
}

static void guesses_close_the_account(void **state)
{
	struct fixture *f = *state;
	struct err err = { 0 };

	person(f, "Guessed@Example.com", RIGHT);
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask(f, "a guess"), ERR_REFUSED);
	assert_int_equal(ask(f, RIGHT), ERR_LIMITED);
	/* The same count as at sign-in, and told once. */
	assert_false(lock_check(&f->arena, "guessed@example.com", "192.0.2.1",
				CLOCK_SECOND, &err));
	assert_int_equal(err.retry_after, 60);
	assert_int_equal(jobs(f), 1);
}

/* Else who knows the password could guess the code that is asked next. */
static void a_right_password_forgives_no_other_failure(void **state)
{
	struct fixture *f = *state;
	struct err err = { 0 };

	person(f, "mixed@example.com", RIGHT);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(ask(f, RIGHT), ERR_NONE);
		assert_true(reauth_open(&f->call, &err));
		assert_false(
			reauth_failed(&f->call, ERR_REFUSED, "Invalid", &err));
	}
	assert_int_equal(ask(f, "a guess"), ERR_REFUSED);
	assert_int_equal(ask(f, RIGHT), ERR_LIMITED);
}

static void what_a_closing_failure_wrote_before_is_undone(void **state)
{
	struct fixture *f = *state;
	struct err err = { 0 };
	int64_t changed = 0;

	person(f, "undone@example.com", RIGHT);
	for (int i = 0; i < 4; i++)
		reauth_failed(&f->call, ERR_REFUSED, "Invalid", &err);
	assert_true(call_begin(&f->call, &err));
	assert_true(sql_org_insert(f->db, &f->arena, "o", "x", "x", 1, &changed,
				   &err));
	assert_false(reauth_failed(&f->call, ERR_REFUSED, "Invalid", &err));
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_false(f->call.in_transaction);
	assert_int_equal(jobs(f), 1);
	assert_true(sql_org_insert(f->db, &f->arena, "o", "x", "x", 1, &changed,
				   &err));
	assert_int_equal(changed, 1);
}

static void who_has_no_password_has_none_that_is_right(void **state)
{
	struct fixture *f = *state;

	person(f, "invited@example.com", NULL);
	assert_int_equal(ask(f, ""), ERR_REFUSED);
	assert_int_equal(ask(f, RIGHT), ERR_REFUSED);
}

static void an_api_key_is_nobody_to_ask(void **state)
{
	struct fixture *f = *state;

	f->session = (struct session){ .key_id = "k" };
	assert_int_equal(ask(f, RIGHT), ERR_FORBIDDEN);
}

#define a_case(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		a_case(the_right_one_passes_and_a_wrong_one_does_not),
		a_case(guesses_close_the_account),
		a_case(a_right_password_forgives_no_other_failure),
		a_case(what_a_closing_failure_wrote_before_is_undone),
		a_case(who_has_no_password_has_none_that_is_right),
		a_case(an_api_key_is_nobody_to_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
