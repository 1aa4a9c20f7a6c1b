#include "base/span.h"

#include <string.h>

struct span span_of(const void *bytes, size_t len)
{
	const char *p = bytes ? bytes : "";

	return (struct span){ p, p + (bytes ? len : 0) };
}

struct span span_str(const char *s)
{
	return span_of(s, s ? strlen(s) : 0);
}

size_t span_len(struct span s)
{
	return (size_t)(s.end - s.p);
}

/* Locale-free: bytes from the network are ASCII or opaque. */
static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool same_nocase(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (fold(a[i]) != fold(b[i]))
			return false;
	return true;
}

bool span_is(struct span s, const char *word)
{
	size_t len = strlen(word);

	return span_len(s) == len && !memcmp(s.p, word, len);
}

bool span_is_nocase(struct span s, const char *word)
{
	size_t len = strlen(word);

	return span_len(s) == len && same_nocase(s.p, word, len);
}

bool span_starts_nocase(struct span s, const char *prefix)
{
	size_t len = strlen(prefix);

	return span_len(s) >= len && same_nocase(s.p, prefix, len);
}

const char *span_find_nocase(struct span s, const char *needle)
{
	for (; s.p < s.end; s.p++)
		if (span_starts_nocase(s, needle))
			return s.p;
	return *needle ? NULL : s.p;
}

char *span_dup(struct arena *a, struct span s)
{
	return arena_strndup(a, s.p, span_len(s));
}

/* Where `c` stands among the next `max` + 1 bytes; NULL when it does not. */
static const char *find_byte(struct span s, char c, size_t max)
{
	size_t len = span_len(s);

	if (len > max && len - max > 1)
		len = max + 1;
	return len ? memchr(s.p, c, len) : NULL;
}

bool span_line(struct span *s, size_t max, struct span *ret)
{
	/* One more than the line itself: its CR does not count. */
	const char *lf = find_byte(*s, '\n', max < SIZE_MAX ? max + 1 : max);
	const char *end = lf;

	if (!lf)
		return false;
	if (end > s->p && end[-1] == '\r')
		end--;
	if ((size_t)(end - s->p) > max)
		return false;
	*ret = (struct span){ s->p, end };
	s->p = lf + 1;
	return true;
}

bool span_until(struct span *s, char stop, size_t max, struct span *ret)
{
	const char *at = find_byte(*s, stop, max);
	const char *end = at ? at : s->end;

	if (s->p == s->end || (size_t)(end - s->p) > max)
		return false;
	*ret = (struct span){ s->p, end };
	s->p = at ? at + 1 : end;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_space(char c)
{
	return is_blank(c) || c == '\r' || c == '\n';
}

bool span_word(struct span *s, size_t max, struct span *ret)
{
	const char *p = s->p;

	while (p < s->end && !is_space(*p))
		p++;
	if (p == s->p || (size_t)(p - s->p) > max)
		return false;
	*ret = (struct span){ s->p, p };
	s->p = p;
	return true;
}

bool span_number(struct span *s, uint64_t max, uint64_t *ret)
{
	const char *p = s->p;
	uint64_t n = 0;

	for (; p < s->end && *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(n, (uint64_t)10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n) ||
		    n > max)
			return false;
	}
	if (p == s->p)
		return false;
	*ret = n;
	s->p = p;
	return true;
}

bool span_literal(struct span *s, const char *word)
{
	size_t len = strlen(word);

	if (span_len(*s) < len || memcmp(s->p, word, len))
		return false;
	s->p += len;
	return true;
}

void span_skip_blank(struct span *s)
{
	while (s->p < s->end && is_blank(*s->p))
		s->p++;
}

struct span span_trim(struct span s)
{
	while (s.p < s.end && is_space(*s.p))
		s.p++;
	while (s.end > s.p && is_space(s.end[-1]))
		s.end--;
	return s;
}

/* The next `bytes` bytes as one big-endian number. */
static bool take_number(struct span *s, int bytes, uint32_t *ret)
{
	uint32_t n = 0;

	if (span_len(*s) < (size_t)bytes)
		return false;
	for (int i = 0; i < bytes; i++)
		n = n << 8 | (unsigned char)s->p[i];
	*ret = n;
	s->p += bytes;
	return true;
}

bool span_u8(struct span *s, uint8_t *ret)
{
	uint32_t n;

	if (!take_number(s, 1, &n))
		return false;
	*ret = (uint8_t)n;
	return true;
}

bool span_u16(struct span *s, uint16_t *ret)
{
	uint32_t n;

	if (!take_number(s, 2, &n))
		return false;
	*ret = (uint16_t)n;
	return true;
}

bool span_u24(struct span *s, uint32_t *ret)
{
	return take_number(s, 3, ret);
}

bool span_u32(struct span *s, uint32_t *ret)
{
	return take_number(s, 4, ret);
}

bool span_take(struct span *s, size_t len, struct span *ret)
{
	if (span_len(*s) < len)
		return false;
	*ret = (struct span){ s->p, s->p + len };
	s->p += len;
	return true;
}
