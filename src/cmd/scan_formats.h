/*
 * scan_formats: what `nis2 scan` found, in the forms that other programs take:
 * Markdown (CommonMark), JUnit XML, SARIF 2.1.0, and the text format of
 * Prometheus for the node exporter's folder of text files. Texts are in the
 * language of the user, keys are not.
 */
#ifndef NIS2_CMD_SCAN_FORMATS_H
#define NIS2_CMD_SCAN_FORMATS_H

#include "cmd/scan_print.h"

void scan_write_markdown(const struct scanned *scan, struct sb *out);
/* A suite for each target; MEDIUM and worse are failures. */
void scan_write_junit(const struct scanned *scan, struct sb *out);
void scan_write_sarif(const struct scanned *scan, struct sb *out);
/* Gauges, each with the label `profile`. */
void scan_write_prometheus(const struct scanned *scan, const char *profile,
			   struct sb *out);

#endif
