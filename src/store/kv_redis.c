/*
 * The store that all processes share. Each call is one command, so that it is
 * one step for whoever else calls; each number and value that comes by is kept
 * in memory as well (`mirror`), for when Redis does not answer. What is set
 * while it does not is besides remembered in `own`, which is asked afterwards
 * too: Redis never heard of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/kv_driver.h"
#include "store/redis_link.h"

#define PREFIX "nis2:"

enum { MIRROR_MAX = 1 << 17, MILLISECOND = 1000 };

struct shared {
	struct kv kv;
	struct redis_link *link;
	struct kv *mirror;
	struct kv *own;
};

/* The first count begins the window; one without an end gets one. */
static const char take_script[] =
	"local n = redis.call('INCR', KEYS[1]) "
	"local left = redis.call('PTTL', KEYS[1]) "
	"if left < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) "
	"left = tonumber(ARGV[1]) end "
	"return {n, left}";

static const char get_script[] = "local value = redis.call('GET', KEYS[1]) "
				 "if not value then return false end "
				 "return {value, redis.call('PTTL', KEYS[1])}";

static struct shared *shared_of(struct kv *kv)
{
	return (struct shared *)kv;
}

static char *full_key(const char *key, struct arena *a)
{
	return arena_printf(a, PREFIX "%s", key);
}

/* Redis counts milliseconds, and wants at least one. */
static char *in_milliseconds(int64_t time, struct arena *a)
{
	return arena_printf(
		a, "%lld", (long long)((time + MILLISECOND - 1) / MILLISECOND));
}

static bool shared_take(struct kv *kv, const char *key, int64_t window,
			int64_t now, int64_t *ret_count, int64_t *ret_end,
			struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct shared *s = shared_of(kv);
	struct redis_answer answer;
	const char *words[] = { "EVAL", take_script, "1", full_key(key, &a),
				in_milliseconds(window, &a) };
	int64_t end;

	if (!redis_ask(s->link, words, 5, &answer, NULL) ||
	    answer.number_count != 2)
		return kv_take(s->mirror, key, window, now, ret_count, ret_end,
			       err);
	end = now + answer.numbers[1] * MILLISECOND;
	kv_memory_count(s->mirror, key, answer.numbers[0], end, now);
	*ret_count = answer.numbers[0];
	if (ret_end)
		*ret_end = end;
	return true;
}

static bool shared_set(struct kv *kv, const char *key, const char *value,
		       int64_t ttl, int64_t now, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct shared *s = shared_of(kv);
	struct redis_answer answer;
	const char *words[] = { "SET", full_key(key, &a), value, "PX",
				in_milliseconds(ttl, &a) };

	if (redis_ask(s->link, words, 5, &answer, NULL))
		kv_delete(s->own, key, NULL);
	else
		kv_set(s->own, key, value, ttl, now, NULL);
	return kv_set(s->mirror, key, value, ttl, now, err);
}

static bool shared_get(struct kv *kv, const char *key, int64_t now,
		       struct arena *a, const char **ret, struct err *err)
{
	struct shared *s = shared_of(kv);
	struct redis_answer answer;
	const char *words[] = { "EVAL", get_script, "1", full_key(key, a) };

	if (!redis_ask(s->link, words, 4, &answer, NULL))
		return kv_get(s->mirror, key, now, a, ret, err);
	if (answer.nothing) {
		kv_delete(s->mirror, key, NULL);
		return kv_get(s->own, key, now, a, ret, err);
	}
	if (answer.number_count == 1)
		kv_set(s->mirror, key, answer.text,
		       answer.numbers[0] * MILLISECOND, now, NULL);
	*ret = arena_strdup(a, answer.text);
	return true;
}

static bool shared_erase(struct kv *kv, const char *key, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct shared *s = shared_of(kv);
	struct redis_answer answer;
	const char *words[] = { "DEL", full_key(key, &a) };

	redis_ask(s->link, words, 2, &answer, NULL);
	return kv_delete(s->mirror, key, err) && kv_delete(s->own, key, err);
}

static bool shared_ping(struct kv *kv, struct err *err)
{
	const char *words[] = { "PING" };
	struct redis_answer answer;

	return redis_ask(shared_of(kv)->link, words, 1, &answer, err);
}

static void shared_publish(struct kv *kv, const char *channel)
{
	_arena_ struct arena a = { 0 };
	struct redis_answer answer;
	const char *words[] = { "PUBLISH", full_key(channel, &a), "" };

	redis_ask(shared_of(kv)->link, words, 3, &answer, NULL);
}

static void shared_listen(struct kv *kv, const char *channel,
			  void (*heard)(void *arg), void *arg,
			  const atomic_bool *stopping)
{
	_arena_ struct arena a = { 0 };

	redis_listen(shared_of(kv)->link, full_key(channel, &a), heard, arg,
		     stopping);
}

static void shared_close(struct kv *kv)
{
	struct shared *s = shared_of(kv);

	redis_link_close(s->link);
	kv_close(s->mirror);
	kv_close(s->own);
	free(s);
}

static const struct kv_driver redis_driver = {
	.name = "redis",
	.close = shared_close,
	.take = shared_take,
	.set = shared_set,
	.get = shared_get,
	.erase = shared_erase,
	.ping = shared_ping,
	.publish = shared_publish,
	.listen = shared_listen,
};

bool kv_redis_open(const char *url, struct kv **ret, struct err *err)
{
	struct shared *s = calloc(1, sizeof(*s));

	if (!s)
		return err_set(err, ERR_INTERNAL, "out of memory");
	s->kv.driver = &redis_driver;
	if (!redis_link_open(url, &s->link, err)) {
		free(s);
		return false;
	}
	s->mirror = kv_memory_open(MIRROR_MAX);
	s->own = kv_memory_open(MIRROR_MAX);
	*ret = &s->kv;
	return true;
}
