#include "store/redis_link.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store/redis_url.h"

enum {
	IDLE_MAX = 16,
	WORDS_MAX = 8,
	ADDRESS_MAX = 64,
	LISTEN_POLL_MS = 500,
	LISTEN_PAUSE_MAX = 10, /* seconds between attempts */
};

struct redis_link {
	struct arena arena;
	struct redis_url url;
	atomic_bool up;
	pthread_t keeper;
	pthread_mutex_t lock; /* for all that follows */
	pthread_cond_t changed;
	bool closing;
	/* Connections of an older one are not put back. */
	unsigned generation;
	redisContext *idle[IDLE_MAX];
	int idle_count;
	char address[ADDRESS_MAX]; /* of the host, when it last answered */
};

/* A connection in the hands of one thread. */
struct line {
	redisContext *c;
	unsigned generation;
	bool used_before;
};

static struct timeval milliseconds(int ms)
{
	return (struct timeval){ .tv_sec = ms / 1000,
				 .tv_usec = ms % 1000 * 1000 };
}

/* ---- one connection ---- */

/* What the library says of it; never what was sent. */
static bool failed(const redisContext *c, struct err *err)
{
	err_set(err, ERR_BUSY, "Redis does not answer");
	return err_cause(err, "%s", c ? c->errstr : "out of memory");
}

static bool expect_ok(redisContext *c, struct err *err)
{
	void *raw = NULL;
	redisReply *reply;
	bool ok;

	if (redisGetReply(c, &raw) != REDIS_OK)
		return failed(c, err);
	reply = raw;
	ok = reply->type != REDIS_REPLY_ERROR;
	if (!ok) {
		err_set(err, ERR_BUSY, "Redis refuses the connection");
		err_cause(err, "%.120s", reply->str);
	}
	freeReplyObject(reply);
	return ok;
}

/* Who we are, which database, and whether it can be written to. */
static bool greet(redisContext *c, const struct redis_url *url, struct err *err)
{
	int expected = 2;

	if (url->password) {
		const char *words[] = { "AUTH", url->user, url->password };
		const char *without_user[] = { "AUTH", url->password };

		expected++;
		if (url->user)
			redisAppendCommandArgv(c, 3, words, NULL);
		else
			redisAppendCommandArgv(c, 2, without_user, NULL);
	}
	redisAppendCommand(c, "SELECT %d", url->database);
	redisAppendCommand(c, "SET nis2:link 1 PX 1000");
	while (expected-- > 0)
		if (!expect_ok(c, err))
			return false;
	return true;
}

static bool connect_to(const struct redis_url *url, const char *address,
		       redisContext **ret, struct err *err)
{
	redisContext *c;

	if (url->path)
		c = redisConnectUnixWithTimeout(url->path,
						milliseconds(REDIS_CONNECT_MS));
	else
		c = redisConnectWithTimeout(address, url->port,
					    milliseconds(REDIS_CONNECT_MS));
	if (!c || c->err ||
	    redisSetTimeout(c, milliseconds(REDIS_ANSWER_MS)) != REDIS_OK) {
		failed(c, err);
		redisFree(c);
		return false;
	}
	if (!url->path)
		redisEnableKeepAlive(c);
	if (!greet(c, url, err)) {
		redisFree(c);
		return false;
	}
	*ret = c;
	return true;
}

/* ---- down and up ---- */

static void drop_idle(struct redis_link *link)
{
	while (link->idle_count)
		redisFree(link->idle[--link->idle_count]);
}

/* A connection of this generation failed: nobody tries until it is back. */
static void lost(struct redis_link *link, unsigned generation,
		 const struct err *err)
{
	bool first;

	pthread_mutex_lock(&link->lock);
	first = generation == link->generation && atomic_load(&link->up);
	if (first) {
		atomic_store(&link->up, false);
		link->generation++;
		drop_idle(link);
		pthread_cond_signal(&link->changed);
	}
	pthread_mutex_unlock(&link->lock);
	if (first)
		log_event(LOG_WARN, "redis_lost", "where", link->url.where,
			  "why", err->cause, "meanwhile",
			  "counters of this process", NULL);
}

static void found(struct redis_link *link, redisContext *c, const char *address)
{
	pthread_mutex_lock(&link->lock);
	snprintf(link->address, sizeof(link->address), "%s", address);
	if (link->idle_count < IDLE_MAX) {
		link->idle[link->idle_count++] = c;
		c = NULL;
	}
	atomic_store(&link->up, true);
	pthread_mutex_unlock(&link->lock);
	redisFree(c);
}

/* Each address of the host, until one answers. */
static bool seek_host(struct redis_link *link, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all = NULL;
	redisContext *c = NULL;
	char address[ADDRESS_MAX];
	int code = getaddrinfo(link->url.host, NULL, &hints, &all);

	if (code) {
		err_set(err, ERR_BUSY, "Redis does not answer");
		return err_cause(err, "%s", gai_strerror(code));
	}
	for (struct addrinfo *one = all; one && !c; one = one->ai_next)
		if (!getnameinfo(one->ai_addr, one->ai_addrlen, address,
				 sizeof(address), NULL, 0, NI_NUMERICHOST))
			connect_to(&link->url, address, &c, err);
	freeaddrinfo(all);
	if (c)
		found(link, c, address);
	return c != NULL;
}

static bool seek(struct redis_link *link, struct err *err)
{
	redisContext *c = NULL;

	if (!link->url.path)
		return seek_host(link, err);
	if (!connect_to(&link->url, NULL, &c, err))
		return false;
	found(link, c, "");
	return true;
}

/* With the lock held. */
static void wait_a_second(struct redis_link *link)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	pthread_cond_timedwait(&link->changed, &link->lock, &until);
}

static void *keep(void *arg)
{
	struct redis_link *link = arg;

	pthread_mutex_lock(&link->lock);
	while (!link->closing) {
		struct err err = { 0 };
		bool back;

		if (atomic_load(&link->up)) {
			pthread_cond_wait(&link->changed, &link->lock);
			continue;
		}
		pthread_mutex_unlock(&link->lock);
		back = seek(link, &err);
		if (back)
			log_event(LOG_WARN, "redis_back", "where",
				  link->url.where, NULL);
		pthread_mutex_lock(&link->lock);
		if (!back && !link->closing)
			wait_a_second(link);
	}
	pthread_mutex_unlock(&link->lock);
	return NULL;
}

/* Signals are for the threads that wait for them. */
static bool start_keeper(struct redis_link *link, struct err *err)
{
	sigset_t all, before;
	int failure;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failure = pthread_create(&link->keeper, NULL, keep, link);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return !failure ||
	       err_set(err, ERR_INTERNAL, "cannot start a thread: %s",
		       strerror(failure));
}

bool redis_link_open(const char *url, struct redis_link **ret, struct err *err)
{
	struct redis_link *link = calloc(1, sizeof(*link));
	struct err away = { 0 };

	if (!link)
		return err_set(err, ERR_INTERNAL, "out of memory");
	pthread_mutex_init(&link->lock, NULL);
	pthread_cond_init(&link->changed, NULL);
	if (!redis_url_parse(url, &link->arena, &link->url, err)) {
		arena_free(&link->arena);
		free(link);
		return false;
	}
	atomic_store(&link->up, true);
	if (!seek(link, &away))
		lost(link, 0, &away);
	*ret = link;
	return start_keeper(link, err);
}

void redis_link_close(struct redis_link *link)
{
	if (!link)
		return;
	pthread_mutex_lock(&link->lock);
	link->closing = true;
	pthread_cond_signal(&link->changed);
	pthread_mutex_unlock(&link->lock);
	pthread_join(link->keeper, NULL);
	drop_idle(link);
	pthread_mutex_destroy(&link->lock);
	pthread_cond_destroy(&link->changed);
	arena_free(&link->arena);
	free(link);
}

/* ---- lines ---- */

/* A new connection to the address that answered last. */
static bool line_new(struct redis_link *link, struct line *ret, struct err *err)
{
	char address[ADDRESS_MAX];

	pthread_mutex_lock(&link->lock);
	memcpy(address, link->address, sizeof(address));
	ret->generation = link->generation;
	pthread_mutex_unlock(&link->lock);
	ret->used_before = false;
	return connect_to(&link->url, address, &ret->c, err);
}

static bool line_take(struct redis_link *link, struct line *ret,
		      struct err *err)
{
	*ret = (struct line){ 0 };
	pthread_mutex_lock(&link->lock);
	ret->generation = link->generation;
	if (link->idle_count) {
		ret->c = link->idle[--link->idle_count];
		ret->used_before = true;
	}
	pthread_mutex_unlock(&link->lock);
	return ret->c || line_new(link, ret, err);
}

static void line_put(struct redis_link *link, struct line *line)
{
	redisContext *c = line->c;

	pthread_mutex_lock(&link->lock);
	if (line->generation == link->generation &&
	    link->idle_count < IDLE_MAX) {
		link->idle[link->idle_count++] = c;
		c = NULL;
	}
	pthread_mutex_unlock(&link->lock);
	redisFree(c);
}

/* ---- questions ---- */

static bool take_element(const redisReply *reply, struct redis_answer *ret)
{
	if (reply->type == REDIS_REPLY_INTEGER && ret->number_count < 2) {
		ret->numbers[ret->number_count++] = reply->integer;
		return true;
	}
	if ((reply->type != REDIS_REPLY_STRING &&
	     reply->type != REDIS_REPLY_STATUS) ||
	    ret->has_text || reply->len > KV_VALUE_MAX)
		return false;
	memcpy(ret->text, reply->str, reply->len);
	ret->text[reply->len] = '\0';
	ret->has_text = true;
	return true;
}

static bool read_answer(const redisReply *reply, struct redis_answer *ret,
			struct err *err)
{
	bool ok = true;

	ret->nothing = reply->type == REDIS_REPLY_NIL;
	ret->has_text = false;
	ret->number_count = 0;
	if (reply->type == REDIS_REPLY_ARRAY) {
		for (size_t i = 0; i < reply->elements; i++)
			ok = ok && take_element(reply->element[i], ret);
	} else if (!ret->nothing) {
		ok = take_element(reply, ret);
	}
	if (ok)
		return true;
	err_set(err, ERR_BUSY, "Redis refuses a command");
	return err_cause(err, "%.120s",
			 reply->type == REDIS_REPLY_ERROR
				 ? reply->str
				 : "an answer of another form");
}

/* It was closed while it lay idle: nothing is known about Redis itself. */
static bool went_stale(const struct line *line, int error)
{
	return line->used_before && (line->c->err == REDIS_ERR_EOF ||
				     (line->c->err == REDIS_ERR_IO &&
				      (error == ECONNRESET || error == EPIPE)));
}

static redisReply *send_words(struct redis_link *link, struct line *line,
			      const char **words, int count, struct err *err)
{
	redisReply *reply = redisCommandArgv(line->c, count, words, NULL);

	if (!reply && went_stale(line, errno)) {
		redisFree(line->c);
		line->c = NULL;
		if (!line_new(link, line, err))
			return NULL;
		reply = redisCommandArgv(line->c, count, words, NULL);
	}
	if (!reply)
		failed(line->c, err);
	return reply;
}

static bool converse(struct redis_link *link, struct line *line,
		     const char *const *words, int count,
		     struct redis_answer *ret, struct err *err)
{
	const char *copy[WORDS_MAX];
	redisReply *reply;
	bool ok;

	memcpy(copy, words, (size_t)count * sizeof(*copy));
	if (!line_take(link, line, err))
		return false;
	reply = send_words(link, line, copy, count, err);
	if (!reply)
		return false;
	ok = read_answer(reply, ret, err);
	freeReplyObject(reply);
	return ok;
}

bool redis_ask(struct redis_link *link, const char *const *words, int count,
	       struct redis_answer *ret, struct err *err)
{
	struct line line = { 0 };
	struct err why = { 0 };

	if (!atomic_load(&link->up))
		return err_set(err, ERR_BUSY, "Redis does not answer");
	if (!converse(link, &line, words, count, ret, &why)) {
		redisFree(line.c);
		lost(link, line.generation, &why);
		if (err)
			*err = why;
		return false;
	}
	line_put(link, &line);
	return true;
}

/* ---- listening ---- */

/* Everything that has arrived; false when the connection is gone. */
static bool hear(redisContext *c, void (*heard)(void *arg), void *arg)
{
	void *reply = NULL;
	bool any = false;

	if (redisBufferRead(c) != REDIS_OK)
		return false;
	while (redisGetReplyFromReader(c, &reply) == REDIS_OK && reply) {
		freeReplyObject(reply);
		any = true;
	}
	if (any)
		heard(arg);
	return !c->err;
}

static void listen_on(redisContext *c, const char *channel,
		      void (*heard)(void *arg), void *arg,
		      const atomic_bool *stopping)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	int done = 0;

	redisAppendCommand(c, "SUBSCRIBE %s", channel);
	while (!done)
		if (redisBufferWrite(c, &done) != REDIS_OK)
			return;
	while (!atomic_load(stopping)) {
		int ready = poll(&p, 1, LISTEN_POLL_MS);

		if (ready < 0 && errno != EINTR)
			return;
		if (ready > 0 && !hear(c, heard, arg))
			return;
	}
}

static void rest(int seconds, const atomic_bool *stopping)
{
	for (int i = 0; i < 2 * seconds && !atomic_load(stopping); i++)
		usleep(500000);
}

void redis_listen(struct redis_link *link, const char *channel,
		  void (*heard)(void *arg), void *arg,
		  const atomic_bool *stopping)
{
	int pause = 1;

	while (!atomic_load(stopping)) {
		struct line line = { 0 };
		struct err ignored = { 0 };

		if (atomic_load(&link->up) && line_new(link, &line, &ignored)) {
			pause = 1;
			listen_on(line.c, channel, heard, arg, stopping);
			redisFree(line.c);
		} else if (pause < LISTEN_PAUSE_MAX) {
			pause++;
		}
		rest(pause, stopping);
	}
}
