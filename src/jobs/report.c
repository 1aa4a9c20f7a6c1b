/* report: the job behind POST /reports/generate. */
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "gen/queries.h"
#include "jobs/job.h"
#include "jobs/report_file.h"
#include "report/report.h"

/* What ran on the hosts, for a format that lists passes too. */
static bool read_checks(struct job_run *run, const struct report_row *report,
			const struct matrix_sum **ret, struct err *err)
{
	struct matrix_sum *sum = arena_alloc(run->arena, sizeof(*sum));
	struct host_row_list hosts = { 0 };

	if (!sql_result_hosts(run->db, run->arena, report->org_id,
			      report->scan_id, &hosts, err))
		return false;
	for (size_t i = 0; i < hosts.len; i++)
		if (hosts.items[i].checks &&
		    !matrix_add_json(sum, hosts.items[i].checks, run->arena,
				     err))
			return false;
	*ret = sum;
	return true;
}

static bool read_input(struct job_run *run, const struct report_row *report,
		       struct report_input *ret, struct err *err)
{
	struct arena *a = run->arena;
	struct scan *scan = arena_alloc(a, sizeof(*scan));
	struct finding_list *findings = arena_alloc(a, sizeof(*findings));
	struct scan_result_list *results = arena_alloc(a, sizeof(*results));
	const struct matrix_sum *checks = NULL;
	struct text_row organization = { 0 };
	bool found = false;

	if (!sql_scan_get(run->db, a, report->org_id, report->scan_id, scan,
			  &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "the scan is gone");
	if (!sql_report_findings(run->db, a, report->org_id, report->scan_id,
				 findings, err) ||
	    !sql_report_results(run->db, a, report->org_id, report->scan_id,
				results, err) ||
	    !read_checks(run, report, &checks, err) ||
	    !sql_org_name(run->db, a, report->org_id, &organization, &found,
			  err))
		return false;
	*ret = (struct report_input){
		.scan = scan,
		.findings = findings,
		.results = results,
		.organization = organization.text,
		.locale = report->locale,
		.now = clock_now(),
		.checks = checks,
	};
	return true;
}

static bool write_file(struct job_run *run, const struct report_row *report,
		       const struct report_input *in,
		       const struct writer *writer, size_t *ret_size,
		       struct err *err)
{
	char *dir = arena_printf(run->arena, "%s/reports/%s",
				 run->settings->data_dir, report->org_id);

	return file_make_dir(dir, 0700, err) &&
	       report_save(in, writer,
			   report_file_path(run->settings, run->arena, report),
			   ret_size, err);
}

static bool make_report(struct job_run *run, const struct report_row *report,
			struct err *err)
{
	const struct writer *writer = writer_find(report->format);
	struct report_input in = { 0 };
	size_t size = 0;

	if (!writer)
		return err_set(err, ERR_INTERNAL, "no writer for '%s'",
			       report->format);
	if (!read_input(run, report, &in, err) ||
	    !write_file(run, report, &in, writer, &size, err))
		return false;
	return sql_report_done(
		run->db, run->arena,
		&(struct sql_report_done_args){
			.org = report->org_id,
			.id = report->id,
			.filename = report_filename(run->arena, in.scan->name,
						    in.now, writer),
			.content_type = writer->content_type,
			.size = (int64_t)size,
			.now = clock_now(),
		},
		NULL, err);
}

static bool run_report(struct job_run *run, const void *args, struct err *err)
{
	const struct job_args *in = args;
	const char *org = run->job->org_id;
	struct report_row report = { 0 };
	bool found = false;

	if (!sql_report_start(run->db, run->arena, org, in->id, NULL, err) ||
	    !sql_report_get(run->db, run->arena, org, in->id, &report, &found,
			    err))
		return false;
	return !found || make_report(run, &report, err);
}

static void report_failed(struct job_run *run, const void *args,
			  const struct err *why)
{
	const struct job_args *in = args;
	struct err err = { 0 };

	(void)why;
	if (in && in->id &&
	    !sql_report_fail(run->db, run->arena, run->job->org_id, in->id,
			     clock_now(), NULL, &err))
		log_error("report", in->id, &err);
}

const struct job_kind job_report = {
	.name = "report",
	.lane = JOB_LANE_QUICK,
	.args = &job_args_type,
	.args_size = sizeof(struct job_args),
	.max_attempts = 3,
	.run = run_report,
	.failed = report_failed,
};
