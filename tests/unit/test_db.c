/* What store/db.h promises, on both databases. */
#include "db_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"

/* ---- a table, its type, and statements that no file of ours has */

enum color { COLOR_RED, COLOR_GREEN };
static const char *const color_names[] = { "red", "green", NULL };

struct thing {
	const char *id;
	bool has_n;
	int64_t n;
	bool yes;
	bool has_ratio;
	double ratio;
	enum color color;
	struct str_list tags;
	bool has_tags;
	const char *data;
	int64_t made;
};

#define AT(member) .offset = offsetof(struct thing, member)
#define PLAIN .has = FIELD_NONE, .set = FIELD_NONE

static const struct field any_text = { "",    .kind = F_STR,   .offset = 0,
				       PLAIN, .has_max = true, .max = 50 };
static const struct field thing_fields[] = {
	{ "id", .kind = F_STR, AT(id), PLAIN, .required = true },
	{ "n", .kind = F_INT, AT(n), .has = offsetof(struct thing, has_n),
	  .set = FIELD_NONE, .nullable = true },
	{ "yes", .kind = F_BOOL, AT(yes), PLAIN },
	{ "ratio", .kind = F_NUM, AT(ratio),
	  .has = offsetof(struct thing, has_ratio), .set = FIELD_NONE,
	  .nullable = true },
	{ "color", .kind = F_ENUM, AT(color), PLAIN, .names = color_names,
	  .names_len = 2 },
	{ "tags", .kind = F_LIST, AT(tags),
	  .has = offsetof(struct thing, has_tags), .set = FIELD_NONE,
	  .nullable = true, .item = &any_text, .item_size = sizeof(char *),
	  .has_max = true, .max = 20 },
	{ "data", .kind = F_JSON, AT(data), PLAIN, .nullable = true,
	  .has_max = true, .max = 1000 },
	{ "made", .kind = F_TIME, AT(made), PLAIN },
	{ NULL },
};
static const struct type thing_type = { "thing", sizeof(struct thing),
					thing_fields };

struct thing_list {
	struct thing *items;
	size_t len;
};

static const char table[] =
	"CREATE TABLE thing (id TEXT PRIMARY KEY, n BIGINT,"
	" yes BOOLEAN NOT NULL DEFAULT FALSE, ratio DOUBLE PRECISION,"
	" color TEXT NOT NULL DEFAULT 'red', tags TEXT, data TEXT,"
	" made BIGINT NOT NULL DEFAULT 0,"
	" parent TEXT REFERENCES thing (id))";

#define STMT(ident, number, count, types, text)                      \
	static const struct sql_stmt ident = { number, #ident, text, \
					       text,   count,  types }

static const enum sql_type all_types[] = { SQL_TEXT,   SQL_BIGINT, SQL_BOOLEAN,
					   SQL_DOUBLE, SQL_TEXT,   SQL_TEXT,
					   SQL_TEXT,   SQL_BIGINT };
static const enum sql_type texts[] = { SQL_TEXT, SQL_TEXT };
static const enum sql_type bigints[] = { SQL_BIGINT, SQL_BIGINT };

#define COLUMNS "id, n, yes, ratio, color, tags, data, made"

STMT(insert_all, 9000, 8, all_types,
     "INSERT INTO thing (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
STMT(insert_id, 9001, 1, texts, "INSERT INTO thing (id) VALUES ($1)");
STMT(insert_child, 9002, 2, texts,
     "INSERT INTO thing (parent, id) VALUES ($2, $1)");
STMT(all, 9003, 0, NULL, "SELECT " COLUMNS " FROM thing ORDER BY id");
STMT(by_id, 9004, 1, texts, "SELECT " COLUMNS " FROM thing WHERE id = $1");
static const struct sql_stmt page = {
	9023,
	"page",
	"SELECT (SELECT count(*) FROM thing) AS total, " COLUMNS
	" FROM thing ORDER BY id LIMIT 3 OFFSET $1",
	"SELECT (SELECT count(*) FROM thing) AS total, " COLUMNS
	" FROM thing ORDER BY id LIMIT 3 OFFSET $1",
	1,
	bigints,
	.counts = true
};
STMT(count, 9005, 0, NULL, "SELECT count(*) FROM thing");
STMT(sum, -1, 0, NULL, "SELECT sum(n) FROM thing");
STMT(add, 9006, 2, bigints, "UPDATE thing SET n = n + $2 WHERE n < $1");
STMT(unknown_column, 9007, 0, NULL, "SELECT id, id AS alias FROM thing");
STMT(few_columns, 9008, 0, NULL, "SELECT n FROM thing");
STMT(wrong_type, 9009, 0, NULL, "SELECT id, color AS n FROM thing");
STMT(no_table, 9010, 0, NULL, "SELECT id FROM nothing");
STMT(insert_returning, 9011, 1, texts,
     "INSERT INTO thing (id) VALUES ($1) RETURNING id, n");

static struct sql_arg text(const char *s)
{
	return (struct sql_arg){ .type = SQL_TEXT, .null = !s, .text = s };
}

static struct sql_arg number(int64_t n)
{
	return (struct sql_arg){ .type = SQL_BIGINT, .number = n };
}

static bool run(struct fixture *f, const struct sql_stmt *stmt,
		const struct sql_arg *args)
{
	return db_run(f->db, &f->arena, stmt, args, DB_NONE, NULL, NULL, NULL,
		      &f->err);
}

static bool put(struct fixture *f, const char *id)
{
	return run(f, &insert_id, (struct sql_arg[]){ text(id) });
}

static int64_t value(struct fixture *f, const struct sql_stmt *stmt)
{
	int64_t n = -1;

	assert_ok(f, db_run(f->db, &f->arena, stmt, NULL, DB_VALUE, NULL, &n,
			    NULL, &f->err));
	return n;
}

static struct thing get(struct fixture *f, const char *id)
{
	struct thing t = { 0 };

	assert_ok(f, db_run(f->db, &f->arena, &by_id,
			    (struct sql_arg[]){ text(id) }, DB_ONE, &thing_type,
			    &t, NULL, &f->err));
	return t;
}

static struct fixture *with_table(void **state)
{
	struct fixture *f = begin(state);

	assert_ok(f, db_exec(f->db, table, &f->err));
	return f;
}

/* ---- values */

static void values_come_back_as_they_went(void **state)
{
	struct fixture *f = with_table(state);
	const char *word = "line\nl\xc3\xa8 \xf0\x9f\x94\x92 'quoted' $1";
	struct thing t;

	assert_ok(f, run(f, &insert_all,
			 (struct sql_arg[]){
				 text(word),
				 number(INT64_MIN),
				 { .type = SQL_BOOLEAN, .number = 1 },
				 { .type = SQL_DOUBLE, .real = 0.1 },
				 text("green"),
				 text("[\"a\",\"b\"]"),
				 text("{\"k\": [1]}"),
				 number(INT64_MAX),
			 }));
	t = get(f, word);
	assert_string_equal(t.id, word);
	assert_true(t.has_n && t.n == INT64_MIN);
	assert_true(t.yes);
	assert_true(t.has_ratio && t.ratio == 0.1);
	assert_int_equal(t.color, COLOR_GREEN);
	assert_int_equal(t.tags.len, 2);
	assert_string_equal(t.tags.items[1], "b");
	assert_string_equal(t.data, "{\"k\": [1]}");
	assert_true(t.made == INT64_MAX);
}

static void null_leaves_the_member_out(void **state)
{
	struct fixture *f = with_table(state);
	struct sql_arg null_number = { .type = SQL_BIGINT, .null = true };
	struct sql_arg null_real = { .type = SQL_DOUBLE, .null = true };
	struct thing t;

	assert_ok(f, run(f, &insert_all,
			 (struct sql_arg[]){ text("x"),
					     null_number,
					     { .type = SQL_BOOLEAN },
					     null_real,
					     text("red"),
					     text(NULL),
					     text(NULL),
					     number(7) }));
	t = get(f, "x");
	assert_false(t.has_n || t.has_ratio || t.has_tags || t.yes);
	assert_null(t.data);
	assert_true(t.made == 7);
	assert_int_equal(value(f, &sum), 0);
}

static void arguments_go_by_number_not_by_order(void **state)
{
	struct fixture *f = with_table(state);

	assert_ok(f, put(f, "mother"));
	assert_ok(f, run(f, &insert_child,
			 (struct sql_arg[]){ text("child"), text("mother") }));
	assert_string_equal(get(f, "child").id, "child");
}

static void lists_grow_as_needed(void **state)
{
	struct fixture *f = with_table(state);
	struct thing_list list = { 0 };

	assert_ok(f, db_begin_write(f->db, &f->err));
	for (int i = 0; i < 100; i++)
		assert_ok(f, put(f, arena_printf(&f->arena, "t%03d", i)));
	assert_ok(f, db_commit(f->db, &f->err));
	assert_ok(f, db_run(f->db, &f->arena, &all, NULL, DB_MANY, &thing_type,
			    &list, NULL, &f->err));
	assert_int_equal(list.len, 100);
	assert_string_equal(list.items[0].id, "t000");
	assert_string_equal(list.items[99].id, "t099");
}

static int64_t total_at(struct fixture *f, int64_t offset,
			struct thing_list *ret)
{
	struct sql_arg at = { .type = SQL_BIGINT, .number = offset };
	int64_t total = -1;
	struct db_page got = { ret, &total };

	assert_ok(f, db_run(f->db, &f->arena, &page, &at, DB_PAGE, &thing_type,
			    &got, NULL, &f->err));
	return total;
}

static void a_page_says_how_many_there_are(void **state)
{
	struct fixture *f = with_table(state);
	struct thing_list list = { 0 };

	for (int i = 0; i < 5; i++)
		assert_ok(f, put(f, arena_printf(&f->arena, "t%d", i)));
	assert_int_equal(total_at(f, 0, &list), 5);
	assert_int_equal(list.len, 3);
	assert_string_equal(list.items[2].id, "t2");
	assert_int_equal(total_at(f, 3, &list), 5);
	assert_int_equal(list.len, 2);
	assert_int_equal(total_at(f, 6, &list), 0);
	assert_int_equal(list.len, 0);
}

static void a_list_without_rows_is_empty(void **state)
{
	struct fixture *f = with_table(state);
	struct thing_list list = { .len = 9 };

	assert_ok(f, db_run(f->db, &f->arena, &all, NULL, DB_MANY, &thing_type,
			    &list, NULL, &f->err));
	assert_int_equal(list.len, 0);
}

static void one_maybe_and_changes_count_rows(void **state)
{
	struct fixture *f = with_table(state);
	struct sql_arg none[] = { text("none") };
	struct thing t = { .made = 42 };
	bool found = true;
	int64_t changes = -1;

	assert_false(db_run(f->db, &f->arena, &by_id, none, DB_ONE, &thing_type,
			    &t, NULL, &f->err));
	assert_int_equal(f->err.kind, ERR_NOT_FOUND);
	assert_ok(f, db_run(f->db, &f->arena, &by_id, none, DB_MAYBE,
			    &thing_type, &t, &found, &f->err));
	assert_false(found);
	assert_int_equal(t.made, 42);
	assert_ok(f, put(f, "a"));
	assert_ok(f, db_run(f->db, &f->arena, &add,
			    (struct sql_arg[]){ number(5), number(1) },
			    DB_CHANGES, NULL, &changes, NULL, &f->err));
	assert_int_equal(changes, 0);
	assert_ok(f, db_exec(f->db, "UPDATE thing SET n = 1", &f->err));
	assert_ok(f, db_run(f->db, &f->arena, &add,
			    (struct sql_arg[]){ number(5), number(3) },
			    DB_CHANGES, NULL, &changes, NULL, &f->err));
	assert_int_equal(changes, 1);
	assert_int_equal(get(f, "a").n, 4);
	assert_int_equal(value(f, &sum), 4);
}

static void a_second_row_is_an_error_where_one_is_wanted(void **state)
{
	struct fixture *f = with_table(state);
	struct thing t = { .made = 42 };

	assert_ok(f, put(f, "a") && put(f, "b"));
	assert_false(db_run(f->db, &f->arena, &all, NULL, DB_ONE, &thing_type,
			    &t, NULL, &f->err));
	assert_int_equal(f->err.kind, ERR_INTERNAL);
	assert_int_equal(t.made, 42);
}

static void what_was_written_by_hand_is_refused(void **state)
{
	struct fixture *f = with_table(state);
	struct thing t;

	assert_ok(f,
		  db_exec(f->db,
			  "INSERT INTO thing (id, color) VALUES ('a', 'mud')",
			  &f->err));
	assert_false(db_run(f->db, &f->arena, &by_id,
			    (struct sql_arg[]){ text("a") }, DB_ONE,
			    &thing_type, &t, NULL, &f->err));
	assert_int_equal(f->err.kind, ERR_INTERNAL);
}

static void a_missing_argument_is_an_error_not_a_crash(void **state)
{
	struct fixture *f = with_table(state);
	struct sql_arg args[] = { { .type = SQL_TEXT } };

	assert_false(run(f, &insert_id, args));
	assert_int_equal(f->err.kind, ERR_INTERNAL);
	assert_int_equal(value(f, &count), 0);
}

/* ---- errors */

static void a_second_of_its_kind_is_a_conflict(void **state)
{
	struct fixture *f = with_table(state);

	assert_ok(f, put(f, "a"));
	assert_false(put(f, "a"));
	assert_int_equal(f->err.kind, ERR_CONFLICT);
	assert_null(strstr(f->err.cause, "'a'"));
	assert_ok(f, put(f, "b"));
}

static void a_dangling_reference_is_a_conflict(void **state)
{
	struct fixture *f = with_table(state);

	assert_false(run(f, &insert_child,
			 (struct sql_arg[]){ text("a"), text("nobody") }));
	assert_int_equal(f->err.kind, ERR_CONFLICT);
}

static void an_unknown_table_is_an_internal_error(void **state)
{
	struct fixture *f = with_table(state);
	struct thing_list list;

	assert_false(db_run(f->db, &f->arena, &no_table, NULL, DB_MANY,
			    &thing_type, &list, NULL, &f->err));
	assert_int_equal(f->err.kind, ERR_INTERNAL);
	assert_non_null(strstr(f->err.cause, "nothing"));
}

static void columns_are_checked_against_the_type(void **state)
{
	struct fixture *f = with_table(state);

	assert_ok(f, db_prepare(f->db, &all, &thing_type, &f->err));
	assert_ok(f,
		  db_prepare(f->db, &insert_returning, &thing_type, &f->err));
	assert_ok(f, db_prepare(f->db, &count, NULL, &f->err));
	assert_false(db_prepare(f->db, &unknown_column, &thing_type, &f->err));
	assert_non_null(strstr(f->err.msg, "no member alias"));
	assert_false(db_prepare(f->db, &few_columns, &thing_type, &f->err));
	assert_non_null(strstr(f->err.msg, "no column for member id"));
	assert_false(db_prepare(f->db, &wrong_type, &thing_type, &f->err));
	assert_non_null(strstr(f->err.msg, "column n"));
	assert_false(db_prepare(f->db, &all, NULL, &f->err));
	assert_non_null(strstr(f->err.msg, "nobody reads"));
}

/* ---- transactions */

static void commit_keeps_and_rollback_forgets(void **state)
{
	struct fixture *f = with_table(state);

	assert_ok(f, db_begin_write(f->db, &f->err) && put(f, "kept") &&
			     db_commit(f->db, &f->err));
	assert_ok(f, db_begin_write(f->db, &f->err) && put(f, "gone"));
	db_rollback(f->db);
	db_rollback(f->db);
	assert_int_equal(value(f, &count), 1);
}

static void an_error_spoils_its_transaction(void **state)
{
	struct fixture *f = with_table(state);

	assert_ok(f,
		  put(f, "a") && db_begin_write(f->db, &f->err) && put(f, "b"));
	assert_false(put(f, "a"));
	assert_int_equal(f->err.kind, ERR_CONFLICT);
	assert_false(put(f, "c"));
	assert_int_equal(f->err.kind, ERR_INTERNAL);
	assert_false(db_commit(f->db, &f->err));
	assert_int_equal(value(f, &count), 1);
	assert_ok(f, db_begin_write(f->db, &f->err) && put(f, "d") &&
			     db_commit(f->db, &f->err));
	assert_int_equal(value(f, &count), 2);
}

static void no_row_does_not_spoil_a_transaction(void **state)
{
	struct fixture *f = with_table(state);
	struct thing t;

	assert_ok(f, db_begin_write(f->db, &f->err));
	assert_false(db_run(f->db, &f->arena, &by_id,
			    (struct sql_arg[]){ text("a") }, DB_ONE,
			    &thing_type, &t, NULL, &f->err));
	assert_ok(f, put(f, "a") && db_commit(f->db, &f->err));
	assert_int_equal(value(f, &count), 1);
}

static void a_reader_keeps_its_view(void **state)
{
	struct fixture *f = with_table(state);
	struct fixture other = { .url = f->url };

	assert_ok(f, db_open(f->url, 0, &other.db, &f->err));
	assert_ok(f, put(f, "a") && db_begin_read(f->db, &f->err));
	assert_int_equal(value(f, &count), 1);
	assert_ok(&other, put(&other, "b"));
	assert_int_equal(value(f, &count), 1);
	assert_ok(f, db_commit(f->db, &f->err));
	assert_int_equal(value(f, &count), 2);
	db_close(other.db);
	arena_free(&other.arena);
}

static void closing_rolls_back(void **state)
{
	struct fixture *f = with_table(state);
	struct fixture other = { .url = f->url };

	assert_ok(f, db_open(f->url, 0, &other.db, &f->err));
	assert_ok(&other,
		  db_begin_write(other.db, &other.err) && put(&other, "a"));
	db_close(other.db);
	arena_free(&other.arena);
	assert_int_equal(value(f, &count), 0);
}

enum { WRITERS = 4, ROUNDS = 25 };

static void *write_rounds(void *arg)
{
	struct fixture *f = arg;
	struct fixture own = { 0 };
	bool ok = db_open(f->url, 0, &own.db, &own.err);

	for (int i = 0; ok && i < ROUNDS; i++) {
		ok = db_begin_write(own.db, &own.err) &&
		     run(&own, &add,
			 (struct sql_arg[]){ number(1 << 20), number(1) }) &&
		     db_commit(own.db, &own.err);
	}
	if (!ok)
		fixture_fail(&own);
	db_close(own.db);
	arena_free(&own.arena);
	return ok ? NULL : arg;
}

static void writers_take_turns(void **state)
{
	struct fixture *f = with_table(state);
	pthread_t threads[WRITERS];
	void *failed;

	assert_ok(f, put(f, "a") &&
			     db_exec(f->db, "UPDATE thing SET n = 0", &f->err));
	for (int i = 0; i < WRITERS; i++)
		pthread_create(&threads[i], NULL, write_rounds, f);
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_int_equal(get(f, "a").n, WRITERS * ROUNDS);
}

/* ---- the file of SQLite */

static void a_new_file_is_ours_alone(void **state)
{
	struct fixture *f = with_table(state);
	const char *const files[] = { "test.db", "test.db-wal" };
	struct stat st;

	assert_ok(f, put(f, "a"));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			stat(arena_printf(&f->arena, "%s/%s", f->dir, files[i]),
			     &st),
			0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
}

static void opening_says_which_file_and_why(void **state)
{
	struct fixture *f = begin(state);
	const char *junk = arena_printf(&f->arena, "%s/junk", f->dir);
	char text_of_junk[8192];
	const struct {
		const char *url;
		unsigned flags;
		const char *word;
	} cases[] = {
		{ "sqlite:/nonexistent/x.db", 0, "'/nonexistent/x.db'" },
		{ "sqlite:/nonexistent/x.db", DB_CREATE, "No such file" },
		{ arena_printf(&f->arena, "sqlite:%s", junk), 0,
		  "damaged or not a database" },
		{ arena_printf(&f->arena, "sqlite:%s", f->dir), 0, f->dir },
		{ "mysql://user:secret@host/db", 0, "neither sqlite:PATH" },
	};
	struct db *db = NULL;

	memset(text_of_junk, 'x', sizeof(text_of_junk));
	assert_ok(f, file_write(junk, text_of_junk, sizeof(text_of_junk), 0600,
				&f->err));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(
			db_open(cases[i].url, cases[i].flags, &db, &f->err));
		assert_null(db);
		assert_non_null(strstr(f->err.msg, cases[i].word));
		assert_null(strstr(f->err.msg, "secret"));
	}
	unlink(junk);
}

static void a_full_disk_is_said_and_survived(void **state)
{
	struct fixture *f = with_table(state);
	const char *word = arena_printf(&f->arena, "%0*d", 3000, 0);
	bool ok = true;
	int rows = 0;

	assert_ok(f, db_exec(f->db, "PRAGMA max_page_count = 20", &f->err));
	assert_ok(f, db_begin_write(f->db, &f->err));
	while (ok && rows < 100)
		ok = put(f, arena_printf(&f->arena, "%d%s", rows++, word));
	assert_false(ok);
	assert_int_equal(f->err.kind, ERR_BUSY);
	assert_string_equal(f->err.msg, "The disk of the database is full");
	assert_false(db_commit(f->db, &f->err));
	assert_int_equal(value(f, &count), 0);
	assert_ok(f, put(f, "small"));
	assert_int_equal(value(f, &count), 1);
}

static void a_read_only_connection_writes_nothing(void **state)
{
	struct fixture *f = with_table(state);
	struct fixture reader = { 0 };

	assert_ok(f, put(f, "a"));
	assert_ok(f, db_open(f->url, DB_READ_ONLY, &reader.db, &f->err));
	assert_int_equal(value(&reader, &count), 1);
	assert_false(put(&reader, "b"));
	db_close(reader.db);
	arena_free(&reader.arena);
}

/* ---- PostgreSQL */

static void a_lost_connection_comes_back(void **state)
{
	struct fixture *f = with_table(state);
	struct fixture other = { 0 };
	static const char kill_others[] =
		"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
		" WHERE pid <> pg_backend_pid() AND application_name = 'nis2'"
		" AND query LIKE '%thing%'";

	assert_ok(f, put(f, "a"));
	assert_ok(f, db_open(f->url, 0, &other.db, &f->err));
	assert_ok(f, db_exec(other.db, kill_others, &f->err));
	usleep(100000);
	assert_ok(f, put(f, "b"));
	assert_int_equal(value(f, &count), 2);
	/* Inside a transaction it does not: what was done is gone. */
	assert_ok(f, db_begin_write(f->db, &f->err) && put(f, "c"));
	assert_ok(f, db_exec(other.db, kill_others, &f->err));
	usleep(100000);
	assert_false(put(f, "d"));
	assert_int_equal(f->err.kind, ERR_BUSY);
	db_rollback(f->db);
	assert_int_equal(value(f, &count), 2);
	db_close(other.db);
}

/* Everyone else's connection ends, as when the server restarts. */
static void kill_others(struct fixture *other)
{
	assert_ok(other, db_exec(other->db,
				 "SELECT pg_terminate_backend(pid)"
				 " FROM pg_stat_activity"
				 " WHERE pid <> pg_backend_pid()"
				 " AND application_name = 'lost'",
				 &other->err));
	usleep(100000);
}

/* The fixture's connection by a name of its own, and one to kill it with. */
static struct fixture *with_lost(void **state, struct fixture *other)
{
	struct fixture *f = with_table(state);

	*other = (struct fixture){ 0 };
	assert_ok(f, db_open(f->url, 0, &other->db, &f->err));
	db_close(f->db);
	f->db = NULL;
	db_set_application_name("lost");
	assert_ok(f, db_open(f->url, 0, &f->db, &f->err));
	db_set_application_name("nis2");
	return f;
}

static void a_transaction_that_had_not_begun_begins_elsewhere(void **state)
{
	struct fixture other, *f = with_lost(state, &other);

	assert_ok(f, put(f, "a") && db_begin_write(f->db, &f->err));
	kill_others(&other);
	assert_ok(f, put(f, "b") && put(f, "c") && db_commit(f->db, &f->err));
	assert_int_equal(value(f, &count), 3);
	assert_ok(f, db_begin_read(f->db, &f->err));
	assert_int_equal(value(f, &count), 3);
	assert_ok(f, db_commit(f->db, &f->err));
	kill_others(&other);
	assert_ok(f, db_begin_read(f->db, &f->err));
	assert_int_equal(value(f, &count), 3);
	db_rollback(f->db);
	db_close(other.db);
}

static void a_commit_that_was_lost_is_not_repeated(void **state)
{
	struct fixture other, *f = with_lost(state, &other);

	assert_ok(f, db_begin_write(f->db, &f->err) && put(f, "a"));
	kill_others(&other);
	assert_false(db_commit(f->db, &f->err));
	assert_int_equal(f->err.kind, ERR_BUSY);
	assert_int_equal(value(f, &count), 0);
	db_close(other.db);
}

static void a_connection_has_its_limits(void **state)
{
	static const struct sql_stmt limits = {
		-1,
		"limits",
		"",
		"SELECT count(*) FROM pg_settings WHERE (name, setting) IN"
		" (('statement_timeout', '10000'),"
		" ('idle_in_transaction_session_timeout', '60000'))",
		0,
		NULL,
	};
	struct fixture other, *f = with_lost(state, &other);

	assert_int_equal(value(f, &limits), 2);
	kill_others(&other);
	assert_int_equal(value(f, &limits), 2);
	db_close(other.db);
}

/* ---- whose rows */

static const char secret[] =
	"CREATE TABLE secret (id TEXT PRIMARY KEY, org TEXT, person TEXT);"
	"ALTER TABLE secret ENABLE ROW LEVEL SECURITY,"
	" FORCE ROW LEVEL SECURITY;"
	"CREATE POLICY everything ON secret"
	" USING (current_setting('app.system', true) = 'on');"
	"CREATE POLICY org ON secret"
	" USING (org = current_setting('app.current_org_id', true));"
	"CREATE POLICY person ON secret"
	" USING (person = current_setting('app.current_user_id', true));"
	"INSERT INTO secret VALUES ('1', 'A', 'x'), ('2', 'A', 'y'),"
	" ('3', 'B', 'y'), ('4', 'B', 'z'), ('5', 'B', 'z')";

STMT(secrets, 9020, 0, NULL, "SELECT count(*) FROM secret");
static const struct sql_stmt all_secrets = {
	9021, "all_secrets",   "", "SELECT count(*) FROM secret", 0,
	NULL, .all_orgs = true
};
STMT(insert_secret, 9022, 2, texts,
     "INSERT INTO secret (id, org) VALUES ($1, $2)");

static void scope(struct fixture *f, const char *org, const char *person)
{
	db_scope(f->db, (struct db_scope){ org, person });
}

static void look(struct fixture *f)
{
	scope(f, NULL, NULL);
	assert_int_equal(value(f, &secrets), 0);
	assert_int_equal(value(f, &all_secrets), 5);
	assert_int_equal(value(f, &secrets), 0);
	scope(f, "A", NULL);
	assert_int_equal(value(f, &secrets), 2);
	assert_int_equal(value(f, &all_secrets), 5);
	assert_int_equal(value(f, &secrets), 2);
	scope(f, "A", "z");
	assert_int_equal(value(f, &secrets), 4);
	scope(f, NULL, "x");
	assert_int_equal(value(f, &secrets), 1);
	scope(f, "B", NULL);
	assert_int_equal(value(f, &secrets), 3);
	scope(f, "a name that is longer than any id of ours is or will ever be",
	      "x");
	assert_int_equal(value(f, &secrets), 1);
}

static void a_statement_sees_what_the_scope_shows(void **state)
{
	struct fixture *f = begin(state);

	assert_ok(f, db_exec(f->db, secret, &f->err));
	look(f);
	assert_ok(f, db_begin_read(f->db, &f->err));
	look(f);
	assert_ok(f, db_commit(f->db, &f->err));
	assert_ok(f, db_begin_write(f->db, &f->err));
	look(f);
	db_rollback(f->db);
	look(f);
}

static void a_scope_ends_with_its_transaction(void **state)
{
	struct fixture *f = begin(state);
	const struct sql_arg foreign[] = { text("6"), text("B") };

	assert_ok(f, db_exec(f->db, secret, &f->err));
	scope(f, "A", NULL);
	assert_ok(f, db_begin_write(f->db, &f->err));
	assert_int_equal(value(f, &all_secrets), 5);
	assert_false(run(f, &insert_secret, foreign));
	assert_int_equal(f->err.kind, ERR_INTERNAL);
	db_rollback(f->db);
	assert_int_equal(value(f, &secrets), 2);
	scope(f, NULL, NULL);
	assert_int_equal(value(f, &secrets), 0);
	/* A script sees all, as migrations must, and what follows does not. */
	assert_ok(f, db_begin_write(f->db, &f->err));
	assert_ok(f,
		  db_exec(f->db, "DELETE FROM secret WHERE id = '1'", &f->err));
	assert_int_equal(value(f, &secrets), 0);
	assert_ok(f, db_commit(f->db, &f->err));
	assert_int_equal(value(f, &all_secrets), 4);
}

static void a_bad_address_does_not_show_its_password(void **state)
{
	static const char *const urls[] = {
		"postgresql://user:secret%zz@host/db",
		"postgresql://user:secret@/db?host=/nonexistent",
		"postgresql://user:secret@host:notaport/db",
	};
	struct fixture *f = begin(state);
	struct db *db = NULL;

	for (int i = 0; i < 3; i++) {
		assert_false(db_open(urls[i], 0, &db, &f->err));
		assert_null(db);
		assert_null(strstr(f->err.msg, "secret"));
		assert_null(strstr(f->err.cause, "secret"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_both(values_come_back_as_they_went),
		on_both(null_leaves_the_member_out),
		on_both(arguments_go_by_number_not_by_order),
		on_both(lists_grow_as_needed),
		on_both(a_page_says_how_many_there_are),
		on_both(a_list_without_rows_is_empty),
		on_both(one_maybe_and_changes_count_rows),
		on_both(a_second_row_is_an_error_where_one_is_wanted),
		on_both(what_was_written_by_hand_is_refused),
		on_both(a_missing_argument_is_an_error_not_a_crash),
		on_both(a_second_of_its_kind_is_a_conflict),
		on_both(a_dangling_reference_is_a_conflict),
		on_both(an_unknown_table_is_an_internal_error),
		on_both(columns_are_checked_against_the_type),
		on_both(commit_keeps_and_rollback_forgets),
		on_both(an_error_spoils_its_transaction),
		on_both(no_row_does_not_spoil_a_transaction),
		on_both(a_reader_keeps_its_view),
		on_both(closing_rolls_back),
		on_both(writers_take_turns),
		on_sqlite(a_new_file_is_ours_alone),
		on_sqlite(opening_says_which_file_and_why),
		on_sqlite(a_full_disk_is_said_and_survived),
		on_sqlite(a_read_only_connection_writes_nothing),
		on_postgresql(a_lost_connection_comes_back),
		on_postgresql(
			a_transaction_that_had_not_begun_begins_elsewhere),
		on_postgresql(a_commit_that_was_lost_is_not_repeated),
		on_postgresql(a_connection_has_its_limits),
		on_postgresql(a_statement_sees_what_the_scope_shows),
		on_postgresql(a_scope_ends_with_its_transaction),
		on_postgresql(a_bad_address_does_not_show_its_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
