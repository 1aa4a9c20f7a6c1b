/*
 * Writing: every reply goes through here, so it is written straight into the
 * buffer. Member names come ready-made from the tables, runs of clean text are
 * copied whole, and numbers are formatted without printf.
 */
#include "codec/codec.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "codec/check.h"

static void write_struct(const struct type *type, const char *base,
			 struct sb *out);

/* Room for `n` bytes, or NULL when the text is full: then all is dropped. */
static inline char *room(struct sb *out, size_t n)
{
	if (out->cap - out->len > n)
		return out->s + out->len;
	if (out->truncated || n > SB_MAX - out->len) {
		out->truncated = true;
		return NULL;
	}
	return sb_room(out, n);
}

static inline void done(struct sb *out, const char *end)
{
	out->len = (size_t)(end - out->s);
}

static void put(struct sb *out, const char *s, size_t n)
{
	char *p = room(out, n);

	if (!p)
		return;
	memcpy(p, s, n);
	done(out, p + n);
}

/* ---- strings */

/* 0: as it is. A letter: after a backslash. 'u': as \u00xx. */
static const char escapes[256] = {
	[0] = 'u',    [1] = 'u',  [2] = 'u',	[3] = 'u',     [4] = 'u',
	[5] = 'u',    [6] = 'u',  [7] = 'u',	['\b'] = 'b',  ['\t'] = 't',
	['\n'] = 'n', [11] = 'u', ['\f'] = 'f', ['\r'] = 'r',  [14] = 'u',
	[15] = 'u',   [16] = 'u', [17] = 'u',	[18] = 'u',    [19] = 'u',
	[20] = 'u',   [21] = 'u', [22] = 'u',	[23] = 'u',    [24] = 'u',
	[25] = 'u',   [26] = 'u', [27] = 'u',	[28] = 'u',    [29] = 'u',
	[30] = 'u',   [31] = 'u', ['"'] = '"',	['\\'] = '\\',
};

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Is any of eight bytes a control, a quote or a backslash? */
static inline bool any_escape(const char *s)
{
	uint64_t x, quote, slash;

	memcpy(&x, s, 8);
	quote = x ^ EACH('"');
	slash = x ^ EACH('\\');
	return (((x - EACH(0x20)) & ~x) | ((quote - EACH(1)) & ~quote) |
		((slash - EACH(1)) & ~slash)) &
	       EACH(0x80);
}

/* How many bytes from `s` on need no escape. */
static inline size_t clean_run(const char *s, size_t n)
{
	size_t i = 0;

	while (n - i >= 8 && !any_escape(s + i))
		i += 8;
	while (i < n && !escapes[(unsigned char)s[i]])
		i++;
	return i;
}

static char *put_escape(char *p, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	*p++ = '\\';
	*p++ = escapes[c];
	if (escapes[c] != 'u')
		return p;
	*p++ = '0';
	*p++ = '0';
	*p++ = hex[c >> 4];
	*p++ = hex[c & 15];
	return p;
}

/* The rest of a string, from its first byte that needs an escape. */
static void write_escaped(struct sb *out, const char *s, size_t n)
{
	while (n) {
		size_t clean = clean_run(s, n);
		char *p = room(out, clean + 6);

		if (!p)
			return;
		memcpy(p, s, clean);
		p += clean;
		if (clean < n)
			p = put_escape(p, (unsigned char)s[clean++]);
		done(out, p);
		s += clean;
		n -= clean;
	}
}

/* `key` (of `key_len` bytes) and the string after it. */
static inline void write_text(struct sb *out, const char *key, size_t key_len,
			      const char *s)
{
	size_t n = strlen(s), clean = clean_run(s, n);
	char *p = room(out, key_len + clean + 2);

	if (!p)
		return;
	memcpy(p, key, key_len);
	p += key_len;
	*p++ = '"';
	memcpy(p, s, clean);
	done(out, p + clean);
	if (clean < n)
		write_escaped(out, s + clean, n - clean);
	put(out, "\"", 1);
}

void codec_write_string(struct sb *out, const char *s)
{
	if (s)
		write_text(out, "", 0, s);
	else
		put(out, "null", 4);
	out->s[out->len] = '\0';
}

/* ---- numbers */

enum { NUMBER_TEXT = 32 };

/* Decimal digits of `n` at `p`; returns the end. */
static char *put_digits(char *p, uint64_t n)
{
	char text[20], *start = text + sizeof(text);

	do
		*--start = (char)('0' + n % 10);
	while (n /= 10);
	memcpy(p, start, (size_t)(text + sizeof(text) - start));
	return p + (text + sizeof(text) - start);
}

static char *put_int(char *p, int64_t value)
{
	if (value < 0)
		*p++ = '-';
	return put_digits(p, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

/*
 * Numbers of up to three decimals, which are nearly all: the quotient of two
 * exact numbers is rounded once, so if it is `value` its digits are the
 * shortest text. NULL when it is not such a number.
 */
static char *put_short(char *p, double value)
{
	static const int scales[] = { 1, 10, 100, 1000 };

	if (!(fabs(value) < 1e12) || (value == 0 && signbit(value)))
		return NULL;
	for (int i = 0; i < 4; i++) {
		int64_t n = llround(value * scales[i]);
		int64_t whole = n / scales[i], part = llabs(n % scales[i]);

		if ((double)n / scales[i] != value)
			continue;
		if (n < 0)
			*p++ = '-';
		p = put_digits(p, (uint64_t)llabs(whole));
		*p++ = '.';
		for (int scale = scales[i] / 10; scale > 1; scale /= 10)
			if (part < scale)
				*p++ = '0';
		return put_digits(p, (uint64_t)part);
	}
	return NULL;
}

/* As many digits as read back the same; with '.' or 'e' it stays a number. */
static char *put_long(char *p, double value)
{
	int len = 0;

	for (int digits = 15; digits <= 17; digits++) {
		len = snprintf(p, NUMBER_TEXT - 2, "%.*g", digits, value);
		if (strtod(p, NULL) == value)
			break;
	}
	if (!strpbrk(p, ".e")) {
		p[len++] = '.';
		p[len++] = '0';
	}
	return p + len;
}

static char *put_number(char *p, double value)
{
	char *end;

	if (!isfinite(value)) {
		memcpy(p, "null", 4);
		return p + 4;
	}
	end = put_short(p, value);
	return end ? end : put_long(p, value);
}

void codec_write_number(struct sb *out, double value)
{
	char *p = room(out, NUMBER_TEXT);

	if (!p)
		return;
	done(out, put_number(p, value));
	out->s[out->len] = '\0';
}

/* ---- members */

/* Does the member have a value? */
static inline bool has_value(const struct field *f, const char *base)
{
	if (f->has != FIELD_NONE)
		return *(const bool *)(base + f->has);
	if (f->kind == F_STR || f->kind == F_JSON || f->by_pointer)
		return *(const void *const *)(base + f->offset) != NULL;
	return true;
}

static inline bool was_set(const struct field *f, const char *base)
{
	return f->set != FIELD_NONE && *(const bool *)(base + f->set);
}

static void write_list_of(const struct field *item, size_t item_size,
			  const struct any_list *list, struct sb *out);

static inline char *put_bool(char *p, bool value)
{
	memcpy(p, value ? "true" : "false", value ? 4 : 5);
	return p + (value ? 4 : 5);
}

/* The kinds of bounded length, after their key. */
static void write_scalar(const struct field *f, const char *member,
			 const char *key, size_t key_len, struct sb *out)
{
	char *p = room(out, key_len + CLOCK_TEXT + 2);

	if (!p)
		return;
	memcpy(p, key, key_len);
	p += key_len;
	if (f->kind == F_INT) {
		p = put_int(p, *(const int64_t *)member);
	} else if (f->kind == F_NUM) {
		p = put_number(p, *(const double *)member);
	} else if (f->kind == F_BOOL) {
		p = put_bool(p, *(const bool *)member);
	} else {
		*p++ = '"';
		p += clock_text(*(const int64_t *)member, p);
		*p++ = '"';
	}
	done(out, p);
}

static const char *enum_name(const struct field *f, const char *member)
{
	unsigned value = *(const unsigned *)member;

	assert(value < f->names_len);
	return f->names[value];
}

/* The key and the value, which is there. */
static inline void write_value(const struct field *f, const char *member,
			       const char *key, size_t key_len, struct sb *out)
{
	switch (f->kind) {
	case F_STR:
		write_text(out, key, key_len, *(const char *const *)member);
		return;
	case F_ENUM:
		write_text(out, key, key_len, enum_name(f, member));
		return;
	case F_INT:
	case F_NUM:
	case F_BOOL:
	case F_TIME:
		write_scalar(f, member, key, key_len, out);
		return;
	case F_JSON:
		put(out, key, key_len);
		put(out, *(const char *const *)member,
		    strlen(*(const char *const *)member));
		return;
	case F_OBJ:
		put(out, key, key_len);
		write_struct(f->type,
			     f->by_pointer ? *(const char *const *)member
					   : member,
			     out);
		return;
	case F_LIST:
		put(out, key, key_len);
		write_list_of(f->item, f->item_size,
			      (const struct any_list *)member, out);
		return;
	}
}

static void write_struct(const struct type *type, const char *base,
			 struct sb *out)
{
	size_t skip = 1; /* the comma of the first key */

	put(out, "{", 1);
	for (const struct field *f = type->fields; f->name; f++) {
		bool has = has_value(f, base);

		if (!has && !f->required && !was_set(f, base))
			continue;
		if (has) {
			write_value(f, base + f->offset, f->key + skip,
				    f->key_len - skip, out);
		} else {
			put(out, f->key + skip, f->key_len - skip);
			put(out, "null", 4);
		}
		skip = 0;
	}
	put(out, "}", 1);
}

static void write_list_of(const struct field *item, size_t item_size,
			  const struct any_list *list, struct sb *out)
{
	put(out, "[", 1);
	for (size_t i = 0; i < list->len; i++)
		write_value(item, (const char *)list->items + i * item_size,
			    ",", i ? 1 : 0, out);
	put(out, "]", 1);
}

void codec_write(const struct type *type, const void *value, struct sb *out)
{
	write_struct(type, value, out);
	out->s[out->len] = '\0';
}

void codec_write_list(const struct type *item, const struct any_list *list,
		      struct sb *out)
{
	const struct field field = { .name = "",
				     .kind = F_OBJ,
				     .has = FIELD_NONE,
				     .set = FIELD_NONE,
				     .type = item };

	write_list_of(&field, item->size, list, out);
	out->s[out->len] = '\0';
}
