/*
 * The audit log's chain, on each database: whatever is done to its rows behind
 * the program's back is found, at the first row that it was done to; what the
 * program itself may do to them (erase a person, let old rows go) is not taken
 * for it.
 */
#include "db_fixture.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "gen/queries.h"
#include "store/audit.h"
#include "store/audit_chain.h"
#include "store/migrate.h"

enum { ROWS = 5 };

static const struct settings ours = { .data_key = "a key of this test, 1" };

/* ---- what the cases are made of ---- */

static int with_tables(void **state)
{
	struct fixture *f = *state;

	return !f->db || migrate_run(f->db, &f->err) || fixture_fail(f) ? 0
									: -1;
}

static int sqlite(void **state)
{
	return fixture_sqlite(state) ? -1 : with_tables(state);
}

static int postgresql(void **state)
{
	return fixture_postgresql(state) ? -1 : with_tables(state);
}

static const char *new_org(struct fixture *f)
{
	const char *id = id_new(&f->arena);

	assert_ok(f, sql_org_insert(f->db, &f->arena, id, "An organisation", id,
				    1, NULL, &f->err));
	return id;
}

static const char *new_person(struct fixture *f)
{
	const char *id = id_new(&f->arena);

	assert_ok(f, sql_user_insert(f->db, &f->arena,
				     &(struct sql_user_insert_args){
					     .id = id,
					     .email = id,
					     .email_key = id,
					     .full_name = "A Person",
					     .now = 1,
				     },
				     &f->err));
	return id;
}

static struct audit_entry entry(const char *org, int64_t now)
{
	return (struct audit_entry){
		.org_id = org,
		.action = "asset.created",
		.resource_type = "asset",
		.resource_id = "018f3a52",
		.details = "{\"name\":\"x\"}",
		.ip_address = "203.0.113.9",
		.user_agent = "curl/8.0",
		.now = now,
	};
}

/* From here on the database shows the rows of this organisation. */
static void look_at(struct fixture *f, const char *org)
{
	db_scope(f->db, (struct db_scope){ .org_id = org });
}

static bool append(struct fixture *f, const struct audit_entry *e)
{
	look_at(f, e->org_id);
	if (!db_begin_write(f->db, &f->err))
		return false;
	if (audit_append(f->db, &f->arena, &ours, e, &f->err))
		return db_commit(f->db, &f->err);
	db_rollback(f->db);
	return false;
}

/* `rows` of them, at the times 1, 2, … */
static void append_many(struct fixture *f, const char *org, const char *user,
			int rows)
{
	look_at(f, org);
	assert_ok(f, db_begin_write(f->db, &f->err));
	for (int i = 1; i <= rows; i++) {
		struct audit_entry e = entry(org, i);

		e.user_id = user;
		assert_ok(f,
			  audit_append(f->db, &f->arena, &ours, &e, &f->err));
	}
	assert_ok(f, db_commit(f->db, &f->err));
}

static const char *new_chain(struct fixture *f, int rows)
{
	const char *org = new_org(f);

	append_many(f, org, new_person(f), rows);
	return org;
}

/* Behind the program's back; "@" is the organisation. */
static void tamper(struct fixture *f, const char *org, const char *sql)
{
	struct sb b = sb_new(&f->arena, 256);

	for (; *sql; sql++) {
		if (*sql == '@')
			sb_addf(&b, "'%s'", org);
		else
			sb_addc(&b, *sql);
	}
	assert_ok(f, db_exec(f->db, b.s, &f->err));
}

static struct audit_verification
verify_with(struct fixture *f, const struct settings *s, const char *org)
{
	struct audit_verification v = { 0 };

	look_at(f, org);
	assert_ok(f, db_begin_read(f->db, &f->err));
	assert_ok(f, audit_verify(f->db, &f->arena, s, org, &v, &f->err));
	db_rollback(f->db);
	return v;
}

static struct audit_verification verify(struct fixture *f, const char *org)
{
	return verify_with(f, &ours, org);
}

static void assert_intact(struct fixture *f, const char *org, int64_t rows)
{
	struct audit_verification v = verify(f, org);

	if (!v.intact)
		print_message("row %lld: %s\n", (long long)v.first_bad_seq,
			      v.reason);
	assert_true(v.intact);
	assert_null(v.reason);
	assert_int_equal(v.rows, rows);
}

/* Broken at that row, for a reason that begins so. */
static void assert_broken(const struct audit_verification *v, int64_t seq,
			  const char *reason, const char *what)
{
	if (v->intact || v->first_bad_seq != seq ||
	    strncmp(v->reason, reason, strlen(reason)) != 0)
		print_message("%s: row %lld instead of %lld: %s\n", what,
			      (long long)v->first_bad_seq, (long long)seq,
			      v->intact ? "intact" : v->reason);
	assert_false(v->intact);
	assert_int_equal(v->first_bad_seq, seq);
	assert_memory_equal(v->reason, reason, strlen(reason));
	if (seq > 0)
		assert_int_equal(v->rows, seq - 1 - v->purged);
}

/* ---- what holds ---- */

static void a_chain_longer_than_a_page_holds(void **state)
{
	struct fixture *f = begin(state);

	assert_intact(f, new_chain(f, 450), 450);
}

static void organisations_have_chains_of_their_own(void **state)
{
	struct fixture *f = begin(state);
	const char *one = new_chain(f, 3), *two = new_chain(f, 2);

	append_many(f, one, NULL, 1);
	assert_intact(f, one, 4);
	assert_intact(f, two, 2);
	tamper(f, one, "UPDATE audit_log SET action = 'x' WHERE org_id = @");
	assert_false(verify(f, one).intact);
	assert_intact(f, two, 2);
}

static void the_name_is_kept_as_it_was(void **state)
{
	struct fixture *f = begin(state);
	const char *org = new_org(f), *user = new_person(f);
	struct audit_row row = { 0 };
	bool found = false;

	append_many(f, org, user, 1);
	assert_ok(f, db_exec(f->db, "UPDATE app_user SET full_name = 'Other'",
			     &f->err));
	assert_ok(f, sql_audit_last_until(f->db, &f->arena, org, 1, &row,
					  &found, &f->err));
	assert_string_equal(row.actor_name, "A Person");
	assert_string_equal(row.actor_email, user);
}

static void an_id_is_taken_once(void **state)
{
	struct fixture *f = begin(state);
	const char *org = new_org(f);
	struct audit_entry e = entry(org, 1);

	e.id = id_new(&f->arena);
	assert_ok(f, append(f, &e));
	assert_false(append(f, &e));
	assert_int_equal(f->err.kind, ERR_CONFLICT);
	assert_intact(f, org, 1);
}

struct writer {
	struct fixture *f;
	const char *org;
	int failed;
};

enum { WRITES = 40 };

static void *write_rows(void *arg)
{
	struct writer *w = arg;
	struct fixture mine = { .url = w->f->url };

	if (!db_open(mine.url, 0, &mine.db, &mine.err))
		w->failed++;
	for (int i = 0; mine.db && i < WRITES; i++) {
		struct audit_entry e = entry(w->org, i);

		w->failed += !append(&mine, &e) && !fixture_fail(&mine);
	}
	db_close(mine.db);
	arena_free(&mine.arena);
	return NULL;
}

static void writers_at_once_make_one_chain(void **state)
{
	struct fixture *f = begin(state);
	const char *org = new_org(f);
	struct writer w[3];
	pthread_t threads[3];

	for (int i = 0; i < 3; i++) {
		w[i] = (struct writer){ .f = f, .org = org };
		pthread_create(&threads[i], NULL, write_rows, &w[i]);
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(w[i].failed, 0);
	}
	assert_intact(f, org, 3 * WRITES);
}

/* ---- what is found ---- */

static void any_column_of_any_row(void **state)
{
	static const char *const changes[] = {
		"id = 'other' || id",
		"user_id = 'somebody-else'",
		"user_id = NULL",
		"actor_email = 'somebody.else'",
		"actor_name = ''",
		"api_key_id = 'a-key'",
		"api_key_id = ''", /* was NULL */
		"action = 'asset.deleted'",
		"resource_type = 'scan'",
		"resource_id = NULL",
		"resource_id = ''",
		"details = '{}'",
		"details = NULL",
		"ip_address = '127.0.0.1'",
		"user_agent = NULL",
		"created_at = created_at + 1",
		"salt = 'AAAA'",
		"salt = NULL",
		"personal_hash = NULL",
		"personal_hash = hash",
		"hash = NULL",
		"hash = personal_hash",
		"hash = ''",
		"erased_at = 1",
		/* What moves from one column to the next is a change too. */
		"action = action || 'a', resource_type = 'sset'",
		"ip_address = ip_address || 'c', user_agent = 'url/8.0'",
	};
	struct fixture *f = begin(state);

	for (size_t c = 0; c < sizeof(changes) / sizeof(*changes); c++)
		for (int row = 1; row <= ROWS; row += 2) {
			const char *org = new_chain(f, ROWS);
			struct audit_verification v;

			tamper(f, org,
			       arena_printf(&f->arena,
					    "UPDATE audit_log SET %s WHERE "
					    "org_id = @ AND seq = %d",
					    changes[c], row));
			v = verify(f, org);
			assert_broken(&v, row, "changed", changes[c]);
			assert_non_null(v.first_bad_id);
		}
}

#define COPY                                                            \
	"INSERT INTO audit_log (id, org_id, user_id, action, "          \
	"resource_type, resource_id, details, ip_address, user_agent, " \
	"created_at, api_key_id, actor_email, actor_name, salt, "       \
	"personal_hash, hash, seq) SELECT 'x' || id, org_id, user_id, " \
	"action, resource_type, resource_id, details, ip_address, "     \
	"user_agent, created_at, api_key_id, actor_email, actor_name, " \
	"salt, personal_hash, hash, "

static void whatever_is_done_to_rows(void **state)
{
	static const struct {
		const char *what;
		const char *sql;
		int64_t seq;
		const char *reason;
	} attacks[] = {
		{ "one removed in the middle",
		  "DELETE FROM audit_log WHERE org_id = @ AND seq = 3", 3,
		  "missing: row 3 is not there" },
		{ "two removed in the middle",
		  "DELETE FROM audit_log WHERE org_id = @ AND seq IN (3, 4)", 3,
		  "missing: rows 3 to 4 are not there" },
		{ "removed, and the others moved up",
		  "DELETE FROM audit_log WHERE org_id = @ AND seq = 3;"
		  "UPDATE audit_log SET seq = 3 WHERE org_id = @ AND seq = 4;"
		  "UPDATE audit_log SET seq = 4 WHERE org_id = @ AND seq = 5",
		  3, "changed" },
		{ "the first removed",
		  "DELETE FROM audit_log WHERE org_id = @ AND seq = 1", 1,
		  "missing: row 1 is not there" },
		{ "the first removed, as if by retention",
		  "DELETE FROM audit_log WHERE org_id = @ AND seq = 1;"
		  "UPDATE audit_chain SET purged_seq = 1, purged_hash = 'x' "
		  "WHERE org_id = @",
		  2, "changed" },
		{ "the first removed, as by retention, with its hash",
		  "UPDATE audit_chain SET purged_seq = 1, purged_hash = "
		  "(SELECT "
		  "hash FROM audit_log WHERE org_id = @ AND seq = 1) WHERE "
		  "org_id = @;"
		  "DELETE FROM audit_log WHERE org_id = @ AND seq = 1",
		  6, "cut off: the record" },
		{ "the last removed",
		  "DELETE FROM audit_log WHERE org_id = @ AND seq = 5", 5,
		  "cut off at the end: row 5 is not there" },
		{ "the last two removed, and the record set back",
		  "DELETE FROM audit_log WHERE org_id = @ AND seq > 3;"
		  "UPDATE audit_chain SET last_seq = 3, last_hash = (SELECT "
		  "hash FROM audit_log WHERE org_id = @ AND seq = 3) WHERE "
		  "org_id = @",
		  4, "cut off: the record" },
		{ "all removed", "DELETE FROM audit_log WHERE org_id = @", 1,
		  "cut off at the end: rows 1 to 5 are not there" },
		{ "all removed, with the record",
		  "DELETE FROM audit_log WHERE org_id = @;"
		  "DELETE FROM audit_chain WHERE org_id = @",
		  1, "cut off: there is no record" },
		{ "the record removed",
		  "DELETE FROM audit_chain WHERE org_id = @", 6,
		  "cut off: there is no record" },
		{ "two swapped",
		  "UPDATE audit_log SET seq = 99 WHERE org_id = @ AND seq = 2;"
		  "UPDATE audit_log SET seq = 2 WHERE org_id = @ AND seq = 4;"
		  "UPDATE audit_log SET seq = 4 WHERE org_id = @ AND seq = 99",
		  2, "changed" },
		{ "one added behind the end",
		  COPY "6 FROM audit_log WHERE org_id = @ AND seq = 5", 6,
		  "inserted: it stands behind the end" },
		{ "one added behind the end, and the record moved on",
		  COPY "6 FROM audit_log WHERE org_id = @ AND seq = 5;"
		       "UPDATE audit_chain SET last_seq = 6 WHERE org_id = @",
		  6, "changed" },
		{ "one added in front",
		  COPY "0 FROM audit_log WHERE org_id = @ AND seq = 1", 0,
		  "inserted: retention has removed all" },
		{ "one added without a place",
		  COPY "NULL FROM audit_log WHERE org_id = @ AND seq = 2", 0,
		  "inserted: it has no place" },
		{ "one put in place of another",
		  "UPDATE audit_log SET seq = 99 WHERE org_id = @ AND seq = "
		  "3;" COPY "3 FROM audit_log WHERE org_id = @ AND seq = 2;"
		  "DELETE FROM audit_log WHERE org_id = @ AND seq = 99",
		  3, "changed" },
		{ "erased by half",
		  "UPDATE audit_log SET erased_at = 1, salt = NULL, details = "
		  "NULL WHERE org_id = @ AND seq = 2",
		  2, "changed: it is marked as erased" },
		{ "erased without the mark",
		  "UPDATE audit_log SET user_id = NULL, actor_email = NULL, "
		  "actor_name = NULL, details = NULL, salt = NULL, ip_address "
		  "= '127.0.0.1', user_agent = '[erased]' WHERE org_id = @ AND "
		  "seq = 2",
		  2, "changed: who it was" },
		{ "erased, and what was done changed with it",
		  "UPDATE audit_log SET user_id = NULL, actor_email = NULL, "
		  "actor_name = NULL, details = NULL, salt = NULL, ip_address "
		  "= '127.0.0.1', user_agent = '[erased]', erased_at = 1, "
		  "action = 'nothing' WHERE org_id = @ AND seq = 2",
		  2, "changed: the row is not" },
	};
	struct fixture *f = begin(state);

	for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++) {
		const char *org = new_chain(f, ROWS);
		struct audit_verification v;

		tamper(f, org, attacks[i].sql);
		v = verify(f, org);
		assert_broken(&v, attacks[i].seq, attacks[i].reason,
			      attacks[i].what);
	}
}

static void what_was_broken_stays_so_when_rows_follow(void **state)
{
	static const struct {
		const char *sql;
		int64_t seq;
	} attacks[] = {
		{ "DELETE FROM audit_log WHERE org_id = @ AND seq = 1;"
		  "UPDATE audit_chain SET purged_seq = 1, purged_hash = "
		  "(SELECT "
		  "hash FROM audit_log WHERE org_id = @ AND seq = 2) WHERE "
		  "org_id = @",
		  2 },
		{ "UPDATE audit_chain SET seal = 'x' WHERE org_id = @", 7 },
		{ "DELETE FROM audit_chain WHERE org_id = @", 6 },
		{ "DELETE FROM audit_log WHERE org_id = @ AND seq = 5", 5 },
	};
	struct fixture *f = begin(state);

	for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++) {
		const char *org = new_chain(f, ROWS);
		struct audit_verification v;

		tamper(f, org, attacks[i].sql);
		append_many(f, org, NULL, 1);
		v = verify(f, org);
		assert_false(v.intact);
		assert_int_equal(v.first_bad_seq, attacks[i].seq);
	}
}

/* ---- keys ---- */

static void who_has_not_the_key_cannot_write_a_row(void **state)
{
	const struct settings theirs = { .data_key = "a guess" };
	struct fixture *f = begin(state);
	const char *org = new_chain(f, 2);
	struct audit_entry e = entry(org, 3);
	struct audit_verification v;

	assert_ok(f, audit_append(f->db, &f->arena, &theirs, &e, &f->err));
	v = verify(f, org);
	assert_broken(&v, 3, "changed: its hash was not made with", "guess");
}

static void a_new_key_goes_on_where_the_old_one_ended(void **state)
{
	const struct settings next = { .data_key = "another key, 2",
				       .data_key_previous = ours.data_key };
	const struct settings forgetful = { .data_key = "another key, 2" };
	struct fixture *f = begin(state);
	const char *org = new_chain(f, 2);
	struct audit_entry e = entry(org, 3);
	struct audit_verification v;

	assert_ok(f, audit_append(f->db, &f->arena, &next, &e, &f->err));
	v = verify_with(f, &next, org);
	assert_true(v.intact);
	assert_int_equal(v.rows, 3);
	v = verify_with(f, &forgetful, org);
	assert_broken(&v, 1, "changed: its hash was not made with", "key");
}

static void no_two_lists_of_fields_hash_alike(void **state)
{
	static const struct audit_row rows[] = {
		{ .action = "a", .resource_type = "bc" },
		{ .action = "ab", .resource_type = "c" },
		{ .action = "a", .resource_type = "bc", .resource_id = "" },
		{ .action = "a,2:bc", .resource_type = "" },
		{ .action = "", .resource_type = "1:a,2:bc" },
		{ .action = "a", .resource_type = "bc", .seq = 1 },
		{ .action = "a", .resource_type = "bc", .created_at = 1 },
		{ .action = "a", .resource_type = "bc", .resource_id = "-," },
		{ .action = "a", .resource_type = "bc", .api_key_id = "" },
	};
	enum { N = sizeof(rows) / sizeof(*rows) };
	_arena_ struct arena a = { 0 };
	struct audit_keys keys;
	const char *hashes[N];

	(void)state;
	audit_keys_make(&ours, &a, &keys);
	for (int i = 0; i < N; i++) {
		hashes[i] = audit_row_hash(&keys.at[0], &rows[i], "", &a);
		assert_int_equal(strlen(hashes[i]), AUDIT_HASH_LEN);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(hashes[i], hashes[j]);
	}
}

/* ---- what may be done ---- */

static void an_erased_person_leaves_a_chain_that_holds(void **state)
{
	struct fixture *f = begin(state);
	const char *org = new_org(f), *other = new_org(f);
	const char *gone = new_person(f), *stays = new_person(f);
	struct audit_row_list rows = { 0 };
	struct audit_verification v;

	append_many(f, org, gone, 2);
	append_many(f, org, stays, 1);
	append_many(f, org, gone, 1);
	append_many(f, other, gone, 1);
	assert_ok(f, audit_erase_person(f->db, &f->arena, gone, 77, &f->err));
	v = verify(f, org);
	assert_true(v.intact);
	assert_int_equal(v.rows, 4);
	assert_int_equal(v.erased, 3);
	assert_int_equal(verify(f, other).erased, 1);
	look_at(f, org);
	assert_ok(f, sql_audit_walk(f->db, &f->arena, org, 0, 4, 10, &rows,
				    &f->err));
	for (int i = 0; i < 4; i++) {
		const struct audit_row *r = &rows.items[i];

		if (i == 2) {
			assert_string_equal(r->user_id, stays);
			continue;
		}
		assert_null(r->user_id);
		assert_null(r->actor_email);
		assert_null(r->actor_name);
		assert_null(r->details);
		assert_null(r->salt);
		assert_string_equal(r->ip_address, "127.0.0.1");
		assert_string_equal(r->user_agent, "[erased]");
		assert_string_equal(r->action, "asset.created");
		assert_int_equal(r->erased_at, 77);
	}
	append_many(f, org, stays, 1);
	assert_intact(f, org, 5);
}

static struct audit_verification retain(struct fixture *f, const char *org,
					int64_t before)
{
	struct audit_verification v = { 0 };

	look_at(f, org);
	assert_ok(f, audit_retain(f->db, &ours, org, before, &f->arena, &v,
				  &f->err));
	return v;
}

static void retention_takes_the_oldest_and_the_chain_holds(void **state)
{
	struct fixture *f = begin(state);
	const char *org = new_chain(f, 10);
	struct audit_verification v = retain(f, org, 4);

	assert_true(v.intact);
	assert_int_equal(v.purged, 3);
	v = verify(f, org);
	assert_true(v.intact);
	assert_int_equal(v.purged, 3);
	assert_int_equal(v.rows, 7);
	assert_int_equal(retain(f, org, 4).purged, 0);
	append_many(f, org, NULL, 1); /* its time is 1 */
	assert_int_equal(retain(f, org, 9).purged, 5);
	assert_intact(f, org, 3);
}

static void retention_leaves_no_hole(void **state)
{
	struct fixture *f = begin(state);
	const char *org = new_org(f);
	static const int64_t times[] = { 1, 9, 2, 3, 9 };

	for (int i = 0; i < 5; i++) {
		struct audit_entry e = entry(org, times[i]);

		assert_ok(f, append(f, &e));
	}
	/* The old ones behind a new one wait for it. */
	assert_int_equal(retain(f, org, 5).purged, 1);
	assert_intact(f, org, 4);
	assert_int_equal(retain(f, org, 10).purged, 4);
	assert_intact(f, org, 0);
	append_many(f, org, NULL, 2);
	assert_intact(f, org, 2);
}

static void retention_of_many_rows_takes_several_transactions(void **state)
{
	struct fixture *f = begin(state);
	const char *org = new_chain(f, 2300);
	struct audit_verification v = retain(f, org, 2200);

	assert_true(v.intact);
	assert_int_equal(v.purged, 2199);
	assert_intact(f, org, 101);
}

static void a_row_that_retention_removed_cannot_come_back(void **state)
{
	struct fixture *f = begin(state);
	const char *org = new_chain(f, ROWS);
	struct audit_verification v;

	retain(f, org, 3);
	tamper(f, org, COPY "2 FROM audit_log WHERE org_id = @ AND seq = 3");
	v = verify(f, org);
	assert_false(v.intact);
	assert_int_equal(v.first_bad_seq, 2);
	assert_memory_equal(v.reason, "inserted", 8);
}

static void retention_says_when_what_goes_was_changed(void **state)
{
	struct fixture *f = begin(state);
	const char *org = new_chain(f, ROWS);
	struct audit_verification v;

	tamper(f, org,
	       "UPDATE audit_log SET action = 'x' WHERE org_id = @ AND "
	       "seq = 2");
	v = retain(f, org, 4);
	assert_false(v.intact);
	assert_int_equal(v.first_bad_seq, 2);
	assert_int_equal(v.purged, 3);
	assert_intact(f, org, 2);
}

static void an_organisation_without_rows_has_none_to_keep(void **state)
{
	struct fixture *f = begin(state);

	assert_int_equal(retain(f, new_org(f), 99).purged, 0);
}

#define case_on_both(name)                                             \
	{ "sqlite: " #name, name, sqlite, fixture_end, 0 },            \
	{                                                              \
		"postgresql: " #name, name, postgresql, fixture_end, 0 \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		case_on_both(a_chain_longer_than_a_page_holds),
		case_on_both(organisations_have_chains_of_their_own),
		case_on_both(the_name_is_kept_as_it_was),
		case_on_both(an_id_is_taken_once),
		case_on_both(writers_at_once_make_one_chain),
		case_on_both(any_column_of_any_row),
		case_on_both(whatever_is_done_to_rows),
		case_on_both(what_was_broken_stays_so_when_rows_follow),
		case_on_both(who_has_not_the_key_cannot_write_a_row),
		case_on_both(a_new_key_goes_on_where_the_old_one_ended),
		cmocka_unit_test(no_two_lists_of_fields_hash_alike),
		case_on_both(an_erased_person_leaves_a_chain_that_holds),
		case_on_both(retention_takes_the_oldest_and_the_chain_holds),
		case_on_both(retention_leaves_no_hole),
		case_on_both(retention_of_many_rows_takes_several_transactions),
		case_on_both(a_row_that_retention_removed_cannot_come_back),
		case_on_both(retention_says_when_what_goes_was_changed),
		case_on_both(an_organisation_without_rows_has_none_to_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
