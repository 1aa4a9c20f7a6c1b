/*
 * limit: how often one client may call one route: a fixed window of a minute,
 * counted by route template and client address, so that an id in the path
 * does not open a new account.
 */
#ifndef NIS2_HTTP_LIMIT_H
#define NIS2_HTTP_LIMIT_H

#include <stdint.h>

#include "base/err.h"

/*
 * Counts one call of `route` (its id) by `client`. ERR_LIMITED with seconds in
 * retry_after once there were more than `limit` in this minute. `now` as in
 * base/clock.h.
 */
bool limit_count(const char *route, const char *client, int64_t limit,
		 int64_t now, struct err *err);

#endif
