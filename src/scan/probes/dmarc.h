/*
 * dmarc: a DMARC record taken apart (RFC 7489 section 6.3, and the tags np,
 * psd and t of RFC 9989). Pure.
 */
#ifndef NIS2_SCAN_PROBES_DMARC_H
#define NIS2_SCAN_PROBES_DMARC_H

#include <stdbool.h>

#include "base/arena.h"
#include "codec/codec.h"

enum { DMARC_URIS_MAX = 16 };

struct dmarc {
	const char *policy;	  /* none, quarantine or reject */
	const char *subdomain;	  /* sp, or the policy where there is none */
	int pct;		  /* 100 where there is none */
	bool testing;		  /* t=y: not enforced */
	struct str_list rua, ruf; /* mail addresses and URLs, as they stand */
	struct str_list errors;
	bool valid; /* a receiver would act on it */
};

bool dmarc_is_record(const char *text);
void dmarc_parse(const char *text, struct arena *a, struct dmarc *ret);
/* The domain of a mailto: URI, or NULL for anything else. */
const char *dmarc_mail_domain(const char *uri, struct arena *a);

#endif
