/*
 * matrix: what a scan can say about the ten measures of Article 21(2).
 *
 * It is made of what was evaluated on each host (judgement.checks). A letter
 * with a grave finding is a gap; one with lesser findings, or one that a scan
 * sees only in part, is partial; one that no check could look at is left to
 * people. No status claims that the law is complied with.
 */
#ifndef NIS2_CORE_MATRIX_H
#define NIS2_CORE_MATRIX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/catalog.h"

enum { MATRIX_LETTERS = 10 };

/* One check over all hosts. */
struct matrix_check {
	bool run;
	int64_t grave;		   /* findings, CRITICAL and HIGH */
	int64_t minor;		   /* the other findings */
	enum check_severity worst; /* when there are any */
};

struct matrix_sum {
	struct matrix_check
		checks[CATALOG_CHECKS_MAX]; /* as catalog_checks() */
};

/* Adds one host: its judgement, or the JSON that was kept of it. */
void matrix_add(struct matrix_sum *m, const struct host_checks *checks);
bool matrix_add_json(struct matrix_sum *m, const char *json, struct arena *a,
		     struct err *err);

/* The matrix with descriptions in a language; lists live in the arena. */
void matrix_make(const struct matrix_sum *m, const char *locale,
		 struct arena *a, struct matrix *ret);

/* The same as the JSON that scan.compliance_matrix keeps. */
char *matrix_json(const struct matrix_sum *m, const char *locale,
		  struct arena *a);

/* What a status text means to readers, also to those of other programs. */
enum coverage { COVERAGE_OK, COVERAGE_PARTIAL, COVERAGE_MANUAL, COVERAGE_GAP };
enum coverage matrix_coverage(const char *status);

/* The cells of a matrix in the order of the letters. */
void matrix_cells(const struct matrix *m,
		  const struct matrix_cell *ret[MATRIX_LETTERS]);

#endif
