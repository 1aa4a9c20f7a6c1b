/* Made by tools/gen_types.py from tests/gen/scalars.json: change that, not this. */

#ifndef NIS2_GEN_API_TYPES_H
#define NIS2_GEN_API_TYPES_H

#include "codec/codec.h"

struct thing_list {
	struct thing *items;
	size_t len;
};

/* Every kind of member that is there, and the same where it may be absent. */
struct thing {
	const char *name;
	int64_t count;
	double share;
	bool on;
	int64_t at;
	const char *by;
	const char *note;
	int64_t rank;
	bool has_rank;
	int64_t size;
	const char *word;
	bool default_;
};
extern const struct type thing_type;

#endif
