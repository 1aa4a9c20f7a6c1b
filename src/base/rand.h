/*
 * rand: randomness from the kernel, and ids.
 */
#ifndef NIS2_BASE_RAND_H
#define NIS2_BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* Fills `buf` with unpredictable bytes; aborts if the kernel has none. */
void rand_bytes(void *buf, size_t len);

/*
 * A new id: UUIDv7 (RFC 9562) in lower case with hyphens, 36 characters. Ids
 * made later in one process sort later, so `ORDER BY created_at, id` is
 * stable and index inserts stay at the end.
 */
enum { ID_LEN = 36 };
char *id_new(struct arena *a);

/* `len` random bytes as base64url without padding (RFC 4648 section 5). */
char *rand_token(struct arena *a, size_t len);

/* The same as 2 * `len` lower-case digits. */
char *rand_hex(struct arena *a, size_t len);

#endif
