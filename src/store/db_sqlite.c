/*
 * The driver for SQLite, and the only file that knows it.
 *
 * A connection is used by one thread at a time, so it needs no lock of its own
 * (NOMUTEX). WAL lets readers and one writer work at once; a second writer
 * waits in busy(). synchronous=FULL syncs the log at each commit: what was
 * acknowledged survives a power cut, and measured on the machines we run on the
 * sync costs less than the rest of a request that writes (docs/sql.md).
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/db_driver.h"

enum {
	DEADLINE_SECONDS = 10,	/* of one statement, and for a lock */
	PROGRESS_STEPS = 20000, /* between two looks at the clock: < 1 ms */
};

enum control { BEGIN_READ, BEGIN_WRITE, COMMIT, ROLLBACK, CONTROLS };

struct sqlite_db {
	struct db db;
	sqlite3 *sqlite;
	sqlite3_stmt *control[CONTROLS];
	int64_t deadline;   /* clock_tick(); 0: the script may take its time */
	int64_t wait_until; /* for another writer's lock */
	char *path;
	bool queued; /* holds `writer` */
};

static struct sqlite_db *self(struct db *db)
{
	return (struct sqlite_db *)db;
}

/* ---- errors */

static bool raise_constraint(int code, const char *what, struct err *err)
{
	if (code == SQLITE_CONSTRAINT_UNIQUE ||
	    code == SQLITE_CONSTRAINT_PRIMARYKEY)
		return err_set(err, ERR_CONFLICT, "This already exists");
	if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
		return err_set(err, ERR_CONFLICT,
			       "This refers to something that does not exist");
	return err_set(err, ERR_INTERNAL, "%s: a value is not allowed", what);
}

/* ERR_BUSY is shown to clients, so it names no path. */
static bool raise_busy(const char *msg, struct err *err)
{
	err_set(err, ERR_BUSY, "%s", msg);
	if (err)
		err->retry_after = 1;
	return false;
}

static bool raise_code(struct sqlite_db *s, int code, const char *what,
		       struct err *err)
{
	switch (code & 0xff) {
	case SQLITE_CONSTRAINT:
		return raise_constraint(code, what, err);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return raise_busy("The database is busy", err);
	case SQLITE_INTERRUPT:
		return raise_busy("The database took too long", err);
	case SQLITE_FULL:
		return raise_busy("The disk of the database is full", err);
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return err_set(err, ERR_INTERNAL,
			       "'%s' is damaged or not a database", s->path);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return err_set(err, ERR_INTERNAL,
			       "cannot read or write the database '%s'",
			       s->path);
	default:
		return err_set(err, ERR_INTERNAL, "%s failed", what);
	}
}

static bool raise(struct sqlite_db *s, const char *what, struct err *err)
{
	int code = sqlite3_extended_errcode(s->sqlite);
	int number = sqlite3_system_errno(s->sqlite);

	raise_code(s, code, what, err);
	if (number && (code & 0xff) != SQLITE_CONSTRAINT)
		return err_cause(err, "%s (%s)", sqlite3_errmsg(s->sqlite),
				 strerror(number));
	return err_cause(err, "%s", sqlite3_errmsg(s->sqlite));
}

/* ---- waiting */

static int64_t deadline(void)
{
	return clock_tick() + DEADLINE_SECONDS * CLOCK_SECOND;
}

/*
 * Another writer holds the lock: look again soon, less and less often. The
 * library's own handler sleeps in steps of up to 100 ms, while our
 * transactions last one.
 */
static int busy(void *arg, int count)
{
	struct sqlite_db *s = arg;
	int64_t micros = count < 20 ? 200 * (count + 1) : 5000;
	struct timespec pause = { .tv_nsec = micros * 1000 };

	if (count == 0)
		s->wait_until = deadline();
	if (clock_tick() > s->wait_until)
		return 0;
	nanosleep(&pause, NULL);
	return 1;
}

/* Stops a statement that runs past the deadline. */
static int progress(void *arg)
{
	struct sqlite_db *s = arg;

	return s->deadline && clock_tick() > s->deadline;
}

/* ---- opening */

static void configure_once(void)
{
	/* Both save a lock: of the statistics, and of each connection. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
}

/*
 * A new file is ours alone. O_EXCL also keeps us from opening, and so closing,
 * one that is there: that would drop the locks of this process on it.
 */
static bool create_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno != EEXIST)
		return err_set(err, ERR_INTERNAL,
			       "cannot make the database '%s': %s", path,
			       strerror(errno));
	if (fd >= 0)
		close(fd);
	return true;
}

static bool open_file(struct sqlite_db *s, unsigned flags, struct err *err)
{
	int mode = flags & DB_READ_ONLY ? SQLITE_OPEN_READONLY
					: SQLITE_OPEN_READWRITE;

	if ((flags & DB_CREATE) && !create_file(s->path, err))
		return false;
	if (access(s->path, flags & DB_READ_ONLY ? R_OK : R_OK | W_OK) < 0)
		return err_set(err,
			       errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL,
			       "cannot open the database '%s': %s", s->path,
			       strerror(errno));
	if (sqlite3_open_v2(s->path, &s->sqlite, mode | SQLITE_OPEN_NOMUTEX,
			    NULL) == SQLITE_OK)
		return true;
	if (!s->sqlite)
		return err_set(err, ERR_INTERNAL, "out of memory");
	return raise(s, "open", err);
}

static bool pragmas(struct sqlite_db *s, unsigned flags, struct err *err)
{
	const char *common = "PRAGMA foreign_keys = ON;"
			     "PRAGMA trusted_schema = OFF;"
			     "PRAGMA cell_size_check = ON;"
			     "PRAGMA temp_store = MEMORY;"
			     "PRAGMA cache_size = -2000;"
			     "PRAGMA synchronous = FULL;"
			     "PRAGMA journal_size_limit = 67108864;";
	const char *writer = flags & DB_READ_ONLY
				     ? "PRAGMA query_only = ON;"
				     : "PRAGMA journal_mode = WAL;";
	sqlite3 *q = s->sqlite;

	sqlite3_extended_result_codes(q, 1);
	sqlite3_busy_handler(q, busy, s);
	sqlite3_db_config(q, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	/* The first of these to touch the file finds out whether it is one. */
	if (sqlite3_exec(q, common, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(q, writer, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(q, "SELECT count(*) FROM sqlite_schema", NULL, NULL,
			 NULL) != SQLITE_OK)
		return raise(s, "open", err);
	sqlite3_progress_handler(q, PROGRESS_STEPS, progress, s);
	return true;
}

static void sqlite_close(struct db *db)
{
	struct sqlite_db *s = self(db);

	db_forget_prepared(db);
	for (int i = 0; i < CONTROLS; i++)
		sqlite3_finalize(s->control[i]);
	sqlite3_close(s->sqlite);
	free(s->path);
	free(s);
}

static bool sqlite_open(const char *url, unsigned flags, struct db **ret,
			struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sqlite_db *s = calloc(1, sizeof(*s));

	pthread_once(&once, configure_once);
	if (s)
		s->path = strdup(url + strlen(db_sqlite.prefix));
	if (!s || !s->path) {
		free(s);
		return err_set(err, ERR_INTERNAL, "out of memory");
	}
	s->db.driver = &db_sqlite;
	if (!open_file(s, flags, err) || !pragmas(s, flags, err)) {
		sqlite_close(&s->db);
		return false;
	}
	*ret = &s->db;
	return true;
}

/* ---- transactions */

/*
 * Writers of this process queue here and not in busy(): who polls finds the
 * short moment between two transactions by luck, and may starve. The lock is
 * only about order; the worker's process does not know it, and need not.
 */
static pthread_mutex_t writer = PTHREAD_MUTEX_INITIALIZER;

static bool enter_queue(struct sqlite_db *s, struct err *err)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += DEADLINE_SECONDS;
	if (pthread_mutex_timedlock(&writer, &until) != 0)
		return raise_busy("The database is busy", err);
	s->queued = true;
	return true;
}

static void leave_queue(struct sqlite_db *s)
{
	if (s->queued)
		pthread_mutex_unlock(&writer);
	s->queued = false;
}

/* Prepared once a connection: each request that writes needs two of them. */
static bool control(struct sqlite_db *s, enum control which, struct err *err)
{
	static const char *const text[] = {
		[BEGIN_READ] = "BEGIN",
		[BEGIN_WRITE] = "BEGIN IMMEDIATE",
		[COMMIT] = "COMMIT",
		[ROLLBACK] = "ROLLBACK",
	};
	sqlite3_stmt **q = &s->control[which];
	bool ok;

	s->deadline = 0;
	if (!*q &&
	    sqlite3_prepare_v3(s->sqlite, text[which], -1,
			       SQLITE_PREPARE_PERSISTENT, q, NULL) != SQLITE_OK)
		return raise(s, text[which], err);
	ok = sqlite3_step(*q) == SQLITE_DONE || raise(s, text[which], err);
	sqlite3_reset(*q);
	return ok;
}

static bool sqlite_begin(struct db *db, enum db_tx kind, struct err *err)
{
	struct sqlite_db *s = self(db);

	if (kind == TX_READ)
		return control(s, BEGIN_READ, err);
	if (!enter_queue(s, err))
		return false;
	if (control(s, BEGIN_WRITE, err))
		return true;
	leave_queue(s);
	return false;
}

static bool sqlite_commit(struct db *db, struct err *err)
{
	bool ok = control(self(db), COMMIT, err);

	leave_queue(self(db));
	return ok;
}

static void sqlite_rollback(struct db *db)
{
	/* A full disk and its like end the transaction by themselves. */
	if (!sqlite3_get_autocommit(self(db)->sqlite))
		control(self(db), ROLLBACK, NULL);
	leave_queue(self(db));
}

static bool sqlite_exec(struct db *db, const char *sql, struct err *err)
{
	struct sqlite_db *s = self(db);

	s->deadline = 0;
	return sqlite3_exec(s->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       raise(s, "a script", err);
}

/* ---- statements */

/* SQLite takes $1 for a name and numbers names as they first occur. */
struct query {
	sqlite3_stmt *stmt;
	const char *name;
	int place[]; /* of $1, $2, ...; 0: this database has no use for it */
};

static struct query *query_of(struct prepared *p)
{
	return p->handle;
}

static void sqlite_unprepare(struct db *db, struct prepared *p)
{
	sqlite3_finalize(query_of(p)->stmt);
	free(p->handle);
}

static bool sqlite_prepare(struct db *db, const struct sql_stmt *stmt,
			   struct prepared *p, struct err *err)
{
	struct sqlite_db *s = self(db);
	size_t args = (size_t)stmt->arg_count;
	struct query *q = calloc(1, sizeof(*q) + args * sizeof(q->place[0]));
	char name[16];

	if (!q)
		return err_set(err, ERR_INTERNAL, "out of memory");
	if (sqlite3_prepare_v3(s->sqlite, stmt->sqlite, -1,
			       SQLITE_PREPARE_PERSISTENT, &q->stmt,
			       NULL) != SQLITE_OK) {
		free(q);
		return raise(s, stmt->name, err);
	}
	for (int i = 0; i < stmt->arg_count; i++) {
		snprintf(name, sizeof(name), "$%d", i + 1);
		q->place[i] = sqlite3_bind_parameter_index(q->stmt, name);
	}
	q->name = stmt->name;
	p->handle = q;
	p->columns = sqlite3_column_count(q->stmt);
	return true;
}

static const char *sqlite_column_name(struct prepared *p, int column)
{
	return sqlite3_column_name(query_of(p)->stmt, column);
}

static enum column_type sqlite_column_type(struct prepared *p, int column)
{
	/* Only plain columns have one; PostgreSQL tells for expressions too. */
	const char *type = sqlite3_column_decltype(query_of(p)->stmt, column);

	if (!type)
		return COLUMN_UNKNOWN;
	return !strcmp(type, "TEXT")		   ? COLUMN_TEXT
	       : !strcmp(type, "BIGINT")	   ? COLUMN_INT
	       : !strcmp(type, "BOOLEAN")	   ? COLUMN_BOOL
	       : !strcmp(type, "DOUBLE PRECISION") ? COLUMN_REAL
						   : COLUMN_UNKNOWN;
}

/* The bytes stay the caller's: they live until finish(). */
static int bind(sqlite3_stmt *q, int place, const struct sql_arg *arg)
{
	if (arg->null)
		return sqlite3_bind_null(q, place);
	if (arg->type == SQL_TEXT)
		return sqlite3_bind_text(q, place, arg->text, -1,
					 SQLITE_STATIC);
	if (arg->type == SQL_DOUBLE)
		return sqlite3_bind_double(q, place, arg->real);
	return sqlite3_bind_int64(q, place, arg->number);
}

static bool sqlite_start(struct db *db, struct prepared *p,
			 const struct sql_stmt *stmt,
			 const struct sql_arg *args, struct err *err)
{
	struct query *q = query_of(p);

	self(db)->deadline = deadline();
	for (int i = 0; i < stmt->arg_count; i++)
		if (q->place[i] &&
		    bind(q->stmt, q->place[i], &args[i]) != SQLITE_OK)
			return raise(self(db), stmt->name, err);
	return true;
}

static enum step sqlite_step(struct db *db, struct prepared *p, struct err *err)
{
	int code = sqlite3_step(query_of(p)->stmt);

	if (code == SQLITE_ROW)
		return STEP_ROW;
	if (code == SQLITE_DONE)
		return STEP_DONE;
	raise(self(db), query_of(p)->name, err);
	return STEP_FAILED;
}

static bool set_text(sqlite3_value *value, const struct field *f,
		     struct arena *a, void *row, struct err *err)
{
	const unsigned char *text = sqlite3_value_text(value);
	size_t len = (size_t)sqlite3_value_bytes(value);
	char *copy;

	if (!text)
		return err_set(err, ERR_INTERNAL, "out of memory");
	if (field_is_number(f))
		return err_set(err, ERR_INTERNAL,
			       "column %s holds text in place of a number",
			       f->name);
	copy = arena_bytes(a, len + 1);
	memcpy(copy, text, len + 1);
	return row_set_text(f, a, row, copy, err);
}

/*
 * One look at the column and then at its value: each sqlite3_column_ call would
 * find the column anew. Values of a connection without mutexes are "protected".
 */
static bool set_column(sqlite3_value *value, const struct field *f,
		       struct arena *a, void *row, struct err *err)
{
	int type = sqlite3_value_type(value);

	if (type == SQLITE_NULL) {
		codec_set_null(f, row);
		return true;
	}
	if (type == SQLITE_TEXT || type == SQLITE_BLOB || !field_is_number(f))
		return set_text(value, f, a, row, err);
	if (f->kind == F_NUM)
		codec_set_num(f, row, sqlite3_value_double(value));
	else
		codec_set_int(f, row, sqlite3_value_int64(value));
	return true;
}

static bool sqlite_row(struct prepared *p, struct arena *a, void *row,
		       struct err *err)
{
	sqlite3_stmt *q = query_of(p)->stmt;

	for (int i = 0; i < p->columns; i++)
		if (p->fields[i] && !set_column(sqlite3_column_value(q, i),
						p->fields[i], a, row, err))
			return err_wrap(err, "%s", query_of(p)->name);
	return true;
}

static int64_t sqlite_value(struct prepared *p)
{
	return sqlite3_column_int64(query_of(p)->stmt, 0);
}

static int64_t sqlite_changes(struct db *db, struct prepared *p)
{
	return sqlite3_changes64(self(db)->sqlite);
}

static void sqlite_finish(struct db *db, struct prepared *p)
{
	/* Its error was reported by the step that failed. */
	sqlite3_reset(query_of(p)->stmt);
}

const struct db_driver db_sqlite = {
	.name = "sqlite",
	.prefix = "sqlite:",
	.embedded = true,
	.open = sqlite_open,
	.close = sqlite_close,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.exec = sqlite_exec,
	.prepare = sqlite_prepare,
	.unprepare = sqlite_unprepare,
	.column_name = sqlite_column_name,
	.column_type = sqlite_column_type,
	.start = sqlite_start,
	.step = sqlite_step,
	.row = sqlite_row,
	.value = sqlite_value,
	.changes = sqlite_changes,
	.finish = sqlite_finish,
};
