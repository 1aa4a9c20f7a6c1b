/*
 * html_source: from where a page loads what an element names. Pure.
 */
#ifndef NIS2_SCAN_PROBES_HTML_SOURCE_H
#define NIS2_SCAN_PROBES_HTML_SOURCE_H

#include <stdbool.h>

#include "base/arena.h"
#include "scan/html.h"

enum place { PLACE_OWN, PLACE_SAME_SITE, PLACE_NO_SCHEME, PLACE_FOREIGN };

struct html_source {
	enum place place;
	bool https;	  /* stated in the address */
	const char *host; /* NULL: the address names none */
};

/*
 * Of the value of a src or href, without blanks around. `base` is what
 * html_base_of() says, `host` the page's.
 */
struct html_source html_source_of(const char *src, const char *base,
				  const char *host, struct arena *a);

/* The first <base href> counts; "" where none names a host. */
const char *html_base_of(const struct html_page *page);

/* The same organisation; addresses only when they are the same. */
bool html_same_site(const char *a, const char *b);

#endif
