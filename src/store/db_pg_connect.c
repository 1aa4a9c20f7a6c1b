#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/db_pg.h"

enum {
	PATIENCE_SECONDS = 3, /* for a server that restarts */
	RETRY_MS = 100,
};

/*
 * When this process first found its database away; 0 while it is there. One
 * for all connections: whoever comes later has waited already.
 */
static _Atomic int64_t away_since;

static void drop_notice(void *arg, const char *message)
{
}

/* ---- what a new connection is told, in one message */

static bool queue_text(struct pg_db *p, const char *sql)
{
	return PQsendQueryParams(p->pg, sql, 0, NULL, NULL, NULL, NULL, 0);
}

static bool queue_own(struct pg_db *p, const char *name, const char *sql)
{
	return PQsendPrepare(p->pg, name, sql, 0, NULL);
}

static bool queue_own_statements(struct pg_db *p)
{
	static const Oid texts[] = { OID_TEXT, OID_TEXT, OID_TEXT };

	return queue_own(p, PG_BEGIN_WRITE, "BEGIN") &&
	       queue_own(p, PG_BEGIN_READ,
			 "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") &&
	       queue_own(p, PG_COMMIT, "COMMIT") &&
	       queue_own(p, PG_ROLLBACK, "ROLLBACK") &&
	       PQsendPrepare(
		       p->pg, PG_SCOPE,
		       "SELECT set_config('app.current_org_id', $1, true),"
		       " set_config('app.current_user_id', $2, true),"
		       " set_config('app.system', $3, true)",
		       3, texts) &&
	       PQsendPrepare(p->pg, PG_SCOPE_SYSTEM,
			     "SELECT set_config('app.system', $1, true)", 1,
			     texts);
}

static bool set_session(struct pg_db *p, struct err *err)
{
	bool queued =
		PQenterPipelineMode(p->pg) &&
		queue_text(
			p,
			"SELECT set_config('statement_timeout', '10s', false),"
			" set_config('idle_in_transaction_session_timeout',"
			" '60s', false),"
			" set_config('standard_conforming_strings', 'on',"
			" false),"
			/* One plan a statement: planning anew for each
			 * value would cost more than most of ours take. */
			" set_config('plan_cache_mode',"
			" 'force_generic_plan', false)") &&
		(!(p->flags & DB_READ_ONLY) ||
		 queue_text(p, "SET default_transaction_read_only = on")) &&
		queue_own_statements(p);

	return pg_exchange(p, queued, "session", NULL, err);
}

/* ---- the first time */

bool pg_connect(struct pg_db *p, const char *url, struct err *err)
{
	/* What stands before dbname is a default that the address may change;
	 * the name of the program also PGAPPNAME. */
	const char *keys[] = { "connect_timeout",
			       "tcp_user_timeout",
			       "keepalives_idle",
			       "keepalives_interval",
			       "keepalives_count",
			       "dbname",
			       "fallback_application_name",
			       "client_encoding",
			       NULL };
	const char *values[] = {
		"3",	"15000", "10", "5", "3", url, db_application_name(),
		"UTF8", NULL
	};
	PQconninfoOption *parsed = PQconninfoParse(url, NULL);

	/* Its own message would repeat a piece of the address: a password. */
	if (!parsed)
		return err_set(err, ERR_INVALID,
			       "DATABASE_URL is not a valid "
			       "postgresql:// address");
	PQconninfoFree(parsed);
	p->pg = PQconnectdbParams(keys, values, 1);
	if (PQstatus(p->pg) != CONNECTION_OK)
		return pg_raise_connection(p, err);
	PQsetNoticeProcessor(p->pg, drop_notice, NULL);
	return set_session(p, err);
}

/* ---- again */

static bool connect_again(struct pg_db *p, struct err *err)
{
	db_forget_prepared(&p->db);
	pg_forget_unit(p);
	p->owed = 0;
	p->lost = false;
	PQreset(p->pg);
	if (PQstatus(p->pg) != CONNECTION_OK) {
		p->lost = true;
		return pg_raise_connection(p, err);
	}
	return set_session(p, err);
}

/* Until when to wait for a server that this process misses since then. */
static int64_t patience_end(void)
{
	int64_t nobody = 0, now = clock_tick();

	atomic_compare_exchange_strong(&away_since, &nobody, now);
	return (nobody ? nobody : now) + PATIENCE_SECONDS * CLOCK_SECOND;
}

bool pg_reconnect(struct pg_db *p, struct err *err)
{
	while (!connect_again(p, err)) {
		if (p->db.hurry || clock_tick() >= patience_end())
			return false;
		usleep(RETRY_MS * 1000);
	}
	atomic_store(&away_since, 0);
	return true;
}

/*
 * An idle connection has nothing to say but the end of the transaction before,
 * unless it is that it ends itself: the reason comes in one piece and the end
 * in the next.
 */
static bool is_alive(struct pg_db *p)
{
	for (int i = 0; i < 4 && PQstatus(p->pg) == CONNECTION_OK; i++) {
		struct pollfd fd = { PQsocket(p->pg), POLLIN, 0 };

		if (poll(&fd, 1, 0) <= 0)
			break;
		PQconsumeInput(p->pg);
	}
	return !p->lost && PQstatus(p->pg) == CONNECTION_OK;
}

bool pg_check(struct db *db, struct err *err)
{
	struct pg_db *p = pg_self(db);

	return p->begun || is_alive(p) || pg_reconnect(p, err);
}
