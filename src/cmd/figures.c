#include "cmd/figures.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/span.h"
#include "gen/queries.h"

/* A gauge with one label, a line a row. */
static void write_rows(const char *name, const char *help, const char *label,
		       const struct state_count_row_list *rows, struct sb *out)
{
	sb_addf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
	for (size_t i = 0; i < rows->len; i++)
		sb_addf(out, "%s{%s=\"%s\"} %lld\n", name, label,
			rows->items[i].state, (long long)rows->items[i].n);
}

static void write_one(const char *name, const char *kind, const char *help,
		      double value, struct sb *out)
{
	sb_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", name, help, name,
		kind, name, value);
}

/* ---- the database ---- */

static bool write_jobs(struct db *db, struct arena *a, struct sb *out,
		       struct err *err)
{
	struct job_state_row_list states = { 0 };
	struct state_count_row_list lanes = { 0 };
	int64_t now = clock_now(), oldest = 0;

	if (!sql_job_states(db, a, &states, err) ||
	    !sql_metric_waiting(db, a, now, &lanes, err) ||
	    !sql_metric_oldest(db, a, now, &oldest, err))
		return false;
	sb_add(out,
	       "# HELP nis2_jobs Jobs by state.\n# TYPE nis2_jobs gauge\n");
	for (size_t i = 0; i < states.len; i++)
		sb_addf(out, "nis2_jobs{state=\"%s\"} %lld\n",
			states.items[i].state, (long long)states.items[i].n);
	write_rows("nis2_queue_depth", "Jobs that are due and wait, by lane.",
		   "lane", &lanes, out);
	write_one("nis2_queue_oldest_seconds", "gauge",
		  "For how long the oldest of them has waited.",
		  (double)oldest / CLOCK_SECOND, out);
	return true;
}

static bool write_scanning(struct db *db, struct arena *a, struct sb *out,
			   struct err *err)
{
	struct state_count_row_list scans = { 0 }, findings = { 0 };
	int64_t schedules = 0;

	if (!sql_metric_scans(db, a, &scans, err) ||
	    !sql_metric_findings(db, a, &findings, err) ||
	    !sql_metric_schedules(db, a, &schedules, err))
		return false;
	write_rows("nis2_scans", "Scans by status.", "status", &scans, out);
	write_rows("nis2_open_findings",
		   "Findings that are not resolved, by severity.", "severity",
		   &findings, out);
	write_one("nis2_schedules", "gauge", "Schedules that are active.",
		  (double)schedules, out);
	return true;
}

/* ---- the process, by the names that Prometheus has for them ---- */

static double resident_bytes(struct arena *a)
{
	char *text = NULL;
	uint64_t all = 0, resident = 0;
	struct span s;

	if (!file_read("/proc/self/statm", 256, a, &text, NULL, NULL))
		return 0;
	s = span_str(text);
	if (!span_number(&s, UINT64_MAX, &all) || !span_literal(&s, " ") ||
	    !span_number(&s, UINT64_MAX, &resident))
		return 0;
	return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static int open_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = -1; /* the folder itself */

	if (!folder)
		return 0;
	for (const struct dirent *d; (d = readdir(folder));)
		count += d->d_name[0] != '.';
	closedir(folder);
	return count;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void write_process(struct arena *a, struct sb *out)
{
	struct rusage usage = { 0 };

	getrusage(RUSAGE_SELF, &usage);
	write_one("process_cpu_seconds_total", "counter",
		  "Processor time, of the user and the system.",
		  seconds(usage.ru_utime) + seconds(usage.ru_stime), out);
	write_one("process_resident_memory_bytes", "gauge",
		  "Memory in use now.", resident_bytes(a), out);
	write_one("process_open_fds", "gauge", "Open files and sockets.",
		  open_files(), out);
}

bool figures_write(void *arg, struct db *db, struct sb *out, struct err *err)
{
	_arena_ struct arena a = { 0 };

	(void)arg;
	write_process(&a, out);
	return write_jobs(db, &a, out, err) && write_scanning(db, &a, out, err);
}
