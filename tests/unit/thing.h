/* thing: what the small contracts of the tests of http/ speak of. */
#ifndef NIS2_TESTS_THING_H
#define NIS2_TESTS_THING_H

#include <stddef.h>

#include "codec/codec.h"

struct thing {
	const char *name;
};

static const struct field thing_fields[] = {
	{ .name = "name",
	  .key = ",\"name\":",
	  .key_len = 8,
	  .kind = F_STR,
	  .offset = offsetof(struct thing, name),
	  .required = true,
	  .has_min = true,
	  .min = 1,
	  .has_max = true,
	  .max = 20,
	  .has = FIELD_NONE,
	  .set = FIELD_NONE },
	{ 0 },
};
static const struct type thing_type = { "Thing", sizeof(struct thing),
					thing_fields };

#endif
