/*
 * scan_output: what a scan of the command line found, as the writers of
 * src/report take it, which are those of the server's reports.
 */
#ifndef NIS2_CMD_SCAN_OUTPUT_H
#define NIS2_CMD_SCAN_OUTPUT_H

#include "cmd/scan_run.h"
#include "report/report.h"

/* UTC and a random part, so that two scans of one second differ. */
char *scan_output_id(int64_t time, struct arena *a);

/*
 * Everything lives in the arena. `facts`: the JSON shows what the probes
 * stated, too.
 */
struct report_input *scan_output_input(const struct scanned *scan,
				       const char *id, const char *project,
				       bool facts, struct arena *a);

/* The facts of a host as a JSON array. */
const char *scan_output_facts(const struct scanned_host *host, struct arena *a);

#endif
