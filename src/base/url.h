/*
 * url: the two things that are done to addresses everywhere.
 */
#ifndef NIS2_BASE_URL_H
#define NIS2_BASE_URL_H

#include "base/arena.h"

/* Percent-encoded, all but the unreserved characters (RFC 3986, 2.1, 2.3). */
char *url_encode(struct arena *a, const char *text);

/* `base` without the slashes it may end in, and `path` behind it. */
char *url_under(struct arena *a, const char *base, const char *path);

#endif
