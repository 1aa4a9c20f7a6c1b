#include "http/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/guard.h"

/*
 * With a database on this machine, so many threads work at the same time as
 * there are processors, as long as what they do is quick: more would only turn
 * each other, and the database's processes behind them, out of the caches. Who
 * has worked for longer than this is slow or waits for something, and another
 * thread may begin beside it.
 */
enum { QUICK_US = 2000, AT_ONCE_MIN = 2 };

struct worker {
	struct pool *pool;
	struct db *db;
	pthread_t thread;
	bool running;
	/* Under the pool's lock. */
	pthread_cond_t wake;
	int64_t since;	     /* clock_tick() when it began; 0: it does not */
	struct worker *next; /* that became idle before this one */
};

struct pool {
	struct pool_setup setup;
	struct worker *workers;
	int at_once;
	pthread_mutex_t lock;
	bool closed;
	size_t reserved; /* places, of which `len` are filled: a ring */
	size_t first, len;
	void **items;
	struct worker *idle; /* the last one first: its caches are warm */
	bool watched;	     /* an idle one looks again by itself */
};

/* Whether another may begin now; else `ret_when` it may be asked again. */
static bool may_begin(const struct pool *p, int64_t *ret_when)
{
	int64_t now = clock_tick(), oldest = now;
	int quick = 0;

	for (int i = 0; i < p->setup.threads; i++) {
		int64_t since = p->workers[i].since;

		if (!since || now - since >= QUICK_US)
			continue;
		quick++;
		oldest = since < oldest ? since : oldest;
	}
	*ret_when = oldest + QUICK_US;
	return p->closed || quick < p->at_once;
}

static void idle_add(struct pool *p, struct worker *w)
{
	w->next = p->idle;
	p->idle = w;
}

static void idle_remove(struct pool *p, const struct worker *w)
{
	struct worker **place = &p->idle;

	while (*place != w)
		place = &(*place)->next;
	*place = w->next;
}

static void wake_all(struct pool *p)
{
	for (struct worker *w = p->idle; w; w = w->next)
		pthread_cond_signal(&w->wake);
}

/*
 * Who has to look because something waits: the last idle one, unless it could
 * not begin and another looks again by itself. NULL: nobody.
 */
static struct worker *next_one(const struct pool *p)
{
	int64_t when;

	if (p->idle && p->len && (!p->watched || may_begin(p, &when)))
		return p->idle;
	return NULL;
}

/* Without the lock, which the other wants at once. */
static void wake(struct worker *w)
{
	if (w)
		pthread_cond_signal(&w->wake);
}

static void wait_until(struct pool *p, struct worker *w, int64_t when)
{
	const struct timespec until = {
		.tv_sec = when / CLOCK_SECOND,
		.tv_nsec = when % CLOCK_SECOND * 1000,
	};

	p->watched = true;
	pthread_cond_timedwait(&w->wake, &p->lock, &until);
	p->watched = false;
}

/* Until there is an item this thread may begin, or never will be. */
static void wait_for_item(struct pool *p, struct worker *w)
{
	int64_t when = 0;

	/* A place that is reserved will be filled in a moment. */
	while (p->len ? !may_begin(p, &when) : !(p->closed && !p->reserved)) {
		idle_add(p, w);
		if (p->len && !p->watched)
			wait_until(p, w, when);
		else
			pthread_cond_wait(&w->wake, &p->lock);
		idle_remove(p, w);
	}
}

/* Waits for the next; NULL: closed and empty. */
static void *take(struct pool *p, struct worker *w)
{
	struct worker *other = NULL;
	void *item = NULL;

	pthread_mutex_lock(&p->lock);
	w->since = 0;
	wait_for_item(p, w);
	if (p->len) {
		item = p->items[p->first];
		p->first = (p->first + 1) % p->setup.length;
		p->len--;
		p->reserved--;
		w->since = clock_tick();
	}
	/* The others wait for the last place, too. */
	if (p->closed && !p->reserved)
		wake_all(p);
	else
		other = next_one(p);
	pthread_mutex_unlock(&p->lock);
	wake(other);
	return item;
}

static void *run(void *arg)
{
	struct worker *w = arg;
	void *item;

	while ((item = take(w->pool, w)))
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

/* Waits end by the clock that clock_tick() reads. */
static void prepare_workers(struct pool *p)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	for (int i = 0; i < p->setup.threads; i++) {
		p->workers[i].pool = p;
		pthread_cond_init(&p->workers[i].wake, &attr);
	}
	pthread_condattr_destroy(&attr);
}

/* A database elsewhere is waited for: all may wait for it together. */
static void set_at_once(struct pool *p)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (!db_is_near(p->workers[0].db))
		return;
	pthread_mutex_lock(&p->lock);
	p->at_once = processors > AT_ONCE_MIN ? (int)processors : AT_ONCE_MIN;
	pthread_mutex_unlock(&p->lock);
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
	p->at_once = setup->threads;
	pthread_mutex_init(&p->lock, NULL);
	prepare_workers(p);
	for (int i = 0; i < setup->threads; i++) {
		if (start_worker(&p->workers[i], err))
			continue;
		pool_stop(p);
		return false;
	}
	set_at_once(p);
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
	struct worker *w;

	pthread_mutex_lock(&p->lock);
	p->items[(p->first + p->len++) % p->setup.length] = item;
	w = next_one(p);
	pthread_mutex_unlock(&p->lock);
	wake(w);
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
	wake_all(p);
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
	for (int i = 0; i < p->setup.threads; i++)
		pthread_cond_destroy(&p->workers[i].wake);
	free(p->items);
	free(p->workers);
	free(p);
}
