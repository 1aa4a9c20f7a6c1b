/*
 * ct_search: which certificates public logs know for a name (CT_SEARCH_URL).
 *
 * An answer is kept in the database for CT_CACHE_HOURS: it is public and holds
 * nothing of who asked. Whoever must not be asked, or does not answer, is an
 * `error` in the reply and never "no certificates".
 */
#ifndef NIS2_API_CT_SEARCH_H
#define NIS2_API_CT_SEARCH_H

#include "gen/api_types.h"
#include "http/call.h"

enum {
	CT_SEARCH_SECONDS = 15,
	CT_SEARCH_MAX = 16 * 1024 * 1024, /* bytes of an answer */
	CT_ENTRIES_SHOWN = 50,
};

/* `name` is normalised. Begins the transaction when there is one to write. */
bool ct_search(struct call *call, const char *name, struct ct_search *ret,
	       struct err *err);

/* The answer of the service made ours: pure, for tests. */
bool ct_search_read(const char *name, const char *json, size_t len,
		    struct arena *a, struct ct_search *ret, struct err *err);

#endif
