/*
 * summary: the executive summary of a scan, as a fragment of HTML in one
 * language: the score in words, the business risks that were hit, and the ten
 * things to do first. Everything that comes from outside is escaped, and it
 * fits in what scan.executive_summary may hold.
 */
#ifndef NIS2_CORE_SUMMARY_H
#define NIS2_CORE_SUMMARY_H

#include <stdint.h>

#include "base/arena.h"
#include "gen/api_types.h"

struct summary_input {
	bool has_score;
	int64_t score;
	int64_t hosts; /* addresses that were looked at */
	int64_t alive; /* of these, how many answered */
	/* Rows or localised findings: check, severity and target are read. */
	const struct finding_list *findings;
};

char *summary_html(const struct summary_input *in, const char *locale,
		   struct arena *a);

/* Appends the text with & < > " ' escaped, for HTML and XML. */
void html_escape(struct sb *out, const char *text);

#endif
