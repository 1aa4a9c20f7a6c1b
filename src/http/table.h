/*
 * table: from a path to its routes. Paths without parameters are found by
 * hash, the others by trying the few there are, in the contract's order.
 */
#ifndef NIS2_HTTP_TABLE_H
#define NIS2_HTTP_TABLE_H

#include "base/arena.h"
#include "http/exchange.h"

enum { METHODS = 5 };

/* All operations of one path. */
struct place {
	const char *path;
	const struct route *routes[METHODS];
	const char *allow; /* "GET, HEAD, OPTIONS, POST" */
	struct place *next;
};

struct table;

/* Lives in the arena. */
struct table *table_new(const struct route *routes, size_t count,
			struct arena *a);

/* NULL: no such path. Parameters are lent from the arena, in order. */
const struct place *table_find(const struct table *t, const char *path,
			       struct arena *a, const char **params);

/* HEAD is answered by GET's. NULL: not with this method. */
const struct route *place_route(const struct place *p, const char *method);

#endif
