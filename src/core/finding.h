/*
 * finding: the texts of a finding, which are not stored: a row keeps the id of
 * its check and the values of the evidence, and everybody reads it in their
 * own language.
 */
#ifndef NIS2_CORE_FINDING_H
#define NIS2_CORE_FINDING_H

#include "base/arena.h"
#include "core/catalog.h"
#include "gen/api_types.h"

struct finding_texts {
	const char *title;
	const char *rationale;	 /* why it matters */
	const char *detail;	 /* what was seen */
	const char *remediation; /* what to do */
};

/*
 * The texts of a check's finding, with the values of `evidence` (the JSON that
 * the judge wrote, NULL is fine). False when the check is not in the
 * catalogue: then all texts are "".
 */
bool finding_texts(const char *check_id, const char *evidence,
		   const char *locale, struct arena *a,
		   struct finding_texts *ret);

/*
 * Turns a row into what is shown: its `technical_detail` is the evidence as
 * the statements of sql/queries/finding.sql select it. A finding of a check
 * that is gone keeps its label as title, has no texts, and was scored.
 */
void finding_localize(struct finding *f, const char *locale, struct arena *a);

#endif
