/*
 * server: HTTP/1.1 on a socket, threads, and nothing of what is said.
 *
 * I/O threads (libmicrohttpd, epoll) read a request into its arena, answer
 * what can be answered without waiting, and put the rest on a bounded queue.
 * Handler threads take from it; each owns a database connection. While a
 * request waits its connection is suspended; the handler's last act is to
 * resume it, and the I/O thread sends the reply. See docs/threading.md.
 */
#ifndef NIS2_HTTP_SERVER_H
#define NIS2_HTTP_SERVER_H

#include "base/err.h"
#include "base/settings.h"
#include "http/route.h"
#include "store/db.h"

struct server;

struct server_setup {
	const struct settings *settings; /* lives longer than the server */
	const char *database_url;	 /* as db_open() wants it */
	const struct route *routes;	 /* api_routes */
	size_t route_count;
	/* A job was committed. Any thread; must not block. May be NULL. */
	void (*wake_worker)(void *arg);
	/* Lines of /metrics that only the database knows. May be NULL. */
	bool (*metrics)(void *arg, struct db *db, struct sb *out,
			struct err *err);
	void *arg;
};

/* Listens on settings->listen ("127.0.0.1:8000", "[::1]:8000", port 0: any). */
bool server_start(const struct server_setup *setup, struct server **ret,
		  struct err *err);

int server_port(const struct server *server);

/*
 * Takes no new connections, lets what was accepted finish (at most
 * SERVER_DRAIN seconds for what has not reached a handler), joins its threads
 * and frees it. NULL is fine.
 */
enum { SERVER_DRAIN = 10 };
void server_stop(struct server *server);

#endif
