#include "base/url.h"

#include <string.h>

static bool is_unreserved(unsigned char c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       (c >= '0' && c <= '9') || strchr("-._~", c);
}

char *url_encode(struct arena *a, const char *text)
{
	struct sb b = sb_new(a, strlen(text) + 1);

	for (; *text; text++)
		if (is_unreserved((unsigned char)*text))
			sb_addc(&b, *text);
		else
			sb_addf(&b, "%%%02X", (unsigned char)*text);
	return b.s;
}

char *url_under(struct arena *a, const char *base, const char *path)
{
	size_t len = strlen(base);

	while (len && base[len - 1] == '/')
		len--;
	return arena_printf(a, "%.*s%s", (int)len, base, path);
}
