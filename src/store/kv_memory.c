/*
 * The store in the memory of this process. Shards, each with a lock and a hash
 * table of its own, so that threads rarely meet. Within a shard a key may stand
 * in any slot of its bucket; the bucket's entry that ends first makes room.
 * That bounds the memory and every call's time, with no list to keep.
 */
#include "store/kv.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"
#include "store/kv_driver.h"

enum { SHARDS = 16, WAYS = 8 };

struct entry {
	uint64_t hash; /* never 0 with a key */
	int64_t ends;
	int64_t count;
	char *key;
	char *value; /* NULL: a counter */
};

struct shard {
	_Alignas(64) pthread_mutex_t lock;
	struct entry *entries; /* buckets * WAYS */
};

struct memory {
	struct kv kv;
	uint64_t seed;	/* keys come from outside: buckets must not be known */
	size_t buckets; /* in a shard; a power of two */
	struct shard shards[SHARDS];
};

static void *must(void *p)
{
	if (!p) {
		fputs("nis2: out of memory\n", stderr);
		abort();
	}
	return p;
}

static const struct kv_driver memory_driver;

struct kv *kv_memory_open(size_t max)
{
	struct memory *m = must(aligned_alloc(64, sizeof(*m)));

	memset(m, 0, sizeof(*m));
	m->kv.driver = &memory_driver;
	rand_bytes(&m->seed, sizeof(m->seed));
	m->buckets = 1;
	while (m->buckets * SHARDS * WAYS < max)
		m->buckets *= 2;
	for (int i = 0; i < SHARDS; i++) {
		struct shard *s = &m->shards[i];

		pthread_mutex_init(&s->lock, NULL);
		s->entries =
			must(calloc(m->buckets * WAYS, sizeof(*s->entries)));
	}
	return &m->kv;
}

static void clear(struct entry *e)
{
	free(e->key);
	free(e->value);
	*e = (struct entry){ 0 };
}

static void memory_close(struct kv *kv)
{
	struct memory *m = (struct memory *)kv;

	for (int i = 0; i < SHARDS; i++) {
		for (size_t n = 0; n < m->buckets * WAYS; n++)
			clear(&m->shards[i].entries[n]);
		free(m->shards[i].entries);
		pthread_mutex_destroy(&m->shards[i].lock);
	}
	free(m);
}

/* splitmix64's finaliser: every bit of the input reaches every bit. */
static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	return h ^ h >> 31;
}

static uint64_t hash_key(uint64_t seed, const char *key, size_t len)
{
	uint64_t h = mix(seed ^ len);

	for (; len >= 8; key += 8, len -= 8) {
		uint64_t word;

		memcpy(&word, key, 8);
		h = mix(h ^ word) + seed;
	}
	for (; len; key++, len--)
		h = mix(h ^ (unsigned char)*key) + seed;
	h = mix(h);
	return h ? h : 1;
}

/* A key on its way through one call, with its shard locked. */
struct look {
	struct shard *shard;
	struct entry *bucket;
	uint64_t hash;
	char key[KV_KEY_MAX + 1];
};

static void shorten(const struct memory *m, const char *key, struct look *l)
{
	size_t len = strlen(key);

	l->hash = hash_key(m->seed, key, len);
	if (len <= KV_KEY_MAX)
		memcpy(l->key, key, len + 1);
	else
		snprintf(l->key, sizeof(l->key), "%.*s#%016llx",
			 KV_KEY_MAX - 17, key, (unsigned long long)l->hash);
}

static void begin(struct kv *kv, const char *key, struct look *l)
{
	struct memory *m = (struct memory *)kv;

	shorten(m, key, l);
	l->shard = &m->shards[l->hash % SHARDS];
	l->bucket = l->shard->entries +
		    (l->hash / SHARDS & (m->buckets - 1)) * WAYS;
	pthread_mutex_lock(&l->shard->lock);
}

static void end(struct look *l)
{
	pthread_mutex_unlock(&l->shard->lock);
}

/* The entry of the key, if it still holds. */
static struct entry *find(const struct look *l, int64_t now)
{
	for (struct entry *e = l->bucket; e < l->bucket + WAYS; e++) {
		if (!e->key || e->hash != l->hash || strcmp(e->key, l->key))
			continue;
		if (e->ends > now)
			return e;
		clear(e);
		return NULL;
	}
	return NULL;
}

/* A new entry, in a free place or that of the one that ends first. */
static struct entry *make(const struct look *l, int64_t ends)
{
	struct entry *e = &l->bucket[0];

	for (int i = 0; i < WAYS && e->key; i++)
		if (!l->bucket[i].key || l->bucket[i].ends < e->ends)
			e = &l->bucket[i];
	clear(e);
	e->hash = l->hash;
	e->ends = ends;
	e->key = must(strdup(l->key));
	return e;
}

static bool memory_take(struct kv *kv, const char *key, int64_t window,
			int64_t now, int64_t *ret_count, int64_t *ret_end,
			struct err *err)
{
	struct look l;
	struct entry *e;

	begin(kv, key, &l);
	e = find(&l, now);
	if (!e)
		e = make(&l, now + window);
	*ret_count = ++e->count;
	if (ret_end)
		*ret_end = e->ends;
	end(&l);
	return true;
}

static bool memory_set(struct kv *kv, const char *key, const char *value,
		       int64_t ttl, int64_t now, struct err *err)
{
	struct look l;
	struct entry *e;

	begin(kv, key, &l);
	e = find(&l, now);
	if (!e)
		e = make(&l, now + ttl);
	free(e->value);
	e->value = must(strdup(value));
	e->ends = now + ttl;
	e->count = 0;
	end(&l);
	return true;
}

static bool memory_get(struct kv *kv, const char *key, int64_t now,
		       struct arena *a, const char **ret, struct err *err)
{
	struct look l;
	struct entry *e;

	*ret = NULL;
	begin(kv, key, &l);
	e = find(&l, now);
	if (e && e->value)
		*ret = arena_strdup(a, e->value);
	else if (e)
		*ret = arena_printf(a, "%lld", (long long)e->count);
	end(&l);
	return true;
}

static bool memory_erase(struct kv *kv, const char *key, struct err *err)
{
	struct look l;
	struct entry *e;

	begin(kv, key, &l);
	e = find(&l, INT64_MIN);
	if (e)
		clear(e);
	end(&l);
	return true;
}

void kv_memory_count(struct kv *kv, const char *key, int64_t count,
		     int64_t ends, int64_t now)
{
	struct look l;
	struct entry *e;

	begin(kv, key, &l);
	e = find(&l, now);
	if (!e)
		e = make(&l, ends);
	e->count = count;
	e->ends = ends;
	end(&l);
}

static bool memory_ping(struct kv *kv, struct err *err)
{
	(void)kv, (void)err;
	return true;
}

static void memory_publish(struct kv *kv, const char *channel)
{
	(void)kv, (void)channel;
}

static void memory_listen(struct kv *kv, const char *channel,
			  void (*heard)(void *arg), void *arg,
			  const atomic_bool *stopping)
{
	(void)kv, (void)channel, (void)heard, (void)arg, (void)stopping;
}

static const struct kv_driver memory_driver = {
	.name = "memory",
	.close = memory_close,
	.take = memory_take,
	.set = memory_set,
	.get = memory_get,
	.erase = memory_erase,
	.ping = memory_ping,
	.publish = memory_publish,
	.listen = memory_listen,
};
