/*
 * tenant: a new organisation and its first administrator.
 */
#ifndef NIS2_API_TENANT_H
#define NIS2_API_TENANT_H

#include <stdint.h>

#include "store/db.h"

/*
 * An organisation of that name, with a short name of its own that never
 * changes, and the person as its administrator. In the caller's transaction.
 */
bool tenant_create(struct db *db, struct arena *a, const char *user_id,
		   const char *name, int64_t now, const char **ret_id,
		   struct err *err);

#endif
