/*
 * The report as JSON: of the data, not of a document.
 * Keys are English always, texts in the language of the report.
 */
#include <string.h>

#include "base/clock.h"
#include "core/catalog.h"
#include "report/report.h"

/* RFC 3339 with an offset in place of Z, as this file's readers know it. */
static char *with_offset(struct arena *a, int64_t time)
{
	char t[CLOCK_TEXT];
	int len = clock_text(time, t);

	return arena_printf(a, "%.*s+00:00", len - 1, t);
}

static struct report_finding finding_of(const struct finding *f)
{
	return (struct report_finding){
		.severity = severity_names[f->severity],
		.category = f->category,
		.message = f->message,
		.target = f->target,
		.remediation = f->remediation,
		.has_cvss_base_score = f->has_cvss_base_score,
		.cvss_base_score = f->cvss_base_score,
		.cvss_vector = f->cvss_vector,
		.compliance_article = f->compliance_article,
		.scored = f->scored,
		.status = finding_status_names[f->status],
		.finding_id = f->id,
		.check_id = f->check_id,
		.title = f->title,
		.rationale = f->rationale,
		.technical_detail = f->technical_detail,
		.reference = f->reference,
		.first_seen_at = f->first_seen_at,
		.last_seen_at = f->last_seen_at,
		.occurrences = f->occurrences,
	};
}

static struct report_finding_list
findings_of(const struct report_input *in, const char *locale, struct arena *a)
{
	struct finding_list rows = report_findings(in, locale, a);
	struct report_finding_list list = {
		arena_array(a, rows.len + 1, sizeof(struct report_finding)),
		rows.len
	};

	for (size_t i = 0; i < rows.len; i++)
		list.items[i] = finding_of(&rows.items[i]);
	return list;
}

static struct report_asset_list assets_of(const struct report_input *in,
					  struct arena *a)
{
	size_t len = in->results->len;
	struct report_asset_list list = {
		arena_array(a, len + 1, sizeof(struct report_asset)), len
	};

	for (size_t i = 0; i < len; i++) {
		const struct scan_result *r = &in->results->items[i];

		list.items[i] = (struct report_asset){
			.target = r->target,
			.ip = r->ip,
			.is_alive = r->is_alive,
			.open_ports = r->open_ports,
		};
	}
	return list;
}

static struct report_summary summary_of(const struct scan *s)
{
	return (struct report_summary){
		.has_total_score = s->has_total_score,
		.total_score = s->total_score,
		.hosts_scanned = s->hosts_scanned,
		.hosts_alive = s->hosts_alive,
		.findings_critical = s->findings_critical,
		.findings_high = s->findings_high,
		.findings_medium = s->findings_medium,
		.findings_low = s->findings_low,
	};
}

static bool write(const struct report_input *in, const struct doc *doc,
		  struct arena *a, FILE *out, struct err *err)
{
	const char *locale = catalog_locale(in->locale);
	const struct scan *s = in->scan;
	struct report_file file = {
		.version = "2.2",
		.metadata = {
			.scan_id = s->id,
			.scan_name = s->name,
			.generated_at = with_offset(a, in->now),
			.generator = REPORT_GENERATOR,
			.locale = locale,
		},
		.summary = summary_of(s),
		.compliance_matrix =
			s->compliance_matrix ? s->compliance_matrix : "{}",
		.executive_summary =
			s->executive_summary ? s->executive_summary : "",
		.findings = findings_of(in, locale, a),
		.assets = assets_of(in, a),
	};
	struct sb json = sb_new(a, 1 << 16);

	codec_write_pretty(&report_file_type, &file, &json);
	sb_addc(&json, '\n');
	if (json.truncated)
		return err_set(err, ERR_TOO_LARGE, "the report is too large");
	fwrite(json.s, 1, json.len, out);
	return true;
}

const struct writer writer_json = {
	.name = "json",
	.content_type = "application/json",
	.served_as = "application/json",
	.extension = "json",
	.write = write,
};
