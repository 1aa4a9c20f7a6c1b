/* Made by tools/gen_types.py from tests/gen/lists.json: change that, not this. */

#include "gen/api_types.h"

const char *const page_modes_names[] = {
	"a", "b", NULL,
};

static const struct field page_names_item =
	{ "", ",\"\":", 4, F_STR, .offset = 0, .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_min = true, .min = 1,
	  .has_max = true, .max = 50 };

static const struct field page_numbers_item =
	{ "", ",\"\":", 4, F_INT, .offset = 0, .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_max = true, .max = 9 };

static const struct field page_parts_item =
	{ "", ",\"\":", 4, F_OBJ, .offset = 0, .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .type = &part_type };

static const struct field page_modes_item =
	{ "", ",\"\":", 4, F_ENUM, .offset = 0, .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .names = page_modes_names,
	  .names_len = 2 };

static const struct field page_docs_item =
	{ "", ",\"\":", 4, F_JSON, .offset = 0, .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_max = true, .max = 100 };

static const struct field page_tags_item =
	{ "", ",\"\":", 4, F_STR, .offset = 0, .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_max = true, .max = 5 };

static const struct field page_marks_item =
	{ "", ",\"\":", 4, F_STR, .offset = 0, .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_max = true, .max = 5 };

static const struct field page_fields[] = {
	{ "names", ",\"names\":", 9, F_LIST,
	  .offset = offsetof(struct page, names), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_min = true, .min = 1,
	  .has_max = true, .max = 10, .item = &page_names_item,
	  .item_size = sizeof(const char *) },
	{ "numbers", ",\"numbers\":", 11, F_LIST,
	  .offset = offsetof(struct page, numbers), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_max = true, .max = 10,
	  .item = &page_numbers_item, .item_size = sizeof(int64_t) },
	{ "parts", ",\"parts\":", 9, F_LIST,
	  .offset = offsetof(struct page, parts), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_max = true, .max = 10,
	  .item = &page_parts_item, .item_size = sizeof(struct part) },
	{ "modes", ",\"modes\":", 9, F_LIST,
	  .offset = offsetof(struct page, modes), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_max = true, .max = 2,
	  .item = &page_modes_item, .item_size = sizeof(enum page_modes) },
	{ "docs", ",\"docs\":", 8, F_LIST,
	  .offset = offsetof(struct page, docs), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .has_max = true, .max = 2,
	  .item = &page_docs_item, .item_size = sizeof(const char *) },
	{ "tags", ",\"tags\":", 8, F_LIST,
	  .offset = offsetof(struct page, tags),
	  .has = offsetof(struct page, has_tags), .set = FIELD_NONE,
	  .has_max = true, .max = 5, .item = &page_tags_item,
	  .item_size = sizeof(const char *) },
	{ "marks", ",\"marks\":", 9, F_LIST,
	  .offset = offsetof(struct page, marks), .has = FIELD_NONE,
	  .set = FIELD_NONE, .has_max = true, .max = 5, .has_default = true,
	  .item = &page_marks_item, .item_size = sizeof(const char *) },
	{ NULL },
};

const struct type page_type = {
	"page",
	sizeof(struct page),
	page_fields,
};

static const struct field part_parts_item =
	{ "", ",\"\":", 4, F_OBJ, .offset = 0, .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .type = &part_type };

static const struct field part_fields[] = {
	{ "parts", ",\"parts\":", 9, F_LIST,
	  .offset = offsetof(struct part, parts),
	  .has = offsetof(struct part, has_parts), .set = FIELD_NONE,
	  .has_max = true, .max = 3, .item = &part_parts_item,
	  .item_size = sizeof(struct part) },
	{ "next", ",\"next\":", 8, F_OBJ, .offset = offsetof(struct part, next),
	  .has = FIELD_NONE, .set = FIELD_NONE, .by_pointer = true,
	  .type = &part_type },
	{ NULL },
};

const struct type part_type = {
	"part",
	sizeof(struct part),
	part_fields,
};
