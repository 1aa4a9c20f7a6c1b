/* Made by tools/gen_types.py from tests/gen/order.json: change that, not this. */

#ifndef NIS2_GEN_API_TYPES_H
#define NIS2_GEN_API_TYPES_H

#include "codec/codec.h"

struct outer_list {
	struct outer *items;
	size_t len;
};

struct inner_nis2_part_list {
	struct inner_nis2_part *items;
	size_t len;
};

/* Comes first, although it is written last. */
struct inner_nis2_part {
	const char *config;
	const char *rows;
};
extern const struct type inner_nis2_part_type;

/* Comes after what it holds by value. */
struct outer {
	struct inner_nis2_part inner;
};
extern const struct type outer_type;

#endif
