/* Made by tools/gen_api.py from tests/gen/contract.json: change that, not this. */

#ifndef NIS2_GEN_API_TYPES_H
#define NIS2_GEN_API_TYPES_H

#include "codec/codec.h"

enum thing_list_kind {
	THING_LIST_KIND_BIG,
	THING_LIST_KIND_SMALL,
};
extern const char *const thing_list_kind_names[]; /* ends in NULL */

struct thing_list {
	struct thing *items;
	size_t len;
};

struct problem_list {
	struct problem *items;
	size_t len;
};

/* A thing. */
struct thing {
	const char *name;
};
extern const struct type thing_type;

/* What went wrong. */
struct problem {
	const char *detail;
};
extern const struct type problem_type;

#endif
