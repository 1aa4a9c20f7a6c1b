/*
 * kv: counters and small values that end by themselves: throttles, locks,
 * wake-ups. Nothing here matters after a restart; what does is in the database.
 *
 * Keys are "what:which" ("limit:auth_login:203.0.113.9"); what a key is made of
 * is bounded by who makes it. Time comes in as a parameter (base/clock.h). Any
 * thread may call any function.
 *
 * Two stores stand behind it. In memory: of this process alone, and bounded;
 * when it is full the entries that end first make room, so that a flood of new
 * keys costs old ones, never memory. Redis: one for all processes of an
 * installation, which have the same REDIS_URL. There keys begin with "nis2:",
 * and how long something lasts is measured by Redis's clock, so that machines
 * whose clocks differ agree.
 *
 * No call fails because Redis does. One that is not answered within 100 ms (200
 * for a connection) is answered from the memory of this process, and so are all
 * that follow until Redis is back; a thread looks for it once a second. One
 * line in the log says when it went, one when it came back. Meanwhile:
 *
 *   - counters go on from the number this process saw last, so that limits
 *     hold, in each process for itself; afterwards those of Redis count;
 *   - values that this process set or read are still there, and those it sets
 *     meanwhile hold for this process until they end, also afterwards;
 *   - what is deleted meanwhile may be seen again by others. So nothing may
 * rest on a deletion: what is to be used once only is a row of the database.
 */
#ifndef NIS2_STORE_KV_H
#define NIS2_STORE_KV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/settings.h"

struct kv;

/* Longer keys are told apart, in memory, by their first bytes and a hash. */
enum { KV_KEY_MAX = 160, KV_VALUE_MAX = 1024 };

/* What is published when a job was put. */
#define KV_WAKE "wake"

/*
 * The one of this process: that of the last kv_configure(), else one in memory
 * that the first call makes; never NULL.
 */
struct kv *kv_process(void);

/*
 * Redis when REDIS_URL is given, else memory. Before other threads start. Fails
 * on an address that cannot be read, not on a Redis that does not answer.
 */
bool kv_configure(const struct settings *settings, struct err *err);

/* A store of its own, for at most about `max` entries (tests, mostly). */
struct kv *kv_memory_open(size_t max);
/* See store/redis_url.h for the address. */
bool kv_redis_open(const char *url, struct kv **ret, struct err *err);
void kv_close(struct kv *kv);

/* "memory" or "redis". */
const char *kv_name(const struct kv *kv);

/* Whether the store answers now; memory always does. ERR_BUSY. */
bool kv_ping(struct kv *kv, struct err *err);

/*
 * Counts one more under `key` in a fixed window that began with the first
 * count and lasts `window` microseconds; one step, whoever counts at the same
 * time. `ret_count` is how many there are now, this one included; `ret_end`
 * (may be NULL) when the window ends.
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

/* Tells all who listen, in other processes. Nobody may; memory never does. */
void kv_publish(struct kv *kv, const char *channel);

/*
 * Calls `heard` for each kv_publish() of a channel, and after each new
 * connection, since something may have been missed; until `stopping` is set,
 * which is noticed within a second. In memory there is nothing to hear, and it
 * returns at once.
 */
void kv_listen(struct kv *kv, const char *channel, void (*heard)(void *arg),
	       void *arg, const atomic_bool *stopping);

#endif
