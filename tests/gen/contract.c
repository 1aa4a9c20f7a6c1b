/* Made by tools/gen_api.py from tests/gen/contract.json: change that, not this. */

#include "gen/api_types.h"

const char *const thing_list_kind_names[] = {
	"big", "small", NULL,
};

static const struct field thing_fields[] = {
	{ "name", ",\"name\":", 8, F_STR,
	  .offset = offsetof(struct thing, name), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_max = true, .max = 50 },
	{ NULL },
};

const struct type thing_type = {
	"thing",
	sizeof(struct thing),
	thing_fields,
};

static const struct field problem_fields[] = {
	{ "detail", ",\"detail\":", 10, F_STR,
	  .offset = offsetof(struct problem, detail), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_max = true, .max = 500 },
	{ NULL },
};

const struct type problem_type = {
	"problem",
	sizeof(struct problem),
	problem_fields,
};
