/*
 * cookies: a Set-Cookie line taken apart (RFC 6265 section 5.2, and the draft
 * rfc6265bis for SameSite and the name prefixes). The value is looked at by
 * nobody and kept by nobody.
 */
#ifndef NIS2_SCAN_PROBES_COOKIES_H
#define NIS2_SCAN_PROBES_COOKIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum { COOKIE_NAME_MAX = 256 };

struct cookie {
	const char *name;
	bool secure;
	bool http_only;
	const char *same_site; /* "Strict", "Lax", "None", or NULL */
	bool bad_same_site;    /* it has the attribute, with another word */
	const char *domain;    /* lower case, without a leading dot; or NULL */
	const char *path;      /* that begins with '/', or NULL */
	bool deleted;	       /* Max-Age below 1, or Expires in the past */
	const char *masked;    /* the line, with the value left out */
};

/* False when it is no cookie: without a name, or with one too long. */
bool cookie_parse(const char *line, int64_t now, struct arena *a,
		  struct cookie *ret);

/* Protected from requests of other sites: SameSite=None needs Secure. */
bool cookie_is_same_site(const struct cookie *c);

/* Its name begins with __Host- or __Secure-, which promise something. */
bool cookie_has_prefix(const struct cookie *c);
/* It keeps the promise; browsers drop one that does not. */
bool cookie_keeps_prefix(const struct cookie *c);

/* By their names: of a session or sign-in; against request forgery. */
bool cookie_is_session(const struct cookie *c);
bool cookie_is_csrf(const struct cookie *c);

#endif
