/*
 * audit: the rows that say who did what, as a chain that shows when somebody
 * has changed or removed one. docs/audit.md says what that proves.
 *
 * Each organisation has a chain of its own, numbered 1, 2, …: a row holds a
 * hash, keyed with DATA_ENCRYPTION_KEY, of itself and of the row before
 * (store/audit_chain.h), so that who can write the database, but has not the
 * key, cannot mend what they broke. What tells who it was is hashed apart
 * (with a salt), and can be erased with an account without breaking the chain.
 * Where a chain begins and ends stands, under a hash of its own, in the table
 * audit_chain, so that rows cut off at either end are noticed too.
 */
#ifndef NIS2_STORE_AUDIT_H
#define NIS2_STORE_AUDIT_H

#include "base/settings.h"
#include "gen/api_types.h"
#include "store/db.h"

/* NULL where there is none; only organisation, action and type are needed. */
struct audit_entry {
	const char *id; /* NULL: any; ERR_CONFLICT when it is there already */
	const char *org_id;
	const char *user_id; /* e-mail and name are looked up and kept */
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

/*
 * Walks the chain of an organisation to the first place where it breaks, if
 * any, in memory that does not grow with it. In a read transaction of the
 * caller's, so that rows which are being written are not missed. False only
 * when the database fails; what is wrong with the chain is in `ret`.
 */
bool audit_verify(struct db *db, struct arena *a,
		  const struct settings *settings, const char *org,
		  struct audit_verification *ret, struct err *err);

/*
 * Retention: removes rows from before `before` (base/clock.h), oldest first and
 * none in the middle, in transactions of its own, and remembers the last one's
 * hash, so that the chain still begins somewhere. What goes is checked before:
 * `ret` says how many rows went (purged) and what was wrong with them, if
 * anything was; they go all the same.
 */
bool audit_retain(struct db *db, const struct settings *settings,
		  const char *org, int64_t before, struct arena *a,
		  struct audit_verification *ret, struct err *err);

/*
 * Erases what tells who it was from all rows of a person, in all
 * organisations, in the caller's transaction. The chains hold.
 */
bool audit_erase_person(struct db *db, struct arena *a, const char *user_id,
			int64_t now, struct err *err);

#endif
