/*
 * inflate: a compressed body made readable again (zlib), up to a bound.
 *
 * A few kilobytes can stand for gigabytes, so the output has a maximum and
 * nothing is made beyond it. What breaks in the middle is shown as far as it
 * came: we look at servers, we do not correct them.
 */
#ifndef NIS2_SCAN_INFLATE_H
#define NIS2_SCAN_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

enum inflate_coding {
	INFLATE_NONE,	 /* as it is */
	INFLATE_GZIP,	 /* RFC 1952 */
	INFLATE_DEFLATE, /* RFC 1950, or RFC 1951 as some servers send it */
	INFLATE_UNKNOWN, /* or several, one over another */
};

/* The value of Content-Encoding (RFC 9110 section 8.4); NULL is none. */
enum inflate_coding inflate_coding(const char *content_encoding);

/*
 * At most `max` bytes, NUL-terminated, in the arena. True when all of it was
 * read: false when it was cut, breaks in the middle or is no such coding.
 */
bool inflate_body(enum inflate_coding coding, struct span in, size_t max,
		  struct arena *a, char **ret, size_t *ret_len);

#endif
