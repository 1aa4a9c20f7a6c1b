#include <stdio.h>
#include <string.h>

#include "store/db_pg.h"

void pg_forget_unit(struct pg_db *p)
{
	p->begun = false;
	p->applied = (struct pg_scope){ 0 };
}

bool pg_queue(struct pg_db *p, const char *name, int count,
	      const char *const *values)
{
	return PQsendQueryPrepared(p->pg, name, count, values, NULL, NULL, 0);
}

/* ---- whose rows */

/* Longer than any id: sent each time, since the copy is another. */
static bool same_id(const char *applied, const char *wanted)
{
	return !strcmp(applied, wanted ? wanted : "");
}

static void copy_id(char *applied, size_t size, const char *wanted)
{
	snprintf(applied, size, "%s", wanted ? wanted : "");
}

static bool queue_system(struct pg_db *p, bool all_orgs)
{
	const char *value = all_orgs ? "on" : "";

	p->applied.all_orgs = all_orgs;
	return pg_queue(p, PG_SCOPE_SYSTEM, 1, &value);
}

static bool queue_whole_scope(struct pg_db *p, bool all_orgs)
{
	const struct db_scope *s = &p->db.scope;
	const char *values[] = { s->org_id ? s->org_id : "",
				 s->user_id ? s->user_id : "",
				 all_orgs ? "on" : "" };

	copy_id(p->applied.org_id, sizeof(p->applied.org_id), s->org_id);
	copy_id(p->applied.user_id, sizeof(p->applied.user_id), s->user_id);
	p->applied.all_orgs = all_orgs;
	return pg_queue(p, PG_SCOPE, 3, values);
}

static bool queue_scope(struct pg_db *p, bool all_orgs)
{
	const struct pg_scope *now = &p->applied;
	const struct db_scope *wanted = &p->db.scope;

	if (!same_id(now->org_id, wanted->org_id) ||
	    !same_id(now->user_id, wanted->user_id))
		return queue_whole_scope(p, all_orgs);
	return now->all_orgs == all_orgs || queue_system(p, all_orgs);
}

bool pg_queue_opening(struct pg_db *p, bool all_orgs)
{
	bool begins = p->db.tx != TX_NONE && !p->begun;

	/* The settings are the transaction's: a new one has none of them. */
	if (!p->begun)
		pg_forget_unit(p);
	if (begins &&
	    !pg_queue(p, p->db.tx == TX_WRITE ? PG_BEGIN_WRITE : PG_BEGIN_READ,
		      0, NULL))
		return false;
	return queue_scope(p, all_orgs);
}

/* ---- answers */

/* What came back up to a sync: each is cleared or handed on. */
struct answers {
	PGresult *last;
	PGresult *error; /* the first */
};

static void keep(PGresult **place, PGresult *r)
{
	PQclear(*place);
	*place = r;
}

static void sort_in(struct answers *got, PGresult *r)
{
	if (pg_is_fine(r))
		keep(&got->last, r);
	else if (!got->error)
		got->error = r;
	else
		PQclear(r); /* not run, because of the error before */
}

/* Reads up to the next sync. False: the connection ended before it. */
static bool read_answers(struct pg_db *p, struct answers *got)
{
	while (PQstatus(p->pg) == CONNECTION_OK) {
		PGresult *r = PQgetResult(p->pg);

		if (!r)
			continue; /* between the answers to two commands */
		if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
			PQclear(r);
			return true;
		}
		sort_in(got, r);
	}
	return false;
}

static void clear_answers(struct answers *got)
{
	keep(&got->last, NULL);
	keep(&got->error, NULL);
}

void pg_drain(struct pg_db *p)
{
	for (; p->owed; p->owed--) {
		struct answers got = { 0 };
		bool whole = read_answers(p, &got);

		clear_answers(&got);
		if (!whole)
			return;
	}
}

/*
 * The connection is gone. A transaction that had not begun before this message
 * is rolled back by the server. A lone statement may have been done, unless
 * the server says that it ended instead of running it, or had not even come to
 * what was sent before.
 */
static bool raise_lost(struct pg_db *p, bool first, const struct answers *got,
		       const char *what, struct err *err)
{
	p->unharmed = first && (p->db.tx != TX_NONE || p->owed ||
				(got->error && pg_is_fatal(got->error)));
	p->lost = true;
	p->owed = 0;
	pg_forget_unit(p);
	if (got->error)
		return pg_raise(p, got->error, what, err);
	return pg_raise_connection(p, err);
}

static bool take_answers(struct pg_db *p, struct answers *got, const char *what,
			 PGresult **ret, struct err *err)
{
	if (got->error)
		return pg_raise(p, got->error, what, err);
	if (ret) {
		*ret = got->last;
		got->last = NULL;
	}
	return true;
}

bool pg_exchange(struct pg_db *p, bool queued, const char *what, PGresult **ret,
		 struct err *err)
{
	struct answers got = { 0 };
	bool first = !p->begun, whole, ok;

	whole = queued && PQpipelineSync(p->pg);
	if (whole) {
		pg_drain(p);
		whole = !p->owed && read_answers(p, &got);
	}
	if (whole) {
		p->begun = PQtransactionStatus(p->pg) != PQTRANS_IDLE;
		ok = take_answers(p, &got, what, ret, err);
	} else {
		ok = raise_lost(p, first, &got, what, err);
	}
	clear_answers(&got);
	return ok;
}

void pg_send_end(struct pg_db *p, const char *name)
{
	if (pg_queue(p, name, 0, NULL) && PQpipelineSync(p->pg))
		p->owed++;
	else
		p->lost = true;
	pg_forget_unit(p);
}
