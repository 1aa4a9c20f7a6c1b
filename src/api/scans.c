/* scans: asked for here, done by `nis2 work` (src/jobs/scan.c). */
#include <string.h>
#include <time.h>

#include "api/page.h"
#include "base/clock.h"
#include "base/rand.h"
#include "core/finding.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"
#include "jobs/job.h"

enum { CONCURRENCY_DEFAULT = 20, TIMEOUT_DEFAULT = 10 };

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

/* The assets of the list that are ours and active, each once. */
static bool chosen_assets(struct call *call, const struct str_list *ids,
			  struct target_row_list *ret, struct err *err)
{
	ret->items = arena_array(call->arena, ids->len, sizeof(*ret->items));
	for (size_t i = 0; i < ids->len; i++) {
		struct target_row row = { 0 };
		bool found = false, twice = false;

		for (size_t j = 0; j < ret->len; j++)
			twice |= strcmp(ret->items[j].id, ids->items[i]) == 0;
		if (twice)
			continue;
		if (!sql_asset_target(call->db, call->arena,
				      call->session->org_id, ids->items[i],
				      &row, &found, err))
			return false;
		if (found)
			ret->items[ret->len++] = row;
	}
	if (!ret->len)
		return err_set(err, ERR_REFUSED,
			       "No valid active assets found for the provided "
			       "IDs");
	return true;
}

/* The first moment of the month of `now`, in UTC. */
static int64_t month_start(int64_t now)
{
	time_t seconds = (time_t)(now / CLOCK_SECOND);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	return (now / CLOCK_DAY - (tm.tm_mday - 1)) * CLOCK_DAY;
}

static int64_t next_month_start(int64_t now)
{
	return month_start(month_start(now) + 31 * CLOCK_DAY);
}

static bool within_quota(struct call *call, struct err *err)
{
	const char *org = call->session->org_id;
	int64_t quota = 0, used = 0;

	if (!sql_org_scan_quota(call->db, call->arena, org, &quota, err) ||
	    !sql_scan_since(call->db, call->arena, org, month_start(call->now),
			    &used, err))
		return false;
	if (used < quota)
		return true;
	err_set(err, ERR_LIMITED,
		"The organization's quota of %lld scans for this month is used "
		"up",
		(long long)quota);
	err->retry_after =
		(int)((next_month_start(call->now) - call->now) / CLOCK_SECOND);
	return false;
}

static void add_targets(struct sb *b, const struct target_row_list *assets,
			bool domains)
{
	const char *comma = "";

	for (size_t i = 0; i < assets->len; i++) {
		if ((strcmp(assets->items[i].target_type, "domain") == 0) !=
		    domains)
			continue;
		sb_add(b, comma);
		codec_write_string(b, assets->items[i].target_value);
		comma = ",";
	}
}

static void add_pins(struct sb *b, const struct target_row_list *assets)
{
	const char *comma = "";

	for (size_t i = 0; i < assets->len; i++) {
		const struct target_row *t = &assets->items[i];

		if (strcmp(t->target_type, "domain") != 0 || !t->pinned_ip)
			continue;
		sb_add(b, comma);
		codec_write_string(b, t->target_value);
		sb_addc(b, ':');
		codec_write_string(b, t->pinned_ip);
		comma = ",";
	}
}

static bool no_features(const char *features)
{
	return !features || strcmp(features, "{}") == 0;
}

/* What the scan will do, as it was asked: src/jobs/scan.c plans from it. */
static const char *snapshot(struct call *call, const struct scan_create *body,
			    const struct target_row_list *assets)
{
	struct sb b = sb_new(call->arena, 1024);

	sb_add(&b, "{\"name\":");
	codec_write_string(&b, body->name);
	sb_add(&b, ",\"domains\":[");
	add_targets(&b, assets, true);
	sb_add(&b, "],\"ip_ranges\":[");
	add_targets(&b, assets, false);
	sb_add(&b, "],\"pinned_ips\":{");
	add_pins(&b, assets);
	sb_add(&b, "},\"scan_type\":");
	codec_write_string(&b, body->scan_type);
	sb_addf(&b, ",\"features\":%s",
		no_features(body->features)
			? "{\"dns_checks\":true,\"web_checks\":true,"
			  "\"port_scan\":true,\"whois_checks\":true}"
			: body->features);
	sb_addf(&b,
		",\"concurrency\":%lld,\"scan_timeout\":%lld,"
		"\"max_hosts\":%lld}",
		(long long)(body->has_concurrency ? body->concurrency
						  : CONCURRENCY_DEFAULT),
		(long long)(body->has_scan_timeout ? body->scan_timeout
						   : TIMEOUT_DEFAULT),
		(long long)(body->has_max_hosts ? body->max_hosts : 0));
	return b.s;
}

bool op_scan_create(struct call *call, const struct scan_create_in *in,
		    struct scan *out, struct err *err)
{
	const char *org = call->session->org_id;
	const char *id = id_new(call->arena), *job = id_new(call->arena);
	struct target_row_list assets = { 0 };

	if (!call_lock_org(call, err) ||
	    !chosen_assets(call, &in->body.asset_ids, &assets, err) ||
	    !within_quota(call, err) ||
	    !sql_scan_insert(call->db, call->arena,
			     &(struct sql_scan_insert_args){
				     .org = org,
				     .id = id,
				     .created_by = call->session->user_id,
				     .name = in->body.name,
				     .scan_type = in->body.scan_type,
				     .config_snapshot =
					     snapshot(call, &in->body, &assets),
				     .job_id = job,
				     .now = call->now,
			     },
			     out, err) ||
	    !job_put(call->db, call->arena,
		     &(struct job_new){ .id = job,
					.org_id = org,
					.kind = "scan",
					.args = &(struct job_args){ id },
					.now = call->now },
		     err))
		return false;
	call->wake_worker = true;
	call->audit.resource_id = id;
	return true;
}

/* ---- cancel, delete ---- */

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
	call->audit.resource_id = in->scan_id;
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
	call->audit.resource_id = in->scan_id;
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
