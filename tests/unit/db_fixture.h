/*
 * A database of its own for a test: a file in a new folder, or a new schema in
 * the PostgreSQL of NIS2_TEST_DATABASE. Without that variable the cases on
 * PostgreSQL are skipped, visibly.
 *
 *	on_both(a_case)  in the list of tests
 */
#ifndef NIS2_TESTS_DB_FIXTURE_H
#define NIS2_TESTS_DB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rand.h"
#include "store/db.h"

struct fixture {
	struct arena arena;
	struct err err;
	struct db *db;	 /* NULL: skip */
	const char *url; /* for a second connection */
	const char *dir; /* SQLite: the folder, with only the database in it */
	const char *schema;
};

static inline bool fixture_fail(struct fixture *f)
{
	fprintf(stderr, "%s (%s)\n", f->err.msg, f->err.cause);
	return false;
}

static inline int fixture_sqlite(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char *dir = arena_strdup(&f->arena, "/tmp/nis2-test-XXXXXX");

	*state = f;
	f->dir = mkdtemp(dir);
	f->url = arena_printf(&f->arena, "sqlite:%s/test.db", dir);
	return db_open(f->url, DB_CREATE, &f->db, &f->err) || fixture_fail(f)
		       ? 0
		       : -1;
}

static inline int fixture_postgresql(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *server = getenv("NIS2_TEST_DATABASE");
	unsigned number;
	struct db *db = NULL;
	bool ok;

	*state = f;
	if (!server)
		return 0;
	rand_bytes(&number, sizeof(number));
	f->schema = arena_printf(&f->arena, "t_%08x", number);
	f->url = arena_printf(&f->arena, "%s%coptions=-csearch_path%%3D%s",
			      server, strchr(server, '?') ? '&' : '?',
			      f->schema);
	ok = db_open(server, 0, &db, &f->err) &&
	     db_exec(db, arena_printf(&f->arena, "CREATE SCHEMA %s", f->schema),
		     &f->err) &&
	     db_open(f->url, 0, &f->db, &f->err);
	db_close(db);
	return ok || fixture_fail(f) ? 0 : -1;
}

static inline void fixture_remove(struct fixture *f)
{
	static const char *const files[] = { "", "-wal", "-shm" };

	if (f->schema && f->db)
		db_exec(f->db,
			arena_printf(&f->arena, "DROP SCHEMA %s CASCADE",
				     f->schema),
			NULL);
	db_close(f->db);
	for (int i = 0; f->dir && i < 3; i++)
		unlink(arena_printf(&f->arena, "%s/test.db%s", f->dir,
				    files[i]));
	if (f->dir)
		rmdir(f->dir);
}

static inline int fixture_end(void **state)
{
	struct fixture *f = *state;

	fixture_remove(f);
	arena_free(&f->arena);
	free(f);
	return 0;
}

/* The fixture, or the end of a test that has no database. */
static inline struct fixture *begin(void **state)
{
	struct fixture *f = *state;

	if (!f->db)
		skip();
	return f;
}

/* Says what went wrong when it did. */
#define assert_ok(f, call) assert_true((call) || fixture_fail(f))

#define on_sqlite(name)                                                \
	{                                                              \
		"sqlite: " #name, name, fixture_sqlite, fixture_end, 0 \
	}
#define on_postgresql(name)                                                    \
	{                                                                      \
		"postgresql: " #name, name, fixture_postgresql, fixture_end, 0 \
	}
#define on_both(name) on_sqlite(name), on_postgresql(name)

#endif
