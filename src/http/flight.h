/*
 * flight: a request in the hands of the server, and what an I/O thread keeps
 * from one to the next: the memory of those that are done, and a database
 * connection for what it answers itself. A connection never changes its I/O
 * thread, so nothing here is shared.
 */
#ifndef NIS2_HTTP_FLIGHT_H
#define NIS2_HTTP_FLIGHT_H

#include <pthread.h>

#include "http/exchange.h"
#include "http/peers.h"
#include "http/router.h"

struct MHD_Connection;
struct server;

enum stage { STAGE_HEADERS, STAGE_BODY, STAGE_WAITING };

struct flight {
	struct exchange x;
	struct flight *next_spare;
	struct server *server;
	struct MHD_Connection *connection;
	struct peer *peer;
	enum stage stage;
	enum router_next next;
	bool metrics; /* GET /metrics, for a handler thread */
	bool too_large;
	struct sb body;
};

struct io {
	struct io *next;
	struct db *db;
	struct flight *spare; /* each with the first block of its arena */
	int spare_count;
};

/* The I/O threads of one server, each added by its first request. */
struct ios {
	pthread_mutex_t lock;
	struct io *first;
};

void ios_init(struct ios *ios);
/* When the threads have ended. */
void ios_close(struct ios *ios);

/* That of the calling thread, which must be one of this server's. */
struct io *io_here(struct ios *ios);

/* Opened when it is first needed, read-only; NULL when that fails. */
struct db *io_db(struct io *io, const char *url);

struct flight *flight_new(struct io *io);
void flight_end(struct io *io, struct flight *f);

#endif
