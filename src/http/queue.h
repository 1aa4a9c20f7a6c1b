/*
 * queue: requests that wait for a handler thread: a bounded ring.
 *
 * A place is reserved before the connection is suspended, so that a full queue
 * is an answer at once and never a wait. After queue_close() no place can be
 * reserved; what has one is still taken.
 */
#ifndef NIS2_HTTP_QUEUE_H
#define NIS2_HTTP_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue;

struct queue *queue_new(size_t length);
void queue_free(struct queue *q);

/* False: full, or closed. */
bool queue_reserve(struct queue *q);
/* Fills the place that was reserved. */
void queue_put(struct queue *q, void *item);

/* Waits for the next; NULL: closed and empty. */
void *queue_take(struct queue *q);

void queue_close(struct queue *q);
size_t queue_len(struct queue *q);

#endif
