/* Made by tools/gen_types.py from tests/gen/formats.json: change that, not this. */

#ifndef NIS2_GEN_API_TYPES_H
#define NIS2_GEN_API_TYPES_H

#include "codec/codec.h"

struct contact_list {
	struct contact *items;
	size_t len;
};

/* What a format says in the table. */
struct contact {
	const char *a;
	const char *b;
	const char *c;
	const char *d;
	const char *e;
	const char *f;
};
extern const struct type contact_type;

#endif
