/* findings: what was found, and what people decided about it. */
#include <string.h>

#include "api/page.h"
#include "base/span.h"
#include "core/finding.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"

/* ---- filters ---- */

enum { VALUES_MAX = 5 };

/* "high,Critical" as up to five values, folded; the last fills the rest. */
struct values {
	const char *at[VALUES_MAX];
};

static char *fold(struct arena *a, struct span s, bool upper)
{
	char *text = span_dup(a, s);

	for (char *p = text; *p; p++) {
		if (upper && *p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
		else if (!upper && *p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	}
	return text;
}

static bool read_values(struct arena *a, const char *name, const char *text,
			bool upper, size_t max, struct values *ret,
			struct err *err)
{
	struct span rest = span_str(text ? text : ""), one = { 0 };
	size_t n = 0;

	while (span_len(rest) && span_until(&rest, ',', 200, &one)) {
		one = span_trim(one);
		if (!span_len(one))
			continue;
		if (n == max)
			return err_field(err, name, "too_long",
					 "at most %zu values", max);
		ret->at[n++] = fold(a, one, upper);
	}
	for (size_t i = n; n && i < VALUES_MAX; i++)
		ret->at[i] = ret->at[n - 1];
	return true;
}

/* The words as a pattern that matches them anywhere. */
static const char *pattern(struct arena *a, const char *words)
{
	struct sb b = sb_new(a, 64);

	if (!words || !*words)
		return NULL;
	words = fold(a, span_str(words), false);
	sb_addc(&b, '%');
	for (; *words; words++) {
		if (strchr("!%_", *words))
			sb_addc(&b, '!');
		sb_addc(&b, *words);
	}
	sb_addc(&b, '%');
	return b.s;
}

struct filters {
	struct values severity, status, category;
	const char *scan_id;
	const char *words;
};

static bool read_filters(struct arena *a, const struct finding_list_in *in,
			 struct filters *ret, struct err *err)
{
	ret->scan_id = in->scan_id;
	ret->words = pattern(a, in->q);
	return read_values(a, "query.severity", in->severity, true, 5,
			   &ret->severity, err) &&
	       read_values(a, "query.status", in->status, false, 5,
			   &ret->status, err) &&
	       read_values(a, "query.category", in->category, true, 4,
			   &ret->category, err);
}

#define FILTER_ARGS(f)                                                      \
	.severity = (f)->severity.at[0], .severity2 = (f)->severity.at[1],  \
	.severity3 = (f)->severity.at[2], .severity4 = (f)->severity.at[3], \
	.severity5 = (f)->severity.at[4], .status = (f)->status.at[0],      \
	.status2 = (f)->status.at[1], .status3 = (f)->status.at[2],         \
	.status4 = (f)->status.at[3], .status5 = (f)->status.at[4],         \
	.category = (f)->category.at[0], .category2 = (f)->category.at[1],  \
	.category3 = (f)->category.at[2], .category4 = (f)->category.at[3]

static bool count(struct call *call, const struct filters *f, int64_t *ret,
		  struct err *err)
{
	const char *org = call->session->org_id;

	if (!f->scan_id && !f->words)
		return sql_finding_total(call->db, call->arena,
					 &(struct sql_finding_total_args){
						 .org = org, FILTER_ARGS(f) },
					 ret, err);
	return sql_finding_match(
		call->db, call->arena,
		&(struct sql_finding_match_args){ .org = org,
						  FILTER_ARGS(f),
						  .scan_id = f->scan_id,
						  .words = f->words },
		ret, err);
}

bool op_finding_list(struct call *call, const struct finding_list_in *in,
		     struct finding_page *out, struct err *err)
{
	struct filters f = { 0 };

	out->page = in->page;
	out->page_size = in->page_size;
	if (!read_filters(call->arena, in, &f, err) ||
	    !sql_finding_page(
		    call->db, call->arena,
		    &(struct sql_finding_page_args){
			    .org = call->session->org_id,
			    FILTER_ARGS(&f),
			    .scan_id = f.scan_id,
			    .words = f.words,
			    .limit = in->page_size,
			    .offset = page_offset(in->page, in->page_size) },
		    &out->items, err) ||
	    !count(call, &f, &out->total, err))
		return false;
	for (size_t i = 0; i < out->items.len; i++)
		finding_localize(&out->items.items[i], call->session->locale,
				 call->arena);
	return true;
}

/* ---- one, and the statistics ---- */

static bool find(struct call *call, const char *id, struct finding *ret,
		 struct err *err)
{
	bool found = false;

	if (!sql_finding_get(call->db, call->arena, call->session->org_id, id,
			     ret, &found, err))
		return false;
	return found || err_set(err, ERR_NOT_FOUND, "Finding not found");
}

bool op_finding_get(struct call *call, const struct finding_get_in *in,
		    struct finding *out, struct err *err)
{
	if (!find(call, in->finding_id, out, err))
		return false;
	finding_localize(out, call->session->locale, call->arena);
	return true;
}

bool op_finding_stats(struct call *call, const struct finding_stats_in *in,
		      struct finding_stats *out, struct err *err)
{
	struct count_row_list rows = { 0 };
	const struct {
		const char *name;
		int64_t *n;
	} columns[] = {
		{ "CRITICAL", &out->critical },
		{ "HIGH", &out->high },
		{ "MEDIUM", &out->medium },
		{ "LOW", &out->low },
		{ "INFO", &out->info },
		{ "open", &out->open },
		{ "acknowledged", &out->acknowledged },
		{ "in_progress", &out->in_progress },
		{ "resolved", &out->resolved },
		{ "accepted_risk", &out->accepted_risk },
	};

	(void)in;
	if (!sql_finding_stats(call->db, call->arena, call->session->org_id,
			       &rows, err))
		return false;
	for (size_t i = 0; i < rows.len; i++) {
		const struct count_row *row = &rows.items[i];

		out->total += row->n;
		for (size_t c = 0; c < sizeof(columns) / sizeof(*columns); c++)
			if (strcmp(columns[c].name, row->severity) == 0 ||
			    strcmp(columns[c].name, row->status) == 0)
				*columns[c].n += row->n;
	}
	return true;
}

/* ---- decisions ---- */

/* The kept counts follow a finding from one status to another. */
static bool recount(struct call *call, const struct finding *before,
		    const struct finding *after, struct err *err)
{
	struct sql_finding_count_add_args args = {
		.org = call->session->org_id,
		.severity = severity_names[before->severity],
		.status = finding_status_names[before->status],
		.category = before->category,
		.n = -1,
	};

	if (before->status == after->status)
		return true;
	if (!sql_finding_count_add(call->db, call->arena, &args, err))
		return false;
	args.status = finding_status_names[after->status];
	args.n = 1;
	return sql_finding_count_add(call->db, call->arena, &args, err);
}

/* Resolving stamps the time, each time; opening again takes it away. */
static void set_status(struct finding *f, enum finding_status status,
		       int64_t now)
{
	if (status == FINDING_STATUS_RESOLVED) {
		f->has_resolved_at = true;
		if (f->status != FINDING_STATUS_RESOLVED)
			f->resolved_at = now;
	} else {
		f->has_resolved_at = false;
	}
	f->status = status;
}

static bool store(struct call *call, const struct finding *before,
		  const struct finding *f, struct finding *out, struct err *err)
{
	struct sql_finding_update_args row = {
		.org = call->session->org_id,
		.id = f->id,
		.status = finding_status_names[f->status],
		.assigned_to = f->assigned_to,
		.resolution_note = f->resolution_note,
		.has_resolved_at = f->has_resolved_at,
		.resolved_at = f->resolved_at,
		.now = call->now,
	};

	return sql_finding_update(call->db, call->arena, &row, out, err) &&
	       recount(call, before, out, err);
}

static bool may_assign(struct call *call, const char *user_id, struct err *err)
{
	struct membership_row member = { 0 };
	bool found = false;

	if (!user_id)
		return true;
	if (!sql_membership_get(call->db, call->arena, call->session->org_id,
				user_id, &member, &found, err))
		return false;
	return found ||
	       err_set(err, ERR_REFUSED,
		       "assigned_to must be a member of this organization");
}

static const char *audit_details(struct call *call, const struct finding *f,
				 const struct finding_update *body)
{
	struct sb b = sb_new(call->arena, 128);
	const char *comma = "";

	sb_addf(&b, "{\"status\":\"%s\",\"updated_fields\":[",
		finding_status_names[f->status]);
	if (body->has_status) {
		sb_add(&b, "\"status\"");
		comma = ",";
	}
	if (body->set_assigned_to) {
		sb_addf(&b, "%s\"assigned_to\"", comma);
		comma = ",";
	}
	if (body->set_resolution_note)
		sb_addf(&b, "%s\"resolution_note\"", comma);
	sb_add(&b, "]}");
	return b.s;
}

bool op_finding_update(struct call *call, const struct finding_update_in *in,
		       struct finding *out, struct err *err)
{
	const struct finding_update *body = &in->body;
	struct finding before = { 0 }, f;

	if (!call_lock_org(call, err) ||
	    !find(call, in->finding_id, &before, err) ||
	    !may_assign(call, body->assigned_to, err))
		return false;
	f = before;
	if (body->has_status)
		set_status(&f, body->status, call->now);
	if (body->set_assigned_to)
		f.assigned_to = body->assigned_to;
	if (body->set_resolution_note)
		f.resolution_note = body->resolution_note;
	if (!store(call, &before, &f, out, err))
		return false;
	finding_localize(out, call->session->locale, call->arena);
	call->audit.resource_id = out->id;
	call->audit.details = audit_details(call, out, body);
	return true;
}

static bool seen_before(const struct str_list *ids, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(ids->items[i], ids->items[at]) == 0)
			return true;
	return false;
}

static bool update_one(struct call *call, const char *id,
		       const struct finding_bulk_update *body, bool *ret_found,
		       struct err *err)
{
	struct finding before = { 0 }, f, stored = { 0 };

	if (!sql_finding_get(call->db, call->arena, call->session->org_id, id,
			     &before, ret_found, err))
		return false;
	if (!*ret_found)
		return true;
	f = before;
	set_status(&f, body->status, call->now);
	if (body->resolution_note && *body->resolution_note)
		f.resolution_note = body->resolution_note;
	return store(call, &before, &f, &stored, err);
}

bool op_finding_bulk_update(struct call *call,
			    const struct finding_bulk_update_in *in,
			    struct finding_bulk_result *out, struct err *err)
{
	const struct str_list *ids = &in->body.finding_ids;

	if (!call_lock_org(call, err))
		return false;
	out->total_requested = (int64_t)ids->len;
	out->not_found.items =
		arena_array(call->arena, ids->len, sizeof(char *));
	for (size_t i = 0; i < ids->len; i++) {
		bool found = false;

		if (seen_before(ids, i))
			continue;
		if (!update_one(call, ids->items[i], &in->body, &found, err))
			return false;
		if (found)
			out->updated++;
		else
			out->not_found.items[out->not_found.len++] =
				ids->items[i];
	}
	call->audit.details = arena_printf(
		call->arena,
		"{\"status\":\"%s\",\"updated_count\":%lld,"
		"\"requested_count\":%lld}",
		finding_status_names[in->body.status], (long long)out->updated,
		(long long)out->total_requested);
	return true;
}
