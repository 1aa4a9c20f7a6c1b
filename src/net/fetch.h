/*
 * fetch: one HTTP request to a server that an administrator has named, such as
 * an identity provider.
 *
 * The address that is connected to is judged at the moment of connecting, so a
 * name cannot be pointed elsewhere in between: special addresses are refused
 * unless they lie in `allow`, and plain http is for those alone, unless `plain`
 * says otherwise. No redirects,
 * no proxies, certificates verified (RFC 9110, RFC 6125), a deadline and a
 * maximum for the whole.
 */
#ifndef NIS2_NET_FETCH_H
#define NIS2_NET_FETCH_H

#include "base/arena.h"
#include "base/err.h"
#include "net/addr.h"

enum {
	FETCH_MAX = 1 << 20, /* bytes of an answer, if nothing is said */
	FETCH_URL_MAX = 2048,
};

struct fetch {
	const char *url;
	const char *body;	     /* POST, form-encoded; NULL: GET */
	const char *user, *password; /* Basic (RFC 7617); NULL: without */
	const char *bearer;	     /* or a token (RFC 6750) */
	int seconds;		     /* for all of it */
	size_t max;		     /* bytes of an answer; 0: FETCH_MAX */
	struct net_list allow;	     /* special networks that may be */
	bool plain;		     /* http to any other address too */
	const char *address; /* where the host is, judged like others; NULL: by
				DNS */
	const char *ca_file; /* trusted besides the system's; "" */
};

struct fetched {
	int status;
	const char *body; /* NUL-terminated after `len` */
	size_t len;
};

/*
 * ERR_REFUSED: the address is none that may be contacted. ERR_UPSTREAM: the
 * server cannot be reached, does not prove who it is, or says too much. Any
 * status is an answer.
 */
bool fetch_run(const struct fetch *f, struct arena *a, struct fetched *ret,
	       struct err *err);

/* Whether the text is an http or https URL with a host and without a user. */
bool fetch_url_ok(const char *url);

#endif
