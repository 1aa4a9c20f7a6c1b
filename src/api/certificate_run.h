/*
 * certificate_run: probe processes that look at certificates for a request.
 *
 * Hostile bytes are parsed in the sandbox of `nis2 probe`, never here. Names
 * go to it in groups, a process a group; the groups run side by side, each name
 * has a deadline of its own, and there are never more than so many processes:
 * who finds no room in a few seconds gets ERR_BUSY. A process that dies takes
 * only the names with it that it had in its hands.
 */
#ifndef NIS2_API_CERTIFICATE_RUN_H
#define NIS2_API_CERTIFICATE_RUN_H

#include "core/fact.h"
#include "http/call.h"

enum {
	CERTIFICATE_SECONDS = 12, /* for one name, once it is resolved */
	CERTIFICATE_GROUP = 13,	  /* names of one process */
	CERTIFICATE_PROCESSES = 8,
	CERTIFICATE_WAIT_SECONDS = 3, /* for room */
};

enum certificate_end {
	CERTIFICATE_FAILED,  /* the process died over it, or said nothing */
	CERTIFICATE_REFUSED, /* it does not resolve, or may not be contacted */
	CERTIFICATE_LOOKED_AT,
};

struct certificate_result {
	enum certificate_end end;
	const char *ip;
	struct fact_list facts;
	struct str_list errors;
};

/*
 * `names` are normalised (net/target.h), one or more, without doubles; NULL
 * ones are passed over. `ret` has as many members, in the same order.
 */
bool certificate_run(struct call *call, const char *const *names, size_t count,
		     int port, struct certificate_result *ret, struct err *err);

#endif
