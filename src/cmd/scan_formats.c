#include "cmd/scan_formats.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/url.h"
#include "core/finding.h"
#include "core/summary.h"

/* Every finding of the scan, in the order of the hosts. */
#define EACH_VERDICT(scan, h, i)                                           \
	for (const struct scanned_host *h = (scan)->first; h; h = h->next) \
		for (size_t i = 0; i < h->judged.verdicts.len; i++)

static void texts_of(const struct scanned *scan, const struct verdict *v,
		     struct arena *a, struct finding_texts *ret)
{
	*ret = (struct finding_texts){ 0 };
	finding_texts(v->check->id, v->evidence, scan->locale, a, ret);
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* ---- Markdown ---- */

/*
 * One line of plain text: nothing in it is markup, ends a cell or begins a
 * row, whatever a stranger's server put there.
 */
static void markdown_text(struct sb *out, const char *text)
{
	for (; text && *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == 0x7f) {
			sb_addc(out, ' ');
		} else if (c == '<' || c == '&') {
			sb_add(out, c == '<' ? "&lt;" : "&amp;");
		} else {
			if (strchr("\\`*_{}[]#|>~!", c))
				sb_addc(out, '\\');
			sb_addc(out, (char)c);
		}
	}
}

static void markdown_row(const struct scanned *scan, const struct verdict *v,
			 struct sb *out)
{
	struct finding_texts t;

	texts_of(scan, v, out->arena, &t);
	sb_addf(out, "| %s | ", check_severity_names[v->severity]);
	if (v->has_cvss)
		sb_addf(out, "%.1f", v->cvss);
	sb_add(out, " | ");
	markdown_text(out, v->target);
	sb_add(out, " | ");
	markdown_text(out, v->message);
	sb_add(out, " | ");
	markdown_text(out, t.detail);
	sb_add(out, " | ");
	markdown_text(out, t.remediation);
	sb_add(out, " | ");
	markdown_text(out, v->check->reference);
	sb_add(out, " |\n");
}

void scan_write_markdown(const struct scanned *scan, struct sb *out)
{
	char time[CLOCK_TEXT];

	clock_text(scan->started, time);
	sb_addf(out,
		"# NIS2 scan\n\n- Started: %s\n- Addresses: %" PRId64
		" (%" PRId64 " with open ports)\n- Score: ",
		time, scan->hosts, scan->alive);
	if (scan->has_score)
		sb_addf(out, "%d of 100\n", scan->score);
	else
		sb_add(out, "not assessed\n");
	for (int i = 0; i < SEVERITIES; i++)
		sb_addf(out, "- %s: %" PRId64 "\n", check_severity_names[i],
			scan->counts.of[i]);
	if (!scan->complete)
		sb_add(out, "\n**The scan did not come to its end.**\n");
	sb_add(out, "\n| Severity | CVSS | Target | Issue | Technical Detail | "
		    "Remediation | Reference |\n"
		    "|---|---|---|---|---|---|---|\n");
	EACH_VERDICT(scan, h, i)
	markdown_row(scan, &h->judged.verdicts.items[i], out);
}

/* ---- JUnit ---- */

/* XML 1.0 has no control characters, not even escaped ones. */
static void xml_text(struct sb *out, const char *text)
{
	char *clean = arena_strdup(out->arena, or_empty(text));

	for (char *p = clean; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	html_escape(out, clean);
}

static void xml_attribute(struct sb *out, const char *name, const char *value)
{
	sb_addf(out, " %s=\"", name);
	xml_text(out, value);
	sb_addc(out, '"');
}

static bool is_failure(const struct verdict *v)
{
	return v->severity <= CHECK_SEVERITY_MEDIUM;
}

static void junit_case(const struct scanned *scan, const struct verdict *v,
		       struct sb *out)
{
	struct finding_texts t;
	const char *type = v->severity == CHECK_SEVERITY_MEDIUM
				   ? "WARNING"
				   : check_severity_names[v->severity];

	texts_of(scan, v, out->arena, &t);
	sb_add(out, "    <testcase");
	xml_attribute(out, "name", v->message);
	xml_attribute(out, "classname", v->check->category);
	sb_add(out, ">\n      ");
	if (is_failure(v)) {
		sb_add(out, "<failure");
		xml_attribute(out, "type", type);
		xml_attribute(out, "message", v->message);
		sb_addc(out, '>');
	} else {
		sb_add(out, "<system-out>");
	}
	xml_text(out, t.detail);
	sb_addc(out, '\n');
	xml_text(out, t.remediation);
	sb_add(out, is_failure(v) ? "</failure>" : "</system-out>");
	sb_add(out, "\n    </testcase>\n");
}

static void junit_suite(const struct scanned *scan,
			const struct scanned_host *h, struct sb *out)
{
	size_t failures = 0;

	for (size_t i = 0; i < h->judged.verdicts.len; i++)
		failures += is_failure(&h->judged.verdicts.items[i]);
	sb_add(out, "  <testsuite");
	xml_attribute(out, "name", h->seen.target);
	xml_attribute(out, "hostname", h->seen.ip);
	sb_addf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n",
		h->judged.verdicts.len, failures);
	for (size_t i = 0; i < h->judged.verdicts.len; i++)
		junit_case(scan, &h->judged.verdicts.items[i], out);
	for (size_t i = 0; i < h->seen.errors.len; i++) {
		sb_add(out, i ? "\n" : "    <system-err>");
		xml_text(out, h->seen.errors.items[i]);
	}
	sb_add(out, h->seen.errors.len ? "</system-err>\n  </testsuite>\n"
				       : "  </testsuite>\n");
}

void scan_write_junit(const struct scanned *scan, struct sb *out)
{
	sb_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		    "<testsuites name=\"nis2\">\n");
	for (const struct scanned_host *h = scan->first; h; h = h->next)
		if (h->judged.verdicts.len || h->seen.errors.len ||
		    h->seen.is_alive)
			junit_suite(scan, h, out);
	sb_add(out, "</testsuites>\n");
}

/* ---- SARIF ---- */

/* SARIF 2.1.0 section 3.27.10. */
static const char *level_of(enum check_severity severity)
{
	if (severity <= CHECK_SEVERITY_HIGH)
		return "error";
	return severity == CHECK_SEVERITY_MEDIUM ? "warning" : "note";
}

static void sarif_text(struct sb *out, const char *name, const char *text)
{
	sb_addf(out, ",\"%s\":{\"text\":", name);
	codec_write_string(out, or_empty(text));
	sb_addc(out, '}');
}

static bool is_first(const struct scanned *scan, const struct verdict *v)
{
	EACH_VERDICT(scan, h, i)
	if (h->judged.verdicts.items[i].check == v->check)
		return &h->judged.verdicts.items[i] == v;
	return false;
}

static void sarif_rule(const struct scanned *scan, const struct verdict *v,
		       struct sb *out)
{
	struct finding_texts t;

	texts_of(scan, v, out->arena, &t);
	sb_add(out, "{\"id\":");
	codec_write_string(out, v->check->id);
	sarif_text(out, "shortDescription", t.title);
	sarif_text(out, "fullDescription", t.rationale);
	sarif_text(out, "help", t.remediation);
	sb_addf(out, ",\"defaultConfiguration\":{\"level\":\"%s\"}",
		level_of(v->check->severity));
	sb_add(out, ",\"properties\":{\"tags\":[");
	codec_write_string(out, v->check->compliance_article);
	sb_addc(out, ']');
	if (v->has_cvss)
		sb_addf(out, ",\"security-severity\":\"%.1f\"", v->cvss);
	sb_add(out, "}}");
}

static void sarif_result(const struct scanned *scan, const struct verdict *v,
			 struct sb *out)
{
	struct finding_texts t;

	texts_of(scan, v, out->arena, &t);
	sb_add(out, "{\"ruleId\":");
	codec_write_string(out, v->check->id);
	sb_addf(out, ",\"level\":\"%s\"", level_of(v->severity));
	sarif_text(out, "message",
		   arena_printf(out->arena, "%s. %s", v->message,
				or_empty(t.detail)));
	/* No file is at fault; the target stands in its place. */
	sb_add(out, ",\"locations\":[{\"physicalLocation\":"
		    "{\"artifactLocation\":{\"uri\":");
	codec_write_string(out, url_encode(out->arena, v->target));
	sb_add(out, "}},\"logicalLocations\":[{\"kind\":\"resource\","
		    "\"fullyQualifiedName\":");
	codec_write_string(out, v->target);
	sb_add(out, "}]}],\"partialFingerprints\":{\"nis2/v1\":");
	codec_write_string(out, v->fingerprint);
	sb_add(out, "}}");
}

void scan_write_sarif(const struct scanned *scan, struct sb *out)
{
	const char *between = "";

	sb_add(out,
	       "{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/"
	       "errata01/os/schemas/sarif-schema-2.1.0.json\","
	       "\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{"
	       "\"name\":\"nis2\",\"version\":\"" NIS2_VERSION
	       "\",\"rules\":[");
	EACH_VERDICT(scan, h, i)
	{
		const struct verdict *v = &h->judged.verdicts.items[i];

		if (!is_first(scan, v))
			continue;
		sb_add(out, between);
		sarif_rule(scan, v, out);
		between = ",";
	}
	sb_addf(out, "]}},\"invocations\":[{\"executionSuccessful\":%s}]",
		scan->complete ? "true" : "false");
	sb_add(out, ",\"results\":[");
	between = "";
	EACH_VERDICT(scan, h, i)
	{
		sb_add(out, between);
		sarif_result(scan, &h->judged.verdicts.items[i], out);
		between = ",";
	}
	sb_add(out, "]}]}\n");
}

/* ---- Prometheus ---- */

static void gauge(struct sb *out, const char *name, const char *help)
{
	sb_addf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

void scan_write_prometheus(const struct scanned *scan, const char *profile,
			   struct sb *out)
{
	if (scan->has_score) {
		gauge(out, "nis2_compliance_score",
		      "Score of the last scan, 0 to 100.");
		sb_addf(out, "nis2_compliance_score{profile=\"%s\"} %d\n",
			profile, scan->score);
	}
	gauge(out, "nis2_findings_total", "Findings of the last scan.");
	for (int i = 0; i < SEVERITIES; i++)
		sb_addf(out,
			"nis2_findings_total{severity=\"%s\",profile=\"%s\"} "
			"%" PRId64 "\n",
			check_severity_names[i], profile, scan->counts.of[i]);
	gauge(out, "nis2_analyzed_hosts", "Addresses of the last scan.");
	sb_addf(out, "nis2_analyzed_hosts{profile=\"%s\"} %" PRId64 "\n",
		profile, scan->hosts);
	gauge(out, "nis2_last_scan_timestamp_seconds",
	      "When the last scan ended.");
	sb_addf(out,
		"nis2_last_scan_timestamp_seconds{profile=\"%s\"} %" PRId64
		"\n",
		profile, scan->ended / CLOCK_SECOND);
}
