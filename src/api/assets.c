/* assets: the inventory of what an organisation answers for. */
#include <string.h>

#include "api/page.h"
#include "api/policy.h"
#include "base/rand.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"

#define DUPLICATE "Asset with this target already exists in your organization"

bool op_asset_list(struct call *call, const struct asset_list_in *in,
		   struct asset_page *out, struct err *err)
{
	const char *org = call->session->org_id;

	out->page = in->page;
	out->page_size = in->page_size;
	/* Beyond the end no row says how many there are. */
	return sql_asset_page(call->db, call->arena, org, in->page_size,
			      page_offset(in->page, in->page_size), &out->items,
			      &out->total, err) &&
	       (out->items.len ||
		sql_asset_total(call->db, call->arena, org, &out->total, err));
}

static bool find(struct call *call, const char *id, struct asset *ret,
		 struct err *err)
{
	bool found = false;

	if (!sql_asset_get(call->db, call->arena, call->session->org_id, id,
			   ret, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "Asset not found");
	return true;
}

bool op_asset_get(struct call *call, const struct asset_get_in *in,
		  struct asset *out, struct err *err)
{
	return find(call, in->asset_id, out, err);
}

/* What the audit row says of an asset; `fields` are those of an update. */
static void describe(struct call *call, const struct asset *a,
		     const char *fields)
{
	struct sb b = sb_new(call->arena, 256);

	sb_add(&b, "{\"name\":");
	codec_write_string(&b, a->name);
	sb_add(&b, ",\"target\":");
	codec_write_string(&b, a->target_value);
	if (fields)
		sb_addf(&b, ",\"updated_fields\":[%s]}", fields);
	else
		sb_addf(&b, ",\"type\":\"%s\"}",
			target_type_names[a->target_type]);
	call->audit.resource_id = a->id;
	call->audit.details = b.s;
}

bool op_asset_create(struct call *call, const struct asset_create_in *in,
		     struct asset *out, struct err *err)
{
	const struct asset_create *body = &in->body;
	const char *type = target_type_names[body->target_type];
	struct target_spec spec = { 0 };
	const char *pinned = NULL;
	const char *id = id_new(call->arena);
	int64_t changed = 0;

	/* The name is looked up before the transaction: that takes a while. */
	if (!policy_check(call, type, body->target_value, &spec, &pinned,
			  err) ||
	    !call_begin(call, err) ||
	    !sql_asset_insert(call->db, call->arena,
			      &(struct sql_asset_insert_args){
				      .org = call->session->org_id,
				      .id = id,
				      .name = body->name,
				      .target_type = type,
				      .target_value = spec.value,
				      .pinned_ip = pinned,
				      .tags = codec_str_list_json(call->arena,
								  &body->tags),
				      .now = call->now,
			      },
			      &changed, err))
		return false;
	if (!changed)
		return err_set(err, ERR_CONFLICT, DUPLICATE);
	if (!find(call, id, out, err))
		return false;
	describe(call, out, NULL);
	return true;
}

struct retarget {
	bool changed;
	enum target_type type;
	const char *value;
	const char *pinned;
};

/*
 * The target that the body leads to, judged again whenever one of its two
 * members was sent. The name is looked up before the transaction.
 */
static bool retarget(struct call *call, const struct asset_update_in *in,
		     struct retarget *ret, struct err *err)
{
	const struct asset_update *body = &in->body;
	struct target_spec spec = { 0 };
	struct asset old = { 0 };

	ret->changed = body->has_target_type || body->set_target_value;
	if (!ret->changed)
		return true;
	if (!find(call, in->asset_id, &old, err))
		return false;
	ret->type = body->has_target_type ? body->target_type : old.target_type;
	ret->value = body->target_value ? body->target_value : old.target_value;
	if (!policy_check(call, target_type_names[ret->type], ret->value, &spec,
			  &ret->pinned, err))
		return false;
	ret->value = spec.value;
	return true;
}

static void apply(const struct asset_update *body, const struct retarget *to,
		  struct asset *asset)
{
	if (body->name)
		asset->name = body->name;
	if (body->set_tags) {
		asset->tags = body->tags;
		asset->has_tags = body->has_tags;
	}
	if (body->has_is_active)
		asset->is_active = body->is_active;
	if (to->changed) {
		asset->target_type = to->type;
		asset->target_value = to->value;
		asset->pinned_ip = to->pinned;
	}
}

static void note_change(struct sb *names, bool sent, const char *name)
{
	if (!sent)
		return;
	sb_addf(names, "%s\"%s\"", names->len ? "," : "", name);
}

static const char *changed_fields(struct call *call,
				  const struct asset_update *body)
{
	struct sb names = sb_new(call->arena, 128);

	note_change(&names, body->name != NULL, "name");
	note_change(&names, body->has_target_type, "target_type");
	note_change(&names, body->set_target_value, "target_value");
	note_change(&names, body->set_tags, "tags");
	note_change(&names, body->has_is_active, "is_active");
	return names.s;
}

static bool store(struct call *call, const struct asset *a, struct asset *out,
		  struct err *err)
{
	struct sql_asset_update_args row = {
		.org = call->session->org_id,
		.id = a->id,
		.name = a->name,
		.target_type = target_type_names[a->target_type],
		.target_value = a->target_value,
		.pinned_ip = a->pinned_ip,
		.tags = a->has_tags ? codec_str_list_json(call->arena, &a->tags)
				    : NULL,
		.is_active = a->is_active,
		.now = call->now,
	};

	if (sql_asset_update(call->db, call->arena, &row, out, err))
		return true;
	if (err->kind == ERR_CONFLICT)
		return err_set(err, ERR_CONFLICT, DUPLICATE);
	if (err->kind == ERR_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND, "Asset not found");
	return false;
}

bool op_asset_update(struct call *call, const struct asset_update_in *in,
		     struct asset *out, struct err *err)
{
	struct retarget to = { 0 };
	struct asset asset = { 0 };

	if (!retarget(call, in, &to, err) || !call_begin(call, err) ||
	    !find(call, in->asset_id, &asset, err))
		return false;
	apply(&in->body, &to, &asset);
	if (!store(call, &asset, out, err))
		return false;
	describe(call, out, changed_fields(call, &in->body));
	return true;
}

bool op_asset_delete(struct call *call, const struct asset_delete_in *in,
		     struct err *err)
{
	struct asset asset = { 0 };

	if (!find(call, in->asset_id, &asset, err) ||
	    !sql_asset_delete(call->db, call->arena, call->session->org_id,
			      in->asset_id, NULL, err))
		return false;
	describe(call, &asset, NULL);
	return true;
}
