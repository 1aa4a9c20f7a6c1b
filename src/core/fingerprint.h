/*
 * fingerprint: what makes two findings the same one in different scans:
 * SHA-256 over "category:message:target" in UTF-8, as 64 lower-case digits.
 */
#ifndef NIS2_CORE_FINGERPRINT_H
#define NIS2_CORE_FINGERPRINT_H

#include "base/arena.h"

enum { FINGERPRINT_LEN = 64 };

char *fingerprint(struct arena *a, const char *category, const char *message,
		  const char *target);

#endif
