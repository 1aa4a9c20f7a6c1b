/*
 * http_redirect: whether plain HTTP leads people to https. Pure; the requests
 * are made by observatory.c.
 */
#ifndef NIS2_SCAN_PROBES_HTTP_REDIRECT_H
#define NIS2_SCAN_PROBES_HTTP_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum { REDIRECT_HOPS_MAX = 5, REDIRECT_URL_MAX = 2048 };

/* An http or https address taken apart (RFC 3986). */
struct redirect_url {
	bool https;
	const char *host; /* lower case; IPv6 without its brackets */
	bool is_ipv6;
	int port;
	const char *path; /* with the query; "/" at least */
};

/*
 * `location` as it stands in an answer to `from`; relative ones are joined.
 * False for what is no http address, or holds bytes that may not be sent.
 */
bool redirect_parse(const char *location, const struct redirect_url *from,
		    struct arena *a, struct redirect_url *ret);

/* Where a visitor who begins at http:// is led; the start is the first. */
struct redirect_route {
	struct redirect_url urls[REDIRECT_HOPS_MAX + 1];
	size_t len;	      /* 0: nothing answers on http */
	bool bad_certificate; /* somewhere on the way */
};

/* The public identifier of the Observatory's result. */
const char *redirect_verdict(const struct redirect_route *route);

#endif
