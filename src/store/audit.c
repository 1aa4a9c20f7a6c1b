#include "store/audit.h"

#include "base/rand.h"
#include "gen/queries.h"
#include "store/audit_chain.h"

enum { SALT_BYTES = 16 };

/* Stands for a seal that was broken before: never made good by our hand. */
#define BROKEN_SEAL "broken"

/*
 * An organisation's first row. If there are rows already, somebody has removed
 * the record of their chain: go on behind them, audit_verify() will tell.
 */
static bool begin_chain(struct db *db, struct arena *a,
			const struct audit_keys *keys, const char *org,
			struct err *err)
{
	struct audit_head head = { .last_hash = "", .purged_hash = "" };

	return sql_audit_newest(db, a, org, &head.last_seq, err) &&
	       sql_audit_chain_begin(db, a, org, head.last_seq,
				     audit_seal(&keys->at[0], org, &head, a),
				     err);
}

static bool lock_head(struct db *db, struct arena *a,
		      const struct audit_keys *keys, const char *org,
		      const char *user_id, struct audit_head *ret,
		      struct err *err)
{
	bool found = false;

	if (!sql_audit_head(db, a, org, user_id, ret, &found, err))
		return false;
	if (found)
		return true;
	if (!begin_chain(db, a, keys, org, err) ||
	    !sql_audit_head(db, a, org, user_id, ret, &found, err))
		return false;
	return found || err_set(err, ERR_INTERNAL,
				"the audit log has no chain to append to");
}

/* `to` in place of `from`, sealed unless `from` was not. */
static bool move_head(struct db *db, struct arena *a,
		      const struct audit_keys *keys, const char *org,
		      const struct audit_head *from,
		      const struct audit_head *to, struct err *err)
{
	return sql_audit_chain_set(
		db, a,
		&(struct sql_audit_chain_set_args){
			.org = org,
			.last_seq = to->last_seq,
			.last_hash = to->last_hash,
			.purged_seq = to->purged_seq,
			.purged_hash = to->purged_hash,
			.seal = audit_sealed(keys, org, from, a)
					? audit_seal(&keys->at[0], org, to, a)
					: BROKEN_SEAL,
		},
		err);
}

static struct audit_row make_row(const struct audit_entry *e,
				 const struct audit_head *head,
				 const struct audit_key *key, struct arena *a)
{
	struct audit_row row = {
		.id = e->id ? e->id : id_new(a),
		.org_id = e->org_id,
		.seq = head->last_seq + 1,
		.user_id = e->user_id,
		.actor_email = head->actor_email,
		.actor_name = head->actor_name,
		.api_key_id = e->api_key_id,
		.action = e->action,
		.resource_type = e->resource_type,
		.resource_id = e->resource_id,
		.details = e->details,
		.ip_address = e->ip_address,
		.user_agent = e->user_agent,
		.created_at = e->now,
		.salt = rand_token(a, SALT_BYTES),
	};

	row.personal_hash = audit_personal_hash(key, &row, a);
	row.hash = audit_row_hash(key, &row, head->last_hash, a);
	return row;
}

static bool insert_row(struct db *db, struct arena *a,
		       const struct audit_row *row, struct err *err)
{
	return sql_audit_insert(db, a,
				&(struct sql_audit_insert_args){
					.id = row->id,
					.org = row->org_id,
					.seq = row->seq,
					.user_id = row->user_id,
					.actor_email = row->actor_email,
					.actor_name = row->actor_name,
					.api_key_id = row->api_key_id,
					.action = row->action,
					.resource_type = row->resource_type,
					.resource_id = row->resource_id,
					.details = row->details,
					.ip_address = row->ip_address,
					.user_agent = row->user_agent,
					.now = row->created_at,
					.salt = row->salt,
					.personal_hash = row->personal_hash,
					.hash = row->hash,
				},
				err);
}

bool audit_append(struct db *db, struct arena *a,
		  const struct settings *settings,
		  const struct audit_entry *entry, struct err *err)
{
	struct audit_head head = { 0 }, next;
	struct audit_keys keys;
	struct audit_row row;

	audit_keys_make(settings, a, &keys);
	if (!lock_head(db, a, &keys, entry->org_id, entry->user_id, &head, err))
		return false;
	row = make_row(entry, &head, &keys.at[0], a);
	next = head;
	next.last_seq = row.seq;
	next.last_hash = row.hash;
	if (!insert_row(db, a, &row, err)) {
		/* Only the caller's id is the caller's to understand. */
		if (err->kind == ERR_CONFLICT && !entry->id)
			err_set(err, ERR_INTERNAL,
				"the audit log's chain is damaged; "
				"`nis2 audit verify` tells where");
		return false;
	}
	return move_head(db, a, &keys, entry->org_id, &head, &next, err);
}

/* ---- retention ---- */

/* Rows that go in one transaction: others of the organisation wait for it. */
enum { RETAIN_BATCH = 1000 };

/* The last row that may go now, 0 for none. */
static bool find_bound(struct db *db, struct arena *a, const char *org,
		       int64_t before, const struct audit_head *head,
		       struct audit_row *ret, struct err *err)
{
	int64_t most = head->purged_seq + RETAIN_BATCH, kept = 0;
	bool found = false;

	if (!sql_audit_kept_from(db, a, org, before, &kept, err))
		return false;
	if (kept && kept - 1 < most)
		most = kept - 1;
	if (!sql_audit_last_until(db, a, org, most, ret, &found, err))
		return false;
	if (!found || ret->seq <= head->purged_seq)
		*ret = (struct audit_row){ 0 };
	return true;
}

static bool remove_until(struct db *db, struct arena *a,
			 const struct audit_keys *keys, const char *org,
			 const struct audit_head *head,
			 const struct audit_row *last, struct err *err)
{
	struct audit_head next = *head;

	next.purged_seq = last->seq;
	next.purged_hash = last->hash ? last->hash : "";
	return move_head(db, a, keys, org, head, &next, err) &&
	       sql_audit_purge(db, a, org, last->seq, err);
}

/* In a transaction; `ret_more` says whether there may be more to do. */
static bool retain_some(struct db *db, const struct audit_keys *keys,
			const char *org, int64_t before, struct arena *a,
			struct audit_verification *ret, bool *ret_more,
			struct err *err)
{
	_arena_ struct arena here = { 0 };
	struct audit_head head = { 0 };
	struct audit_row last = { 0 };
	bool found = false;

	*ret_more = false;
	if (!sql_audit_head(db, &here, org, NULL, &head, &found, err))
		return false;
	if (!found)
		return true;
	if (!find_bound(db, &here, org, before, &head, &last, err))
		return false;
	if (!last.id)
		return true;
	*ret_more = true;
	if (!audit_check_rows(db, a, keys, org, &head, last.seq, ret, err) ||
	    !remove_until(db, &here, keys, org, &head, &last, err))
		return false;
	ret->purged += last.seq - head.purged_seq;
	return true;
}

bool audit_retain(struct db *db, const struct settings *settings,
		  const char *org, int64_t before, struct arena *a,
		  struct audit_verification *ret, struct err *err)
{
	struct audit_keys keys;
	bool more = true;

	*ret = (struct audit_verification){ .intact = true };
	audit_keys_make(settings, a, &keys);
	while (more) {
		if (!db_begin_write(db, err))
			return false;
		if (!retain_some(db, &keys, org, before, a, ret, &more, err)) {
			db_rollback(db);
			return false;
		}
		if (!db_commit(db, err))
			return false;
	}
	return true;
}

bool audit_erase_person(struct db *db, struct arena *a, const char *user_id,
			int64_t now, struct err *err)
{
	return sql_audit_erase_user(db, a, user_id, now, err);
}
