/*
 * sweep: which TCP ports of many addresses are open.
 *
 * One thread, one epoll loop, thousands of connects in flight. A port is open
 * (it accepted), closed (it refused), or filtered (silence, also after a
 * retry, or an ICMP error). The time allowed for an answer follows the round
 * trips that were seen, between 100 ms and `timeout_ms`. Addresses are pulled
 * when there is room, and each is reported as soon as its ports are decided,
 * so the deep probes start while the sweep still runs.
 *
 * One probe of a port is a full TCP connect that is ended at once by a reset,
 * so that neither side keeps a connection in TIME_WAIT.
 */
#ifndef NIS2_SCAN_SWEEP_H
#define NIS2_SCAN_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/addr.h"

enum { SWEEP_PORTS_MAX = 256 };

/*
 * Politeness: so many connects may be started at once, then so many a second
 * are. A /24 with the usual ports is within the burst.
 */
enum { SWEEP_RATE = 10000, SWEEP_BURST = 4096 };

enum port_state { PORT_FILTERED, PORT_CLOSED, PORT_OPEN };

enum sweep_next {
	SWEEP_HOST, /* `ret` is filled */
	SWEEP_WAIT, /* ask again in a moment */
	SWEEP_END,  /* there are no more */
};

struct sweep_host {
	struct addr addr;
	void *tag; /* the caller's */
};

struct sweep_result {
	const struct sweep_host *host;
	const enum port_state *states; /* one a port of the options */
	size_t open, closed, filtered;
};

struct sweep_options {
	const int *ports;
	size_t port_count;
	int rate;	  /* connects a second, 0 = SWEEP_RATE */
	int in_flight;	  /* at most, 0 = as descriptors allow, to 8192 */
	int timeout_ms;	  /* 0 = 2000 */
	int retries;	  /* for silence, after a first attempt */
	int64_t deadline; /* clock_tick(); what is undecided is filtered */
	void *ctx;
	/* The next address, if there is one and the caller has room for it. */
	enum sweep_next (*next)(void *ctx, struct sweep_host *ret);
	/* Called once an address, in the order they are decided. */
	void (*decided)(void *ctx, const struct sweep_result *result);
};

/* What happened, for the log and the bench. */
struct sweep_stats {
	uint64_t connects;
	uint64_t retries;
	uint64_t hosts;
	bool late; /* the deadline came first; `next` may have had more */
};

bool sweep_run(const struct sweep_options *options, struct sweep_stats *ret,
	       struct err *err);

#endif
