/*
 * The driver for PostgreSQL (the other files of it: db_pg.h).
 *
 * Statements are prepared on the server at their first use, with the types of
 * their arguments, so that a NULL needs no cast. Arguments and results travel
 * as text.
 */
#include <stdlib.h>
#include <string.h>

#include "store/db_pg.h"

/* ---- opening */

static void pg_close(struct db *db)
{
	struct pg_db *p = pg_self(db);

	PQclear(p->result);
	/* The server forgets its statements with the connection. */
	db_forget_prepared(db);
	PQfinish(p->pg);
	free(p);
}

static bool pg_open(const char *url, unsigned flags, struct db **ret,
		    struct err *err)
{
	struct pg_db *p = calloc(1, sizeof(*p));

	if (!p)
		return err_set(err, ERR_INTERNAL, "out of memory");
	p->db.driver = &db_postgresql;
	p->flags = flags;
	if (!pg_connect(p, url, err)) {
		pg_close(&p->db);
		return false;
	}
	*ret = &p->db;
	return true;
}

/* What failed with its connection, when nothing of it can have been done. */
static bool pg_again(struct db *db, struct err *err)
{
	struct pg_db *p = pg_self(db);
	bool again = p->unharmed;

	p->unharmed = false;
	return again && pg_reconnect(p, err);
}

/* ---- transactions */

/* Nothing is sent yet: BEGIN travels with the first statement. */
static bool pg_begin(struct db *db, enum db_tx kind, struct err *err)
{
	return true;
}

/* A transaction that the server had given up is not committed by COMMIT. */
static bool commit_and_wait(struct pg_db *p, struct err *err)
{
	PGresult *r = NULL;
	bool ok;

	if (!pg_exchange(p, pg_queue(p, PG_COMMIT, 0, NULL), "commit", &r, err))
		return false;
	ok = !strcmp(PQcmdStatus(r), "COMMIT") ||
	     err_set(err, ERR_INTERNAL, "commit failed");
	PQclear(r);
	return ok;
}

static bool pg_commit(struct db *db, struct err *err)
{
	struct pg_db *p = pg_self(db);

	if (!p->begun)
		return true;
	if (db->tx == TX_WRITE)
		return commit_and_wait(p, err);
	pg_send_end(p, PG_COMMIT);
	return true;
}

static void pg_rollback(struct db *db)
{
	if (pg_self(db)->begun)
		pg_send_end(pg_self(db), PG_ROLLBACK);
}

/* ---- scripts */

/* Several statements in one text: that is not for a pipeline. */
static bool exec_text(struct pg_db *p, const char *sql, struct err *err)
{
	PGresult *r;
	bool ok;

	pg_drain(p);
	if (!PQexitPipelineMode(p->pg))
		return pg_raise_connection(p, err);
	r = PQexec(p->pg, sql);
	ok = pg_is_fine(r) || pg_raise(p, r, "a script", err);
	PQclear(r);
	p->lost = p->lost || !PQenterPipelineMode(p->pg);
	return ok;
}

/* A migration may have to see everybody's rows. */
static bool pg_exec(struct db *db, const char *sql, struct err *err)
{
	static const char everything[] =
		"SELECT set_config('app.system', 'on', "
		"true);";
	struct pg_db *p = pg_self(db);
	_arena_ struct arena a = { 0 };

	if (db->tx == TX_NONE)
		return exec_text(p, arena_printf(&a, "%s%s", everything, sql),
				 err);
	return pg_exchange(p, pg_queue_opening(p, true), "a script", NULL,
			   err) &&
	       exec_text(p, sql, err);
}

/* ---- statements */

struct query {
	char name[16]; /* "s7" of a kept statement; "" of one for once */
	const char *what;
	PGresult *description; /* of the columns */
	PGresult **result;     /* the connection's */
	int *row;
};

static struct query *query_of(struct prepared *p)
{
	return p->handle;
}

/* The server keeps a name until the connection ends; "" until the next "". */
static void pg_unprepare(struct db *db, struct prepared *p)
{
	struct query *q = query_of(p);

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
	bool first = !p->begun, queued;

	for (int i = 0; i < stmt->arg_count; i++)
		types[i] = oids[stmt->arg_types[i]];
	queued = PQsendPrepare(p->pg, q->name, stmt->postgresql,
			       stmt->arg_count, types) &&
		 PQsendDescribePrepared(p->pg, q->name);
	if (pg_exchange(p, queued, stmt->name, &q->description, err))
		return true;
	/* It does nothing: without a transaction it can always be repeated. */
	p->unharmed = p->lost && first;
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
	struct pg_db *p = pg_self(db);
	struct query *q = calloc(1, sizeof(*q));

	if (!q)
		return err_set(err, ERR_INTERNAL, "out of memory");
	if (is_kept(db, stmt, prepared))
		snprintf(q->name, sizeof(q->name), "s%d", stmt->id);
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
	struct pg_db *p = pg_self(db);

	for (size_t i = 0; i < count; i++)
		values[i] = arg_text(&args[i], &a);
	p->row = -1;
	return pg_exchange(
		p,
		pg_queue_opening(p, stmt->all_orgs) &&
			pg_queue(p, q->name, stmt->arg_count, values),
		stmt->name, &p->result, err);
}

static enum step pg_step(struct db *db, struct prepared *prepared,
			 struct err *err)
{
	struct pg_db *p = pg_self(db);

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
		if (p->fields[i] && !set_column(*q->result, *q->row, i,
						p->fields[i], a, row, err))
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
	return strtoll(PQcmdTuples(pg_self(db)->result), NULL, 10);
}

static void pg_finish(struct db *db, struct prepared *p)
{
	PQclear(pg_self(db)->result);
	pg_self(db)->result = NULL;
}

/* By a socket in the file system, or over loopback. */
static bool pg_is_near(const struct db *db)
{
	const struct pg_db *p = (const struct pg_db *)db;
	const char *host = PQhost(p->pg), *address = PQhostaddr(p->pg);

	return (host && host[0] == '/') ||
	       (address &&
		(!strncmp(address, "127.", 4) || !strcmp(address, "::1")));
}

const struct db_driver db_postgresql = {
	.name = "postgresql",
	.prefix = "postgres",
	.open = pg_open,
	.is_near = pg_is_near,
	.close = pg_close,
	.check = pg_check,
	.again = pg_again,
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
