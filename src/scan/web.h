/*
 * web: one request over HTTP/1.1, for looking at a server and nothing else.
 *
 * No redirect is followed, nothing is cached, no cookie comes back. A body in
 * gzip or deflate is unpacked. Everything has a bound: the size of the head,
 * the number of its fields, the body as it comes and as it is unpacked, and
 * one deadline for it all. All bodies that are read or kept at a time have a
 * bound together, however many hosts there are: what finds no room is cut.
 * Of the body of a redirect only a beginning is read. The certificate is judged
 * where the request has `trust`, and whatever it is, the answer is read.
 *
 *	struct web_request ask = { .addr = &host->addr, .port = 443,
 *		.tls = true, .name = host->name, .path = "/", … };
 *	if (web_get(&ask, arena, &answer, err))
 *		server = web_header(&answer, "Server");
 */
#ifndef NIS2_SCAN_WEB_H
#define NIS2_SCAN_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "net/addr.h"
#include "net/cert.h"

enum {
	WEB_FIELDS_MAX = 100,	  /* header fields; more are dropped */
	WEB_LINE_MAX = 8192,	  /* one of them; a longer one is an error */
	WEB_HEAD_MAX = 64 * 1024, /* all of them */
	WEB_BODY_MAX = 1024 * 1024,
};

struct web_request {
	const struct addr *addr;
	int port;
	bool tls;
	const char *name; /* for SNI and Host; NULL: the address */
	const char *path;
	const char *method; /* NULL: GET */
	const char *fields; /* more header lines, each with CR LF, or NULL */
	const char *user_agent;
	size_t max_body;  /* 0: the head is enough, the body is not read */
	int64_t deadline; /* clock_tick() */
	const struct cert_store *trust; /* or NULL */
	int64_t now;			/* for `trust` */
};

struct web_field {
	const char *name;  /* as sent */
	const char *value; /* trimmed; control characters are '?' */
};

struct web_answer {
	int status;
	struct web_field *fields;
	size_t field_count;
	const char *body; /* unpacked, NUL-terminated; never NULL */
	size_t body_len;
	bool cut; /* the body is longer, did not come to its end, or is in a
		   * coding that we do not know */
	bool verified; /* over TLS, with a certificate that browsers accept */
};

bool web_get(const struct web_request *request, struct arena *a,
	     struct web_answer *ret, struct err *err);

/* The value of the first field of that name (any case), or NULL. */
const char *web_header(const struct web_answer *answer, const char *name);

/* text/html or XHTML, by Content-Type. */
bool web_is_html(const struct web_answer *answer);

/* text/plain, by Content-Type. */
bool web_is_text(const struct web_answer *answer);

/* ---- parsing, without I/O ---- */

/* Of an http: or https: URL without a user (RFC 3986). */
struct web_url {
	bool tls;
	const char *host; /* a name or an address, without brackets */
	int port;
	const char *path; /* begins with '/' */
};

bool web_url_parse(const char *url, struct arena *a, struct web_url *ret);

/*
 * The length of the head with its empty line at the start of `bytes`; 0 when
 * it is not complete.
 */
size_t web_head_length(struct span bytes);
/* A whole head: status line, fields, empty line (RFC 9112). */
bool web_parse_head(struct span head, struct arena *a, struct web_answer *ret,
		    struct err *err);
/*
 * Takes the chunks apart in place (RFC 9112 section 7.1): `ret_len` bytes of
 * body stand at the start of `bytes`. True when the last chunk was seen;
 * false when there is more to come, or `ret_bad` when it is no such coding.
 */
bool web_dechunk(char *bytes, size_t len, size_t *ret_len, bool *ret_bad);

#endif
