/*
 * static: the embedded files: /openapi.json, the pages of /docs and /redoc and
 * their assets. Each has an ETag and is kept compressed as well.
 */
#ifndef NIS2_HTTP_STATIC_H
#define NIS2_HTTP_STATIC_H

#include "http/exchange.h"

/* Answers when the path is one of a file: 200, 304 or 405; else false. */
bool static_reply(struct exchange *x);

/* Whether the request only looks (GET, HEAD); else answers it: 204 or 405. */
bool static_reads(struct exchange *x);

bool static_has(const char *path);

#endif
