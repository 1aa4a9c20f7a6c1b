#include "store/db.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/db_driver.h"

static const char *application_name = "nis2";

void db_set_application_name(const char *name)
{
	application_name = name;
}

const char *db_application_name(void)
{
	return application_name;
}

static const struct db_driver *const drivers[] = { &db_sqlite, &db_postgresql };
enum { DRIVERS = sizeof(drivers) / sizeof(drivers[0]) };

bool db_open(const char *url, unsigned flags, struct db **ret, struct err *err)
{
	for (int i = 0; i < DRIVERS; i++)
		if (!strncmp(url, drivers[i]->prefix,
			     strlen(drivers[i]->prefix)))
			return drivers[i]->open(url, flags, ret, err);
	/* The address may hold a password: it is not repeated. */
	return err_set(err, ERR_INVALID,
		       "DATABASE_URL is neither sqlite:PATH nor "
		       "postgresql://...");
}

static void forget(struct db *db, struct prepared *p)
{
	if (p->handle)
		db->driver->unprepare(db, p);
	free(p->fields);
	*p = (struct prepared){ 0 };
}

void db_forget_prepared(struct db *db)
{
	for (int i = 0; i < db->prepared_len; i++)
		forget(db, &db->prepared[i]);
	free(db->prepared);
	db->prepared = NULL;
	db->prepared_len = 0;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	db_rollback(db);
	db->driver->close(db);
}

void db_close_at_end(struct db **db)
{
	db_close(*db);
	*db = NULL;
}

const char *db_driver_name(const struct db *db)
{
	return db->driver->name;
}

bool db_is_embedded(const struct db *db)
{
	return db->driver->embedded;
}

bool db_is_near(const struct db *db)
{
	return !db->driver->is_near || db->driver->is_near(db);
}

void db_scope(struct db *db, struct db_scope scope)
{
	db->scope = scope;
}

void db_hurry(struct db *db, bool hurry)
{
	db->hurry = hurry;
}

/* ---- transactions */

/* A lost connection may come back as long as no transaction hangs on it. */
static bool ready(struct db *db, struct err *err)
{
	return !db->driver->check || db->driver->check(db, err);
}

static bool begin(struct db *db, enum db_tx kind, struct err *err)
{
	assert(db->tx == TX_NONE);
	if (!db->driver->begin(db, kind, err))
		return false;
	db->tx = kind;
	db->failed = false;
	return true;
}

bool db_begin_write(struct db *db, struct err *err)
{
	return begin(db, TX_WRITE, err);
}

bool db_begin_read(struct db *db, struct err *err)
{
	return begin(db, TX_READ, err);
}

bool db_commit(struct db *db, struct err *err)
{
	bool ok;

	assert(db->tx != TX_NONE);
	if (db->failed)
		ok = err_set(err, ERR_INTERNAL,
			     "commit after an error in the same transaction");
	else
		ok = db->driver->commit(db, err);
	if (!ok)
		db->driver->rollback(db);
	db->tx = TX_NONE;
	return ok;
}

void db_rollback(struct db *db)
{
	if (db->tx == TX_NONE)
		return;
	db->driver->rollback(db);
	db->tx = TX_NONE;
}

/*
 * An error spoils its transaction: PostgreSQL does so by itself, and what works
 * on one database must not fail on the other.
 */
static bool usable(struct db *db, const char *what, struct err *err)
{
	if (db->tx != TX_NONE && db->failed)
		return err_set(err, ERR_INTERNAL,
			       "%s after an error in the same transaction",
			       what);
	return ready(db, err);
}

bool db_exec(struct db *db, const char *sql, struct err *err)
{
	if (!usable(db, "a script", err))
		return false;
	if (db->driver->exec(db, sql, err))
		return true;
	db->failed = true;
	return false;
}

/* ---- statements */

static bool grow(struct db *db, int id)
{
	int len = db->prepared_len ? db->prepared_len : 64;
	struct prepared *p;

	while (len <= id)
		len *= 2;
	p = realloc(db->prepared, (size_t)len * sizeof(*p));
	if (!p)
		return false;
	memset(p + db->prepared_len, 0,
	       (size_t)(len - db->prepared_len) * sizeof(*p));
	db->prepared = p;
	db->prepared_len = len;
	return true;
}

/* Which member each column goes to: asked once a connection, not once a row. */
static bool match_columns(struct db *db, const struct sql_stmt *stmt,
			  struct prepared *p, const struct type *type,
			  struct err *err)
{
	if (!type || !p->columns)
		return true;
	p->fields = calloc((size_t)p->columns, sizeof(struct field *));
	if (!p->fields)
		return err_set(err, ERR_INTERNAL, "out of memory");
	for (int i = stmt->counts; i < p->columns; i++) {
		const char *name = db->driver->column_name(p, i);

		p->fields[i] = codec_find(type, name);
		if (!p->fields[i])
			return err_set(err, ERR_INTERNAL,
				       "%s: struct %s has no member %s",
				       stmt->name, type->name, name);
	}
	return true;
}

static bool prepare(struct db *db, const struct sql_stmt *stmt,
		    const struct type *type, struct prepared *p,
		    struct err *err)
{
	if (!db->driver->prepare(db, stmt, p, err))
		return false;
	if (match_columns(db, stmt, p, type, err))
		return true;
	forget(db, p);
	return false;
}

/*
 * The connection's own, prepared at its first use. A statement with a negative
 * id is not kept: `once` holds it, and run_once() lets go of it.
 */
static struct prepared *find(struct db *db, const struct sql_stmt *stmt,
			     const struct type *type, struct prepared *once,
			     struct err *err)
{
	struct prepared *p = once;

	if (stmt->id >= 0) {
		if (stmt->id >= db->prepared_len && !grow(db, stmt->id)) {
			err_set(err, ERR_INTERNAL, "out of memory");
			return NULL;
		}
		p = &db->prepared[stmt->id];
	}
	if (!p->handle && !prepare(db, stmt, type, p, err))
		return NULL;
	return p;
}

/* The rows of one run: where they go, and how many there were. */
struct fill {
	enum db_shape shape;
	const struct type *type;
	struct arena *arena;
	void *row; /* DB_ONE, DB_MAYBE */
	int64_t value;
	struct any_list list;
	size_t cap;
	int rows;
};

/* Room for one more element, zeroed. Lists double: few copies, little waste. */
static void *next_item(struct fill *f)
{
	size_t size = f->type->size;
	char *items;

	if (f->list.len == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 16;
		items = arena_bytes(f->arena, f->cap * size);
		if (f->list.len)
			memcpy(items, f->list.items, f->list.len * size);
		f->list.items = items;
	}
	items = f->list.items;
	return memset(items + f->list.len++ * size, 0, size);
}

static bool take_row(struct db *db, struct prepared *p, struct fill *f,
		     struct err *err)
{
	if (f->shape == DB_PAGE && !f->list.len)
		f->value = db->driver->value(p);
	if (f->shape == DB_MANY || f->shape == DB_PAGE)
		return db->driver->row(p, f->arena, next_item(f), err);
	if (f->shape == DB_NONE || f->shape == DB_CHANGES)
		return true;
	if (++f->rows > 1)
		return err_set(err, ERR_INTERNAL,
			       "more than the one row asked for");
	if (f->shape == DB_VALUE) {
		f->value = db->driver->value(p);
		return true;
	}
	f->row = arena_alloc(f->arena, f->type->size);
	return db->driver->row(p, f->arena, f->row, err);
}

static bool fetch(struct db *db, struct prepared *p, struct fill *f,
		  struct err *err)
{
	enum step step;

	while ((step = db->driver->step(db, p, err)) == STEP_ROW)
		if (!take_row(db, p, f, err))
			return false;
	return step == STEP_DONE;
}

static bool check_args(const struct sql_stmt *stmt, const struct sql_arg *args,
		       struct err *err)
{
	for (int i = 0; i < stmt->arg_count; i++)
		if (args[i].type == SQL_TEXT && !args[i].null && !args[i].text)
			return err_set(err, ERR_INTERNAL,
				       "%s: argument %d is missing", stmt->name,
				       i + 1);
	return true;
}

/* What was found goes to the caller: only now, when all went well. */
static bool deliver(struct db *db, struct prepared *p, const struct fill *f,
		    void *ret, bool *ret_found, struct err *err)
{
	switch (f->shape) {
	case DB_NONE:
		return true;
	case DB_CHANGES:
		if (ret)
			*(int64_t *)ret = db->driver->changes(db, p);
		return true;
	case DB_VALUE:
		*(int64_t *)ret = f->value;
		return true;
	case DB_MANY:
		*(struct any_list *)ret = f->list;
		return true;
	case DB_PAGE:
		*(struct any_list *)((struct db_page *)ret)->items = f->list;
		*((struct db_page *)ret)->total = f->value;
		return true;
	case DB_MAYBE:
		*ret_found = f->row;
		break;
	case DB_ONE:
		if (!f->row)
			return err_set(err, ERR_NOT_FOUND, "Not found");
		break;
	}
	if (f->row)
		memcpy(ret, f->row, f->type->size);
	return true;
}

/* One run: what it asks for, and where that goes. */
struct run {
	const struct sql_stmt *stmt;
	const struct sql_arg *args;
	struct fill fill;
	void *ret;
	bool *ret_found;
	bool ran; /* all rows came; no row may still be an error */
};

static bool run_once(struct db *db, struct run *r, struct err *err)
{
	struct prepared once = { 0 }, *p = NULL;
	struct fill f = r->fill;
	bool ok = false;

	p = find(db, r->stmt, f.type, &once, err);
	if (p) {
		r->ran = db->driver->start(db, p, r->stmt, r->args, err) &&
			 fetch(db, p, &f, err);
		ok = r->ran && deliver(db, p, &f, r->ret, r->ret_found, err);
		db->driver->finish(db, p);
	}
	forget(db, &once);
	return ok;
}

bool db_run(struct db *db, struct arena *a, const struct sql_stmt *stmt,
	    const struct sql_arg *args, enum db_shape shape,
	    const struct type *type, void *ret, bool *ret_found,
	    struct err *err)
{
	struct run r = {
		.stmt = stmt,
		.args = args,
		.fill = { .shape = shape, .type = type, .arena = a },
		.ret = ret,
		.ret_found = ret_found,
	};
	bool ok;

	if (!check_args(stmt, args, err) || !usable(db, stmt->name, err))
		return false;
	ok = run_once(db, &r, err);
	if (!r.ran && db->driver->again && db->driver->again(db, err))
		ok = run_once(db, &r, err);
	/* No row where one was wanted is an answer, not a broken statement. */
	if (!r.ran)
		db->failed = true;
	return ok;
}

/* ---- the test of all statements */

static bool fits(const struct field *f, enum column_type type)
{
	switch (type) {
	case COLUMN_TEXT:
		return !field_is_number(f);
	case COLUMN_INT:
		return f->kind == F_INT || f->kind == F_TIME ||
		       f->kind == F_NUM;
	case COLUMN_BOOL:
		return f->kind == F_BOOL;
	case COLUMN_REAL:
		return f->kind == F_NUM;
	case COLUMN_UNKNOWN:
		break;
	}
	return true;
}

static bool is_word_of(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = words; p && *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		if (n == len && !memcmp(p, word, n))
			return true;
		p += n;
	}
	return false;
}

static bool has_column(const struct prepared *p, const struct field *f)
{
	for (int i = 0; i < p->columns; i++)
		if (p->fields[i] == f)
			return true;
	return false;
}

static bool check_columns(struct db *db, const struct sql_stmt *stmt,
			  struct prepared *p, const struct type *type,
			  struct err *err)
{
	for (int i = stmt->counts; i < p->columns; i++)
		if (!fits(p->fields[i], db->driver->column_type(p, i)))
			return err_set(err, ERR_INTERNAL,
				       "%s: column %s is not what struct %s "
				       "has there",
				       stmt->name, p->fields[i]->name,
				       type->name);
	for (const struct field *f = type->fields; f->name; f++)
		if (f->required && !has_column(p, f) &&
		    !is_word_of(stmt->computed, f->name))
			return err_set(err, ERR_INTERNAL,
				       "%s: no column for member %s of "
				       "struct %s",
				       stmt->name, f->name, type->name);
	return true;
}

bool db_prepare(struct db *db, const struct sql_stmt *stmt,
		const struct type *type, struct err *err)
{
	struct prepared p = { 0 };
	bool ok = prepare(db, stmt, type, &p, err);

	if (ok && type)
		ok = check_columns(db, stmt, &p, type, err);
	else if (ok && p.columns > 1)
		ok = err_set(err, ERR_INTERNAL,
			     "%s: returns %d columns that nobody reads",
			     stmt->name, p.columns);
	forget(db, &p);
	return ok;
}
