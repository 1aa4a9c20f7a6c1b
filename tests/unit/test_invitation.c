/* Invitations on each database: what becomes of those that are closed. */
#include "db_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "gen/queries.h"
#include "jobs/cleanup.h"
#include "store/migrate.h"

#define ORG "11111111-1111-4111-8111-111111111111"
#define USER "22222222-2222-4222-8222-222222222222"

/* An invitation to a membership that needs no row of its own. */
static void put(struct fixture *f, const char *id, int64_t now)
{
	assert_ok(f, sql_invitation_insert(f->db, &f->arena,
					   &(struct sql_invitation_insert_args){
						   .org = ORG,
						   .id = id,
						   .membership_id = id,
						   .user_id = USER,
						   .email = "guest@example.com",
						   .role = "viewer",
						   .token_hash = id,
						   .now = now,
						   .expires_at = now + 1,
					   },
					   &f->err));
}

static void withdraw(struct fixture *f, const char *id, int64_t at)
{
	int64_t changed = 0;

	assert_ok(f, sql_invitation_withdraw(f->db, &f->arena, ORG, id, at,
					     &changed, &f->err));
	assert_int_equal(changed, 1);
}

static void closed_ones_are_forgotten_after_a_season(void **state)
{
	static const char *const ids[] = {
		"33333333-3333-4333-8333-333333333331",
		"33333333-3333-4333-8333-333333333332",
		"33333333-3333-4333-8333-333333333333",
	};
	struct fixture *f = begin(state);
	const int64_t now = 1000 * CLOCK_DAY, old = now - 91 * CLOCK_DAY;
	struct settings settings = {
		.data_dir = "/nowhere",
		.data_key = "0123456789abcdefghijklmnopqrstuv",
		.data_key_previous = "",
		.audit_days = 400,
		.report_ttl_days = 30,
	};
	struct invitation_list left = { 0 };

	db_scope(f->db, (struct db_scope){ ORG, NULL });
	assert_ok(f, migrate_run(f->db, &f->err));
	assert_ok(f, sql_org_insert(f->db, &f->arena, ORG, "Org", "org", old,
				    NULL, &f->err));
	assert_ok(f, sql_user_invite(f->db, &f->arena,
				     &(struct sql_user_invite_args){
					     .id = USER,
					     .email = "guest@example.com",
					     .email_key = "guest@example.com",
					     .full_name = "guest",
					     .now = old,
				     },
				     NULL, &f->err));
	for (int i = 0; i < 3; i++)
		put(f, ids[i], old);
	withdraw(f, ids[0], old);
	withdraw(f, ids[1], now - CLOCK_DAY);
	assert_ok(f, cleanup_run(f->db, &settings, now, &f->err));
	db_scope(f->db, (struct db_scope){ ORG, NULL });
	assert_ok(f, sql_invitation_list(f->db, &f->arena, ORG, now, &left,
					 &f->err));
	/* The open one, though it lapsed, and the one closed yesterday. */
	assert_int_equal(left.len, 2);
	assert_string_equal(left.items[0].id, ids[2]);
	assert_string_equal(left.items[1].id, ids[1]);
	assert_int_equal(left.items[0].status, INVITATION_STATUS_EXPIRED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_both(closed_ones_are_forgotten_after_a_season),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
