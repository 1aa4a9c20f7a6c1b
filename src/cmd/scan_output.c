#include "cmd/scan_output.h"

#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "core/summary.h"
#include "scan/result.h"

char *scan_output_id(int64_t time, struct arena *a)
{
	char t[CLOCK_TEXT];

	clock_text(time, t); /* 2026-03-01T09:00:00… */
	return arena_printf(a, "%.4s%.2s%.2s_%.2s%.2s%.2s_%s", t, t + 5, t + 8,
			    t + 11, t + 14, t + 17, rand_hex(a, 4));
}

const char *scan_output_facts(const struct scanned_host *host, struct arena *a)
{
	struct sb out = sb_new(a, 4096);

	sb_addc(&out, '[');
	for (size_t i = 0; i < host->facts.len; i++) {
		sb_add(&out, i ? "," : "");
		fact_write(&host->facts.items[i], &out);
	}
	sb_addc(&out, ']');
	return out.s;
}

/* ---- findings ---- */

static struct finding finding_of(const struct verdict *v,
				 const struct scanned *s, const char *scan_id,
				 const char *result_id, struct arena *a)
{
	const struct check *c = v->check;

	return (struct finding){
		.id = id_new(a),
		.scan_id = scan_id,
		.scan_result_id = result_id,
		.check_id = c->id,
		.severity = (enum severity)v->severity,
		.category = c->category,
		.message = v->message,
		.target = v->target,
		.reference = c->reference,
		.has_cvss_base_score = v->has_cvss,
		.cvss_base_score = v->cvss,
		.cvss_vector = c->cvss_vector,
		.technical_detail = v->evidence,
		.has_remediation_cost = true,
		.remediation_cost = (enum level)c->cost,
		.has_remediation_effort = true,
		.remediation_effort = (enum level)c->effort,
		.compliance_article = c->compliance_article,
		.fingerprint = v->fingerprint,
		.first_seen_at = s->ended,
		.last_seen_at = s->ended,
		.occurrences = 1,
	};
}

_Static_assert((int)SEVERITY_CRITICAL == CHECK_SEVERITY_CRITICAL &&
		       (int)SEVERITY_INFO == CHECK_SEVERITY_INFO &&
		       (int)LEVEL_LOW == CHECK_AMOUNT_LOW &&
		       (int)LEVEL_HIGH == CHECK_AMOUNT_HIGH,
	       "the wire's words are the checks'");

static void add_findings(const struct scanned *s, const struct scanned_host *h,
			 const char *scan_id, const char *result_id,
			 struct finding_list *list, struct arena *a)
{
	for (size_t i = 0; i < h->judged.verdicts.len; i++)
		if (h->is_first[i])
			list->items[list->len++] =
				finding_of(&h->judged.verdicts.items[i], s,
					   scan_id, result_id, a);
}

/* ---- hosts ---- */

static void add_info(const struct fact_list *facts, struct arena *a,
		     struct scan_result *r)
{
	struct result_info info = { 0 };

	result_make(facts, a, &info);
	r->http_info = info.http_info;
	r->tls_info = info.tls_info;
	r->dns_info = info.dns_info;
	r->legal_info = info.legal_info;
	r->resilience_info = info.resilience_info;
	r->whois_info = info.whois_info;
	r->services_info = info.services_info;
	r->secrets_found = info.secrets_found;
}

static struct scan_result result_of(const struct scanned_host *h,
				    const char *scan_id, int64_t time,
				    struct arena *a)
{
	struct scan_result r = {
		.id = id_new(a),
		.scan_id = scan_id,
		.target = h->seen.target,
		.ip = h->seen.ip,
		.is_alive = h->seen.is_alive,
		.has_open_ports = true,
		.open_ports = h->seen.open_ports,
		.has_errors = true,
		.errors = h->seen.errors,
		.created_at = time,
	};

	add_info(&h->facts, a, &r);
	return r;
}

static int worst_of(const struct scanned_host *h)
{
	int i = 0;

	while (i < SEVERITIES && !h->judged.counts.of[i])
		i++;
	return i;
}

/* ---- the scan ---- */

static struct scan *scan_of(const struct scanned *s, const char *id,
			    const char *project,
			    const struct finding_list *findings,
			    struct arena *a)
{
	struct scan *scan = arena_alloc(a, sizeof(*scan));

	*scan = (struct scan){
		.id = id,
		.name = project,
		.status = s->complete ? SCAN_STATUS_COMPLETED
				      : SCAN_STATUS_FAILED,
		.has_total_score = s->has_score,
		.total_score = s->score,
		.hosts_scanned = s->hosts,
		.hosts_alive = s->alive,
		.findings_critical = s->counts.of[CHECK_SEVERITY_CRITICAL],
		.findings_high = s->counts.of[CHECK_SEVERITY_HIGH],
		.findings_medium = s->counts.of[CHECK_SEVERITY_MEDIUM],
		.findings_low = s->counts.of[CHECK_SEVERITY_LOW],
		.has_started_at = true,
		.started_at = s->started,
		.has_completed_at = true,
		.completed_at = s->ended,
		.has_duration_seconds = true,
		.duration_seconds = (s->ended - s->started) / CLOCK_SECOND,
		.compliance_matrix = matrix_json(&s->checks, s->locale, a),
		.created_at = s->started,
	};
	scan->executive_summary = summary_html(
		&(struct summary_input){
			.has_score = s->has_score,
			.score = s->score,
			.hosts = s->hosts,
			.alive = s->alive,
			.findings = findings,
		},
		s->locale, a);
	return scan;
}

struct report_input *scan_output_input(const struct scanned *s, const char *id,
				       const char *project, bool facts,
				       struct arena *a)
{
	struct report_input *in = arena_alloc(a, sizeof(*in));
	struct finding_list *findings = arena_alloc(a, sizeof(*findings));
	struct scan_result_list *results = arena_alloc(a, sizeof(*results));
	size_t verdicts = 0, hosts = (size_t)s->hosts;
	struct report_host *details =
		arena_array(a, hosts + 1, sizeof(*details));

	for (const struct scanned_host *h = s->first; h; h = h->next)
		verdicts += h->judged.verdicts.len;
	findings->items = arena_array(a, verdicts + 1, sizeof(struct finding));
	results->items = arena_array(a, hosts + 1, sizeof(struct scan_result));
	for (const struct scanned_host *h = s->first; h; h = h->next) {
		struct scan_result *r = &results->items[results->len];

		*r = result_of(h, id, s->ended, a);
		details[results->len++] = (struct report_host){
			.score = h->judged.score,
			.worst = worst_of(h),
			.facts = facts ? scan_output_facts(h, a) : NULL,
		};
		add_findings(s, h, id, r->id, findings, a);
	}
	*in = (struct report_input){
		.scan = scan_of(s, id, project, findings, a),
		.findings = findings,
		.results = results,
		.locale = s->locale,
		.now = s->ended,
		.checks = &s->checks,
		.hosts = details,
		.incomplete = !s->complete,
	};
	return in;
}
