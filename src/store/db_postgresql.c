/*
 * The driver for PostgreSQL, and the only file that knows libpq.
 *
 * Statements are prepared on the server at their first use, with the types of
 * their arguments, so that a NULL needs no cast. Arguments and results travel
 * as text. A connection that was lost is made anew before the next unit of work
 * and never inside one: what had been sent may have been done.
 */
#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "store/db_driver.h"

/* Of pg_type.dat: these numbers are part of the protocol. */
enum {
	OID_BOOL = 16,
	OID_INT8 = 20,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_FLOAT8 = 701,
	OID_NUMERIC = 1700,
};

struct pg_db {
	struct db db;
	PGconn *pg;
	PGresult *result; /* of the statement that runs */
	int row;
	int once; /* names of statements that are not kept */
};

static struct pg_db *self(struct db *db)
{
	return (struct pg_db *)db;
}

/* ---- errors */

static bool raise_busy(const char *msg, struct err *err)
{
	err_set(err, ERR_BUSY, "%s", msg);
	if (err)
		err->retry_after = 1;
	return false;
}

/* Codes and classes as in appendix A of the PostgreSQL manual. */
static const struct {
	const char *state;
	const char *msg;
} busy_states[] = {
	{ "08", "The database does not answer" },
	{ "40001", "The database is busy" },
	{ "40P01", "The database is busy" },
	{ "53100", "The disk of the database is full" },
	{ "53", "The database is overloaded" },
	{ "55P03", "The database is busy" },
	{ "57014", "The database took too long" },
	{ "57P", "The database is restarting" },
};

static bool raise_state(const char *state, const char *what, struct err *err)
{
	for (size_t i = 0; i < sizeof(busy_states) / sizeof(busy_states[0]);
	     i++)
		if (!strncmp(state, busy_states[i].state,
			     strlen(busy_states[i].state)))
			return raise_busy(busy_states[i].msg, err);
	if (!strcmp(state, "23505"))
		return err_set(err, ERR_CONFLICT, "This already exists");
	if (!strcmp(state, "23503"))
		return err_set(err, ERR_CONFLICT,
			       "This refers to something that does not exist");
	if (!strncmp(state, "23", 2))
		return err_set(err, ERR_INTERNAL, "%s: a value is not allowed",
			       what);
	return err_set(err, ERR_INTERNAL, "%s failed", what);
}

/* Without the line end that libpq puts behind its words. */
static bool cause(struct err *err, const char *text)
{
	return err_cause(err, "%.*s", (int)strcspn(text, "\n"), text);
}

static bool raise(struct pg_db *p, const PGresult *r, const char *what,
		  struct err *err)
{
	/* The primary message only: the detail repeats values of the row. */
	const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	if (PQstatus(p->pg) == CONNECTION_BAD && !state)
		state = "08006";
	raise_state(state ? state : "", what, err);
	return cause(err, text ? text : PQerrorMessage(p->pg));
}

static bool is_fine(const PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
	       status == PGRES_EMPTY_QUERY;
}

/* Text of our own: begin, commit, settings, scripts. */
static bool run_text(struct pg_db *p, const char *sql, const char *what,
		     struct err *err)
{
	PGresult *r = PQexec(p->pg, sql);
	bool ok = is_fine(r) || raise(p, r, what, err);

	PQclear(r);
	return ok;
}

/* ---- opening */

static void drop_notice(void *arg, const char *message)
{
}

static bool set_session(struct pg_db *p, struct err *err)
{
	return run_text(p,
			"SET statement_timeout = '10s';"
			"SET idle_in_transaction_session_timeout = '60s';"
			"SET standard_conforming_strings = on",
			"session", err);
}

static bool raise_connection(struct pg_db *p, struct err *err)
{
	raise_busy("The database does not answer", err);
	return cause(err, PQerrorMessage(p->pg));
}

static bool connect_to(struct pg_db *p, const char *url, struct err *err)
{
	/* What stands before dbname is a default that the address may change.
	 */
	const char *keys[] = { "connect_timeout",  "tcp_user_timeout", "dbname",
			       "application_name", "client_encoding",  NULL };
	const char *values[] = { "10", "15000", url, "nis2", "UTF8", NULL };
	PQconninfoOption *parsed = PQconninfoParse(url, NULL);

	/* Its own message would repeat a piece of the address: a password. */
	if (!parsed)
		return err_set(err, ERR_INVALID,
			       "DATABASE_URL is not a valid "
			       "postgresql:// address");
	PQconninfoFree(parsed);
	p->pg = PQconnectdbParams(keys, values, 1);
	if (PQstatus(p->pg) != CONNECTION_OK)
		return raise_connection(p, err);
	PQsetNoticeProcessor(p->pg, drop_notice, NULL);
	return set_session(p, err);
}

static void pg_close(struct db *db)
{
	struct pg_db *p = self(db);

	PQclear(p->result);
	/* The server forgets its statements with the connection. */
	PQfinish(p->pg);
	p->pg = NULL;
	db_forget_prepared(db);
	free(p);
}

static bool pg_open(const char *url, unsigned flags, struct db **ret,
		    struct err *err)
{
	struct pg_db *p = calloc(1, sizeof(*p));

	if (!p)
		return err_set(err, ERR_INTERNAL, "out of memory");
	p->db.driver = &db_postgresql;
	if (!connect_to(p, url, err) ||
	    ((flags & DB_READ_ONLY) &&
	     !run_text(p, "SET default_transaction_read_only = on", "session",
		       err))) {
		pg_close(&p->db);
		return false;
	}
	*ret = &p->db;
	return true;
}

/*
 * An idle connection has nothing to say, unless it is that it ends: the reason
 * comes in one piece and the end in the next.
 */
static bool is_alive(struct pg_db *p)
{
	for (int i = 0; i < 4 && PQstatus(p->pg) == CONNECTION_OK; i++) {
		struct pollfd fd = { PQsocket(p->pg), POLLIN, 0 };

		if (poll(&fd, 1, 0) <= 0)
			break;
		PQconsumeInput(p->pg);
	}
	return PQstatus(p->pg) == CONNECTION_OK;
}

static bool pg_check(struct db *db, struct err *err)
{
	struct pg_db *p = self(db);

	if (is_alive(p))
		return true;
	PQreset(p->pg);
	if (PQstatus(p->pg) != CONNECTION_OK)
		return raise_connection(p, err);
	db_forget_prepared(db);
	return set_session(p, err);
}

/* ---- transactions */

static bool pg_begin(struct db *db, enum db_tx kind, struct err *err)
{
	return run_text(self(db),
			kind == TX_WRITE
				? "BEGIN"
				: "BEGIN ISOLATION LEVEL REPEATABLE READ "
				  "READ ONLY",
			"begin", err);
}

static bool pg_commit(struct db *db, struct err *err)
{
	return run_text(self(db), "COMMIT", "commit", err);
}

static void pg_rollback(struct db *db)
{
	if (PQtransactionStatus(self(db)->pg) != PQTRANS_IDLE)
		run_text(self(db), "ROLLBACK", "rollback", NULL);
}

static bool pg_exec(struct db *db, const char *sql, struct err *err)
{
	return run_text(self(db), sql, "a script", err);
}

/* ---- statements */

struct query {
	char name[16]; /* "s7" of a kept statement, "o1" of one for once */
	const char *what;
	PGresult *description; /* of the columns */
	PGresult **result;     /* the connection's */
	int *row;
};

static struct query *query_of(struct prepared *p)
{
	return p->handle;
}

static void pg_unprepare(struct db *db, struct prepared *p)
{
	struct query *q = query_of(p);
	char sql[48];

	if (self(db)->pg && q->name[0] == 'o') {
		snprintf(sql, sizeof(sql), "DEALLOCATE %s", q->name);
		run_text(self(db), sql, "deallocate", NULL);
	}
	PQclear(q->description);
	free(q);
}

static bool prepare_on_server(struct pg_db *p, struct query *q,
			      const struct sql_stmt *stmt, struct err *err)
{
	static const Oid oids[] = {
		[SQL_TEXT] = OID_TEXT,
		[SQL_BIGINT] = OID_INT8,
		[SQL_BOOLEAN] = OID_BOOL,
		[SQL_DOUBLE] = OID_FLOAT8,
	};
	_arena_ struct arena a = { 0 };
	Oid *types = arena_array(&a, (size_t)stmt->arg_count + 1, sizeof(Oid));
	PGresult *r;
	bool ok;

	for (int i = 0; i < stmt->arg_count; i++)
		types[i] = oids[stmt->arg_types[i]];
	r = PQprepare(p->pg, q->name, stmt->postgresql, stmt->arg_count, types);
	ok = is_fine(r) || raise(p, r, stmt->name, err);
	PQclear(r);
	if (!ok)
		return false;
	q->description = PQdescribePrepared(p->pg, q->name);
	if (is_fine(q->description))
		return true;
	raise(p, q->description, stmt->name, err);
	PQclear(q->description);
	return false;
}

static bool is_kept(const struct db *db, const struct sql_stmt *stmt,
		    const struct prepared *p)
{
	return stmt->id >= 0 && stmt->id < db->prepared_len &&
	       p == &db->prepared[stmt->id];
}

static bool pg_prepare(struct db *db, const struct sql_stmt *stmt,
		       struct prepared *prepared, struct err *err)
{
	struct pg_db *p = self(db);
	struct query *q = calloc(1, sizeof(*q));

	if (!q)
		return err_set(err, ERR_INTERNAL, "out of memory");
	if (is_kept(db, stmt, prepared))
		snprintf(q->name, sizeof(q->name), "s%d", stmt->id);
	else
		snprintf(q->name, sizeof(q->name), "o%d", p->once++);
	if (!prepare_on_server(p, q, stmt, err)) {
		free(q);
		return false;
	}
	q->what = stmt->name;
	q->result = &p->result;
	q->row = &p->row;
	prepared->handle = q;
	prepared->columns = PQnfields(q->description);
	return true;
}

static const char *pg_column_name(struct prepared *p, int column)
{
	return PQfname(query_of(p)->description, column);
}

static enum column_type pg_column_type(struct prepared *p, int column)
{
	switch (PQftype(query_of(p)->description, column)) {
	case OID_TEXT:
		return COLUMN_TEXT;
	case OID_INT8:
	case OID_INT4:
	case OID_NUMERIC: /* a sum of bigints */
		return COLUMN_INT;
	case OID_BOOL:
		return COLUMN_BOOL;
	case OID_FLOAT8:
		return COLUMN_REAL;
	default:
		return COLUMN_UNKNOWN;
	}
}

/* An argument as libpq takes it: text, or NULL. */
static const char *arg_text(const struct sql_arg *arg, struct arena *a)
{
	if (arg->null)
		return NULL;
	switch (arg->type) {
	case SQL_TEXT:
		return arg->text;
	case SQL_BOOLEAN:
		return arg->number ? "t" : "f";
	case SQL_BIGINT:
		return arena_printf(a, "%lld", (long long)arg->number);
	case SQL_DOUBLE:
		break;
	}
	return arena_printf(a, "%.17g", arg->real);
}

static bool pg_start(struct db *db, struct prepared *prepared,
		     const struct sql_stmt *stmt, const struct sql_arg *args,
		     struct err *err)
{
	_arena_ struct arena a = { 0 };
	size_t count = (size_t)stmt->arg_count;
	const char **values = arena_array(&a, count + 1, sizeof(*values));
	struct query *q = query_of(prepared);
	struct pg_db *p = self(db);

	for (size_t i = 0; i < count; i++)
		values[i] = arg_text(&args[i], &a);
	p->row = -1;
	p->result = PQexecPrepared(p->pg, q->name, stmt->arg_count, values,
				   NULL, NULL, 0);
	return is_fine(p->result) || raise(p, p->result, stmt->name, err);
}

static enum step pg_step(struct db *db, struct prepared *prepared,
			 struct err *err)
{
	struct pg_db *p = self(db);

	return ++p->row < PQntuples(p->result) ? STEP_ROW : STEP_DONE;
}

static bool set_column(const PGresult *r, int row_number, int i,
		       const struct field *f, struct arena *a, void *row,
		       struct err *err)
{
	const char *text = PQgetvalue(r, row_number, i);

	if (PQgetisnull(r, row_number, i)) {
		codec_set_null(f, row);
		return true;
	}
	switch (f->kind) {
	case F_BOOL:
		codec_set_int(f, row, text[0] == 't');
		return true;
	case F_INT:
	case F_TIME:
		codec_set_int(f, row, strtoll(text, NULL, 10));
		return true;
	case F_NUM:
		codec_set_num(f, row, strtod(text, NULL));
		return true;
	default:
		break;
	}
	text = arena_strndup(a, text, (size_t)PQgetlength(r, row_number, i));
	return row_set_text(f, a, row, text, err);
}

static bool pg_row(struct prepared *p, struct arena *a, void *row,
		   struct err *err)
{
	struct query *q = query_of(p);

	for (int i = 0; i < p->columns; i++)
		if (!set_column(*q->result, *q->row, i, p->fields[i], a, row,
				err))
			return err_wrap(err, "%s", q->what);
	return true;
}

static int64_t pg_value(struct prepared *p)
{
	struct query *q = query_of(p);
	const char *text = PQgetvalue(*q->result, *q->row, 0);

	/* EXISTS and the like are booleans here, and 0 or 1 in SQLite. */
	return text[0] == 't' ? 1 : strtoll(text, NULL, 10);
}

static int64_t pg_changes(struct db *db, struct prepared *p)
{
	return strtoll(PQcmdTuples(self(db)->result), NULL, 10);
}

static void pg_finish(struct db *db, struct prepared *p)
{
	PQclear(self(db)->result);
	self(db)->result = NULL;
}

const struct db_driver db_postgresql = {
	.name = "postgresql",
	.prefix = "postgres",
	.open = pg_open,
	.close = pg_close,
	.check = pg_check,
	.begin = pg_begin,
	.commit = pg_commit,
	.rollback = pg_rollback,
	.exec = pg_exec,
	.prepare = pg_prepare,
	.unprepare = pg_unprepare,
	.column_name = pg_column_name,
	.column_type = pg_column_type,
	.start = pg_start,
	.step = pg_step,
	.row = pg_row,
	.value = pg_value,
	.changes = pg_changes,
	.finish = pg_finish,
};
