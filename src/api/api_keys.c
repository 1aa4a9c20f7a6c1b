/* api_keys: keys for programs (http/api_key.h is where they are checked). */
#include <string.h>

#include "base/rand.h"
#include "base/span.h"
#include "crypto/token.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/api_key.h"
#include "http/call.h"

/* Of one organisation; who needs more has forgotten to revoke. */
enum { ACTIVE_MAX = 50 };

/* In the order in which an error names them. */
static const char *const known[] = { "asset:read",   "asset:write",
				     "finding:read", "finding:write",
				     "report:read",  "report:write",
				     "scan:read",    "scan:write" };
enum { KNOWN = sizeof(known) / sizeof(*known) };

static const char *const defaults[] = { "scan:read", "scan:write",
					"report:read" };

bool op_api_key_list(struct call *call, const struct api_key_list_in *in,
		     struct api_key_all *out, struct err *err)
{
	const char *org = call->session->org_id;

	(void)in;
	return sql_api_key_all(call->db, call->arena, org, &out->items, err) &&
	       sql_api_key_total(call->db, call->arena, org, &out->total, err);
}

/* ---- scopes ---- */

static bool unknown_scope(struct call *call, const char *scope, struct err *err)
{
	struct sb names = sb_new(call->arena, 128);

	for (int i = 0; i < KNOWN; i++)
		sb_addf(&names, "%s%s", i ? ", " : "", known[i]);
	return err_set(err, ERR_REFUSED, "unknown scope '%.64s'. Allowed: %s",
		       scope, names.s);
}

static bool is_known(const char *scope)
{
	for (int i = 0; i < KNOWN; i++)
		if (!strcmp(known[i], scope))
			return true;
	return false;
}

/* Trims them in place. */
static bool check_scopes(struct call *call, struct str_list *scopes,
			 struct err *err)
{
	if (!scopes->len)
		return err_set(
			err, ERR_REFUSED,
			"scopes must not be empty (omit the field to use "
			"the default set)");
	for (size_t i = 0; i < scopes->len; i++) {
		struct span s = span_trim(span_str(scopes->items[i]));

		scopes->items[i] = span_dup(call->arena, s);
		if (!span_len(s))
			return err_set(err, ERR_REFUSED,
				       "scopes contains an empty or non-string "
				       "value");
		if (!is_known(scopes->items[i]))
			return unknown_scope(call, scopes->items[i], err);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(scopes->items[j], scopes->items[i]))
				return err_set(err, ERR_REFUSED,
					       "duplicate scope '%s'",
					       scopes->items[i]);
	}
	return true;
}

/*
 * Left out is the default set, null is no scope at all (the key opens nothing,
 * as in the contract), and an empty list is a mistake.
 */
static bool choose_scopes(struct call *call, const struct api_key_create *body,
			  const char **ret_json, struct err *err)
{
	struct str_list scopes = body->scopes;

	if (!body->set_scopes)
		scopes = (struct str_list){ (const char **)defaults,
					    sizeof(defaults) /
						    sizeof(*defaults) };
	else if (body->has_scopes && !check_scopes(call, &scopes, err))
		return false;
	*ret_json = codec_str_list_json(call->arena, &scopes);
	return true;
}

/* ---- create, revoke ---- */

static bool below_cap(struct call *call, struct err *err)
{
	int64_t active = 0;

	if (!sql_api_key_active(call->db, call->arena, call->session->org_id,
				call->now, &active, err))
		return false;
	if (active < ACTIVE_MAX)
		return true;
	return err_set(err, ERR_CONFLICT,
		       "This organization has %d active API keys: revoke one "
		       "first",
		       ACTIVE_MAX);
}

/* What the audit row says of a key; `scopes` may be NULL. */
static void describe(struct call *call, const char *id, const char *name,
		     const char *prefix, const char *scopes)
{
	struct sb b = sb_new(call->arena, 256);

	sb_add(&b, "{\"name\":");
	codec_write_string(&b, name);
	sb_add(&b, ",\"prefix\":");
	codec_write_string(&b, prefix);
	if (scopes)
		sb_addf(&b, ",\"scopes\":%s", scopes);
	sb_add(&b, "}");
	call->audit.resource_id = id;
	call->audit.details = b.s;
}

static bool insert(struct call *call, const struct api_key_create *body,
		   const char *scopes, struct api_key_created *out,
		   struct err *err)
{
	struct arena *a = call->arena;
	const char *raw = arena_printf(a, API_KEY_START "%s",
				       rand_token(a, API_KEY_BYTES));

	if (!sql_api_key_insert(
		    call->db, a,
		    &(struct sql_api_key_insert_args){
			    .org = call->session->org_id,
			    .id = id_new(a),
			    .created_by = call->session->user_id,
			    .name = body->name,
			    .key_hash = token_hash(a, raw),
			    .key_prefix = arena_strndup(a, raw, API_KEY_PREFIX),
			    .scopes = scopes,
			    .has_expires_at = body->has_expires_at,
			    .expires_at = body->expires_at,
			    .now = call->now,
		    },
		    out, err))
		return false;
	out->raw_key = raw;
	return true;
}

bool op_api_key_create(struct call *call, const struct api_key_create_in *in,
		       struct api_key_created *out, struct err *err)
{
	const struct api_key_create *body = &in->body;
	const char *scopes = NULL;

	if (body->has_expires_at && body->expires_at <= call->now)
		return err_field(err, "body.expires_at", "value_error",
				 "expires_at must be in the future");
	if (!choose_scopes(call, body, &scopes, err) ||
	    !call_lock_org(call, err) || !below_cap(call, err) ||
	    !insert(call, body, scopes, out, err))
		return false;
	describe(call, out->id, out->name, out->key_prefix, scopes);
	return true;
}

bool op_api_key_revoke(struct call *call, const struct api_key_revoke_in *in,
		       struct err *err)
{
	const char *org = call->session->org_id;
	struct api_key key = { 0 };
	int64_t changed = 0;
	bool found = false;

	if (!sql_api_key_get(call->db, call->arena, org, in->key_id, &key,
			     &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "API key not found");
	if (!sql_api_key_revoke(call->db, call->arena, org, key.id, call->now,
				&changed, err))
		return false;
	/* It was revoked before: nothing has happened. */
	call->audit.skip = !changed;
	describe(call, key.id, key.name, key.key_prefix, NULL);
	return true;
}
