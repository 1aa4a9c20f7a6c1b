/* Made by tools/gen_types.py from tests/gen/order.json: change that, not this. */

#include "gen/api_types.h"

static const struct field inner_nis2_part_fields[] = {
	{ "config", ",\"config\":", 10, F_JSON,
	  .offset = offsetof(struct inner_nis2_part, config), .has = FIELD_NONE,
	  .set = FIELD_NONE, .has_max = true, .max = 4096 },
	{ "rows", ",\"rows\":", 8, F_JSON,
	  .offset = offsetof(struct inner_nis2_part, rows), .has = FIELD_NONE,
	  .set = FIELD_NONE, .json_array = true, .has_max = true, .max = 4096 },
	{ NULL },
};

const struct type inner_nis2_part_type = {
	"inner_nis2_part",
	sizeof(struct inner_nis2_part),
	inner_nis2_part_fields,
};

static const struct field outer_fields[] = {
	{ "inner", ",\"inner\":", 9, F_OBJ,
	  .offset = offsetof(struct outer, inner), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .type = &inner_nis2_part_type },
	{ NULL },
};

const struct type outer_type = {
	"outer",
	sizeof(struct outer),
	outer_fields,
};
