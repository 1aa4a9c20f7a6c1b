#include "cmd/scan_metrics.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/span.h"

enum { FILE_MAX = 1 << 20 };

/* ---- what is written ---- */

static void score_lines(const struct scanned *s, const char *profile,
			struct sb *out)
{
	/* No score is no sample: a 0 would be an alarm, a 100 a lie. */
	if (s->has_score)
		sb_addf(out, "nis2_compliance_score{profile=\"%s\"} %d\n",
			profile, s->score);
}

static void finding_lines(const struct scanned *s, const char *profile,
			  struct sb *out)
{
	for (int i = 0; i < SEVERITIES; i++)
		sb_addf(out,
			"nis2_findings_total{severity=\"%s\",profile=\"%s\"} "
			"%" PRId64 "\n",
			check_severity_names[i], profile, s->counts.of[i]);
}

static void host_lines(const struct scanned *s, const char *profile,
		       struct sb *out)
{
	sb_addf(out, "nis2_analyzed_hosts{profile=\"%s\"} %" PRId64 "\n",
		profile, s->hosts);
}

static void time_lines(const struct scanned *s, const char *profile,
		       struct sb *out)
{
	sb_addf(out,
		"nis2_last_scan_timestamp_seconds{profile=\"%s\"} %" PRId64
		"\n",
		profile, s->ended / CLOCK_SECOND);
}

static const struct gauge {
	const char *name, *help;
	void (*write)(const struct scanned *s, const char *profile,
		      struct sb *out);
} gauges[] = {
	{ "nis2_compliance_score",
	  "Technical score of the last scan, 0 to 100; none where nothing "
	  "could be assessed.",
	  score_lines },
	{ "nis2_findings_total", "Findings of the last scan by severity.",
	  finding_lines },
	{ "nis2_analyzed_hosts", "Addresses that the last scan looked at.",
	  host_lines },
	{ "nis2_last_scan_timestamp_seconds", "When the last scan ended.",
	  time_lines },
};
enum { GAUGES = sizeof(gauges) / sizeof(gauges[0]) };

/* ---- what is there ---- */

/* Whether the line is a sample of the gauge. */
static bool is_sample(struct span line, const char *name)
{
	size_t len = strlen(name);

	return span_len(line) > len && !memcmp(line.p, name, len) &&
	       line.p[len] == '{';
}

static bool is_ours(struct span line)
{
	struct span trimmed = span_trim(line);

	if (!span_len(trimmed) || *trimmed.p == '#')
		return true;
	for (int i = 0; i < GAUGES; i++)
		if (is_sample(line, gauges[i].name))
			return true;
	return false;
}

static bool read_old(const char *path, struct arena *a, struct span *ret,
		     struct err *err)
{
	struct err why = { 0 };
	char *text = NULL;
	size_t len = 0;

	*ret = span_of("", 0);
	if (file_read(path, FILE_MAX, a, &text, &len, &why)) {
		*ret = span_of(text, len);
		return true;
	}
	if (why.kind == ERR_NOT_FOUND)
		return true;
	*err = why;
	return false;
}

static bool next_line(struct span *rest, struct span *ret)
{
	return span_len(*rest) && span_until(rest, '\n', FILE_MAX, ret);
}

bool scan_metrics_ours(const char *path, struct arena *a, struct err *err)
{
	struct span rest, line;

	if (!read_old(path, a, &rest, err))
		return false;
	while (next_line(&rest, &line))
		if (!is_ours(line))
			return err_set(err, ERR_INVALID,
				       "%.160s holds other metrics; choose "
				       "another file",
				       path);
	return true;
}

/* The samples of a gauge that other profiles have there. */
static void keep_others(struct span rest, const char *name, const char *profile,
			struct arena *a, struct sb *out)
{
	char *label = arena_printf(a, "profile=\"%s\"}", profile);
	struct span line;

	while (next_line(&rest, &line)) {
		if (!is_sample(line, name) || span_find_nocase(line, label))
			continue;
		sb_addn(out, line.p, span_len(line));
		sb_addc(out, '\n');
	}
}

bool scan_metrics_write(const char *path, const struct scanned *scan,
			const char *profile, struct arena *a, struct err *err)
{
	/* The lock is a file of its own: that of the metrics is replaced. */
	char *lock_path = arena_printf(a, "%s.lock", path);
	_cleanup_fd_ int lock =
		open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	struct sb out = sb_new(a, 4096);
	struct span old;

	if (lock < 0 || flock(lock, LOCK_EX) != 0)
		return err_set(err, ERR_INVALID, "cannot lock %.160s",
			       lock_path);
	if (!scan_metrics_ours(path, a, err) || !read_old(path, a, &old, err))
		return false;
	for (int i = 0; i < GAUGES; i++) {
		const struct gauge *g = &gauges[i];

		sb_addf(&out, "# HELP %s %s\n# TYPE %s gauge\n", g->name,
			g->help, g->name);
		keep_others(old, g->name, profile, a, &out);
		g->write(scan, profile, &out);
	}
	return file_write(path, out.s, out.len, 0644, err);
}
