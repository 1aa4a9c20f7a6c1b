/*
 * pattern: the regular expressions of our data files (PCRE2 syntax) over bytes
 * that came from outside.
 *
 * Bytes are bytes: a pattern may name any of them, and text need not be UTF-8.
 * How long a search may go on is bounded; one that reaches the bound finds
 * nothing. All memory is the arena's.
 */
#ifndef NIS2_SCAN_PATTERN_H
#define NIS2_SCAN_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

struct pattern;

/* ERR_INVALID with the place of the mistake. */
bool pattern_make(const char *text, struct arena *a, struct pattern **ret,
		  struct err *err);

/*
 * The first match at or behind `from`: of the first group where the pattern
 * has one, else of the whole. `ret_end` is where to go on.
 */
bool pattern_find(const struct pattern *p, struct span bytes, size_t from,
		  struct span *ret, size_t *ret_end);

/* It matches somewhere. */
bool pattern_matches(const struct pattern *p, struct span bytes);

#endif
