/*
 * clock: time as the rest of the program knows it: microseconds since
 * 1970-01-01T00:00:00Z, in an int64_t. Pure code gets it as a parameter.
 * Tests move it with the environment variable NIS2_CLOCK_OFFSET (seconds).
 */
#ifndef NIS2_BASE_CLOCK_H
#define NIS2_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

#define CLOCK_SECOND INT64_C(1000000)
#define CLOCK_DAY (86400 * CLOCK_SECOND)

/* Wall clock. */
int64_t clock_now(void);
/* Monotonic, for deadlines and durations; its zero means nothing. */
int64_t clock_tick(void);

/*
 * RFC 3339 in UTC with `Z` and six digits, which are left out when zero:
 * "2026-03-01T09:00:00.123456Z". `buf` holds at least CLOCK_TEXT bytes.
 * Returns the length.
 */
enum { CLOCK_TEXT = 32 };
int clock_text(int64_t time, char *buf);

/* Reads RFC 3339 with any offset (none means UTC). */
bool clock_parse(const char *text, int64_t *ret);

#endif
