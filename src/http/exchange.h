/*
 * exchange: one request and its reply, free of sockets and threads.
 *
 * The server fills the upper half on an I/O thread, everything copied into the
 * arena; the router fills the lower half, on whatever thread it runs; the
 * server sends it. One thread at a time has it.
 */
#ifndef NIS2_HTTP_EXCHANGE_H
#define NIS2_HTTP_EXCHANGE_H

#include "base/arena.h"
#include "http/call.h"
#include "http/limit.h"
#include "http/route.h"
#include "http/session.h"

/* Bounds of what is read before anybody has shown who they are. */
enum {
	BODY_MAX = 1 << 20, /* JSON */
	UPLOAD_MAX =
		6 * (1 << 20), /* multipart/form-data, its frame included */
	PATH_MAX_BYTES = 1024,
	QUERY_MAX_BYTES = 4096,
	PARAMS_MAX = 4, /* {x} in one path */
};

/* The headers that mean something here. NULL when absent. */
struct headers {
	const char *accept;
	const char *accept_encoding;
	const char *content_type;
	const char *content_length;
	const char *transfer_encoding;
	const char *forwarded_for; /* X-Forwarded-For */
	const char *forwarded;	   /* others that say a proxy stands between */
	const char *host;
	const char *if_none_match;
	const char *request_method;  /* Access-Control-Request-Method */
	const char *request_headers; /* Access-Control-Request-Headers */
	const char *user_agent;
	const char *cookie;
};

struct reply {
	int status;		  /* 0: there is none yet */
	const char *content_type; /* NULL: no body */
	const char *bytes;
	size_t len;
	int fd; /* a file in place of `bytes`; -1 */
	struct reply_header *headers;
	const char *csp; /* NULL: the one of the API */
	bool cacheable;	 /* static: no `Cache-Control: no-store` */
};

struct exchange {
	struct arena arena;
	int64_t started; /* clock_tick() */

	/* The request. */
	struct request request;
	struct credentials credentials;
	struct headers headers;
	const char *peer; /* the address at the other end of the connection */
	const char *raw_path; /* as it stood in the request line */
	const char *query;    /* raw, "" when none */
	const char *body;
	size_t body_len;

	/* What the router made of it. */
	const struct route *route;
	const char *params[PARAMS_MAX]; /* of the path, percent-decoded */
	struct session session;
	bool refused;		  /* known who, and not allowed to */
	struct issue_list issues; /* of a 422 */
	struct limit_state limit;

	struct reply reply;
};

/* Adds a header to the reply; value NULL adds nothing. */
void exchange_header(struct exchange *x, const char *name, const char *value);

/*
 * Percent-decoding into the arena; `plus` reads + as a blank (query strings).
 * NULL when it is malformed or contains a NUL.
 */
char *exchange_unescape(struct arena *a, const char *s, size_t len, bool plus);

#endif
