/*
 * audit: the rows that say who did what, as a chain that shows when somebody
 * has changed or removed one.
 *
 * Each organisation has a chain of its own: a row holds a hash, keyed with
 * DATA_ENCRYPTION_KEY, of itself and of the row before, so that who can write
 * the database, but has not the key, cannot mend what they broke. What tells
 * who it was is hashed apart (with a salt), and can be erased with an account
 * without breaking the chain.
 */
#ifndef NIS2_STORE_AUDIT_H
#define NIS2_STORE_AUDIT_H

#include "base/settings.h"
#include "store/db.h"

/* NULL where there is none; only organisation, action and type are needed. */
struct audit_entry {
	const char *org_id;
	const char *user_id;
	const char *api_key_id;
	const char *action;
	const char *resource_type;
	const char *resource_id;
	const char *details; /* JSON object */
	const char *ip_address;
	const char *user_agent;
	int64_t now; /* base/clock.h */
};

/*
 * Appends a row to the chain of its organisation, in the caller's write
 * transaction, whose end others of the organisation wait for: append last.
 */
bool audit_append(struct db *db, struct arena *a,
		  const struct settings *settings,
		  const struct audit_entry *entry, struct err *err);

#endif
