/*
 * db_pg: what the files of the PostgreSQL driver share. Nobody else includes
 * it; the driver is reached through store/db.h.
 *
 *	db_postgresql.c  statements, transactions, and the driver's table
 *	db_pg_pipe.c     what is sent together, and what comes back
 *	db_pg_connect.c  connections, made and made again
 *	db_pg_error.c    what the server says, as our errors
 *
 * A connection is in the pipeline mode of libpq all the time: commands are
 * queued and go out together, with one wait for all their answers. So a
 * transaction costs no round trip to begin: BEGIN and the scope (db_scope())
 * travel in front of its first statement. The end of a transaction that wrote
 * nothing is not waited for at all; its answer is read with the next one.
 */
#ifndef NIS2_STORE_DB_PG_H
#define NIS2_STORE_DB_PG_H

#include <libpq-fe.h>

#include "store/db_driver.h"

/* Of pg_type.dat: these numbers are part of the protocol. */
enum pg_oid {
	OID_BOOL = 16,
	OID_INT8 = 20,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_FLOAT8 = 701,
	OID_NUMERIC = 1700,
};

/* Whose rows the transaction on the server shows. Ids are 36 characters. */
struct pg_scope {
	char org_id[64], user_id[64];
	bool all_orgs;
};

struct pg_db {
	struct db db;
	PGconn *pg;
	unsigned flags;
	PGresult *result; /* of the statement that runs */
	int row;

	bool begun; /* BEGIN was sent: the server is in our transaction */
	int owed;   /* ends of transactions whose answers were not yet read */
	struct pg_scope applied;
	bool lost; /* the connection is of no use any more */
	/*
	 * The connection went with the first message of a unit of work, and
	 * nothing of that can have been done: it may be sent again.
	 */
	bool unharmed;
};

static inline struct pg_db *pg_self(struct db *db)
{
	return (struct pg_db *)db;
}

/* ---- db_pg_error.c: all return false */

bool pg_raise(struct pg_db *p, const PGresult *r, const char *what,
	      struct err *err);
bool pg_raise_connection(struct pg_db *p, struct err *err);
/* It is the server's last word on this connection. */
bool pg_is_fatal(const PGresult *r);
bool pg_is_fine(const PGresult *r);

/* ---- db_pg_pipe.c */

/* Statements of the driver's own, prepared with the connection. */
#define PG_BEGIN_WRITE "begin_write"
#define PG_BEGIN_READ "begin_read"
#define PG_COMMIT "commit"
#define PG_ROLLBACK "rollback"
#define PG_SCOPE "scope"
#define PG_SCOPE_SYSTEM "scope_system"

/*
 * Queues what must come before a statement: BEGIN, when the transaction has
 * not begun on the server, and the scope, when it is not the one applied.
 */
bool pg_queue_opening(struct pg_db *p, bool all_orgs);
/* Queues a prepared statement. False: the connection is gone. */
bool pg_queue(struct pg_db *p, const char *name, int count,
	      const char *const *values);
/*
 * Sends what was queued and waits for the answers: the first error, or the
 * answer to the last command, which is the caller's to clear (`ret` may be
 * NULL). `queued` is whether all queueing went well.
 */
bool pg_exchange(struct pg_db *p, bool queued, const char *what, PGresult **ret,
		 struct err *err);
/* Sends one command whose answer nobody waits for. */
void pg_send_end(struct pg_db *p, const char *name);
/* Reads answers that are owed. */
void pg_drain(struct pg_db *p);
/* The state of a connection that has no transaction. */
void pg_forget_unit(struct pg_db *p);

/* ---- db_pg_connect.c */

bool pg_connect(struct pg_db *p, const char *url, struct err *err);
/* Before the first message of a unit of work: a lost connection is made anew.
 */
bool pg_check(struct db *db, struct err *err);
/*
 * Makes the connection anew. While the server restarts it waits for it, up to
 * three seconds from when this process first missed it; after that each call
 * tries once.
 */
bool pg_reconnect(struct pg_db *p, struct err *err);

#endif
