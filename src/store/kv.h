/*
 * kv: counters and small values that end by themselves: throttles, locks,
 * wake-ups. Nothing here matters after a restart; what does is in the database.
 *
 * Keys are "what:which" ("limit:auth_login:203.0.113.9"), at most KV_KEY_MAX
 * bytes; longer ones are told apart by their first bytes and a hash. Time comes
 * in as a parameter (base/clock.h). Any thread may call any function.
 *
 * The store is bounded: when it is full the entries that end first make room,
 * so that a flood of new keys costs old ones, never memory.
 */
#ifndef NIS2_STORE_KV_H
#define NIS2_STORE_KV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct kv;

enum { KV_KEY_MAX = 160, KV_VALUE_MAX = 1024 };

/* The one of this process, made by the first call; never NULL. */
struct kv *kv_process(void);

/* A store of its own, for at most about `max` entries (tests, mostly). */
struct kv *kv_memory_open(size_t max);
void kv_close(struct kv *kv);

/*
 * Counts one more under `key` in a fixed window that began with the first
 * count and lasts `window` microseconds. `ret_count` is how many there are now,
 * this one included; `ret_end` (may be NULL) when the window ends.
 */
bool kv_take(struct kv *kv, const char *key, int64_t window, int64_t now,
	     int64_t *ret_count, int64_t *ret_end, struct err *err);

/* Keeps `value` until `now` + `ttl`, in place of what was there. */
bool kv_set(struct kv *kv, const char *key, const char *value, int64_t ttl,
	    int64_t now, struct err *err);

/* The value, or NULL when there is none; a counter reads as its number. */
bool kv_get(struct kv *kv, const char *key, int64_t now, struct arena *a,
	    const char **ret, struct err *err);

/* One that is not there is fine. */
bool kv_delete(struct kv *kv, const char *key, struct err *err);

#endif
