/*
 * router: from a request to its reply.
 *
 * router_begin() runs on the I/O thread as soon as the headers are there: it
 * finds the route and answers what needs neither body nor database. What is
 * left goes to router_run(), which refuses in this order, the order that
 * clients of the contract can observe:
 *
 *	1 CORS preflight   2 CSRF (403)   3 malformed body (422)
 *	4 who asks (401), organisation and role (403)   5 fields (422)
 *	6 rate limit (429, earlier where the contract says x-count-first)
 *	7 the handler
 *
 * and then runs the handler in a transaction, writes the audit row inside it,
 * commits, and writes the reply: in that order, so that nobody is told of what
 * did not happen.
 */
#ifndef NIS2_HTTP_ROUTER_H
#define NIS2_HTTP_ROUTER_H

#include "http/exchange.h"
#include "http/metrics.h"

struct router;

struct router_setup {
	const struct settings *settings;
	const struct route *routes;
	size_t route_count;
	void (*wake_worker)(void *arg);
	void *arg;
};

/* The route table in the form it is looked up in. */
bool router_new(const struct router_setup *setup, struct router **ret,
		struct err *err);
void router_free(struct router *r);

/* What is to be done next. */
enum router_next {
	ROUTER_REPLY,  /* the reply is there: send it */
	ROUTER_INLINE, /* router_run() on this thread; db only when embedded */
	ROUTER_QUEUE,  /* router_run() on a handler thread */
};

/* With the headers read, before the body. `embedded`: see db_is_embedded(). */
enum router_next router_begin(struct router *r, struct exchange *x,
			      bool embedded);

/* How many bytes of body the route takes. */
size_t router_body_max(const struct exchange *x);

/* With the whole body. `db` may be NULL for x-inline: always. */
void router_run(struct router *r, struct exchange *x, struct db *db);

/* Headers that every reply carries; the last thing before it is sent. */
void router_finish(struct router *r, struct exchange *x);

#endif
