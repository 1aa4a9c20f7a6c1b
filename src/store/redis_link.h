/*
 * redis_link: connections to one Redis, shared by the threads of a process, and
 * the knowledge whether it is there.
 *
 * A call never waits longer than REDIS_ANSWER_MS, or REDIS_CONNECT_MS when it
 * needs a connection. When one fails the link is down: from then on calls are
 * refused at once, and a thread of the link looks for Redis, right away and
 * then once a second, names of hosts included, so that no caller ever waits for
 * DNS. Going down and coming up make one line in the log each.
 */
#ifndef NIS2_STORE_REDIS_LINK_H
#define NIS2_STORE_REDIS_LINK_H

#include <stdatomic.h>

#include "store/kv.h"

enum { REDIS_CONNECT_MS = 200, REDIS_ANSWER_MS = 100 };

struct redis_link;

/* An address that cannot be read is an error; a Redis that is away is not. */
bool redis_link_open(const char *url, struct redis_link **ret, struct err *err);
void redis_link_close(struct redis_link *link);

/* What Redis said: a text, or one or two numbers, or a text and a number. */
struct redis_answer {
	bool nothing; /* nil */
	bool has_text;
	char text[KV_VALUE_MAX + 1];
	int64_t numbers[2];
	int number_count;
};

/*
 * Sends one command of `count` words. False when Redis is not there, refuses
 * the command, or answers in another form: then the link is down. ERR_BUSY.
 */
bool redis_ask(struct redis_link *link, const char *const *words, int count,
	       struct redis_answer *ret, struct err *err);

/* As kv_listen(). */
void redis_listen(struct redis_link *link, const char *channel,
		  void (*heard)(void *arg), void *arg,
		  const atomic_bool *stopping);

#endif
