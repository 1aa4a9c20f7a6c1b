/*
 * certificate_store: the latest that was seen of a name and port, by a scan or
 * by a check, so that what ends soon can be listed.
 */
#ifndef NIS2_JOBS_CERTIFICATE_STORE_H
#define NIS2_JOBS_CERTIFICATE_STORE_H

#include "core/fact.h"
#include "gen/api_types.h"
#include "store/db.h"

struct certificate_store {
	struct db *db; /* in a write transaction */
	struct arena *arena;
	const char *org;
	int64_t now;
};

/* Nothing when `c` was not seen: what was seen before stays. */
bool certificate_store_put(const struct certificate_store *s,
			   const struct certificate *c,
			   const struct fact_list *facts, struct err *err);

/* Those of all ports of a host of that name. */
bool certificate_store_host(const struct certificate_store *s, const char *name,
			    const char *ip, const struct fact_list *facts,
			    struct err *err);

#endif
