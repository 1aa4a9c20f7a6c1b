#include "scan/probes/cert_status.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/span.h"
#include "gen/wire_types.h"
#include "scan/web.h"

/* Microseconds for one question, name and all. */
enum { OCSP_US = 3000000, CRL_US = 4000000 };

/* ---- fetching ---- */

/* HTTP/1.0: the end of the stream is the end of the answer. */
static const char *request_head(const struct probe_run *run,
				const struct web_url *url,
				const struct cert_der *body)
{
	struct sb b = sb_new(run->arena, 512);
	bool v6 = strchr(url->host, ':');

	sb_addf(&b, "%s %s HTTP/1.0\r\nHost: %s%s%s", body ? "POST" : "GET",
		url->path, v6 ? "[" : "", url->host, v6 ? "]" : "");
	if (url->port != 80)
		sb_addf(&b, ":%d", url->port);
	sb_addf(&b, "\r\nUser-Agent: %s\r\n", run->user_agent);
	if (body)
		sb_addf(&b,
			"Content-Type: application/ocsp-request\r\n"
			"Content-Length: %zu\r\n",
			body->len);
	sb_add(&b, "\r\n");
	return b.s;
}

static bool read_answer(struct conn *conn, size_t max, struct arena *a,
			struct cert_der *ret, struct err *err)
{
	struct sb in = sb_new(a, 8192);
	struct web_answer answer = { 0 };
	struct err why = { 0 };
	size_t head, got = 0;

	max += WEB_HEAD_MAX;
	while (in.len < max) {
		if (!conn_read(conn, sb_room(&in, 8192), 8192, &got, &why))
			break;
		in.len += got;
	}
	if (in.len >= max)
		return err_set(err, ERR_TOO_LARGE, "the answer is too long");
	if (conn_state(conn) != CONN_CLOSED)
		return err_set(err, ERR_UPSTREAM, "%.200s", why.msg);
	head = web_head_length(span_of(in.s, in.len));
	if (!head || !web_parse_head(span_of(in.s, head), a, &answer, err))
		return err_set(err, ERR_UPSTREAM, "not an HTTP answer");
	if (answer.status != 200)
		return err_set(err, ERR_UPSTREAM, "HTTP status %d",
			       answer.status);
	*ret = (struct cert_der){ (const uint8_t *)in.s + head, in.len - head };
	return true;
}

static bool fetch(struct probe_run *run, const char *text,
		  const struct cert_der *body, size_t max, int64_t deadline,
		  struct cert_der *ret, struct err *err)
{
	_cleanup_conn_ struct conn *conn = NULL;
	struct web_url url;
	struct addr addr;
	const char *head;

	if (!web_url_parse(text, run->arena, &url) || url.tls)
		return err_set(err, ERR_REFUSED, "not an http address");
	if (!probe_address_of(run, url.host, deadline, &addr, err) ||
	    !conn_open(&addr, url.port, deadline, &conn, NULL, err))
		return false;
	head = request_head(run, &url, body);
	return conn_write_all(conn, head, strlen(head), err) &&
	       (!body || conn_write_all(conn, body->bytes, body->len, err)) &&
	       read_answer(conn, max, run->arena, ret, err);
}

/* ---- asking ---- */

struct look {
	struct probe_run *run;
	const struct cert *cert;
	const struct cert *issuer; /* NULL: not known */
	struct revocation found;
	const char *source; /* NULL: nobody has said anything that counts */
	struct err why;	    /* the last that did not */
};

static bool says(struct look *l, const char *source)
{
	l->source = source;
	return l->found.status != CERT_UNKNOWN;
}

static bool read_staple(struct look *l, struct cert_der staple)
{
	int port = l->run->port;
	bool ok = l->issuer &&
		  ocsp_read(staple, NULL, l->cert, l->issuer, l->run->now,
			    l->run->arena, &l->found, &l->why);

	if (l->issuer)
		fact_bool(l->run->facts, "cert.staple_valid", port, ok);
	return ok && says(l, "staple");
}

static bool ask_ocsp(struct look *l)
{
	struct cert_der request, answer;
	struct arena *a = l->run->arena;

	return l->cert->ocsp_url &&
	       ocsp_ask(l->cert, l->issuer, a, &request, &l->why) &&
	       fetch(l->run, l->cert->ocsp_url, &request, OCSP_ANSWER_MAX,
		     probe_deadline(l->run, OCSP_US), &answer, &l->why) &&
	       ocsp_read(answer, &request, l->cert, l->issuer, l->run->now, a,
			 &l->found, &l->why) &&
	       says(l, "ocsp");
}

static bool fetch_crl(struct look *l, const char *url, int64_t deadline)
{
	struct cert_der list;

	return fetch(l->run, url, NULL, CRL_MAX, deadline, &list, &l->why) &&
	       crl_read(list, l->cert, l->issuer, l->run->now, &l->found,
			&l->why) &&
	       says(l, "crl");
}

/* Lists are long: one at a time in the process, or memory would run out. */
static bool ask_crl(struct look *l)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	int64_t deadline = probe_deadline(l->run, CRL_US);
	bool ok = false;

	if (!l->cert->crl_urls.len)
		return false;
	while (pthread_mutex_trylock(&one)) {
		struct timespec pause = { 0, 20000000 };

		if (clock_tick() >= deadline)
			return err_set(&l->why, ERR_BUSY,
				       "there was no time for the list");
		nanosleep(&pause, NULL);
	}
	for (size_t i = 0; i < l->cert->crl_urls.len && !ok; i++)
		ok = clock_tick() < deadline &&
		     fetch_crl(l, l->cert->crl_urls.items[i], deadline);
	pthread_mutex_unlock(&one);
	return ok;
}

static bool may_ask(const struct look *l)
{
	const struct scan_plan *plan = l->run->plan;

	return l->issuer && !plan->discreet &&
	       plan->profile != SCAN_PLAN_PROFILE_QUICK;
}

/* ---- stating ---- */

static void state_staple(struct probe_run *run, const struct cert *c,
			 bool stapled)
{
	fact_bool(run->facts, "cert.stapled", run->port, stapled);
	if (c->must_staple)
		fact_bool(run->facts, "cert.staple_missing", run->port,
			  !stapled);
	if (c->ocsp_url)
		fact_text(run->facts, "cert.ocsp_url", run->port, c->ocsp_url);
}

static void state_status(const struct look *l)
{
	const struct revocation *r = &l->found;
	struct fact_list *facts = l->run->facts;
	int port = l->run->port;

	fact_text(facts, "cert.status", port, cert_status_names[r->status]);
	if (l->source)
		fact_text(facts, "cert.status_source", port, l->source);
	if (r->status == CERT_UNKNOWN) {
		if (l->why.msg[0])
			fact_text(facts, "cert.status_error", port, l->why.msg);
		return;
	}
	fact_bool(facts, "cert.revoked", port, r->status == CERT_REVOKED);
	if (r->revoked_at)
		fact_time(facts, "cert.revoked_at", port, r->revoked_at);
	if (r->reason)
		fact_text(facts, "cert.revoked_reason", port, r->reason);
}

/* Browsers want two receipts at least (of different logs). */
enum { SCTS_NEEDED = 2 };

void cert_sct_facts(const struct sct_list *scts, bool is_public, int port,
		    struct fact_list *facts)
{
	int64_t count[SCT_NOT_VERIFIED + 1] = { 0 }, first = INT64_MAX;
	int64_t all = (int64_t)scts->len;

	for (size_t i = 0; i < scts->len; i++) {
		const struct sct *s = &scts->items[i];

		count[s->state]++;
		if (s->timestamp < first && s->state != SCT_INVALID)
			first = s->timestamp;
	}
	fact_int(facts, "cert.scts", port, all);
	fact_int(facts, "cert.scts_valid", port, count[SCT_VALID]);
	fact_int(facts, "cert.scts_invalid", port, count[SCT_INVALID]);
	fact_int(facts, "cert.scts_unknown", port,
		 count[SCT_UNKNOWN_LOG] + count[SCT_NOT_VERIFIED]);
	if (first < INT64_MAX)
		fact_time(facts, "cert.first_logged", port, first);
	if (is_public)
		fact_bool(facts, "cert.ct_logged", port,
			  all - count[SCT_INVALID] >= SCTS_NEEDED);
}

static void state_scts(const struct look *l, const struct conn_tls *tls)
{
	const struct fact *is_public =
		fact_find(l->run->facts, "cert.public", l->run->port);
	struct sct_input in = { .cert = l->cert,
				.issuer = l->issuer,
				.logs = l->run->logs,
				.tls = tls->scts,
				.ocsp = l->found.scts,
				.now = l->run->now };
	struct sct_list scts;

	sct_read(&in, &scts);
	cert_sct_facts(&scts, is_public && is_public->yes, l->run->port,
		       l->run->facts);
}

void cert_status_facts(struct probe_run *run, const struct conn_tls *tls)
{
	const struct cert *leaf = &tls->chain.items[0];
	struct look l = { .run = run, .cert = leaf };
	struct cert issuer;

	if (!leaf->self_signed &&
	    cert_find_issuer(run->trust, &tls->chain, run->arena, &issuer))
		l.issuer = &issuer;
	else
		err_set(&l.why, ERR_UPSTREAM,
			leaf->self_signed
				? "nobody revokes what is self-signed"
				: "the certificate of the issuer is not known");
	/* Without a handshake nothing could have been stapled. */
	if (tls->version)
		state_staple(run, leaf, tls->staple.len > 0);
	if (!(tls->staple.len && read_staple(&l, tls->staple)) && may_ask(&l) &&
	    !ask_ocsp(&l))
		ask_crl(&l);
	state_status(&l);
	state_scts(&l, tls);
}
