/* organizations: tenants. */
#include <string.h>

#include "api/membership.h"
#include "api/tenant.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"

enum { ORGS_OF_ONE = 50 };

/* ---- create ---- */

static bool within_limit(struct call *call, struct err *err)
{
	const char *user = call->session->user_id;
	int64_t found = 0, joined = 0;

	if (!sql_user_hold(call->db, call->arena, user, &found, err) ||
	    !sql_org_joined(call->db, call->arena, user, &joined, err))
		return false;
	return joined < ORGS_OF_ONE ||
	       err_set(err, ERR_CONFLICT,
		       "You belong to %d organizations, which is as many as "
		       "one person may make",
		       ORGS_OF_ONE);
}

bool op_org_create(struct call *call, const struct org_create_in *in,
		   struct organization *out, struct err *err)
{
	const char *user = call->session->user_id, *org = NULL;
	struct sb details = sb_new(call->arena, 256);

	if (!within_limit(call, err) ||
	    !tenant_create(call->db, call->arena, user, in->body.name,
			   call->now, &org, err))
		return false;
	/* What follows is about the new organisation, the audit row too. */
	db_scope(call->db, (struct db_scope){ org, user });
	if (!sql_org_get(call->db, call->arena, org, out, err))
		return false;
	sb_add(&details, "{\"name\":");
	codec_write_string(&details, out->name);
	sb_add(&details, ",\"slug\":");
	codec_write_string(&details, out->slug);
	sb_add(&details, ",\"self_created\":true}");
	call->audit.org_id = org;
	call->audit.resource_id = org;
	call->audit.details = details.s;
	return true;
}

/* ---- read ---- */

bool op_org_list(struct call *call, const struct org_list_in *in,
		 struct organization_list *out, struct err *err)
{
	const char *only = call->session->sso_org_id;
	struct organization_list all = { 0 };

	(void)in;
	if (!sql_org_of_person(call->db, call->arena, call->session->user_id,
			       &all, err))
		return false;
	*out = all;
	if (!only)
		return true;
	/* An organisation's provider is told of no other. */
	out->len = 0;
	for (size_t i = 0; i < all.len; i++)
		if (!strcmp(all.items[i].id, only))
			out->items[out->len++] = all.items[i];
	return true;
}

bool op_org_get(struct call *call, const struct org_get_in *in,
		struct organization *out, struct err *err)
{
	(void)in;
	return sql_org_get(call->db, call->arena, call->session->org_id, out,
			   err);
}

/* ---- change ---- */

/* The one member that the program itself reads has to be what it says. */
static bool check_settings(struct call *call, const char *settings,
			   struct err *err)
{
	struct org_settings read = { 0 };

	return !settings ||
	       codec_read(&org_settings_type, settings, strlen(settings),
			  "body.settings", call->arena, &read, NULL, err);
}

/* {"updated_fields":["name"]} */
static const char *updated_fields(struct arena *a,
				  const struct organization_update *body)
{
	struct str_list names = { (const char *[3]){ 0 }, 0 };
	struct sb out = sb_new(a, 64);

	if (body->name)
		names.items[names.len++] = "name";
	if (body->settings)
		names.items[names.len++] = "settings";
	if (body->set_country)
		names.items[names.len++] = "country";
	sb_add(&out, "{\"updated_fields\":[");
	for (size_t i = 0; i < names.len; i++)
		sb_addf(&out, "%s\"%s\"", i ? "," : "", names.items[i]);
	sb_add(&out, "]}");
	return out.s;
}

bool op_org_update(struct call *call, const struct org_update_in *in,
		   struct organization *out, struct err *err)
{
	const char *org = call->session->org_id;
	const struct organization_update *body = &in->body;
	const char *name = body->name, *settings = body->settings;
	const char *country = !body->set_country  ? NULL
			      : body->has_country ? country_names[body->country]
						  : "";

	if (!name && !settings && !country) {
		call->audit.skip = true;
		return sql_org_get(call->db, call->arena, org, out, err);
	}
	if (!check_settings(call, settings, err))
		return false;
	call->audit.resource_id = org;
	call->audit.details = updated_fields(call->arena, body);
	return sql_org_update(call->db, call->arena,
			      &(struct sql_org_update_args){
				      .id = org,
				      .name = name,
				      .settings = settings,
				      .country = country,
				      .now = call->now,
			      },
			      out, err);
}

/* ---- leave ---- */

/* Whoever goes leaves somebody behind, and one of them administers. */
static bool may_leave(struct call *call, const struct membership_row *mine,
		      struct err *err)
{
	int64_t others = 0;

	if (!mine->has_accepted_at)
		return true;
	if (!sql_membership_others(call->db, call->arena, mine->org_id,
				   mine->id, NULL, &others, err))
		return false;
	if (!others)
		return err_set(err, ERR_REFUSED,
			       "You are the only member of this organization: "
			       "delete your account, or hand the organization "
			       "over to somebody first");
	return membership_spare_admin(
		call, mine->id,
		"Cannot remove the last admin of an organization", err);
}

bool op_org_leave(struct call *call, const struct org_leave_in *in,
		  struct err *err)
{
	const char *user = call->session->user_id;
	struct membership_row mine = { 0 };
	bool found = false;

	(void)in;
	if (!call_lock_org(call, err) ||
	    !sql_membership_get(call->db, call->arena, call->session->org_id,
				user, &mine, &found, err))
		return false;
	if (!found) /* removed a moment ago */
		return err_set(err, ERR_NOT_FOUND, "Organization not found");
	if (!may_leave(call, &mine, err) ||
	    !membership_end(call, mine.id, user, mine.has_accepted_at, err))
		return false;
	call->audit.resource_id = mine.id;
	call->audit.details = arena_printf(
		call->arena, "{\"role\":\"%s\",\"accepted\":%s}", mine.role,
		mine.has_accepted_at ? "true" : "false");
	return true;
}
