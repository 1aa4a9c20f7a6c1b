/*
 * mta_sts: MTA-STS (RFC 8461), its record and its policy, and the records of
 * TLS-RPT (RFC 8460) and BIMI. Pure.
 */
#ifndef NIS2_SCAN_PROBES_MTA_STS_H
#define NIS2_SCAN_PROBES_MTA_STS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "codec/codec.h"

enum { STS_POLICY_MAX = 64 * 1024, STS_MX_MAX = 64 };

bool sts_is_record(const char *text);
/* The id of the record, or NULL; what is wrong goes to `errors`. */
const char *sts_record_id(const char *text, struct arena *a,
			  struct str_list *errors);

struct sts_policy {
	const char *mode;   /* enforce, testing, none; NULL: not valid */
	int64_t max_age;    /* seconds; -1: missing */
	struct str_list mx; /* names, and *.name */
	struct str_list errors;
};

void sts_policy_parse(struct span body, struct arena *a,
		      struct sts_policy *ret);
/* The host is among the policy's (RFC 8461 section 4.1). */
bool sts_allows(const struct sts_policy *policy, const char *host);

bool rpt_is_record(const char *text);
void rpt_check(const char *text, struct arena *a, struct str_list *errors);

bool bimi_is_record(const char *text);

#endif
