#include "http/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "http/address.h"

enum { BUCKETS = 4096, PER_CLIENT = 256 };

struct peer {
	struct peer *prev, *next;
	int fd;
	int bucket; /* -1: not counted */
	_Atomic int64_t deadline;
	char address[INET6_ADDRSTRLEN];
};

struct peers {
	pthread_mutex_t lock;
	pthread_cond_t stop;
	pthread_t thread;
	bool stopping;
	struct peer *first;
	char *trusted;
	uint64_t key;
	/*
	 * Connections by a keyed hash of the client's address (of the /64 for
	 * IPv6, which is what one client has): clients that share a bucket
	 * share its limit, which is rare and does no harm.
	 */
	uint16_t clients[BUCKETS];
};

static void shut_late(struct peers *ps, int64_t now)
{
	for (struct peer *p = ps->first; p; p = p->next) {
		int64_t deadline = atomic_load_explicit(&p->deadline,
							memory_order_relaxed);

		/* Its own thread closes it: this descriptor stays valid. */
		if (deadline && now > deadline)
			shutdown(p->fd, SHUT_RDWR);
	}
}

static void *watch(void *arg)
{
	struct peers *ps = arg;
	struct timespec until;

	pthread_mutex_lock(&ps->lock);
	while (!ps->stopping) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		pthread_cond_timedwait(&ps->stop, &ps->lock, &until);
		shut_late(ps, clock_tick());
	}
	pthread_mutex_unlock(&ps->lock);
	return NULL;
}

struct peers *peers_new(const char *trusted)
{
	struct peers *ps = calloc(1, sizeof(*ps));

	if (!ps || !(ps->trusted = strdup(trusted)))
		abort();
	rand_bytes(&ps->key, sizeof(ps->key));
	pthread_mutex_init(&ps->lock, NULL);
	pthread_cond_init(&ps->stop, NULL);
	if (pthread_create(&ps->thread, NULL, watch, ps))
		abort();
	return ps;
}

void peers_free(struct peers *ps)
{
	if (!ps)
		return;
	pthread_mutex_lock(&ps->lock);
	ps->stopping = true;
	pthread_cond_signal(&ps->stop);
	pthread_mutex_unlock(&ps->lock);
	pthread_join(ps->thread, NULL);
	while (ps->first)
		peer_close(ps, ps->first);
	pthread_mutex_destroy(&ps->lock);
	pthread_cond_destroy(&ps->stop);
	free(ps->trusted);
	free(ps);
}

static void address_text(const struct sockaddr *from, char *buf, size_t size)
{
	const struct sockaddr_in *v4 = (const void *)from;
	const struct sockaddr_in6 *v6 = (const void *)from;
	struct in_addr mapped;

	*buf = '\0';
	if (from->sa_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, buf, (socklen_t)size);
	} else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		memcpy(&mapped, v6->sin6_addr.s6_addr + 12, 4);
		inet_ntop(AF_INET, &mapped, buf, (socklen_t)size);
	} else {
		inet_ntop(AF_INET6, &v6->sin6_addr, buf, (socklen_t)size);
	}
}

/* -1 for whom no limit is kept: proxies, and this machine itself. */
static int bucket_of(const struct peers *ps, const struct sockaddr *from,
		     const char *text)
{
	const struct sockaddr_in *v4 = (const void *)from;
	const struct sockaddr_in6 *v6 = (const void *)from;
	uint64_t h = ps->key;
	uint64_t word = 0;

	if (address_is_loopback(text) || address_in(text, ps->trusted))
		return -1;
	if (from->sa_family == AF_INET)
		word = v4->sin_addr.s_addr;
	else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		memcpy(&word, v6->sin6_addr.s6_addr + 12, 4);
	else
		memcpy(&word, v6->sin6_addr.s6_addr, 8);
	/* The finaliser of SplitMix64. */
	h ^= word;
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	return (int)((h ^ h >> 31) % BUCKETS);
}

bool peers_admit(struct peers *ps, const struct sockaddr *from)
{
	char text[INET6_ADDRSTRLEN];
	bool ok = true;
	int bucket;

	address_text(from, text, sizeof(text));
	bucket = bucket_of(ps, from, text);
	if (bucket < 0)
		return true;
	pthread_mutex_lock(&ps->lock);
	ok = ps->clients[bucket] < PER_CLIENT;
	pthread_mutex_unlock(&ps->lock);
	return ok;
}

struct peer *peer_open(struct peers *ps, int fd, const struct sockaddr *from)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->fd = fd;
	address_text(from, p->address, sizeof(p->address));
	p->bucket = bucket_of(ps, from, p->address);
	pthread_mutex_lock(&ps->lock);
	p->next = ps->first;
	if (p->next)
		p->next->prev = p;
	ps->first = p;
	if (p->bucket >= 0)
		ps->clients[p->bucket]++;
	pthread_mutex_unlock(&ps->lock);
	return p;
}

void peer_close(struct peers *ps, struct peer *p)
{
	pthread_mutex_lock(&ps->lock);
	if (p->next)
		p->next->prev = p->prev;
	if (p->prev)
		p->prev->next = p->next;
	else
		ps->first = p->next;
	if (p->bucket >= 0)
		ps->clients[p->bucket]--;
	pthread_mutex_unlock(&ps->lock);
	free(p);
}

void peer_deadline(struct peer *p, int64_t tick, int seconds)
{
	int64_t at = seconds ? tick + seconds * CLOCK_SECOND : 0;

	atomic_store_explicit(&p->deadline, at, memory_order_relaxed);
}

const char *peer_address(const struct peer *p)
{
	return p->address;
}
