/*
 * http_sri: which scripts and style sheets of others a page loads, and whether
 * it pins them (Subresource Integrity). Pure.
 */
#ifndef NIS2_SCAN_PROBES_HTTP_SRI_H
#define NIS2_SCAN_PROBES_HTTP_SRI_H

#include <stdbool.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "scan/html.h"

enum { SRI_LISTED_MAX = 100 };

struct sri {
	const char *result;	  /* the Observatory's public identifier */
	struct str_list unpinned; /* of other organisations, without a valid
				   * `integrity`: addresses, each once */
	struct str_list pinned;	  /* the others */
	size_t external;	  /* scripts and sheets of others in all */
};

/* `page` NULL: the answer is no HTML. `host` is the page's name or address. */
void sri_read(const struct html_page *page, const char *host, bool https,
	      struct arena *a, struct sri *ret);

/* sha256-, sha384- or sha512- with something behind (SRI section 3.2). */
bool sri_is_pin(const char *integrity);

#endif
