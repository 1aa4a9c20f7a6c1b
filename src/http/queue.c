#include "http/queue.h"

#include <pthread.h>
#include <stdlib.h>

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	bool closed;
	size_t cap, reserved; /* reserved counts what is put as well */
	size_t first, len;
	void *items[];
};

struct queue *queue_new(size_t length)
{
	struct queue *q = calloc(1, sizeof(*q) + length * sizeof(void *));

	if (!q)
		abort();
	q->cap = length;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->filled, NULL);
	return q;
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->filled);
	free(q);
}

bool queue_reserve(struct queue *q)
{
	bool ok;

	pthread_mutex_lock(&q->lock);
	ok = !q->closed && q->reserved < q->cap;
	q->reserved += ok;
	pthread_mutex_unlock(&q->lock);
	return ok;
}

void queue_put(struct queue *q, void *item)
{
	pthread_mutex_lock(&q->lock);
	q->items[(q->first + q->len++) % q->cap] = item;
	pthread_mutex_unlock(&q->lock);
	pthread_cond_signal(&q->filled);
}

void *queue_take(struct queue *q)
{
	void *item = NULL;

	pthread_mutex_lock(&q->lock);
	/* A place that is reserved will be filled in a moment. */
	while (!q->len && !(q->closed && !q->reserved))
		pthread_cond_wait(&q->filled, &q->lock);
	if (q->len) {
		item = q->items[q->first];
		q->first = (q->first + 1) % q->cap;
		q->len--;
		q->reserved--;
	}
	/* Others may wait for the last place to be filled. */
	if (q->closed && !q->reserved)
		pthread_cond_broadcast(&q->filled);
	pthread_mutex_unlock(&q->lock);
	return item;
}

void queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	pthread_cond_broadcast(&q->filled);
	pthread_mutex_unlock(&q->lock);
}

size_t queue_len(struct queue *q)
{
	size_t len;

	pthread_mutex_lock(&q->lock);
	len = q->len;
	pthread_mutex_unlock(&q->lock);
	return len;
}
