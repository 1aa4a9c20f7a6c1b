/*
 * scan_print: what `nis2 scan` found, as text for people and as JSON for
 * programs. Both come from the same list of hosts.
 */
#ifndef NIS2_CMD_SCAN_PRINT_H
#define NIS2_CMD_SCAN_PRINT_H

#include <stdio.h>

#include "base/arena.h"
#include "core/judge.h"
#include "gen/wire_types.h"

/* One address; all of it lives in the arena of the whole scan. */
struct scanned_host {
	struct scanned_host *next;
	struct probe_message seen;
	struct fact_list facts;
	struct judgement judged;
};

struct scanned {
	struct scanned_host *first, **last;
	int64_t hosts, alive;
	int64_t started, ended;	       /* clock_now() */
	struct severity_counts counts; /* of all findings */
	bool has_score;
	int score;
	bool complete;
	const char *locale;
};

void scan_print_text(const struct scanned *scan, bool colour, struct arena *a,
		     FILE *out);
void scan_write_json(const struct scanned *scan, struct sb *out);

#endif
