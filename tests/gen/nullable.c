/* Made by tools/gen_types.py from tests/gen/nullable.json: change that, not this. */

#include "gen/api_types.h"

const char *const level_names[] = {
	"low", "high", NULL,
};

const char *const change_c_names[] = {
	"x", "y", NULL,
};

static const struct field owner_fields[] = {
	{ "name", ",\"name\":", 8, F_STR,
	  .offset = offsetof(struct owner, name), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_max = true, .max = 9 },
	{ NULL },
};

const struct type owner_type = {
	"owner",
	sizeof(struct owner),
	owner_fields,
};

static const struct field shown_e_item =
	{ "", ",\"\":", 4, F_INT, .offset = 0, .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true };

static const struct field shown_fields[] = {
	{ "a", ",\"a\":", 5, F_STR, .offset = offsetof(struct shown, a),
	  .has = FIELD_NONE, .set = FIELD_NONE, .required = true,
	  .nullable = true, .has_max = true, .max = 9 },
	{ "b", ",\"b\":", 5, F_INT, .offset = offsetof(struct shown, b),
	  .has = offsetof(struct shown, has_b), .set = FIELD_NONE,
	  .required = true, .nullable = true },
	{ "c", ",\"c\":", 5, F_OBJ, .offset = offsetof(struct shown, c),
	  .has = FIELD_NONE, .set = FIELD_NONE, .required = true,
	  .nullable = true, .by_pointer = true, .type = &owner_type },
	{ "d", ",\"d\":", 5, F_ENUM, .offset = offsetof(struct shown, d),
	  .has = offsetof(struct shown, has_d), .set = FIELD_NONE,
	  .required = true, .nullable = true, .names = level_names,
	  .names_len = 2 },
	{ "e", ",\"e\":", 5, F_LIST, .offset = offsetof(struct shown, e),
	  .has = offsetof(struct shown, has_e), .set = FIELD_NONE,
	  .required = true, .nullable = true, .has_max = true, .max = 3,
	  .item = &shown_e_item, .item_size = sizeof(int64_t) },
	{ NULL },
};

const struct type shown_type = {
	"shown",
	sizeof(struct shown),
	shown_fields,
};

static const struct field change_fields[] = {
	{ "a", ",\"a\":", 5, F_STR, .offset = offsetof(struct change, a),
	  .has = FIELD_NONE, .set = offsetof(struct change, set_a),
	  .nullable = true, .has_max = true, .max = 9 },
	{ "b", ",\"b\":", 5, F_INT, .offset = offsetof(struct change, b),
	  .has = offsetof(struct change, has_b),
	  .set = offsetof(struct change, set_b), .nullable = true },
	{ "c", ",\"c\":", 5, F_ENUM, .offset = offsetof(struct change, c),
	  .has = offsetof(struct change, has_c),
	  .set = offsetof(struct change, set_c), .nullable = true,
	  .names = change_c_names, .names_len = 2 },
	{ NULL },
};

const struct type change_type = {
	"change",
	sizeof(struct change),
	change_fields,
};
