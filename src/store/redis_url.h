/*
 * redis_url: where Redis is, as REDIS_URL says it:
 *
 *	redis://[[user]:password@]host[:port][/database]
 *	unix://[[user]:password@]/path[?db=database]	(also unix:/path)
 *
 * User and password are percent-encoded where they need it (RFC 3986), an IPv6
 * address stands in brackets. TLS (rediss://) is refused: the library of Debian
 * 12 does not have it, and a server that speaks in the clear to who expects a
 * secret is worse than one that does not start.
 */
#ifndef NIS2_STORE_REDIS_URL_H
#define NIS2_STORE_REDIS_URL_H

#include "base/arena.h"
#include "base/err.h"

struct redis_url {
	const char *host; /* NULL: on `path` */
	int port;
	const char *path;
	const char *user;     /* NULL: the one Redis calls default */
	const char *password; /* NULL: none is asked */
	int database;
	const char *where; /* host and port, or the path: for the log */
};

/* ERR_INVALID, with nothing of the address in the text. */
bool redis_url_parse(const char *url, struct arena *a, struct redis_url *ret,
		     struct err *err);

#endif
