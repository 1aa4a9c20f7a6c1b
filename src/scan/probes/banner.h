/*
 * banner: what a TCP service says of itself, as far as it takes to confirm
 * that it is the service its port stands for. Where the client speaks first,
 * it asks one harmless question (a ping, a greeting, an offer to talk TLS)
 * that changes nothing and needs no login.
 */
#ifndef NIS2_SCAN_PROBES_BANNER_H
#define NIS2_SCAN_PROBES_BANNER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

/* More than this of an answer is not read. */
enum { BANNER_MAX = 4096, BANNER_VERSION_MAX = 200 };

enum banner_result {
	BANNER_MORE, /* could become an answer: read on */
	BANNER_YES,
	BANNER_NO, /* something else answers */
};

struct banner {
	const char *version; /* in the service's words, or NULL */
	bool knows_auth;     /* `no_auth` was found out */
	bool no_auth;	     /* it obeys without a login */
};

struct service {
	int port; /* where it is expected */
	const char *name;
	const char *ask; /* sent first; NULL: it speaks first */
	size_t ask_len;
	/* Reads the answer so far; `ret` borrows from the arena. */
	enum banner_result (*read)(struct span answer, struct arena *a,
				   struct banner *ret);
};

/* What is expected on the port, or NULL. */
const struct service *service_on(int port);
/* The n-th service, or NULL after the last: for tests and fuzzers. */
const struct service *service_row(size_t n);
/* Which service that speaks first sounds like this; NULL: none known. */
const struct service *service_sounds_like(struct span answer, struct arena *a,
					  struct banner *ret);

/* The first line, with '?' for what cannot be shown; "" when there is none. */
const char *banner_line(struct span answer, struct arena *a);

#endif
