/*
 * banner: what a TCP service says of itself, as far as it takes to confirm
 * which service it is, on whatever port. Where the client speaks first, it
 * asks one harmless question (a ping, a greeting, an offer to talk TLS) that
 * changes nothing and needs no login.
 *
 * A protocol is a row: its usual ports, a question, and a recogniser that
 * does no I/O. services.c asks; banner.c looks behind TLS.
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
	bool certain;	     /* it is that service, even if no more comes */
	bool knows_auth;     /* `no_auth` was found out */
	bool no_auth;	     /* it obeys without a login */
};

/* What it matters for that strangers reach it. */
enum service_kind {
	SERVICE_PUBLIC, /* made to be reached, as mail and web servers are */
	SERVICE_DATABASE,
	SERVICE_ADMIN,	 /* remote control of a machine */
	SERVICE_CLUSTER, /* inner parts of a distributed system */
	SERVICE_FILES,
	SERVICE_INDUSTRIAL, /* controllers of machines and buildings */
};

struct service {
	const char *name;
	enum service_kind kind;
	const int *ports; /* where it is expected, ends with 0 */
	const char *ask;  /* sent first; NULL: it speaks first */
	size_t ask_len;
	/* Reads the answer so far; `ret` borrows from the arena. */
	enum banner_result (*read)(struct span answer, struct arena *a,
				   struct banner *ret);
	bool common; /* asked for on ports that stand for nothing, too */
};

/* What is stated of a service, for the list of a probe's facts. */
#define SERVICE_FACTS                                                     \
	{ "service.name", FACT_TEXT,                                      \
	  "What answers, or else what the port stands for" },             \
		{ "service.confirmed", FACT_BOOL,                         \
		  "The service answered as its protocol wants" },         \
		{ "service.version", FACT_TEXT,                           \
		  "Product and version in its own words" },               \
		{ "service.no_auth", FACT_BOOL,                           \
		  "It obeys commands without a login" },                  \
	{                                                                 \
		"service.banner", FACT_TEXT, "First line of what it sent" \
	}

/* The rows for HTTP and TLS, whose questions depend on who is asked. */
extern const struct service service_http, service_tls;

/*
 * What is expected on the port, or NULL. Not web servers, and nothing that
 * speaks TLS from the first byte.
 */
const struct service *service_on(int port);
/* By its name, or NULL. */
const struct service *service_named(const char *name);
/* The n-th service, or NULL after the last. */
const struct service *service_row(size_t n);
/*
 * Which service sounds like this: one that speaks first, or one that answers
 * any question in its own way. NULL: none known.
 */
const struct service *service_sounds_like(struct span answer, struct arena *a,
					  struct banner *ret);
/* Nothing may be sent there: a printer prints what it gets. */
bool service_must_not_ask(int port);
/* TLS is expected from the first byte: 443, 993, 6443 … */
bool service_expects_tls(int port);

/* The first line, with '?' for what cannot be shown; "" when there is none. */
const char *banner_line(struct span answer, struct arena *a);

#endif
