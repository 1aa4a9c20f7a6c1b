#include "codec/codec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "codec/check.h"
#include "codec/format.h"

const struct field *codec_find(const struct type *type, const char *name)
{
	for (const struct field *f = type->fields; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

/* ---- one word: a query or path parameter */

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (!strcasecmp(text, *words))
			return true;
	return false;
}

static bool word_bool(struct reader *r, const struct loc *at,
		      const struct field *f, const char *text, void *base)
{
	static const char *const yes[] = { "1", "true", "t", "yes",
					   "y", "on",	NULL };
	static const char *const no[] = { "0", "false", "f", "no",
					  "n", "off",	NULL };
	bool value = is_one_of(text, yes);

	if (!value && !is_one_of(text, no))
		return check_issue(r, at, "bool_parsing",
				   "Input should be a valid boolean, unable to "
				   "interpret input");
	*(bool *)field_at(f, base) = value;
	return true;
}

static bool digits_only(const char *s)
{
	s += *s == '+' || *s == '-';
	return *s && strspn(s, "0123456789") == strlen(s);
}

static bool word_int(struct reader *r, const struct loc *at,
		     const struct field *f, const char *text, void *base)
{
	if (!digits_only(text))
		return check_issue(r, at, "int_parsing",
				   "Input should be a valid integer, unable to "
				   "parse string as an integer");
	/* What an int64_t surely holds; no parameter's maximum is near it. */
	if (strlen(text) > 18)
		return check_issue(r, at, "int_parsing_size",
				   "Input should be a valid integer, exceeded "
				   "maximum size");
	return check_int(r, at, f, strtoll(text, NULL, 10), base);
}

static bool word_num(struct reader *r, const struct loc *at,
		     const struct field *f, const char *text, void *base)
{
	char *end = NULL;
	double value = strtod(text, &end);

	if (!*text || *end || strspn(text, "0123456789+-.eE") != strlen(text) ||
	    value - value != 0)
		return check_issue(r, at, "float_parsing",
				   "Input should be a valid number, unable to "
				   "parse string as a number");
	return check_num(r, at, f, value, base);
}

static bool read_word(struct reader *r, const struct loc *at,
		      const struct field *f, const char *text, void *base)
{
	if (!format_utf8(text, strlen(text)))
		return check_issue(r, at, "string_unicode",
				   "Input should be a valid string, unable to "
				   "parse it as UTF-8");
	switch (f->kind) {
	case F_STR:
		return check_str(r, at, f, text, base);
	case F_TIME:
		return check_time(r, at, f, text, base);
	case F_ENUM:
		return check_enum(r, at, f, text, base);
	case F_INT:
		return word_int(r, at, f, text, base);
	case F_NUM:
		return word_num(r, at, f, text, base);
	case F_BOOL:
		return word_bool(r, at, f, text, base);
	default:
		assert(!"a parameter is not structured");
		return false;
	}
}

bool codec_read_word(const struct field *field, const char *text,
		     const char *where, struct arena *a, void *ret_struct,
		     struct issue_list *issues, struct err *err)
{
	struct reader r = { .arena = a, .issues = issues, .err = err };
	struct loc top = { .name = where };
	struct loc at = { .up = &top, .name = field->name };

	if (!text)
		return check_absent(&r, &at, field, ret_struct);
	if (!read_word(&r, &at, field, text, ret_struct))
		return false;
	field_mark(field, ret_struct, true);
	return true;
}

/* ---- columns of a database row */

void codec_set_int(const struct field *field, void *row, int64_t value)
{
	void *member = field_at(field, row);

	if (field->kind == F_BOOL)
		*(bool *)member = value != 0;
	else if (field->kind == F_NUM)
		*(double *)member = (double)value;
	else if (field->kind == F_INT || field->kind == F_TIME)
		*(int64_t *)member = value;
	else
		assert(!"a number for a member that is none");
	field_mark(field, row, true);
}

void codec_set_num(const struct field *field, void *row, double value)
{
	assert(field->kind == F_NUM);
	*(double *)field_at(field, row) = value;
	field_mark(field, row, true);
}

static size_t member_size(const struct field *f)
{
	switch (f->kind) {
	case F_STR:
	case F_JSON:
		return sizeof(char *);
	case F_ENUM:
		return sizeof(unsigned);
	case F_BOOL:
		return sizeof(bool);
	case F_LIST:
		return sizeof(struct any_list);
	case F_OBJ:
		return f->by_pointer ? sizeof(void *) : f->type->size;
	default:
		return sizeof(int64_t); /* also a double */
	}
}

void codec_set_null(const struct field *field, void *row)
{
	memset(field_at(field, row), 0, member_size(field));
	if (field->has != FIELD_NONE)
		*(bool *)((char *)row + field->has) = false;
	if (field->set != FIELD_NONE)
		*(bool *)((char *)row + field->set) = false;
}

/* `"word"` of printable ASCII without escapes; cut out where it stands. */
static char *take_word(char **text)
{
	char *word = *text + 1, *p = word;

	if (**text != '"')
		return NULL;
	while (*p >= ' ' && *p < 0x7f && *p != '"' && *p != '\\')
		p++;
	if (*p != '"')
		return NULL;
	*p = '\0';
	*text = p + 1;
	return word;
}

/*
 * A list of plain words as codec_str_list_json() writes it: a page of rows has
 * one each, and the parser of JSON takes longer than all the rest of a row.
 * False: it is anything else, which the parser can tell.
 */
static bool read_words(const struct field *field, const char *stored,
		       struct arena *a, void *row)
{
	char *text = arena_strdup(a, stored);
	struct str_list list = { 0 };
	size_t most = 1;

	if (field->item->kind != F_STR || *text++ != '[')
		return false;
	for (const char *p = text; *p; p++)
		most += *p == ',';
	list.items = arena_array(a, most, sizeof(*list.items));
	while (*text != ']' || list.len) {
		char *word = take_word(&text);

		if (!word)
			return false;
		list.items[list.len++] = word;
		if (*text == ']')
			break;
		if (*text++ != ',')
			return false;
	}
	if (text[1])
		return false;
	*(struct str_list *)field_at(field, row) = list;
	return true;
}

bool codec_set_text(const struct field *field, struct arena *a, void *row,
		    const char *text, struct err *err)
{
	struct reader r = { .arena = a, .err = err, .stored = true };
	struct loc at = { .name = field->name };
	bool ok;

	if (!text) {
		codec_set_null(field, row);
		return true;
	}
	switch (field->kind) {
	case F_STR:
		*(const char **)field_at(field, row) = text;
		ok = true;
		break;
	case F_ENUM:
		ok = check_enum(&r, &at, field, text, row);
		break;
	case F_LIST:
		ok = read_words(field, text, a, row) ||
		     codec_read_stored(field, text, a, row, err);
		break;
	case F_JSON:
	case F_OBJ:
		ok = codec_read_stored(field, text, a, row, err);
		break;
	default:
		assert(!"text for a member that is a number");
		return false;
	}
	if (!ok) {
		err_set(err, ERR_INTERNAL, "stored data cannot be read");
		return err_cause(err, "column %s does not parse", field->name);
	}
	field_mark(field, row, true);
	return true;
}

const char *codec_str_list_json(struct arena *a, const struct str_list *list)
{
	struct sb out = sb_new(a, 256);

	sb_addc(&out, '[');
	for (size_t i = 0; i < list->len; i++) {
		if (i)
			sb_addc(&out, ',');
		codec_write_string(&out, list->items[i]);
	}
	sb_addc(&out, ']');
	return out.s;
}

bool codec_str_list_has(const struct str_list *list, const char *text)
{
	for (size_t i = 0; i < list->len; i++)
		if (!strcmp(list->items[i], text))
			return true;
	return false;
}
