/*
 * fingerprint: what makes two findings the same one in different scans:
 * SHA-256 over "category:message:target" in UTF-8, as 64 lower-case digits.
 */
#ifndef NIS2_CORE_FINGERPRINT_H
#define NIS2_CORE_FINGERPRINT_H

#include <stddef.h>

#include "base/arena.h"

enum { FINGERPRINT_LEN = 64, FINGERPRINT_SECRET_LEN = 32 };

char *fingerprint(struct arena *a, const char *category, const char *message,
		  const char *target);

/*
 * For values that nobody may learn: BLAKE2b keyed with `salt`, 32 digits.
 * Equal for the same value under the same salt, and says nothing else.
 */
char *fingerprint_secret(struct arena *a, const char *salt, const char *value,
			 size_t len);

#endif
