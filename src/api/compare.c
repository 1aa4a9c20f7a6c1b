/* GET /scans/{id}/compare/{other_id}: how two scans differ. */
#include <string.h>

#include "base/clock.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"

/* Of one list; the numbers beside it are always whole. */
enum { LIST_MAX = 10000 };

static bool find(struct call *call, const char *id, const char *missing,
		 struct scan *ret, struct err *err)
{
	bool found = false;

	if (!sql_scan_get(call->db, call->arena, call->session->org_id, id, ret,
			  &found, err))
		return false;
	return found || err_set(err, ERR_NOT_FOUND, "%s", missing);
}

static struct compared_scan *show(struct call *call, const struct scan *scan,
				  struct compared_scan *ret)
{
	char text[CLOCK_TEXT];
	int len = clock_text(scan->created_at, text);

	*ret = (struct compared_scan){
		.id = scan->id,
		.name = scan->name,
		.has_score = scan->has_total_score,
		.score = scan->total_score,
		/* The contract has an offset here, and no Z. */
		.date = arena_printf(call->arena, "%.*s+00:00", len - 1, text),
	};
	return ret;
}

static bool assessed(const struct scan *scan)
{
	return scan->status == SCAN_STATUS_COMPLETED && scan->has_total_score;
}

/* What `id` saw and `other` did not. */
static bool difference(struct call *call, const char *id, const char *other,
		       struct compared_finding_list *ret, int64_t *ret_count,
		       struct err *err)
{
	const char *org = call->session->org_id;

	return sql_compare_only(call->db, call->arena, org, id, other, LIST_MAX,
				ret, err) &&
	       sql_compare_only_count(call->db, call->arena, org, id, other,
				      ret_count, err);
}

bool op_scan_compare(struct call *call, const struct scan_compare_in *in,
		     struct scan_comparison *out, struct err *err)
{
	struct comparison_summary *sum = &out->summary;
	struct scan a = { 0 }, b = { 0 };

	if (!find(call, in->scan_id, "Scan not found", &a, err) ||
	    !find(call, in->other_id, "Comparison scan not found", &b, err) ||
	    !difference(call, a.id, b.id, &out->new_findings, &sum->new, err) ||
	    !difference(call, b.id, a.id, &out->resolved_findings,
			&sum->resolved, err) ||
	    !sql_compare_both(call->db, call->arena, call->session->org_id,
			      a.id, b.id, &sum->persistent, err))
		return false;
	show(call, &a, &out->scan_a);
	show(call, &b, &out->scan_b);
	out->score_delta = (a.has_total_score ? a.total_score : 0) -
			   (b.has_total_score ? b.total_score : 0);
	out->comparable = assessed(&a) && assessed(&b);
	out->persistent_findings = sum->persistent;
	out->truncated = sum->new > LIST_MAX || sum->resolved > LIST_MAX;
	return true;
}
