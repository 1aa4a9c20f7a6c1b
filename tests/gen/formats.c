/* Made by tools/gen_types.py from tests/gen/formats.json: change that, not this. */

#include "gen/api_types.h"

static const struct field contact_fields[] = {
	{ "a", ",\"a\":", 5, F_STR, .format = FORMAT_EMAIL,
	  .offset = offsetof(struct contact, a), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_max = true, .max = 320 },
	{ "b", ",\"b\":", 5, F_STR, .format = FORMAT_URI,
	  .offset = offsetof(struct contact, b), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_max = true, .max = 100 },
	{ "c", ",\"c\":", 5, F_STR, .format = FORMAT_HOST,
	  .offset = offsetof(struct contact, c), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_max = true, .max = 253 },
	{ "d", ",\"d\":", 5, F_STR, .format = FORMAT_DATE,
	  .offset = offsetof(struct contact, d), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_max = true, .max = 10 },
	{ "e", ",\"e\":", 5, F_STR, .format = FORMAT_TEXT,
	  .offset = offsetof(struct contact, e), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_min = true, .min = 1,
	  .has_max = true, .max = 50 },
	{ "f", ",\"f\":", 5, F_STR, .format = FORMAT_UUID,
	  .offset = offsetof(struct contact, f), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true },
	{ NULL },
};

const struct type contact_type = {
	"contact",
	sizeof(struct contact),
	contact_fields,
};
