/*
 * certificates: looked at while somebody waits, and what was seen last.
 *
 * The handler opens its transaction late: nothing is locked while servers are
 * waited for.
 */
#include <math.h>
#include <string.h>

#include "api/certificate_run.h"
#include "api/ct_search.h"
#include "api/page.h"
#include "api/policy.h"
#include "core/certificate.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"
#include "jobs/certificate_store.h"

#define NOT_ALLOWED "Invalid or disallowed target"
#define FAILED "Certificate analysis failed"

/* TLS from the first byte, and nothing else. */
static bool port_ok(int64_t port, struct err *err)
{
	static const int64_t ports[] = { 443, 8443, 9443, 10443, 4443, 993,
					 995, 465,  636,  990,	 5061 };

	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++)
		if (ports[i] == port)
			return true;
	return err_set(err, ERR_INVALID,
		       "Unsupported port %lld: only TLS service ports may be "
		       "analyzed.",
		       (long long)port);
}

/* The name as it is asked for, or NULL: what it is not, is not told. */
static const char *name_of(struct call *call, const char *text)
{
	struct target_policy policy = { 0 };
	struct target_spec spec = { 0 };

	if (!policy_make(call, &policy, NULL) ||
	    !target_normalise(&policy, "domain", text, call->arena, &spec,
			      NULL))
		return NULL;
	return spec.value;
}

static void make(struct call *call, const char *domain, int64_t port,
		 const struct certificate_result *r, struct certificate *out)
{
	struct certificate_input in = { .domain = domain,
					.ip = r->ip ? r->ip : "",
					.port = (int)port,
					.facts = &r->facts,
					.errors = &r->errors,
					.locale = call->session->locale,
					.now = call->now };

	certificate_make(&in, call->arena, out);
}

/* What ends when; a server that was not reached leaves the last one there. */
static bool keep(struct call *call, const struct certificate *c,
		 const struct certificate_result *r, struct err *err)
{
	struct certificate_store store = { call->db, call->arena,
					   call->session->org_id, call->now };

	return certificate_store_put(&store, c, &r->facts, err);
}

bool op_certificate_check(struct call *call,
			  const struct certificate_check_in *in,
			  struct certificate *out, struct err *err)
{
	struct certificate_result result = { 0 };
	int64_t port = in->body.port;
	const char *name;
	struct sb details = sb_new(call->arena, 128);

	if (!port_ok(port, err))
		return false;
	name = name_of(call, in->body.domain);
	if (name && !certificate_run(call, &name, 1, (int)port, &result, err))
		return false;
	if (!name || result.end == CERTIFICATE_REFUSED)
		return err_set(err, ERR_INVALID, NOT_ALLOWED ".");
	if (result.end == CERTIFICATE_FAILED)
		return err_set(err, ERR_INVALID, FAILED ".");
	make(call, name, port, &result, out);
	sb_add(&details, "{\"domain\":");
	codec_write_string(&details, name);
	sb_addf(&details, ",\"port\":%lld,\"score\":%lld}", (long long)port,
		(long long)out->score);
	call->audit.details = details.s;
	return call_begin(call, err) && keep(call, out, &result, err);
}

/* ---- several ---- */

struct bulk {
	struct call *call;
	const struct str_list *sent;
	int64_t port;
	const char **names; /* normalised; NULL: refused */
	const char **asked; /* the same, each once */
	struct certificate_result *results;
	int64_t sum;
};

static void name_all(struct bulk *b)
{
	size_t n = b->sent->len;

	b->names = arena_array(b->call->arena, n, sizeof(char *));
	b->asked = arena_array(b->call->arena, n, sizeof(char *));
	b->results = arena_array(b->call->arena, n, sizeof(*b->results));
	for (size_t i = 0; i < n; i++) {
		bool twice = false;

		b->names[i] = name_of(b->call, b->sent->items[i]);
		for (size_t j = 0; j < i && b->names[i]; j++)
			twice |= b->names[j] &&
				 !strcmp(b->names[j], b->names[i]);
		b->asked[i] = twice ? NULL : b->names[i];
	}
}

/* Of a name that was sent twice the first has it. */
static const struct certificate_result *find(const struct bulk *b, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (b->asked[j] && !strcmp(b->asked[j], b->names[i]))
			return &b->results[j];
	return &b->results[i];
}

static const char *failure(struct bulk *b, size_t i, const char *why)
{
	struct sb text = sb_new(b->call->arena, 128);

	sb_add(&text, "{\"domain\":");
	codec_write_string(&text, b->sent->items[i]);
	sb_addf(&text, ",\"error\":\"%s\",\"score\":0}", why);
	return text.s;
}

static bool answer(struct bulk *b, size_t i, const char **ret, int64_t *score,
		   struct certificate_bulk_summary *sum, struct err *err)
{
	const struct certificate_result *r = b->names[i] ? find(b, i) : NULL;
	struct sb text = sb_new(b->call->arena, 4096);
	struct certificate c = { 0 };

	*score = 0;
	if (!r || r->end == CERTIFICATE_REFUSED) {
		*ret = failure(b, i, NOT_ALLOWED);
		return true;
	}
	if (r->end == CERTIFICATE_FAILED) {
		*ret = failure(b, i, FAILED);
		return true;
	}
	make(b->call, b->names[i], b->port, r, &c);
	codec_write(&certificate_type, &c, &text);
	*ret = text.s;
	*score = c.score;
	sum->expiring_soon += c.validity.expiry_risk != EXPIRY_RISK_OK;
	return keep(b->call, &c, r, err);
}

static bool answer_all(struct bulk *b, struct certificate_bulk_result *out,
		       struct err *err)
{
	struct certificate_bulk_summary *sum = &out->summary;
	size_t n = b->sent->len;

	out->results.items = arena_array(b->call->arena, n, sizeof(char *));
	sum->total = (int64_t)n;
	sum->lowest_score = 100;
	for (size_t i = 0; i < n; i++) {
		int64_t score;

		if (!answer(b, i, &out->results.items[i], &score, sum, err))
			return false;
		out->results.len++;
		b->sum += score;
		if (score < sum->lowest_score)
			sum->lowest_score = score;
	}
	sum->average_score = round((double)b->sum * 10 / (double)n) / 10;
	return true;
}

bool op_certificate_bulk_check(struct call *call,
			       const struct certificate_bulk_check_in *in,
			       struct certificate_bulk_result *out,
			       struct err *err)
{
	struct bulk b = { .call = call,
			  .sent = &in->body.domains,
			  .port = in->body.port };

	if (!port_ok(b.port, err))
		return false;
	name_all(&b);
	if (!certificate_run(call, b.asked, b.sent->len, (int)b.port, b.results,
			     err) ||
	    !call_begin(call, err) || !answer_all(&b, out, err))
		return false;
	call->audit.details =
		arena_printf(call->arena, "{\"domains\":%zu,\"port\":%lld}",
			     b.sent->len, (long long)b.port);
	return true;
}

/* ---- what is known ---- */

bool op_certificate_ct_logs(struct call *call,
			    const struct certificate_ct_logs_in *in,
			    struct ct_search *out, struct err *err)
{
	const char *name = name_of(call, in->domain);

	if (!name)
		return err_set(err, ERR_INVALID, NOT_ALLOWED ".");
	return ct_search(call, name, out, err);
}

static struct certificate_list_item item_of(const struct certificate_row *row,
					    int64_t now)
{
	int64_t days = certificate_days(row->not_after, now);

	return (struct certificate_list_item){
		.domain = row->domain,
		.port = row->port,
		.ip = row->ip,
		.subject = row->subject,
		.issuer = row->issuer,
		.fingerprint_sha256 = row->fingerprint,
		.not_after = row->not_after,
		.days_remaining = days > 0 ? days : 0,
		.expiry_risk = certificate_risk(days),
		.key_shared = row->key_shared,
		.score = row->score,
		.checked_at = row->checked_at,
	};
}

bool op_certificate_list(struct call *call,
			 const struct certificate_list_in *in,
			 struct certificate_page *out, struct err *err)
{
	const char *org = call->session->org_id;
	struct certificate_row_list rows = { 0 };

	out->page = in->page;
	out->page_size = in->page_size;
	if (!sql_certificate_page(call->db, call->arena, org, in->page_size,
				  page_offset(in->page, in->page_size), &rows,
				  err) ||
	    !sql_certificate_total(call->db, call->arena, org, &out->total,
				   err))
		return false;
	out->items.items =
		arena_array(call->arena, rows.len, sizeof(*out->items.items));
	for (size_t i = 0; i < rows.len; i++)
		out->items.items[out->items.len++] =
			item_of(&rows.items[i], call->now);
	return true;
}
