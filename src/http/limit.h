/*
 * limit: how often one client may call one route: a fixed window of a minute.
 *
 * Counted by the route's template, so that an id in the path opens no new
 * account, and by who asks: the API key or the person when that is known, else
 * the client's address (an IPv6 network of 64 bits is one client). All
 * processes that share a store (store/kv.h) share the counts.
 *
 * What a reply tells of it follows draft-ietf-httpapi-ratelimit-headers-10.
 */
#ifndef NIS2_HTTP_LIMIT_H
#define NIS2_HTTP_LIMIT_H

#include <stdint.h>

#include "base/err.h"
#include "http/call.h"

/* Where a client stands after its call was counted. */
struct limit_state {
	bool counted;
	int64_t left;	 /* calls */
	int64_t seconds; /* until the window ends */
};

/* Whom a call is counted for. */
const char *limit_client(const struct session *session, const char *ip,
			 struct arena *a);

/*
 * Counts one call of `route` (its id) by `client`. ERR_LIMITED with seconds in
 * retry_after once there were more than `limit` in this minute. `now` as in
 * base/clock.h.
 */
bool limit_count(const char *route, const char *client, int64_t limit,
		 int64_t now, struct arena *a, struct limit_state *ret,
		 struct err *err);

/* The values of RateLimit-Policy and RateLimit; NULL: it was not counted. */
const char *limit_policy(int64_t limit, struct arena *a);
const char *limit_header(const struct limit_state *state, struct arena *a);

#endif
