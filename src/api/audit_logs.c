/* audit_logs: reading and checking the audit log. */
#include "api/page.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"
#include "store/audit.h"

/* A text that somebody else wrote into the database does not break the page. */
static void set_details(struct arena *a, const char *text,
			struct audit_log *ret)
{
	struct err ignored = { 0 };

	if (!text || !codec_set_text(codec_find(&audit_log_type, "details"), a,
				     ret, text, &ignored))
		ret->details = "{}";
}

static struct audit_log shown(struct arena *a, const struct audit_row *row)
{
	struct audit_log log = {
		.id = row->id,
		.organization_id = row->org_id,
		.actor = { .id = row->user_id,
			   .email = row->actor_email,
			   .full_name = row->actor_name },
		.action = row->action,
		.resource_type = row->resource_type,
		.resource_id = row->resource_id,
		.ip_address = row->ip_address,
		.user_agent = row->user_agent,
		.api_key_id = row->api_key_id,
		.has_seq = row->has_seq,
		.seq = row->seq,
		.created_at = row->created_at,
	};

	set_details(a, row->details, &log);
	return log;
}

#define FILTER_ARGS(call, in)                                           \
	.org = (call)->session->org_id, .action = (in)->action,         \
	.resource_type = (in)->resource_type, .user_id = (in)->user_id, \
	.has_since = (in)->has_from, .since = (in)->from,               \
	.has_before = (in)->has_to, .before = (in)->to

static bool read_page(struct call *call, const struct audit_list_in *in,
		      struct audit_row_list *ret, struct err *err)
{
	return sql_audit_page(
		call->db, call->arena,
		&(struct sql_audit_page_args){
			FILTER_ARGS(call, in),
			.limit = in->page_size,
			.offset = page_offset(in->page, in->page_size),
		},
		ret, err);
}

static bool count(struct call *call, const struct audit_list_in *in,
		  int64_t *ret, struct err *err)
{
	return sql_audit_total(
		call->db, call->arena,
		&(struct sql_audit_total_args){ FILTER_ARGS(call, in) }, ret,
		err);
}

bool op_audit_list(struct call *call, const struct audit_list_in *in,
		   struct audit_log_page *out, struct err *err)
{
	struct audit_row_list rows = { 0 };

	if (!read_page(call, in, &rows, err) ||
	    !count(call, in, &out->total, err))
		return false;
	out->page = in->page;
	out->page_size = in->page_size;
	out->items.items = arena_array(call->arena, rows.len + 1,
				       sizeof(*out->items.items));
	out->items.len = rows.len;
	for (size_t i = 0; i < rows.len; i++)
		out->items.items[i] = shown(call->arena, &rows.items[i]);
	return true;
}

bool op_audit_verify(struct call *call, const struct audit_verify_in *in,
		     struct audit_verification *out, struct err *err)
{
	(void)in;
	return audit_verify(call->db, call->arena, call->settings,
			    call->session->org_id, out, err);
}
