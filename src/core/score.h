/*
 * score: from findings to a number between 0 and 100. It says how much of what
 * was looked at is in order, never that somebody complies with the law.
 */
#ifndef NIS2_CORE_SCORE_H
#define NIS2_CORE_SCORE_H

#include <stdbool.h>
#include <stdint.h>

#include "gen/data_types.h"

enum { SEVERITIES = CHECK_SEVERITY_INFO + 1 };

/* How many findings there are of each severity. */
struct severity_counts {
	int64_t of[SEVERITIES];
};

/* The severity that the wire calls so, any case. */
bool severity_parse(const char *text, enum check_severity *ret);

/* 100 less 50, 20, 10 or 5 a finding by its severity; never below 0. */
int score_host(const struct severity_counts *counts);

/*
 * The mean over the hosts that answered, rounded down. False when none did:
 * nothing was assessed, so there is no score.
 */
bool score_scan(int64_t sum, int64_t hosts, int *ret);

/* How a score is spoken of: below 50, below 80, the rest. */
enum score_band { SCORE_CRITICAL, SCORE_IMPROVE, SCORE_GOOD, SCORE_NONE };
enum score_band score_band(bool has_score, int64_t score);

#endif
