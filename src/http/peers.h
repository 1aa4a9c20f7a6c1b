/*
 * peers: the connections there are, and how long each may take.
 *
 * libmicrohttpd ends a connection that is silent; one that sends a byte now
 * and then it would keep for ever. So each connection has a deadline for what
 * it is doing, and a thread that looks once a second shuts down those that are
 * past it. It also bounds how many one client may have.
 */
#ifndef NIS2_HTTP_PEERS_H
#define NIS2_HTTP_PEERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct peers;
struct peer;

/* `trusted`: proxies, which may have as many connections as there are. */
struct peers *peers_new(const char *trusted);
void peers_free(struct peers *ps);

/* Whether a connection from there may come in. */
bool peers_admit(struct peers *ps, const struct sockaddr *from);

struct peer *peer_open(struct peers *ps, int fd, const struct sockaddr *from);
void peer_close(struct peers *ps, struct peer *p);

/*
 * What it is doing must be done `seconds` after `tick` (clock_tick(), which
 * the caller has anyway); 0: no deadline.
 */
void peer_deadline(struct peer *p, int64_t tick, int seconds);

/* The address as text; lives as long as the peer. */
const char *peer_address(const struct peer *p);

#endif
