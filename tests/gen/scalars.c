/* Made by tools/gen_types.py from tests/gen/scalars.json: change that, not this. */

#include "gen/api_types.h"

static const struct field thing_fields[] = {
	{ "name", ",\"name\":", 8, F_STR,
	  .offset = offsetof(struct thing, name), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_min = true, .min = 1,
	  .has_max = true, .max = 200 },
	{ "count", ",\"count\":", 9, F_INT,
	  .offset = offsetof(struct thing, count), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_min = true, .min = 0,
	  .has_max = true, .max = 100 },
	{ "share", ",\"share\":", 9, F_NUM,
	  .offset = offsetof(struct thing, share), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_min = true, .min = -0.5,
	  .has_max = true, .max = 1 },
	{ "on", ",\"on\":", 6, F_BOOL, .offset = offsetof(struct thing, on),
	  .has = FIELD_NONE, .set = FIELD_NONE, .required = true },
	{ "at", ",\"at\":", 6, F_TIME, .offset = offsetof(struct thing, at),
	  .has = FIELD_NONE, .set = FIELD_NONE, .required = true },
	{ "by", ",\"by\":", 6, F_STR, .format = FORMAT_UUID,
	  .offset = offsetof(struct thing, by), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true },
	{ "note", ",\"note\":", 8, F_STR,
	  .offset = offsetof(struct thing, note), .has = FIELD_NONE,
	  .set = FIELD_NONE, .secret = true, .has_max = true, .max = 10,
	  .pattern = "^a\\.b\?$" },
	{ "rank", ",\"rank\":", 8, F_INT,
	  .offset = offsetof(struct thing, rank),
	  .has = offsetof(struct thing, has_rank), .set = FIELD_NONE },
	{ "size", ",\"size\":", 8, F_INT,
	  .offset = offsetof(struct thing, size), .has = FIELD_NONE,
	  .set = FIELD_NONE, .has_default = true, .default_number = 20 },
	{ "word", ",\"word\":", 8, F_STR,
	  .offset = offsetof(struct thing, word), .has = FIELD_NONE,
	  .set = FIELD_NONE, .has_max = true, .max = 10, .has_default = true,
	  .default_text = "\"\303\251\"" },
	{ "default", ",\"default\":", 11, F_BOOL,
	  .offset = offsetof(struct thing, default_), .has = FIELD_NONE,
	  .set = FIELD_NONE, .has_default = true, .default_number = 1 },
	{ NULL },
};

const struct type thing_type = {
	"thing",
	sizeof(struct thing),
	thing_fields,
};
