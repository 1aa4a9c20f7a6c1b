/* digest: what names a run of bytes. */
#ifndef NIS2_CRYPTO_DIGEST_H
#define NIS2_CRYPTO_DIGEST_H

#include <stddef.h>

#include "base/arena.h"

enum { DIGEST_HEX = 64 };

/* SHA-256 (FIPS 180-4) as DIGEST_HEX digits in lower case, in the arena. */
char *digest_sha256(const void *bytes, size_t len, struct arena *a);

#endif
