/*
 * cvss: the base score of a CVSS 3.1 vector, by the formulas and the rounding
 * of the specification (FIRST, "Common Vulnerability Scoring System v3.1",
 * section 7.1 and appendix A).
 *
 *	cvss_base("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N") is 7.5
 */
#ifndef NIS2_CORE_CVSS_H
#define NIS2_CORE_CVSS_H

#include <stdbool.h>

/*
 * False when the text is not a complete base vector of version 3.1 with every
 * metric once. Metrics may come in any order. `ret` has one decimal.
 */
bool cvss_base(const char *vector, double *ret);

#endif
