#include "http/exchange.h"

#include <string.h>

const char *const role_names[] = { "", "viewer", "auditor", "admin", NULL };

void exchange_header(struct exchange *x, const char *name, const char *value)
{
	struct reply_header *h;

	if (!value)
		return;
	h = arena_alloc(&x->arena, sizeof(*h));
	h->name = name;
	h->value = value;
	h->next = x->reply.headers;
	x->reply.headers = h;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *exchange_unescape(struct arena *a, const char *s, size_t len, bool plus)
{
	char *out = arena_bytes(a, len + 1), *p = out;
	const char *end = s + len;

	for (; s < end; s++) {
		int high, low;

		if (*s != '%') {
			*p++ = plus && *s == '+' ? ' ' : *s;
			continue;
		}
		if (end - s < 3)
			return NULL;
		high = hex_digit(s[1]);
		low = hex_digit(s[2]);
		if (high < 0 || low < 0 || !(high | low))
			return NULL;
		*p++ = (char)(high << 4 | low);
		s += 2;
	}
	*p = '\0';
	return out;
}
