/*
 * Pretty: JSON that was written without blanks is laid out for people, token
 * by token, and what is not ASCII becomes \uXXXX, so that the file survives
 * every editor and mail client.
 */
#include "codec/codec.h"

#include <string.h>

#include "codec/format.h"

static void new_line(struct sb *out, int depth)
{
	sb_addc(out, '\n');
	for (int i = 0; i < depth; i++)
		sb_add(out, "  ");
}

/* One character beyond ASCII; RFC 8259 section 7 on surrogate pairs. */
static int add_escaped(struct sb *out, const char *s)
{
	int len;
	unsigned c = format_next(s, &len);

	if (c >= 0x10000) {
		sb_addf(out, "\\u%04x", 0xd800 + ((c - 0x10000) >> 10));
		c = 0xdc00 + ((c - 0x10000) & 0x3ff);
	}
	sb_addf(out, "\\u%04x", c);
	return len;
}

/* A string token with its quotes; returns what follows it. */
static const char *add_string(struct sb *out, const char *s)
{
	sb_addc(out, *s++);
	while (*s && *s != '"') {
		if ((unsigned char)*s >= 0x80) {
			s += add_escaped(out, s);
			continue;
		}
		if (*s == '\\' && s[1])
			sb_addc(out, *s++);
		sb_addc(out, *s++);
	}
	if (*s)
		sb_addc(out, *s++);
	return s;
}

static bool is_close(char c)
{
	return c == '}' || c == ']';
}

static void lay_out(const char *s, struct sb *out)
{
	int depth = 0;

	while (*s) {
		char c = *s;

		if (c == '"') {
			s = add_string(out, s);
			continue;
		}
		if (is_close(c))
			new_line(out, --depth);
		sb_addc(out, c);
		s++;
		if (c == ':') {
			sb_addc(out, ' ');
		} else if (c == ',') {
			new_line(out, depth);
		} else if ((c == '{' || c == '[') && is_close(*s)) {
			sb_addc(out, *s++); /* empty: on one line */
		} else if (c == '{' || c == '[') {
			new_line(out, ++depth);
		}
	}
}

void codec_write_pretty(const struct type *type, const void *value,
			struct sb *out)
{
	struct sb text = sb_new(out->arena, 4096);

	codec_write(type, value, &text);
	lay_out(text.s, out);
	sb_addc(out, '\n');
	out->truncated |= text.truncated;
}
