/*
 * certificate: what a check of one certificate answers, made of facts.
 *
 * Pure. The findings are those of the checks cert_* of the catalogue, so that a
 * check and a scan agree; how grave they are here is the contract's. The score
 * is 100 less 40, 20, 10 or 5 a finding (critical, high, medium, low), never
 * below 0, and nothing is added for what is good. Where no certificate was
 * seen it is 0, and `errors` says why.
 */
#ifndef NIS2_CORE_CERTIFICATE_H
#define NIS2_CORE_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "core/fact.h"
#include "gen/api_types.h"

struct certificate_input {
	const char *domain;
	const char *ip; /* "" where it has none */
	int port;
	const struct fact_list *facts; /* of that host */
	const struct str_list *errors; /* what could not be looked at */
	const char *locale;
	int64_t now;
};

void certificate_make(const struct certificate_input *in, struct arena *a,
		      struct certificate *ret);

/* Whether a certificate was seen at all. */
bool certificate_seen(const struct certificate *c);

/* How near the end is, `days` whole days ahead, negative when past. */
enum expiry_risk certificate_risk(int64_t days);
/* Whole days from `now`, negative when past. */
int64_t certificate_days(int64_t not_after, int64_t now);

#endif
