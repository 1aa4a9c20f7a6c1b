/*
 * registration_parse: what registries say about a domain, in RDAP (RFC 9083)
 * and in WHOIS, whose form every registry has for itself. Pure.
 */
#ifndef NIS2_SCAN_PROBES_REGISTRATION_PARSE_H
#define NIS2_SCAN_PROBES_REGISTRATION_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "codec/codec.h"

enum { REGISTRATION_STATUSES_MAX = 32, REGISTRATION_BYTES_MAX = 256 * 1024 };

struct registration {
	bool missing; /* the registry does not know the domain */
	bool has_expires, has_created;
	int64_t expires, created;
	const char *registrar;	  /* NULL: not told */
	const char *registrant;	  /* organisation; the same */
	struct str_list statuses; /* words of EPP (RFC 5731), as sent */
	bool locked;		  /* nobody may transfer it */
	const char *referral;	  /* WHOIS: who knows more, or NULL */
};

/* ERR_UPSTREAM: it is not about a domain. */
bool registration_read_rdap(struct span body, struct arena *a,
			    struct registration *ret, struct err *err);

/* False: nothing in it says anything. */
bool registration_read_whois(struct span body, struct arena *a,
			     struct registration *ret);

/*
 * Dates as registries write them: RFC 3339 with or without a time and zone,
 * 2026-03-01, 2026.03.01, 2026/03/01, 20260301, 01-Mar-2026, 01.03.2026. One
 * without a zone is UTC.
 */
bool registration_date(struct span text, struct arena *a, int64_t *ret);

#endif
