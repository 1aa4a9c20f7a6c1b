/* events: what happened meanwhile (jobs/event.h). */
#include "api/page.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"

bool op_event_list(struct call *call, const struct event_list_in *in,
		   struct event_page *out, struct err *err)
{
	const char *org = call->session->org_id;
	const char *kind = in->has_kind ? event_kind_names[in->kind] : NULL;

	out->page = in->page;
	out->page_size = in->page_size;
	/* Beyond the end no row says how many there are. */
	return sql_event_page(call->db, call->arena, org, kind, in->page_size,
			      page_offset(in->page, in->page_size), &out->items,
			      &out->total, err) &&
	       (out->items.len || sql_event_total(call->db, call->arena, org,
						  kind, &out->total, err));
}
