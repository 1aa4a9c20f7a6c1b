/*
 * mail_policy: MTA-STS (RFC 8461): the record, the policy behind HTTPS, and
 * whether the mail servers are those of the policy. The address of the policy
 * host is judged like any other; no redirect is followed (section 3.3).
 */
#include <string.h>

#include "base/clock.h"
#include "scan/probes/mail.h"
#include "scan/probes/mta_sts.h"
#include "scan/probes/tag_list.h"
#include "scan/web.h"

enum { HTTPS = 443, FETCH_US = 5000000 };

struct fetch_policy {
	struct mail *m;
	const char *host;
	struct str_list *errors;
	struct web_answer answer;
};

/* ---- HTTPS ---- */

static bool get(struct fetch_policy *f, const struct addr *addr)
{
	struct probe_run *run = f->m->n->run;
	const char *what;
	struct web_request request = {
		.addr = addr,
		.port = HTTPS,
		.tls = true,
		.name = f->host,
		.path = "/.well-known/mta-sts.txt",
		.user_agent = run->user_agent,
		.max_body = STS_POLICY_MAX,
		.deadline = probe_deadline(run, FETCH_US),
		.trust = run->trust,
		.now = run->now,
	};
	struct err err = { 0 };

	if (!web_get(&request, run->arena, &f->answer, &err))
		what = err.msg;
	else if (f->answer.verified)
		return true;
	else
		what = "the certificate is not valid";
	record_error(f->errors, run->arena, "%s: %s", f->host, what);
	return false;
}

static bool fetch_it(struct fetch_policy *f)
{
	struct arena *a = f->m->n->run->arena;
	struct name_host host = { .host = f->host };

	names_hosts(f->m->n, &host, 1);
	if (!host.addrs.len) {
		record_error(f->errors, a,
			     host.refused ? "%s has an address that may not be "
					    "contacted"
					  : "%s has no address",
			     f->host);
		return false;
	}
	if (!get(f, &host.addrs.items[0]))
		return false;
	if (f->answer.status != 200) {
		record_error(f->errors, a, "%s answers with status %d", f->host,
			     f->answer.status);
		return false;
	}
	if (!web_is_text(&f->answer))
		record_error(f->errors, a,
			     "the policy is not sent as text/plain");
	return true;
}

/* ---- facts ---- */

/* A certificate that a sender who holds to the policy would take. */
static bool server_ok(const struct mail *m, const struct mail_server *s)
{
	struct cert_verdict v = { 0 };

	if (!s->starttls || !s->chain.len)
		return false;
	cert_judge(m->n->run->trust, &s->chain, s->name, m->n->run->now, &v);
	return v.trusted && v.name_match && !v.expired && !v.not_yet_valid;
}

static void match(struct mail *m, const struct sts_policy *policy,
		  struct str_list *errors)
{
	struct arena *a = m->n->run->arena;

	for (size_t i = 0; i < m->host_count; i++)
		if (!sts_allows(policy, m->hosts[i].host))
			record_error(errors, a, "%s: not in the policy",
				     m->hosts[i].host);
	for (size_t i = 0; i < m->server_count; i++) {
		const struct mail_server *s = &m->servers[i];

		if (s->spoke && !server_ok(m, s))
			record_error(errors, a,
				     "%s: no valid certificate for this name",
				     s->host->host);
	}
}

static void policy_facts(struct mail *m, const char *body, size_t len,
			 struct str_list *errors)
{
	struct fact_list *facts = m->n->run->facts;
	struct sts_policy policy;

	sts_policy_parse(span_of(body, len), m->n->run->arena, &policy);
	for (size_t i = 0; i < policy.errors.len; i++)
		record_error(errors, m->n->run->arena, "%s",
			     policy.errors.items[i]);
	if (!policy.mode)
		return;
	fact_text(facts, "mail.mta_sts_mode", 0, policy.mode);
	fact_bool(facts, "mail.mta_sts_enforced", 0,
		  !strcmp(policy.mode, "enforce"));
	if (policy.max_age >= 0)
		fact_int(facts, "mail.mta_sts_max_age", 0, policy.max_age);
	if (strcmp(policy.mode, "none"))
		match(m, &policy, errors);
	m->sts_works = !errors->len && strcmp(policy.mode, "none");
}

void mail_policy_facts(struct mail *m, const struct dns_ask *record)
{
	struct probe_run *run = m->n->run;
	struct str_list texts = names_texts(record, sts_is_record, run->arena);
	struct str_list errors = record_errors(run->arena);
	struct fetch_policy f = { .m = m, .errors = &errors };
	const char *id;

	if (record->state == DNS_LATE || record->state == DNS_FAILED)
		return;
	fact_bool(run->facts, "mail.mta_sts", 0, texts.len > 0);
	if (!texts.len)
		return;
	if (texts.len > 1)
		record_error(&errors, run->arena, "several records");
	id = sts_record_id(texts.items[0], run->arena, &errors);
	if (id)
		fact_text(run->facts, "mail.mta_sts_id", 0, id);
	f.host = arena_printf(run->arena, "mta-sts.%s", m->n->domain);
	if (fetch_it(&f))
		policy_facts(m, f.answer.body, f.answer.body_len, &errors);
	fact_strs(run->facts, "mail.mta_sts_errors", 0, &errors);
}
