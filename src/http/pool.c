#include "http/pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "store/guard.h"

struct worker {
	struct pool *pool;
	struct db *db;
	pthread_t thread;
	bool running;
};

struct pool {
	struct pool_setup setup;
	struct worker *workers;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	bool closed;
	size_t reserved; /* places, of which `len` are filled: a ring */
	size_t first, len;
	void **items;
};

/* Waits for the next; NULL: closed and empty. */
static void *take(struct pool *p)
{
	void *item = NULL;

	pthread_mutex_lock(&p->lock);
	/* A place that is reserved will be filled in a moment. */
	while (!p->len && !(p->closed && !p->reserved))
		pthread_cond_wait(&p->filled, &p->lock);
	if (p->len) {
		item = p->items[p->first];
		p->first = (p->first + 1) % p->setup.length;
		p->len--;
		p->reserved--;
	}
	/* The others wait for the last place, too. */
	if (p->closed && !p->reserved)
		pthread_cond_broadcast(&p->filled);
	pthread_mutex_unlock(&p->lock);
	return item;
}

static void *run(void *arg)
{
	struct worker *w = arg;
	void *item;

	while ((item = take(w->pool)))
		w->pool->setup.work(item, w->db);
	return NULL;
}

static bool start_worker(struct worker *w, struct err *err)
{
	if (!guard_open(w->pool->setup.database_url, w->pool->setup.settings,
			&w->db, err))
		return false;
	if (pthread_create(&w->thread, NULL, run, w))
		return err_set(err, ERR_INTERNAL, "a thread cannot start");
	w->running = true;
	return true;
}

bool pool_start(const struct pool_setup *setup, struct pool **ret,
		struct err *err)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->setup = *setup;
	p->items = calloc(setup->length, sizeof(*p->items));
	p->workers = calloc((size_t)setup->threads, sizeof(*p->workers));
	if (!p->items || !p->workers)
		abort();
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->filled, NULL);
	for (int i = 0; i < setup->threads; i++) {
		p->workers[i].pool = p;
		if (start_worker(&p->workers[i], err))
			continue;
		pool_stop(p);
		return false;
	}
	*ret = p;
	return true;
}

bool pool_is_embedded(const struct pool *p)
{
	return db_is_embedded(p->workers[0].db);
}

bool pool_reserve(struct pool *p)
{
	bool ok;

	pthread_mutex_lock(&p->lock);
	ok = !p->closed && p->reserved < p->setup.length;
	p->reserved += ok;
	pthread_mutex_unlock(&p->lock);
	return ok;
}

void pool_put(struct pool *p, void *item)
{
	pthread_mutex_lock(&p->lock);
	p->items[(p->first + p->len++) % p->setup.length] = item;
	pthread_mutex_unlock(&p->lock);
	pthread_cond_signal(&p->filled);
}

size_t pool_waiting(struct pool *p)
{
	size_t len;

	pthread_mutex_lock(&p->lock);
	len = p->len;
	pthread_mutex_unlock(&p->lock);
	return len;
}

void pool_drain(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->closed = true;
	pthread_cond_broadcast(&p->filled);
	pthread_mutex_unlock(&p->lock);
	for (int i = 0; i < p->setup.threads; i++) {
		struct worker *w = &p->workers[i];

		if (w->running)
			pthread_join(w->thread, NULL);
		w->running = false;
		db_close(w->db);
		w->db = NULL;
	}
}

void pool_stop(struct pool *p)
{
	if (!p)
		return;
	pool_drain(p);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->filled);
	free(p->items);
	free(p->workers);
	free(p);
}
