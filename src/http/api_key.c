#include "http/api_key.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "codec/codec.h"
#include "crypto/token.h"
#include "gen/queries.h"
#include "http/audit.h"
#include "http/limit.h"

enum { STAMP_EVERY = 60 }; /* seconds: a hot row is written once a minute */

static bool lapsed(const struct key_row *key, int64_t now)
{
	return key->has_expires_at && key->expires_at <= now;
}

static bool has_scope(const struct key_row *key, const char *scope)
{
	for (size_t i = 0; i < key->scopes.len; i++)
		if (!strcmp(key->scopes.items[i], scope))
			return true;
	return false;
}

bool api_key_open(const char *text, const char *scope, const char *ip,
		  int64_t now, struct db *db, struct arena *a,
		  struct session *ret, struct err *err)
{
	struct key_row *key = arena_alloc(a, sizeof(*key));
	bool found = false;

	if (!sql_api_key_find(db, a, token_hash(a, text), ip, key, &found, err))
		return false;
	/* One that lapsed was switched off by its next use, and says so still.
	 */
	if (!found || (!key->is_active && !lapsed(key, now)))
		return err_set(err, ERR_UNAUTHENTICATED,
			       "Invalid or revoked API key");
	*ret = (struct session){
		.key_id = key->id,
		.locale = "en",
		.org_id = key->org_id,
		.key = key,
	};
	if (lapsed(key, now))
		return err_set(err, ERR_UNAUTHENTICATED, "API key has expired");
	if (!has_scope(key, scope))
		return err_set(err, ERR_FORBIDDEN,
			       "API key missing required scope: %s", scope);
	return true;
}

bool api_key_count(const struct session *session, int64_t now, struct arena *a,
		   struct err *err)
{
	struct limit_state unused;

	return limit_count("api_key", session->key_id, API_KEY_CALLS, now, a,
			   &unused, err);
}

static bool is_stale(const struct key_row *key, int64_t now)
{
	return !key->has_last_used_at ||
	       key->last_used_at <= now - STAMP_EVERY * CLOCK_SECOND;
}

static bool is_elsewhere(const struct key_row *key)
{
	return !key->has_address_seen_at &&
	       key->address_count < API_KEY_ADDRESSES;
}

/* Of two requests at once only one finds the address new. */
static bool note_address(struct call *call, struct err *err)
{
	const struct key_row *key = call->session->key;
	struct sb details = sb_new(call->arena, 128);
	int64_t added = 0;

	if (!is_elsewhere(key))
		return true;
	if (!sql_api_key_address_insert(call->db, call->arena, key->org_id,
					key->id, call->request->ip, call->now,
					&added, err))
		return false;
	sb_add(&details, "{\"name\":");
	codec_write_string(&details, key->name);
	sb_add(&details, ",\"prefix\":");
	codec_write_string(&details, key->key_prefix);
	sb_add(&details, ",\"ip\":");
	codec_write_string(&details, call->request->ip);
	sb_add(&details, "}");
	return !added ||
	       audit_note(call,
			  &(struct audit_note){
				  .action = "api_key.used_from_new_address",
				  .resource = "api_key",
				  .resource_id = key->id,
				  .details = details.s,
			  },
			  err);
}

static bool note_use(struct call *call, struct err *err)
{
	const struct key_row *key = call->session->key;

	if (lapsed(key, call->now))
		return sql_api_key_lapse(call->db, call->arena, key->org_id,
					 key->id, call->now, err);
	return sql_api_key_stamp(call->db, call->arena, key->org_id, key->id,
				 call->now,
				 call->now - STAMP_EVERY * CLOCK_SECOND, err) &&
	       note_address(call, err);
}

void api_key_used(struct call *call)
{
	const struct key_row *key = call->session->key;
	struct err err = { 0 };

	if (lapsed(key, call->now)
		    ? !key->is_active
		    : !is_stale(key, call->now) && !is_elsewhere(key))
		return;
	/* A request that was refused has not got as far as this. */
	db_scope(call->db, (struct db_scope){ .org_id = key->org_id });
	if (db_begin_write(call->db, &err) && note_use(call, &err) &&
	    db_commit(call->db, &err))
		return;
	db_rollback(call->db);
	log_error("api_key", call->request->id, &err);
}
