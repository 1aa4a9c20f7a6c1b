/*
 * legal_find: what law other than the directive asks to see on the page of a
 * company: the notice on personal data, who is behind the site, and a question
 * before visitors are followed (data/site_duties.json). It looks for links,
 * numbers and scripts, never for a single word. Pure.
 */
#ifndef NIS2_SCAN_PROBES_LEGAL_FIND_H
#define NIS2_SCAN_PROBES_LEGAL_FIND_H

#include <stdbool.h>

#include "base/span.h"
#include "gen/data_types.h"
#include "scan/html.h"

enum { LEGAL_LIST_MAX = 32 };

/* A part that was not found on a page that was cut is not known. */
enum legal_seen { LEGAL_UNKNOWN, LEGAL_ABSENT, LEGAL_PRESENT };

struct legal_found {
	enum legal_seen privacy;  /* a link to the notice on personal data */
	const char *privacy_link; /* its address, or NULL */
	enum legal_seen provider; /* a link to who is behind the site */
	const char *provider_link;
	enum legal_seen vat;
	const char *vat_number;
	bool vat_valid;		  /* its check digit is right */
	struct str_list trackers; /* domains that the page loads from at once */
	struct str_list consent;  /* signs that visitors are asked */
};

/*
 * The main page of a company: its domain, with or without www. A service of
 * it (mail., api.) need not say who it is.
 */
bool legal_is_main(const char *name, struct arena *a);

/*
 * False where nothing is known of the country, or where the page is no page:
 * without a single link there is nothing to expect of it.
 */
bool legal_find(const struct site_duties *duties, const char *country,
		struct span body, bool cut, struct arena *a,
		struct legal_found *ret, struct err *err);

#endif
