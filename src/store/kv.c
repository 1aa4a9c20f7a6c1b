#include "store/kv.h"

#include <pthread.h>

#include "store/kv_driver.h"

enum { PROCESS_MAX = 1 << 17 };

static pthread_once_t process_once = PTHREAD_ONCE_INIT;
static struct kv *process_kv;

static void open_process(void)
{
	if (!process_kv)
		process_kv = kv_memory_open(PROCESS_MAX);
}

struct kv *kv_process(void)
{
	pthread_once(&process_once, open_process);
	return process_kv;
}

bool kv_configure(const struct settings *settings, struct err *err)
{
	struct kv *kv = NULL;

	if (!*settings->redis_url)
		kv = kv_memory_open(PROCESS_MAX);
	else if (!kv_redis_open(settings->redis_url, &kv, err))
		return false;
	kv_close(process_kv);
	process_kv = kv;
	return true;
}

void kv_close(struct kv *kv)
{
	if (kv)
		kv->driver->close(kv);
}

const char *kv_name(const struct kv *kv)
{
	return kv->driver->name;
}

bool kv_ping(struct kv *kv, struct err *err)
{
	return kv->driver->ping(kv, err);
}

bool kv_take(struct kv *kv, const char *key, int64_t window, int64_t now,
	     int64_t *ret_count, int64_t *ret_end, struct err *err)
{
	return kv->driver->take(kv, key, window, now, ret_count, ret_end, err);
}

bool kv_set(struct kv *kv, const char *key, const char *value, int64_t ttl,
	    int64_t now, struct err *err)
{
	if (strlen(value) > KV_VALUE_MAX)
		return err_set(err, ERR_INTERNAL,
			       "the value of %.40s is longer "
			       "than %d bytes",
			       key, KV_VALUE_MAX);
	return kv->driver->set(kv, key, value, ttl, now, err);
}

bool kv_get(struct kv *kv, const char *key, int64_t now, struct arena *a,
	    const char **ret, struct err *err)
{
	return kv->driver->get(kv, key, now, a, ret, err);
}

bool kv_delete(struct kv *kv, const char *key, struct err *err)
{
	return kv->driver->erase(kv, key, err);
}

void kv_publish(struct kv *kv, const char *channel)
{
	kv->driver->publish(kv, channel);
}

void kv_listen(struct kv *kv, const char *channel, void (*heard)(void *arg),
	       void *arg, const atomic_bool *stopping)
{
	kv->driver->listen(kv, channel, heard, arg, stopping);
}
