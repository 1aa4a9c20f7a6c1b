/* scans: asked for here, done by `nis2 work` (src/jobs/scan.c). */
#include "api/page.h"
#include "core/finding.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"
#include "jobs/scan_order.h"

/* What the wire shows and no column holds. */
static void complete(struct scan *s)
{
	if (s->status == SCAN_STATUS_COMPLETED) {
		s->has_progress = true;
		s->progress = 100;
	} else if (s->status == SCAN_STATUS_RUNNING && s->has_targets_total &&
		   s->targets_total > 0) {
		s->has_progress = true;
		s->progress = s->hosts_scanned * 100 / s->targets_total;
		if (s->progress > 99)
			s->progress = 99;
	}
}

/* "Running" finds running: the statuses are lower case in the database. */
static const char *lower(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s);

	for (char *p = copy; p && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return copy;
}

bool op_scan_list(struct call *call, const struct scan_list_in *in,
		  struct scan_page *out, struct err *err)
{
	const char *org = call->session->org_id;
	const char *status = lower(call->arena, in->status);

	if (status && !*status)
		status = NULL;
	out->page = in->page;
	out->page_size = in->page_size;
	if (!sql_scan_page(call->db, call->arena, org, status, in->page_size,
			   page_offset(in->page, in->page_size), &out->items,
			   err) ||
	    !sql_scan_total(call->db, call->arena, org, status, &out->total,
			    err))
		return false;
	for (size_t i = 0; i < out->items.len; i++)
		complete(&out->items.items[i]);
	return true;
}

static bool find(struct call *call, const char *id, struct scan *ret,
		 struct err *err)
{
	bool found = false;

	if (!sql_scan_get(call->db, call->arena, call->session->org_id, id, ret,
			  &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "Scan not found");
	complete(ret);
	return true;
}

bool op_scan_get(struct call *call, const struct scan_get_in *in,
		 struct scan *out, struct err *err)
{
	return find(call, in->scan_id, out, err);
}

/* ---- create ---- */

/* What more than looks at a machine needs a person to answer for it. */
static bool may_intrude(struct call *call, const char *features,
			struct err *err)
{
	bool intrusive = false;

	if (!scan_order_intrusive(features, call->arena, &intrusive, err))
		return false;
	return !intrusive || call->session->user_id ||
	       err_set(err, ERR_FORBIDDEN,
		       "Intrusive probes need a person with the role admin or "
		       "auditor");
}

bool op_scan_create(struct call *call, const struct scan_create_in *in,
		    struct scan *out, struct err *err)
{
	const struct scan_create *body = &in->body;
	struct scan_ordered ordered = { 0 };
	struct scan_order order = {
		.org_id = call->session->org_id,
		.created_by = call->session->user_id,
		.name = body->name,
		.scan_type = body->scan_type,
		.features = body->features,
		.asset_ids = &body->asset_ids,
		.concurrency = body->has_concurrency ? body->concurrency
						     : SCAN_CONCURRENCY,
		.scan_timeout = body->has_scan_timeout ? body->scan_timeout
						       : SCAN_TIMEOUT,
		.max_hosts = body->has_max_hosts ? body->max_hosts : 0,
		.settings = call->settings,
		.now = call->now,
	};

	if (!may_intrude(call, body->features, err) ||
	    !call_lock_org(call, err) ||
	    !scan_order_put(call->db, call->arena, &order, &ordered, err))
		return false;
	*out = ordered.scan;
	call->wake_worker = true;
	call->audit.resource_id = ordered.scan.id;
	call->audit.details = ordered.details;
	return true;
}

/* ---- cancel, delete ---- */

/* What the audit row says: the scan as it was before. */
static void describe(struct call *call, const struct scan *scan)
{
	struct sb b = sb_new(call->arena, 256);

	sb_add(&b, "{\"name\":");
	codec_write_string(&b, scan->name);
	sb_addf(&b, ",\"status\":\"%s\"}", scan_status_names[scan->status]);
	call->audit.resource_id = scan->id;
	call->audit.details = b.s;
}

bool op_scan_cancel(struct call *call, const struct scan_cancel_in *in,
		    struct scan *out, struct err *err)
{
	const char *org = call->session->org_id;
	struct scan scan = { 0 };
	int64_t changed = 0;

	if (!find(call, in->scan_id, &scan, err) ||
	    !sql_scan_cancel(call->db, call->arena, org, in->scan_id, call->now,
			     &changed, err))
		return false;
	if (!changed)
		return err_set(err, ERR_REFUSED,
			       "Cannot cancel scan in '%s' status",
			       scan_status_names[scan.status]);
	if (scan.celery_task_id &&
	    !sql_job_cancel(call->db, call->arena, org, scan.celery_task_id,
			    call->now, NULL, err))
		return false;
	call->wake_worker = true;
	describe(call, &scan);
	return find(call, in->scan_id, out, err);
}

/* Findings that no other scan saw go too; the others go back to theirs. */
bool op_scan_delete(struct call *call, const struct scan_delete_in *in,
		    struct err *err)
{
	const char *org = call->session->org_id;
	struct scan scan = { 0 };

	if (!call_lock_org(call, err) || !find(call, in->scan_id, &scan, err) ||
	    (scan.celery_task_id &&
	     !sql_job_cancel(call->db, call->arena, org, scan.celery_task_id,
			     call->now, NULL, err)) ||
	    !sql_scan_delete(call->db, call->arena, org, in->scan_id, NULL,
			     err) ||
	    !sql_finding_drop_unseen(call->db, call->arena, org, NULL, err) ||
	    !sql_finding_rehome(call->db, call->arena, org, in->scan_id,
				call->now, NULL, err) ||
	    !sql_finding_count_clear(call->db, call->arena, org, err) ||
	    !sql_finding_count_fill(call->db, call->arena, org, err))
		return false;
	call->wake_worker = true;
	describe(call, &scan);
	return true;
}

/* ---- what it saw ---- */

bool op_scan_results(struct call *call, const struct scan_results_in *in,
		     struct scan_result_page *out, struct err *err)
{
	const char *org = call->session->org_id;
	struct scan scan = { 0 };

	out->page = in->page;
	out->page_size = in->page_size;
	return find(call, in->scan_id, &scan, err) &&
	       sql_result_page(call->db, call->arena, org, in->scan_id,
			       in->page_size,
			       page_offset(in->page, in->page_size),
			       &out->items, err) &&
	       sql_result_total(call->db, call->arena, org, in->scan_id,
				&out->total, err);
}

bool op_scan_findings(struct call *call, const struct scan_findings_in *in,
		      struct finding_page *out, struct err *err)
{
	const char *org = call->session->org_id;
	struct scan scan = { 0 };

	out->page = in->page;
	out->page_size = in->page_size;
	if (!find(call, in->scan_id, &scan, err) ||
	    !sql_finding_seen_page(
		    call->db, call->arena, org, in->scan_id, in->page_size,
		    page_offset(in->page, in->page_size), &out->items, err) ||
	    !sql_finding_seen_total(call->db, call->arena, org, in->scan_id,
				    &out->total, err))
		return false;
	for (size_t i = 0; i < out->items.len; i++)
		finding_localize(&out->items.items[i], call->session->locale,
				 call->arena);
	return true;
}
