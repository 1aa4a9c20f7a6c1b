/*
 * oidc_cache: documents of identity providers that were fetched lately, by
 * their address, for all threads of the process.
 */
#ifndef NIS2_API_OIDC_CACHE_H
#define NIS2_API_OIDC_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* The text, if it is at most `max_age` microseconds old; NULL otherwise. */
const char *oidc_cache_get(struct arena *a, const char *url, int64_t max_age,
			   int64_t now);

/* Long ones are not kept; the oldest makes room. */
void oidc_cache_put(const char *url, const char *text, int64_t now);

#endif
