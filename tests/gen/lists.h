/* Made by tools/gen_types.py from tests/gen/lists.json: change that, not this. */

#ifndef NIS2_GEN_API_TYPES_H
#define NIS2_GEN_API_TYPES_H

#include "codec/codec.h"

enum page_modes {
	PAGE_MODES_A,
	PAGE_MODES_B,
};
extern const char *const page_modes_names[]; /* ends in NULL */

struct page_list {
	struct page *items;
	size_t len;
};

struct part_list {
	struct part *items;
	size_t len;
};

struct page_modes_list {
	enum page_modes *items;
	size_t len;
};

/* Lists of all kinds. */
struct page {
	struct str_list names;
	struct int_list numbers;
	struct part_list parts;
	struct page_modes_list modes;
	struct str_list docs;
	struct str_list tags;
	bool has_tags;
	struct str_list marks;
};
extern const struct type page_type;

/* Holds more of itself, through a list and by pointer. */
struct part {
	struct part_list parts;
	bool has_parts;
	struct part *next;
};
extern const struct type part_type;

#endif
