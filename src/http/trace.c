#include "http/trace.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/log.h"
#include "base/rand.h"

enum { TRACE_LEN = 16, DECIMAL_LEN = 24 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic uint64_t next;

static void start(void)
{
	uint64_t seed;

	rand_bytes(&seed, sizeof(seed));
	atomic_store(&next, seed);
}

/*
 * Not secret, only unique: a counter that begins anywhere, stirred by the
 * finaliser of SplitMix64, which maps no two numbers to one.
 */
char *trace_id(struct arena *a)
{
	static const char hex[] = "0123456789abcdef";
	char *id = arena_bytes(a, TRACE_LEN + 1);
	uint64_t h;

	pthread_once(&once, start);
	h = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed);
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	h ^= h >> 31;
	for (int i = 0; i < TRACE_LEN; i++, h >>= 4)
		id[i] = hex[h & 15];
	id[TRACE_LEN] = '\0';
	return id;
}

/* snprintf() would be a tenth of what a small request costs. */
static const char *decimal(char buf[DECIMAL_LEN], uint64_t n)
{
	char *p = buf + DECIMAL_LEN - 1;

	*p = '\0';
	do
		*--p = (char)('0' + n % 10);
	while (n /= 10);
	return p;
}

void trace_log(const struct exchange *x, bool sent, int64_t micros)
{
	char status[DECIMAL_LEN], bytes[DECIMAL_LEN], us[DECIMAL_LEN];

	/* Without a status it was libmicrohttpd that refused the request. */
	log_event(LOG_INFO, "request", "method", x->request.method, "path",
		  x->request.path, "op", x->route ? x->route->id : NULL,
		  "status",
		  x->reply.status ? decimal(status, (uint64_t)x->reply.status)
				  : NULL,
		  "bytes", decimal(bytes, x->reply.len), "us",
		  decimal(us, (uint64_t)micros), "ip", x->request.ip, "user",
		  x->session.user_id, "key", x->session.key_id, "id",
		  x->request.id, "sent", sent ? NULL : "no", NULL);
}
