/* Made by tools/gen_types.py from tests/gen/nullable.json: change that, not this. */

#ifndef NIS2_GEN_API_TYPES_H
#define NIS2_GEN_API_TYPES_H

#include "codec/codec.h"

enum level {
	LEVEL_LOW,
	LEVEL_HIGH,
};
extern const char *const level_names[]; /* ends in NULL */

enum change_c {
	CHANGE_C_X,
	CHANGE_C_Y,
};
extern const char *const change_c_names[]; /* ends in NULL */

struct owner_list {
	struct owner *items;
	size_t len;
};

struct shown_list {
	struct shown *items;
	size_t len;
};

struct change_list {
	struct change *items;
	size_t len;
};

/* Somebody. */
struct owner {
	const char *name;
};
extern const struct type owner_type;

/* Required and nullable: written as null. */
struct shown {
	const char *a;
	int64_t b;
	bool has_b;
	struct owner *c;
	enum level d;
	bool has_d;
	struct int_list e;
	bool has_e;
};
extern const struct type shown_type;

/* Optional and nullable: set_x tells null from absent. */
struct change {
	const char *a;
	bool set_a;
	int64_t b;
	bool has_b;
	bool set_b;
	enum change_c c;
	bool has_c;
	bool set_c;
};
extern const struct type change_type;

#endif
