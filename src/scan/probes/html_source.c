#include "scan/probes/html_source.h"

#include <string.h>
#include <strings.h>

#include "base/span.h"
#include "net/addr.h"
#include "net/domain.h"

static const char *host_of(const char *p, struct arena *a)
{
	size_t len = strcspn(p, "/?#\\");
	const char *at = memrchr(p, '@', len);

	if (at) {
		len -= (size_t)(at + 1 - p);
		p = at + 1;
	}
	if (*p == '[')
		return arena_strndup(a, p + 1, strcspn(p + 1, "]"));
	return arena_strndup(a, p,
			     strcspn(p, ":") < len ? strcspn(p, ":") : len);
}

bool html_same_site(const char *a, const char *b)
{
	struct addr addr;

	if (addr_parse(a, &addr) || addr_parse(b, &addr))
		return !strcasecmp(a, b);
	return domain_same(a, b);
}

struct html_source html_source_of(const char *src, const char *base,
				  const char *host, struct arena *a)
{
	struct span s = span_str(src);
	struct html_source ret = { .place = PLACE_OWN };
	size_t scheme = span_starts_nocase(s, "https://")  ? 8
			: span_starts_nocase(s, "http://") ? 7
							   : 0;

	ret.https = scheme == 8;
	if (scheme) {
		ret.host = host_of(src + scheme, a);
		ret.place = html_same_site(ret.host, host) ? PLACE_SAME_SITE
							   : PLACE_FOREIGN;
	} else if (src[0] == '/' && src[1] == '/' && src[2] && src[2] != '/') {
		if (*base)
			return html_source_of(
				arena_printf(a, "%.*s%s",
					     (int)strcspn(base, "/"), base,
					     src),
				"", host, a);
		ret.host = host_of(src + 2, a);
		ret.place = PLACE_NO_SCHEME;
	} else if (*base) {
		return html_source_of(base, "", host, a);
	}
	return ret;
}

const char *html_base_of(const struct html_page *page)
{
	for (size_t i = 0; i < page->len; i++) {
		const char *href =
			strcmp(page->items[i].tag, "base")
				? NULL
				: html_attribute(&page->items[i], "href");

		if (href)
			return span_starts_nocase(span_str(href), "https://") ||
					       span_starts_nocase(
						       span_str(href),
						       "http://")
				       ? href
				       : "";
	}
	return "";
}
