/*
 * Reading: the JSON library makes a tree of the text, the tables walk it.
 * Before that one pass over the bytes bounds what the tree can cost. Strings
 * are lent by the tree, which ends with the arena.
 */
#include "codec/codec.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "codec/check.h"

static bool read_member(struct reader *r, const struct loc *at,
			const struct field *f, json_t *value, void *base);

/* ---- text to tree */

/*
 * How deep it nests and how many values it has, at most; whether it is JSON is
 * for the parser to say. Returns what is too much, or NULL.
 */
static const char *too_much(const char *text, size_t len)
{
	size_t depth = 0, values = 1;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
			continue;
		}
		quoted = c == '"';
		depth += c == '{' || c == '[';
		depth -= (c == '}' || c == ']') && depth;
		values += c == ',' || c == '{' || c == '[';
		if (depth > CODEC_DEPTH)
			return "it nests too deep";
		if (values > CODEC_VALUES)
			return "it has too many values";
	}
	return NULL;
}

static void release(void *json)
{
	json_decref(json);
}

/*
 * The name of a duplicate member from the library's words, which are
 * `duplicate object key near '"name"'`. Its other messages may quote a value,
 * so only this one is passed on.
 */
static const char *duplicate_name(struct arena *a, const json_error_t *why)
{
	const char *open = strchr(why->text, '"');
	const char *close = strrchr(why->text, '"');

	if (!open || close <= open)
		return "";
	return arena_printf(a, " '%.*s'", (int)(close - open - 1), open + 1);
}

static bool bad_json(struct reader *r, const struct loc *at,
		     const json_error_t *why)
{
	struct loc offset = { .up = at,
			      .index = why->position > 0 ? why->position : 0 };

	if (json_error_code(why) == json_error_duplicate_key)
		return check_issue(r, &offset, "json_invalid",
				   "JSON decode error: duplicate member%s",
				   duplicate_name(r->arena, why));
	return check_issue(r, &offset, "json_invalid", "JSON decode error");
}

static json_t *parse(struct reader *r, const struct loc *at, const char *text,
		     size_t len)
{
	const char *much = too_much(text, len);
	json_error_t why;
	json_t *json;

	if (much) {
		check_issue(r, at, "json_invalid", "JSON decode error: %s",
			    much);
		return NULL;
	}
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
			  &why);
	if (!json) {
		bad_json(r, at, &why);
		return NULL;
	}
	arena_defer(r->arena, release, json);
	return json;
}

/* ---- tree to text: free-form members are carried without blanks */

static void dump(json_t *json, struct sb *out)
{
	const char *key;
	json_t *part;
	size_t i;

	switch (json_typeof(json)) {
	case JSON_OBJECT:
		sb_addc(out, '{');
		json_object_foreach(json, key, part)
		{
			if (out->s[out->len - 1] != '{')
				sb_addc(out, ',');
			codec_write_string(out, key);
			sb_addc(out, ':');
			dump(part, out);
		}
		sb_addc(out, '}');
		break;
	case JSON_ARRAY:
		sb_addc(out, '[');
		json_array_foreach(json, i, part)
		{
			if (i)
				sb_addc(out, ',');
			dump(part, out);
		}
		sb_addc(out, ']');
		break;
	case JSON_STRING:
		codec_write_string(out, json_string_value(json));
		break;
	case JSON_INTEGER:
		sb_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
		break;
	case JSON_REAL:
		codec_write_number(out, json_real_value(json));
		break;
	default:
		sb_add(out, json_is_null(json)	 ? "null"
			    : json_is_true(json) ? "true"
						 : "false");
	}
}

static bool read_json(struct reader *r, const struct loc *at,
		      const struct field *f, json_t *value, void *base)
{
	struct sb out;

	if (f->json_array && !json_is_array(value))
		return check_issue(r, at, "list_type",
				   "Input should be a valid list");
	if (!f->json_array && !json_is_object(value))
		return check_issue(r, at, "dict_type",
				   "Input should be a valid dictionary");
	out = sb_new(r->arena, 256);
	dump(value, &out);
	if (out.truncated || (!r->stored && (double)out.len > f->max))
		return check_issue(r, at, "too_long",
				   "Value should have at most %.0f bytes as "
				   "JSON",
				   f->max);
	*(const char **)field_at(f, base) = out.s;
	return true;
}

/* ---- tree to struct */

static bool read_struct(struct reader *r, const struct loc *at,
			const struct type *type, json_t *json, void *base)
{
	bool ok = true;

	if (!json_is_object(json))
		return check_issue(r, at, "model_attributes_type",
				   "Input should be a valid dictionary or "
				   "object to extract fields from");
	for (const struct field *f = type->fields; f->name; f++) {
		struct loc here = { .up = at, .name = f->name };
		json_t *value = json_object_get(json, f->name);

		if (!read_member(r, &here, f, value, base))
			ok = false;
		if (check_full(r))
			return false;
	}
	return ok;
}

static bool read_object(struct reader *r, const struct loc *at,
			const struct field *f, json_t *value, void *base)
{
	void *target = field_at(f, base);

	if (f->by_pointer) {
		target = arena_alloc(r->arena, f->type->size);
		*(void **)field_at(f, base) = target;
	}
	return read_struct(r, at, f->type, value, target);
}

static bool read_list(struct reader *r, const struct loc *at,
		      const struct field *f, json_t *value, void *base)
{
	struct any_list *list = field_at(f, base);
	size_t len = json_array_size(value);
	bool ok = true;

	if (!json_is_array(value))
		return check_issue(r, at, "list_type",
				   "Input should be a valid list");
	if (!check_items(r, at, f, len))
		return false;
	list->items = arena_array(r->arena, len ? len : 1, f->item_size);
	list->len = len;
	for (size_t i = 0; i < len && !check_full(r); i++) {
		struct loc here = { .up = at, .index = i };
		char *item = (char *)list->items + i * f->item_size;

		if (!read_member(r, &here, f->item, json_array_get(value, i),
				 item))
			ok = false;
	}
	return ok;
}

static bool read_int(struct reader *r, const struct loc *at,
		     const struct field *f, json_t *value, void *base)
{
	double real = json_real_value(value);

	if (json_is_integer(value))
		return check_int(r, at, f, json_integer_value(value), base);
	if (json_is_string(value))
		return check_issue(r, at, "int_parsing",
				   "Input should be a valid integer, not a "
				   "string");
	if (!json_is_real(value))
		return check_issue(r, at, "int_type",
				   "Input should be a valid integer");
	/* 3.0 is an integer in JSON; 2^53 is where doubles stop being exact. */
	if (real != trunc(real) || fabs(real) > 9007199254740992.0)
		return check_issue(r, at, "int_from_float",
				   "Input should be a valid integer, got a "
				   "number with a fractional part");
	return check_int(r, at, f, (int64_t)real, base);
}

static bool read_num(struct reader *r, const struct loc *at,
		     const struct field *f, json_t *value, void *base)
{
	if (!json_is_number(value))
		return check_issue(r, at, "float_type",
				   "Input should be a valid number");
	return check_num(r, at, f, json_number_value(value), base);
}

static bool read_bool(struct reader *r, const struct loc *at,
		      const struct field *f, json_t *value, void *base)
{
	if (!json_is_boolean(value))
		return check_issue(r, at, "bool_type",
				   "Input should be a valid boolean");
	*(bool *)field_at(f, base) = json_is_true(value);
	return true;
}

static bool read_text(struct reader *r, const struct loc *at,
		      const struct field *f, json_t *value, void *base)
{
	const char *text = json_string_value(value);

	if (!text)
		return check_issue(r, at, "string_type",
				   "Input should be a valid string");
	if (f->kind == F_TIME)
		return check_time(r, at, f, text, base);
	if (f->kind == F_ENUM)
		return check_enum(r, at, f, text, base);
	return check_str(r, at, f, text, base);
}

static bool (*const readers[])(struct reader *r, const struct loc *at,
			       const struct field *f, json_t *value,
			       void *base) = {
	[F_STR] = read_text,   [F_TIME] = read_text, [F_ENUM] = read_text,
	[F_INT] = read_int,    [F_NUM] = read_num,   [F_BOOL] = read_bool,
	[F_OBJ] = read_object, [F_LIST] = read_list, [F_JSON] = read_json,
};

/* `value` is NULL when the member was not sent. */
static bool read_member(struct reader *r, const struct loc *at,
			const struct field *f, json_t *value, void *base)
{
	if (!value)
		return check_absent(r, at, f, base);
	if (json_is_null(value) && f->nullable) {
		field_mark(f, base, false);
		return true;
	}
	if (!readers[f->kind](r, at, f, value, base))
		return false;
	field_mark(f, base, true);
	return true;
}

bool codec_read(const struct type *type, const char *text, size_t len,
		const char *where, struct arena *a, void *ret,
		struct issue_list *issues, struct err *err)
{
	struct reader r = { .arena = a, .issues = issues, .err = err };
	struct loc top = { .name = where };
	json_t *json;

	if (!len)
		return check_issue(&r, &top, "missing", "Field required");
	json = parse(&r, &top, text, len);
	return json && read_struct(&r, &top, type, json, ret);
}

bool codec_read_stored(const struct field *f, const char *text, struct arena *a,
		       void *row, struct err *err)
{
	struct reader r = { .arena = a, .err = err, .stored = true };
	struct loc at = { .name = f->name };
	json_t *json = parse(&r, &at, text, strlen(text));

	if (!json)
		return false;
	/* Free-form JSON was stored as it is to be shown. */
	if (f->kind == F_JSON &&
	    (f->json_array ? json_is_array(json) : json_is_object(json))) {
		*(const char **)field_at(f, row) = text;
		return true;
	}
	return readers[f->kind](&r, &at, f, json, row);
}
