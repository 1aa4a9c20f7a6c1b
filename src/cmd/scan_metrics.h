/*
 * scan_metrics: the result of a scan as a file for node_exporter's textfile
 * collector: four gauges with the label of the profile. Another profile's
 * lines in the same file stay; the file is replaced whole, and of two scans
 * that end together each finds what the other wrote.
 */
#ifndef NIS2_CMD_SCAN_METRICS_H
#define NIS2_CMD_SCAN_METRICS_H

#include "cmd/scan_run.h"

/*
 * ERR_INVALID when the file is there and holds anything but these gauges: it
 * is not ours to replace. To be asked before a scan.
 */
bool scan_metrics_ours(const char *path, struct arena *a, struct err *err);

bool scan_metrics_write(const char *path, const struct scanned *scan,
			const char *profile, struct arena *a, struct err *err);

#endif
