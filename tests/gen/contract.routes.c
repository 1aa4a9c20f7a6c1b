/* Made by tools/gen_api.py from tests/gen/contract.json: change that, not this. */

#include "http/route.h"

#include "gen/api_ops.h"

static const struct param place_enter_params[] = {
	{ PARAM_PATH, { "org_id", ",\"org_id\":", 10, F_STR,
	  .format = FORMAT_UUID,
	  .offset = offsetof(struct place_enter_in, org_id), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true } },
};

static bool call_place_enter(struct call *call, const void *in, void *out,
			     struct err *err)
{
	return op_place_enter(call, in, err);
}

static bool call_thing_create(struct call *call, const void *in, void *out,
			      struct err *err)
{
	return op_thing_create(call, in, out, err);
}

static bool call_thing_import(struct call *call, const void *in, void *out,
			      struct err *err)
{
	return op_thing_import(call, in, out, err);
}

static bool call_thing_ping(struct call *call, const void *in, void *out,
			    struct err *err)
{
	return op_thing_ping(call, in, err);
}

static const struct param thing_list_params[] = {
	{ PARAM_QUERY, { "page", ",\"page\":", 8, F_INT,
	  .offset = offsetof(struct thing_list_in, page), .has = FIELD_NONE,
	  .set = FIELD_NONE, .has_min = true, .min = 1, .has_max = true,
	  .max = 1000, .has_default = true, .default_number = 1 } },
	{ PARAM_QUERY, { "kind", ",\"kind\":", 8, F_ENUM,
	  .offset = offsetof(struct thing_list_in, kind),
	  .has = offsetof(struct thing_list_in, has_kind), .set = FIELD_NONE,
	  .names = thing_list_kind_names, .names_len = 2 } },
	{ PARAM_QUERY, { "deep", ",\"deep\":", 8, F_BOOL,
	  .offset = offsetof(struct thing_list_in, deep),
	  .has = offsetof(struct thing_list_in, has_deep),
	  .set = FIELD_NONE } },
};

static bool call_thing_list(struct call *call, const void *in, void *out,
			    struct err *err)
{
	return op_thing_list(call, in, out, err);
}

static const struct param thing_get_params[] = {
	{ PARAM_PATH, { "thing_id", ",\"thing_id\":", 12, F_STR,
	  .format = FORMAT_UUID,
	  .offset = offsetof(struct thing_get_in, thing_id), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true } },
};

static bool call_thing_get(struct call *call, const void *in, void *out,
			   struct err *err)
{
	return op_thing_get(call, in, out, err);
}

static const struct param thing_delete_params[] = {
	{ PARAM_PATH, { "thing_id", ",\"thing_id\":", 12, F_STR,
	  .format = FORMAT_UUID,
	  .offset = offsetof(struct thing_delete_in, thing_id),
	  .has = FIELD_NONE, .set = FIELD_NONE, .required = true } },
};

static bool call_thing_delete(struct call *call, const void *in, void *out,
			      struct err *err)
{
	return op_thing_delete(call, in, err);
}

const struct route api_routes[] = {
	{ "POST", "/api/places/{org_id}", "place_enter", "things",
	  call_place_enter, .status = 204, .need = NEED_USER,
	  .org_need = NEED_AUDITOR, .org_param = 0,
	  .org_refusal = "Not for you", .org_missing = "No such place",
	  .org_pending = true, .params = place_enter_params, .param_count = 1,
	  .in_size = sizeof(struct place_enter_in) },
	{ "POST", "/api/things", "thing_create", "things", call_thing_create,
	  .status = 201, .need = NEED_PUBLIC, .limit = 10, .csrf_exempt = true,
	  .count_first = true, .late_transaction = true,
	  .in_size = sizeof(struct thing_create_in), .body_kind = BODY_JSON,
	  .body_offset = offsetof(struct thing_create_in, body),
	  .body_type = &thing_type, .body_required = true,
	  .out_kind = OUT_STRUCT, .out_size = sizeof(struct thing),
	  .out_type = &thing_type },
	{ "PUT", "/api/things", "thing_import", "things", call_thing_import,
	  .status = 200, .need = NEED_AUDITOR,
	  .in_size = sizeof(struct thing_import_in), .body_kind = BODY_UPLOAD,
	  .body_offset = offsetof(struct thing_import_in, file),
	  .body_required = true, .part = "file", .part_max = 5000,
	  .out_kind = OUT_FILE, .out_size = sizeof(struct file_out) },
	{ "PATCH", "/api/things", "thing_ping", "things", call_thing_ping,
	  .status = 204, .need = NEED_PUBLIC, .inline_when = INLINE_ALWAYS,
	  .in_size = sizeof(struct thing_ping_in), .body_kind = BODY_JSON,
	  .body_offset = offsetof(struct thing_ping_in, body),
	  .body_type = &thing_type,
	  .body_has = offsetof(struct thing_ping_in, has_body) },
	{ "GET", "/api/things/all", "thing_list", "things", call_thing_list,
	  .status = 200, .need = NEED_USER, .params = thing_list_params,
	  .param_count = 3, .in_size = sizeof(struct thing_list_in),
	  .out_kind = OUT_LIST, .out_size = sizeof(struct thing_list),
	  .out_type = &thing_type },
	{ "GET", "/api/things/{thing_id}", "thing_get", "things",
	  call_thing_get, .status = 200, .need = NEED_VIEWER,
	  .scope = "thing:read", .inline_when = INLINE_EMBEDDED,
	  .params = thing_get_params, .param_count = 1,
	  .in_size = sizeof(struct thing_get_in), .out_kind = OUT_STRUCT,
	  .out_size = sizeof(struct thing), .out_type = &thing_type },
	{ "DELETE", "/api/things/{thing_id}", "thing_delete", "things",
	  call_thing_delete, .status = 204, .need = NEED_ADMIN,
	  .audit_action = "thing.deleted", .audit_resource = "thing",
	  .audit_twin = true, .params = thing_delete_params, .param_count = 1,
	  .in_size = sizeof(struct thing_delete_in) },
};

const int api_route_count = 7;
