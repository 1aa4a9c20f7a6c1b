/*
 * peer: a server of a few lines on a free loopback port, for tests of clients.
 * Each connection is handed to `serve` on the peer's one thread.
 */
#ifndef NIS2_TESTS_UNIT_PEER_H
#define NIS2_TESTS_UNIT_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/addr.h"

struct peer {
	void (*serve)(struct peer *peer, int fd);
	const void *ctx;
	size_t len;
	int port;
	atomic_int connections;
	int listener;
	atomic_bool stop;
	pthread_t thread;
};

static inline void *peer_loop(void *arg)
{
	struct peer *p = arg;
	struct pollfd ready = { .fd = p->listener, .events = POLLIN };

	while (!p->stop) {
		int fd;

		if (poll(&ready, 1, 10) <= 0)
			continue;
		fd = accept(p->listener, NULL, NULL);
		if (fd < 0)
			continue;
		p->connections++;
		p->serve(p, fd);
		close(fd);
	}
	return NULL;
}

static inline void peer_start(struct peer *p)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->listener < 0 ||
	    bind(p->listener, (struct sockaddr *)&at, sizeof(at)) ||
	    getsockname(p->listener, (struct sockaddr *)&at, &len) ||
	    (p->serve && listen(p->listener, 64)))
		abort();
	p->port = ntohs(at.sin_port);
	/* Without `serve` the port stays closed, and nobody else has it. */
	if (p->serve && pthread_create(&p->thread, NULL, peer_loop, p))
		abort();
}

static inline void peer_stop(struct peer *p)
{
	p->stop = true;
	if (p->serve)
		pthread_join(p->thread, NULL);
	close(p->listener);
}

static inline struct addr peer_addr(void)
{
	return (struct addr){ .family = 4, .bytes = { 127, 0, 0, 1 } };
}

/* Ends a connection with RST instead of FIN. */
static inline void peer_reset(int fd)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* Says nothing until the client leaves or the test ends. */
static inline void peer_be_silent(struct peer *p, int fd)
{
	struct pollfd left = { .fd = fd, .events = POLLRDHUP };

	while (!p->stop && poll(&left, 1, 10) == 0)
		;
}

/* Says `ctx`, and waits for the client to leave. */
static inline void peer_say(struct peer *p, int fd)
{
	send(fd, p->ctx, p->len, MSG_NOSIGNAL);
	peer_be_silent(p, fd);
}

#endif
