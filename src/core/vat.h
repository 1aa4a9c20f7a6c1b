/*
 * vat: whether the check digit of a number that names a taxpayer is right. A
 * number can be right and belong to nobody.
 */
#ifndef NIS2_CORE_VAT_H
#define NIS2_CORE_VAT_H

#include <stdbool.h>

/*
 * The Italian VAT number (partita IVA), eleven digits without the country's
 * letters: the last is the check digit (DPR 633/1972, Art. 35).
 */
bool vat_is_italian(const char *digits);

#endif
