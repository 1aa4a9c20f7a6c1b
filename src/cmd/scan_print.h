/*
 * scan_print: what `nis2 scan` found, as text for people at a terminal. What
 * is for programs and for keeping is made by src/report.
 */
#ifndef NIS2_CMD_SCAN_PRINT_H
#define NIS2_CMD_SCAN_PRINT_H

#include <stdio.h>

#include "cmd/scan_run.h"

void scan_print_text(const struct scanned *scan, bool colour, struct arena *a,
		     FILE *out);
/* A line of any origin; what a terminal would obey is shown as '?'. */
void scan_print_line(const char *indent, const char *text, FILE *out);

#endif
