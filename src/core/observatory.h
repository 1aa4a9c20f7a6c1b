/*
 * observatory: score and grade of a site's HTTP headers, as the MDN HTTP
 * Observatory reckons them (its algorithm 4).
 *
 * A probe states the result of each test as a fact, in the public identifiers
 * of that algorithm ("observatory.cookies" is "cookies-not-found"). Here they
 * become numbers: 100, and each result's modifier on top. Penalties always
 * count; bonuses only where the penalties alone leave 90 or more. Never below
 * 0. The grade is that of the score rounded down to 5, at most that of 100.
 *
 * Pure. A result that is not known, or was not stated, counts as nothing.
 */
#ifndef NIS2_CORE_OBSERVATORY_H
#define NIS2_CORE_OBSERVATORY_H

#include <stdbool.h>

#include "core/fact.h"

enum {
	OBSERVATORY_ALGORITHM = 4,
	OBSERVATORY_TESTS = 12,
};

struct observatory_test {
	const char *name; /* as on the wire: "content-security-policy" */
	const char *fact; /* "observatory.content_security_policy" */
};

extern const struct observatory_test observatory_tests[OBSERVATORY_TESTS];

struct observatory {
	int score;	   /* 0 … 160 */
	const char *grade; /* "A+" … "F" */
	struct {
		const char *result; /* NULL: not tested */
		int modifier;
	} tests[OBSERVATORY_TESTS]; /* in the order of observatory_tests */
};

/* The points of one result; false when it is not known. */
bool observatory_modifier(const char *result, int *ret);

const char *observatory_grade(int score);

/* From the facts of one port; false when no test was stated there. */
bool observatory_score(const struct fact_list *facts, int port,
		       struct observatory *ret);

#endif
