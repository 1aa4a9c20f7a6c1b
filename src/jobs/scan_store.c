#include "jobs/scan_store.h"

#include <string.h>

#include "base/rand.h"
#include "core/catalog.h"
#include "core/judge.h"
#include "gen/queries.h"
#include "jobs/certificate_store.h"
#include "jobs/event.h"
#include "scan/result.h"

static bool count(const struct scan_store *s, const char *severity,
		  const char *status, const char *category, int64_t n,
		  struct err *err)
{
	return sql_finding_count_add(s->db, s->arena,
				     &(struct sql_finding_count_add_args){
					     .org = s->org,
					     .severity = severity,
					     .status = status,
					     .category = category,
					     .n = n,
				     },
				     err);
}

/* The kept counts follow: `before` is NULL for a finding that is new. */
static bool recount(const struct scan_store *s,
		    const struct finding_row *before,
		    const struct finding_row *after, struct err *err)
{
	if (before && strcmp(before->severity, after->severity) == 0 &&
	    strcmp(before->status, after->status) == 0)
		return true;
	return (!before || count(s, before->severity, before->status,
				 before->category, -1, err)) &&
	       count(s, after->severity, after->status, after->category, 1,
		     err);
}

static bool see(const struct scan_store *s, const char *result_id,
		const struct verdict *v, const char *id,
		struct finding_row *ret, struct err *err)
{
	const struct check *c = v->check;

	return sql_finding_see(
		s->db, s->arena,
		&(struct sql_finding_see_args){
			.org = s->org,
			.id = id,
			.scan_id = s->scan_id,
			.scan_result_id = result_id,
			.check_id = c->id,
			.severity = check_severity_names[v->severity],
			.severity_rank = v->severity,
			.category = c->category,
			.message = v->message,
			.target = v->target,
			.evidence = v->evidence,
			.reference = c->reference,
			.has_cvss_base_score = v->has_cvss,
			.cvss_base_score = v->cvss,
			.cvss_vector = c->cvss_vector,
			.remediation_cost = check_amount_names[c->cost],
			.remediation_effort = check_amount_names[c->effort],
			.compliance_article = c->compliance_article,
			.fingerprint = v->fingerprint,
			.now = s->now,
		},
		ret, err);
}

static bool put_event(const struct scan_store *s, enum event_kind kind,
		      const char *finding_id, struct err *err)
{
	return event_put(s->db, s->arena,
			 &(struct event_new){
				 .org_id = s->org,
				 .kind = kind,
				 .subject = EVENT_SUBJECT_FINDING,
				 .subject_id = finding_id,
				 .scan_id = s->scan_id,
				 .now = s->now,
			 },
			 err);
}

/* What nobody knew yet, or believed to be gone. */
static bool tell_news(const struct scan_store *s, const struct verdict *v,
		      const char *finding_id, struct err *err)
{
	if (strncmp(v->check->id, "cert_expires_", 13) == 0 &&
	    !put_event(s, EVENT_KIND_CERTIFICATE_EXPIRING, finding_id, err))
		return false;
	return v->severity != CHECK_SEVERITY_CRITICAL ||
	       put_event(s, EVENT_KIND_FINDING_NEW_CRITICAL, finding_id, err);
}

static bool store_verdict(const struct scan_store *s, const char *result_id,
			  const struct verdict *v, struct err *err)
{
	struct finding_row before = { 0 }, after = { 0 };
	const char *id = id_new(s->arena);
	bool known = false, is_new;

	if (!sql_finding_state(s->db, s->arena, s->org, v->fingerprint, &before,
			       &known, err) ||
	    !see(s, result_id, v, id, &after, err))
		return false;
	is_new = strcmp(after.id, id) == 0;
	/* Neither known nor new: another scan stored and counted it just now.
	 */
	if ((known || is_new) &&
	    !recount(s, known ? &before : NULL, &after, err))
		return false;
	if ((is_new || (known && strcmp(before.status, "resolved") == 0)) &&
	    !tell_news(s, v, after.id, err))
		return false;
	return sql_finding_seen_insert(s->db, s->arena,
				       &(struct sql_finding_seen_insert_args){
					       .org = s->org,
					       .scan_id = s->scan_id,
					       .finding_id = after.id,
					       .scan_result_id = result_id,
					       .severity_rank = v->severity,
					       .evidence = v->evidence,
					       .now = s->now,
				       },
				       NULL, err);
}

static const char *ports_json(struct arena *a, const struct int_list *ports)
{
	struct sb b = sb_new(a, 64);

	sb_addc(&b, '[');
	for (size_t i = 0; i < ports->len; i++)
		sb_addf(&b, "%s%lld", i ? "," : "", (long long)ports->items[i]);
	sb_addc(&b, ']');
	return b.s;
}

static bool insert_result(const struct scan_store *s, const char *id,
			  const struct probe_message *host,
			  const struct fact_list *facts,
			  const struct judgement *judged, bool *ret_new,
			  struct err *err)
{
	struct result_info info = { 0 };
	int64_t changed = 0;

	result_make(facts, s->arena, &info);
	if (!sql_result_insert(
		    s->db, s->arena,
		    &(struct sql_result_insert_args){
			    .org = s->org,
			    .id = id,
			    .scan_id = s->scan_id,
			    .target = host->target,
			    .ip = host->ip,
			    .is_alive = host->is_alive,
			    .open_ports =
				    ports_json(s->arena, &host->open_ports),
			    .http_info = info.http_info,
			    .tls_info = info.tls_info,
			    .dns_info = info.dns_info,
			    .legal_info = info.legal_info,
			    .resilience_info = info.resilience_info,
			    .whois_info = info.whois_info,
			    .services_info = info.services_info,
			    .secrets_found = info.secrets_found,
			    .errors = codec_str_list_json(s->arena,
							  &host->errors),
			    .has_score = host->is_alive ||
					 judged->checks.run.len > 0,
			    .score = judged->score,
			    .checks = judge_checks_json(judged, s->arena),
			    .now = s->now,
		    },
		    &changed, err))
		return false;
	*ret_new = changed != 0;
	return true;
}

bool scan_store_host(const struct scan_store *s,
		     const struct probe_message *host,
		     const struct fact_list *facts, struct err *err)
{
	const char *id = id_new(s->arena);
	struct certificate_store certificates = { s->db, s->arena, s->org,
						  s->now };
	struct judgement judged = { 0 };
	bool is_new = false;

	judge_host(
		&(struct judge_input){
			.name = host->name,
			.ip = host->ip,
			.facts = facts,
			.checks = catalog_checks(),
			.now = s->now,
		},
		s->arena, &judged);
	if (!insert_result(s, id, host, facts, &judged, &is_new, err))
		return false;
	for (size_t i = 0; is_new && i < judged.verdicts.len; i++)
		if (!store_verdict(s, id, &judged.verdicts.items[i], err))
			return false;
	return !is_new || !host->name ||
	       certificate_store_host(&certificates, host->name, host->ip,
				      facts, err);
}
