/*
 * kv_driver: what stands behind store/kv.h. Included by kv.c and the two
 * stores only; each begins its struct with `struct kv`.
 */
#ifndef NIS2_STORE_KV_DRIVER_H
#define NIS2_STORE_KV_DRIVER_H

#include "store/kv.h"

/* As the functions of kv.h that have their names. */
struct kv_driver {
	const char *name;
	void (*close)(struct kv *kv);
	bool (*take)(struct kv *kv, const char *key, int64_t window,
		     int64_t now, int64_t *ret_count, int64_t *ret_end,
		     struct err *err);
	bool (*set)(struct kv *kv, const char *key, const char *value,
		    int64_t ttl, int64_t now, struct err *err);
	bool (*get)(struct kv *kv, const char *key, int64_t now,
		    struct arena *a, const char **ret, struct err *err);
	bool (*erase)(struct kv *kv, const char *key, struct err *err);
	bool (*ping)(struct kv *kv, struct err *err);
	void (*publish)(struct kv *kv, const char *channel);
	void (*listen)(struct kv *kv, const char *channel,
		       void (*heard)(void *arg), void *arg,
		       const atomic_bool *stopping);
};

struct kv {
	const struct kv_driver *driver;
};

/* In memory: the counter is at `count` now, and its window ends at `ends`. */
void kv_memory_count(struct kv *kv, const char *key, int64_t count,
		     int64_t ends, int64_t now);

#endif
