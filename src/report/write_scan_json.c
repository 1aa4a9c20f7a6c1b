/*
 * What `nis2 scan` found as JSON of version 2.0, for programs. Keys, labels of
 * the measures and statuses are English always and never change; texts are in
 * the language of the report.
 */
#include <string.h>

#include "core/catalog.h"
#include "core/score.h"
#include "report/report.h"

/* How this form calls the measures; part of it, so not translated. */
static const char *const measures[MATRIX_LETTERS] = {
	"a) Risk Analysis per Information Security",
	"b) Incident Handling",
	"c) Business Continuity & Crisis Mgmt",
	"d) Supply Chain Security",
	"e) Security in Network & Information Systems",
	"f) Effectiveness Assessment of Risk Measures",
	"g) Cyber Hygiene & Training",
	"h) Cryptography & Encryption",
	"i) HR Security, Access Control & Asset Management",
	"j) MFA & Communications",
};

static const char *matrix_of(const struct report_input *in, const char *locale,
			     struct arena *a)
{
	const struct matrix_cell *cells[MATRIX_LETTERS];
	struct sb out = sb_new(a, 1024);
	struct matrix matrix;

	if (!in->checks)
		return "{}";
	matrix_make(in->checks, locale, a, &matrix);
	matrix_cells(&matrix, cells);
	for (int i = 0; i < MATRIX_LETTERS; i++) {
		sb_addc(&out, i ? ',' : '{');
		codec_write_string(&out, measures[i]);
		sb_addc(&out, ':');
		codec_write_string(&out, cells[i]->status);
	}
	sb_addc(&out, '}');
	return out.s;
}

/* By their ids: a title says what is wrong, which here may be nothing. */
static struct str_list checked(const struct report_input *in, struct arena *a)
{
	const struct check_list *checks = catalog_checks();
	struct str_list list = { arena_array(a, checks->len + 1,
					     sizeof(char *)) };

	for (size_t i = 0; in->checks && i < checks->len; i++)
		if (in->checks->checks[i].run)
			list.items[list.len++] = checks->items[i].id;
	return list;
}

/* Each active host once, by its worst finding. */
static struct scan_file_stats stats_of(const struct report_input *in)
{
	int64_t worst[SEVERITIES + 1] = { 0 };

	for (size_t i = 0; in->hosts && i < in->results->len; i++)
		worst[in->hosts[i].worst] += in->results->items[i].is_alive;
	return (struct scan_file_stats){
		.analyzed_hosts = in->scan->hosts_scanned,
		.active_hosts = in->scan->hosts_alive,
		.compliant_hosts =
			worst[SEVERITIES] + worst[CHECK_SEVERITY_INFO],
		.critical_risk_hosts = worst[CHECK_SEVERITY_CRITICAL],
		.high_risk_hosts = worst[CHECK_SEVERITY_HIGH],
		.medium_risk_hosts = worst[CHECK_SEVERITY_MEDIUM],
		.low_risk_hosts = worst[CHECK_SEVERITY_LOW],
	};
}

static void add_details(const struct scan_result *r,
			const struct report_host *host, struct arena *a,
			struct scan_file_asset *ret)
{
	ret->set_score = true;
	ret->has_score = r->is_alive;
	ret->score = host->score;
	ret->http_info = r->http_info;
	ret->tls_info = r->tls_info;
	ret->dns_info = r->dns_info;
	ret->legal_info = r->legal_info;
	ret->resilience_info = r->resilience_info;
	ret->whois_info = r->whois_info;
	ret->services_info = r->services_info;
	ret->secrets_found = r->secrets_found;
	ret->errors = codec_str_list_json(a, &r->errors);
	ret->facts = host->facts;
}

static struct scan_file_asset_list assets_of(const struct report_input *in,
					     struct arena *a)
{
	size_t len = in->results->len;
	struct scan_file_asset_list list = {
		arena_array(a, len + 1, sizeof(struct scan_file_asset)), len
	};

	for (size_t i = 0; i < len; i++) {
		const struct scan_result *r = &in->results->items[i];

		list.items[i] = (struct scan_file_asset){
			.target = r->target,
			.ip = r->ip,
			.status = r->is_alive ? "Active" : "Unresponsive",
			.ports = r->open_ports,
		};
		if (in->hosts && in->hosts[i].facts)
			add_details(r, &in->hosts[i], a, &list.items[i]);
	}
	return list;
}

static bool has_details(const struct report_input *in)
{
	return in->hosts && in->results->len && in->hosts[0].facts;
}

static struct scan_file_finding finding_of(const struct finding *f,
					   bool details)
{
	return (struct scan_file_finding){
		.severity = severity_names[f->severity],
		.category = f->category,
		.message = f->message,
		.rationale = f->rationale,
		.target = f->target,
		.reference = f->reference,
		.has_cvss_base_score = f->has_cvss_base_score,
		.cvss_base_score = f->cvss_base_score,
		.cvss_vector = f->cvss_vector,
		.technical_detail = f->technical_detail,
		.remediation = f->remediation,
		.remediation_cost = f->has_remediation_cost
					    ? level_names[f->remediation_cost]
					    : NULL,
		.remediation_effort =
			f->has_remediation_effort
				? level_names[f->remediation_effort]
				: NULL,
		.compliance_article = f->compliance_article,
		.scored = f->scored,
		.check = details ? f->check_id : NULL,
		.fingerprint = details ? f->fingerprint : NULL,
	};
}

static struct scan_file_finding_list
findings_of(const struct report_input *in, const char *locale, struct arena *a)
{
	struct finding_list rows = report_findings(in, locale, a);
	struct scan_file_finding_list list = {
		arena_array(a, rows.len + 1, sizeof(struct scan_file_finding)),
		rows.len
	};

	for (size_t i = 0; i < rows.len; i++)
		list.items[i] = finding_of(&rows.items[i], has_details(in));
	return list;
}

static bool write(const struct report_input *in, const struct doc *doc,
		  struct arena *a, FILE *out, struct err *err)
{
	const char *locale = catalog_locale(in->locale);
	const struct scan *s = in->scan;
	bool details = has_details(in);
	struct scan_file file = {
		.version = "2.0",
		.project_name = s->name,
		.scan_id = s->id,
		.metadata = {
			.timestamp = s->started_at,
			.generator = "nis2 " NIS2_VERSION,
			.evidence_sha256 = in->evidence_sha256,
			.has_duration_seconds = details,
			.duration_seconds = (double)s->duration_seconds,
		},
		.summary = {
			.has_total_score = s->has_total_score,
			.total_score = s->total_score,
			.has_complete = details || in->incomplete,
			.complete = !in->incomplete,
			.stats = stats_of(in),
			.checked_items = checked(in, a),
		},
		.compliance_matrix = matrix_of(in, locale, a),
		.assets = assets_of(in, a),
		.findings = findings_of(in, locale, a),
	};
	struct sb json = sb_new(a, 1 << 16);

	codec_write_pretty(&scan_file_type, &file, &json);
	if (json.truncated)
		return err_set(err, ERR_TOO_LARGE, "the report is too large");
	fwrite(json.s, 1, json.len, out);
	return true;
}

const struct writer writer_scan_json = {
	.name = "scan-json",
	.content_type = "application/json",
	.served_as = "application/json",
	.extension = "json",
	.write = write,
};
