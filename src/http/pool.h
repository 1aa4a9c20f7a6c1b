/*
 * pool: the handler threads and the bounded queue before them.
 *
 * Each thread owns a database connection, and that is the only pool of those
 * there is. How many work at the same time: docs/threading.md. A place in the
 * queue is reserved before the connection is suspended, so that a full queue is
 * an answer at once and never a wait.
 */
#ifndef NIS2_HTTP_POOL_H
#define NIS2_HTTP_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/settings.h"
#include "store/db.h"

struct pool;

struct pool_setup {
	const struct settings *settings;
	const char *database_url;
	int threads;
	size_t length; /* of the queue */
	/* On a thread of the pool, once for each item that was put. */
	void (*work)(void *item, struct db *db);
};

/*
 * Opens every connection first, each with the guard's look at its role
 * (store/guard.h): what is wrong shows before anybody listens.
 */
bool pool_start(const struct pool_setup *setup, struct pool **ret,
		struct err *err);

/* See db_is_embedded(). */
bool pool_is_embedded(const struct pool *p);

/* False: the queue is full, or the pool stops. */
bool pool_reserve(struct pool *p);
/* Fills the place that was reserved. */
void pool_put(struct pool *p, void *item);

size_t pool_waiting(struct pool *p);

/* No place is given any more; what waits is worked on; threads are joined. */
void pool_drain(struct pool *p);

/* Drains and frees. NULL is fine. */
void pool_stop(struct pool *p);

#endif
