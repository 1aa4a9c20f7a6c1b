/*
 * dns_direct: questions to a name server itself, past every resolver, to see
 * what it answers to anybody. Many at a time, over UDP or TCP.
 *
 * Ask only addresses that net/target.h let through: the names of name servers
 * are chosen by strangers.
 */
#ifndef NIS2_NET_DNS_DIRECT_H
#define NIS2_NET_DNS_DIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "net/addr.h"
#include "net/dns_wire.h"

/* Exchanges of one call, and bytes of all messages of one of them. */
enum { DIRECT_MAX = 128, DIRECT_BYTES_MAX = 128 * 1024 };

enum direct_state {
	DIRECT_UNTESTED, /* no route from here, or no room */
	DIRECT_SILENT,	 /* nothing came in time, or nobody listens */
	DIRECT_ANSWERED,
};

struct direct {
	const struct addr *addr;
	struct dns_question question;
	bool tcp;
	/*
	 * Not worth waiting for: what has not come 0.3 s after the others is
	 * given up (servers answer version.bind a few times a second only).
	 */
	bool optional;
	/*
	 * Filled in: the first message; over TCP also whether a second one
	 * followed. No more is read, however much there is.
	 */
	enum direct_state state;
	struct dns_message message;
	bool more;
};

/* Ports other than 53 are for tests. */
void direct_ask(struct direct *asks, size_t count, int port, int64_t deadline,
		struct arena *a);

#endif
