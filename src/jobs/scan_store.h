/*
 * scan_store: one host of a scan becomes rows.
 */
#ifndef NIS2_JOBS_SCAN_STORE_H
#define NIS2_JOBS_SCAN_STORE_H

#include "core/fact.h"
#include "gen/wire_types.h"
#include "store/db.h"

struct scan_store {
	struct db *db; /* in a write transaction */
	struct arena *arena;
	const char *org;
	const char *scan_id;
	int64_t now;
};

/*
 * Judges the facts and stores the result with its findings: new ones are open;
 * those that are known keep what people decided, but what was called resolved
 * is open again. A host that is stored already is left as it is.
 */
bool scan_store_host(const struct scan_store *store,
		     const struct probe_message *host,
		     const struct fact_list *facts, struct err *err);

#endif
