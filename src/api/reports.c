/* reports: asked for here, written by `nis2 work` (src/jobs/report.c). */
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "core/catalog.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"
#include "jobs/job.h"
#include "jobs/report_file.h"

/* A second request for the same within this time gets the first one's task. */
enum { DEDUP_SECONDS = 300 };

static bool scan_is_complete(struct call *call, const char *id, struct err *err)
{
	struct text_row status = { 0 };
	bool found = false;

	if (!sql_scan_status(call->db, call->arena, call->session->org_id, id,
			     &status, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "Scan not found");
	if (strcmp(status.text, "completed") != 0)
		return err_set(err, ERR_REFUSED,
			       "Scan must be completed to generate reports");
	return true;
}

static bool below_cap(struct call *call, int64_t since, struct err *err)
{
	int64_t max = call->settings->max_reports, now = 0;

	if (!sql_report_in_flight(call->db, call->arena, call->session->org_id,
				  since, &now, err))
		return false;
	if (now < max)
		return true;
	err_set(err, ERR_LIMITED,
		"Too many reports in progress for this organisation "
		"(%lld/%lld). Try again when one of them is done.",
		(long long)now, (long long)max);
	err->retry_after = 10;
	return false;
}

static bool put_report(struct call *call, const struct report_row *report,
		       struct err *err)
{
	const char *org = call->session->org_id;
	struct sql_report_insert_args row = {
		.org = org,
		.id = report->id,
		.scan_id = report->scan_id,
		.created_by = call->session->user_id,
		.format = report->format,
		.locale = report->locale,
		.now = call->now,
	};

	call->wake_worker = true;
	return sql_report_insert(call->db, call->arena, &row, err) &&
	       job_put(call->db, call->arena,
		       &(struct job_new){
			       .org_id = org,
			       .kind = "report",
			       .args = &(struct job_args){ report->id },
			       .now = call->now },
		       err);
}

bool op_report_generate(struct call *call, const struct report_generate_in *in,
			struct report_task *out, struct err *err)
{
	const char *org = call->session->org_id;
	const char *format =
		report_file_format(report_format_names[in->format]);
	const char *locale = catalog_locale(call->session->locale);
	int64_t since = call->now - DEDUP_SECONDS * CLOCK_SECOND;
	struct report_row report = { 0 };

	if (!call_lock_org(call, err) ||
	    !scan_is_complete(call, in->scan_id, err))
		return false;
	if (!format)
		return err_set(err, ERR_REFUSED,
			       "This version writes no reports in this format");
	if (!sql_report_open(call->db, call->arena,
			     &(struct sql_report_open_args){
				     .org = org,
				     .scan_id = in->scan_id,
				     .format = format,
				     .locale = locale,
				     .since = since,
			     },
			     &report, &out->deduplicated, err))
		return false;
	if (!out->deduplicated) {
		report = (struct report_row){ .id = id_new(call->arena),
					      .scan_id = in->scan_id,
					      .format = format,
					      .locale = locale };
		if (!below_cap(call, since, err) ||
		    !put_report(call, &report, err))
			return false;
	}
	out->task_id = report.id;
	out->status = REPORT_TASK_STATUS_QUEUED;
	out->format = in->format;
	out->scan_id = in->scan_id;
	return true;
}

static enum report_status_status status_of(const char *name)
{
	for (int i = 0; report_status_status_names[i]; i++)
		if (strcmp(report_status_status_names[i], name) == 0)
			return (enum report_status_status)i;
	return REPORT_STATUS_STATUS_PENDING;
}

static enum report_format format_of(const char *name)
{
	for (int i = 0; report_format_names[i]; i++)
		if (strcmp(report_format_names[i], name) == 0)
			return (enum report_format)i;
	return REPORT_FORMAT_PDF;
}

bool op_report_status(struct call *call, const struct report_status_in *in,
		      struct report_status *out, struct err *err)
{
	struct report_row report = { 0 };
	bool found = false;

	if (!sql_report_get(call->db, call->arena, call->session->org_id,
			    in->task_id, &report, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND,
			       "Report not ready or not found");
	out->task_id = report.id;
	out->status = status_of(report.status);
	if (out->status == REPORT_STATUS_STATUS_FAILURE)
		out->error = "Report generation failed";
	if (out->status != REPORT_STATUS_STATUS_SUCCESS)
		return true;
	out->filename = report.filename;
	out->content_type = report.content_type;
	out->has_size = report.has_size;
	out->size = report.size;
	out->has_format = true;
	out->format = format_of(report.format);
	out->locale = report.locale;
	return true;
}

bool op_report_download(struct call *call, const struct report_download_in *in,
			struct file_out *out, struct err *err)
{
	struct report_row report = { 0 };
	bool found = false;

	if (!sql_report_get(call->db, call->arena, call->session->org_id,
			    in->task_id, &report, &found, err))
		return false;
	if (!found || strcmp(report.status, "success") != 0)
		return err_set(err, ERR_NOT_FOUND,
			       "Report not ready or not found");
	out->path = report_file_path(call->settings, call->arena, &report);
	if (!report_file_is_there(out->path))
		return err_set(err, ERR_NOT_FOUND, "Report file not found");
	out->content_type = report_file_served_as(report.format);
	out->filename = report.filename;
	return true;
}
