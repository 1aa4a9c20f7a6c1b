/*
 * codec: JSON and C structs, by tables.
 *
 * A generator (tools/gen_types.py) turns a schema into a C struct and a table
 * that describes it; this engine is the only code that walks the tables. It
 * reads JSON into a struct and checks it on the way, writes a struct as JSON,
 * and fills a struct's members from the columns of a database row. A member
 * that is not in the table cannot leak out, and nothing gets in unchecked.
 *
 * How a schema becomes members:
 *
 *	string			const char *x		NULL: absent or null
 *	string, date-time	int64_t x		microseconds,
 *base/clock.h string with enum	enum x x integer, number, boolean  int64_t,
 *double, bool x object by $ref		struct y *x when optional or nullable,
 *else struct y x array			struct y_list x		{ items, len }
 *	object with x-json	const char *x		JSON text, carried
 *unparsed
 *
 * A scalar, enum or date-time that may be absent or null has `bool has_x`
 * beside it; so has an array (an absent or null array has has_x false). With a
 * default it has none unless it is nullable: there is always a value. A member
 * that may be both absent and null (a PATCH) also has `bool set_x`: it was
 * sent, whatever its value.
 */
#ifndef NIS2_CODEC_CODEC_H
#define NIS2_CODEC_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum field_kind {
	F_STR,
	F_TIME,
	F_ENUM,
	F_INT,
	F_NUM,
	F_BOOL,
	F_OBJ,	/* struct by value, or by pointer when `by_pointer` */
	F_LIST, /* struct { T *items; size_t len; } */
	F_JSON, /* const char *: a JSON text */
};

/* No offset: the member does not exist. */
#define FIELD_NONE UINT32_MAX

enum format {
	FORMAT_NONE,
	FORMAT_UUID,  /* any spelling in, canonical out */
	FORMAT_EMAIL, /* "Name <a@b.c>" is reduced to the address */
	FORMAT_URI,
	FORMAT_DATE,
	FORMAT_HOST,
	FORMAT_TEXT, /* one line for people: trimmed, no control characters */
};

struct field {
	const char *name;
	const char *key; /* `,"name":`, as it is written */
	uint32_t key_len;
	enum field_kind kind;
	enum format format;
	uint32_t offset;
	uint32_t has; /* offset of has_x, or FIELD_NONE */
	uint32_t set; /* offset of set_x, or FIELD_NONE */
	bool required;
	bool nullable;
	bool by_pointer;
	bool json_array; /* F_JSON: an array, else an object */
	bool secret;	 /* never repeated in an error */
	bool has_min, has_max, has_default;
	/* F_STR: characters. F_INT, F_NUM: value. F_LIST: items. F_JSON: bytes.
	 */
	double min, max;
	double default_number; /* also bool, and the enum's index */
	const char *default_text;
	const char *pattern;	  /* POSIX extended, anchored; NULL if none */
	const char *const *names; /* F_ENUM, NULL-terminated */
	uint32_t names_len;
	const struct type *type;  /* F_OBJ */
	const struct field *item; /* F_LIST: its element, at offset 0 */
	size_t item_size;	  /* F_LIST */
};

struct type {
	const char *name;
	size_t size;
	const struct field *fields; /* ends with name == NULL */
};

/* The layout that every generated list shares. */
struct any_list {
	void *items;
	size_t len;
};
struct str_list {
	const char **items;
	size_t len;
};
struct int_list {
	int64_t *items;
	size_t len;
};

/* One thing wrong with the input; a 422 carries up to CODEC_ISSUES of them. */
enum { CODEC_ISSUES = 20 };

/*
 * What a JSON text may hold before anything is built from it: how deep it
 * nests, and how many values it has.
 */
enum { CODEC_DEPTH = 16, CODEC_VALUES = 1 << 17 };

struct issue {
	const char *type; /* "missing", "string_too_long", … */
	const char *loc;  /* "body.assets.0.name" */
	const char *msg;
};

struct issue_list {
	struct issue *items;
	size_t len;
};

/*
 * Reads `text` into the struct at `ret`, which the caller zeroed. `where` is
 * the first element of loc ("body"). False with ERR_INVALID when anything is
 * wrong; then `issues` (may be NULL) lists it and err has the first. Unknown
 * members are ignored, duplicate ones refused, NUL characters refused. All
 * memory is the arena's. `ret` is unspecified after a failure.
 */
bool codec_read(const struct type *type, const char *text, size_t len,
		const char *where, struct arena *a, void *ret,
		struct issue_list *issues, struct err *err);

/*
 * The same for text that came as one word: a query or path parameter. `text`
 * NULL means absent: the default applies, or it is "missing".
 */
bool codec_read_word(const struct field *field, const char *text,
		     const char *where, struct arena *a, void *ret_struct,
		     struct issue_list *issues, struct err *err);

/* Appends the JSON of the struct: members in the table's order, no blanks. */
void codec_write(const struct type *type, const void *value, struct sb *out);
/* A JSON array of such structs: an answer that is a list. */
void codec_write_list(const struct type *item, const struct any_list *list,
		      struct sb *out);
/* A struct with two-space indents and ASCII escapes, for files people read. */
void codec_write_pretty(const struct type *type, const void *value,
			struct sb *out);

/* Appends `s` as a JSON string, quotes included; NULL is null. */
void codec_write_string(struct sb *out, const char *s);

/* The table's entry of that name, or NULL. */
const struct field *codec_find(const struct type *type, const char *name);

/*
 * Sets one member from a database column. Text columns (also JSON, lists and
 * enums, which are stored as text) come through codec_set_text(); `text` lives
 * in the arena already. NULL clears it. False when an enum or a JSON text does
 * not parse: the database was altered by hand.
 */
bool codec_set_text(const struct field *field, struct arena *a, void *row,
		    const char *text, struct err *err);
void codec_set_int(const struct field *field, void *row, int64_t value);
void codec_set_num(const struct field *field, void *row, double value);
void codec_set_null(const struct field *field, void *row);

/* Copies a JSON list of strings: for columns such as `tags`. */
const char *codec_str_list_json(struct arena *a, const struct str_list *list);
/* Whether it has the text, letter by letter. */
bool codec_str_list_has(const struct str_list *list, const char *text);

#endif
