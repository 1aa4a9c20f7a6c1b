/*
 * metrics: what /metrics tells Prometheus (text format 0.0.4): requests by
 * route and status class, how long they took, and what waits.
 *
 * Counting is an atomic addition and may happen on any thread.
 */
#ifndef NIS2_HTTP_METRICS_H
#define NIS2_HTTP_METRICS_H

#include <stdint.h>

#include "base/arena.h"
#include "http/route.h"

struct metrics;

struct metrics *metrics_new(const struct route *routes, size_t count);
void metrics_free(struct metrics *m);

/* One reply. `route` NULL: a path that is none, or a static file. */
void metrics_count(struct metrics *m, const struct route *route, int status,
		   int64_t micros);

/* Appends it all; `waiting` is the length of the queue now. */
void metrics_write(const struct metrics *m, size_t waiting, struct sb *out);

#endif
