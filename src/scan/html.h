/*
 * html: the elements of a page that say what it loads and where it leads
 * (libxml2, which reads what browsers read; nothing is fetched or run).
 *
 * Elements come in the order of the page, whatever they are nested in, with
 * names in lower case and entities resolved. Everything has a bound; what is
 * beyond is left out, and `cut` says so. Bytes that are not UTF-8 are '?'.
 *
 *	struct html_page page = { 0 };
 *
 *	html_parse(span_of(body, len), arena, &page);
 *	for (size_t i = 0; i < page.len; i++)
 *		if (!strcmp(page.items[i].tag, "script"))
 *			src = html_attribute(&page.items[i], "src");
 */
#ifndef NIS2_SCAN_HTML_H
#define NIS2_SCAN_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

enum {
	HTML_ELEMENTS_MAX = 4096,  /* of those that are kept */
	HTML_ATTRIBUTES_MAX = 32,  /* of one element */
	HTML_VALUE_MAX = 4096,	   /* bytes of one attribute */
	HTML_VALUES_MAX = 1 << 20, /* of all that is kept */
	HTML_DEPTH_MAX = 512,	   /* of nesting: behind it nothing is read */
	HTML_TEXT_MAX = 200,	   /* bytes of what a link reads */
};

struct html_attribute {
	const char *name;
	const char *value; /* "" where it has none */
};

/*
 * script, link, meta, base, a, form, input, iframe, frame, img, audio, video,
 * source, embed and object; others are not kept.
 */
struct html_element {
	const char *tag;
	const char *text; /* of a link: what it reads, shortened; else "" */
	const struct html_attribute *attributes;
	size_t count;
};

struct html_page {
	struct html_element *items;
	size_t len;
	bool cut;
};

void html_parse(struct span bytes, struct arena *a, struct html_page *ret);

/* The value, or NULL where the element has no such attribute. */
const char *html_attribute(const struct html_element *e, const char *name);

#endif
