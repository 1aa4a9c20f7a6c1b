/*
 * edge_find: which network stands before a server, by what it adds to an
 * answer and by where the name leads (data/edge_networks.json). Pure.
 */
#ifndef NIS2_SCAN_PROBES_EDGE_FIND_H
#define NIS2_SCAN_PROBES_EDGE_FIND_H

#include "gen/data_types.h"
#include "scan/web.h"

enum { EDGE_MAX = 64 };

/* Signs of each network, in the order of the table. */
struct edge_signs {
	int of[EDGE_MAX];
};

/* Adds the signs in the header fields and cookies of an answer. */
void edge_in_answer(const struct edge_networks *table,
		    const struct web_answer *answer, struct edge_signs *signs);
/* Adds those of the name that a CNAME ends in. */
void edge_in_name(const struct edge_networks *table, const char *name,
		  struct edge_signs *signs);

#endif
