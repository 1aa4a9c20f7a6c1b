#include <string.h>

#include "store/db_pg.h"

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
	{ "25P03", "The database took too long" },
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

bool pg_raise(struct pg_db *p, const PGresult *r, const char *what,
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

bool pg_raise_connection(struct pg_db *p, struct err *err)
{
	raise_busy("The database does not answer", err);
	return cause(err, PQerrorMessage(p->pg));
}

bool pg_is_fatal(const PGresult *r)
{
	const char *severity =
		PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);

	return severity && !strcmp(severity, "FATAL");
}

bool pg_is_fine(const PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
	       status == PGRES_EMPTY_QUERY;
}
