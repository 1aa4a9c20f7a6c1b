/*
 * software_find: products in a banner, and until when their version gets
 * security fixes (data/software.json). Pure. A banner tells the version of the
 * project: distributions mend old versions without changing it.
 */
#ifndef NIS2_SCAN_PROBES_SOFTWARE_FIND_H
#define NIS2_SCAN_PROBES_SOFTWARE_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

enum { SOFTWARE_MAX = 16 };

struct software_found {
	const char *name;
	const char *version;
	bool dated;    /* `ended` is known */
	int64_t ended; /* the end of that day, UTC */
};

struct software_table;

bool software_open(struct arena *a, struct software_table **ret,
		   struct err *err);

/* Adds to `ret` what was not there; the number there are. */
size_t software_find(const struct software_table *t, struct span text,
		     struct software_found ret[SOFTWARE_MAX], size_t len);

/* "(Debian)", "Ubuntu", "el8": packages of a distribution. */
bool software_is_packaged(struct span text);

#endif
