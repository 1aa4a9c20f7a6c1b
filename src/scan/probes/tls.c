#include "scan/probes/tls.h"

#include <string.h>

#include "base/clock.h"
#include "net/conn.h"
#include "scan/probe.h"
#include "scan/probes/banner.h"

/*
 * A port that is not known for TLS gets this long to answer a hello: services
 * that wait for a line would hold the host up.
 */
enum { CURIOUS_US = 1000000, CERTAIN_US = 3000000 };

/* TLS 1.2 first: what answers it in TLS, with yes or no, speaks TLS. */
static const enum tls_version order[TLS_VERSIONS] = { TLS_1_2, TLS_1_3, TLS_1_1,
						      TLS_1_0, TLS_SSL3 };

/* ---- from verdicts to facts ---- */

static struct str_list list_new(struct arena *a)
{
	return (struct str_list){
		arena_array(a, FACT_LIST_MAX, sizeof(const char *)), 0
	};
}

static void list_add(struct str_list *list, const char *text)
{
	for (size_t i = 0; i < list->len; i++)
		if (!strcmp(list->items[i], text))
			return;
	if (list->len < FACT_LIST_MAX)
		list->items[list->len++] = text;
}

static const struct hello_verdict *
verdict_of(const struct hello_verdict verdicts[TLS_VERSIONS],
	   enum tls_version version)
{
	for (int i = 0; i < TLS_VERSIONS; i++)
		if (verdicts[i].version == version)
			return &verdicts[i];
	return NULL;
}

struct lists {
	struct str_list versions, weak_versions, untested;
	struct str_list ciphers, weak_ciphers;
};

static const char *suite_name(const struct suite *s)
{
	return s->openssl ? s->openssl : s->name;
}

static void collect(const struct hello_verdict *v, struct lists *l)
{
	const char *name = tls_version_name(v->version);

	if (v->result == HELLO_UNTESTED || !v->complete)
		list_add(&l->untested, name);
	if (v->result != HELLO_ACCEPTED)
		return;
	list_add(&l->versions, name);
	if (v->version < TLS_1_2)
		list_add(&l->weak_versions, name);
	for (size_t i = 0; i < v->suite_count; i++) {
		const struct suite *s = suite_find(v->suites[i]);

		list_add(&l->ciphers, suite_name(s));
		if (s->flags & SUITE_WEAK)
			list_add(&l->weak_ciphers, suite_name(s));
	}
}

/* The best of what is offered: for servers no library shakes hands with. */
static void state_best(const struct hello_verdict verdicts[TLS_VERSIONS],
		       int port, struct fact_list *facts)
{
	for (int version = TLS_1_3; version >= TLS_SSL3; version--) {
		const struct hello_verdict *v =
			verdict_of(verdicts, (enum tls_version)version);

		if (v->result != HELLO_ACCEPTED)
			continue;
		fact_text(facts, "tls.version", port,
			  tls_version_name(v->version));
		fact_text(facts, "tls.cipher", port,
			  suite_name(suite_find(v->suites[0])));
		return;
	}
}

void tls_facts(const struct hello_verdict verdicts[TLS_VERSIONS], int port,
	       struct fact_list *facts)
{
	struct arena *a = facts->arena;
	struct lists l = { list_new(a), list_new(a), list_new(a), list_new(a),
			   list_new(a) };

	for (int version = TLS_SSL3; version <= TLS_1_3; version++)
		collect(verdict_of(verdicts, (enum tls_version)version), &l);
	fact_bool(facts, "tls.tested", port, l.versions.len > 0);
	if (!fact_find(facts, "tls.version", port))
		state_best(verdicts, port, facts);
	fact_strs(facts, "tls.versions", port, &l.versions);
	fact_strs(facts, "tls.weak_versions", port, &l.weak_versions);
	fact_strs(facts, "tls.ciphers", port, &l.ciphers);
	fact_strs(facts, "tls.weak_ciphers", port, &l.weak_ciphers);
	if (l.untested.len)
		fact_strs(facts, "tls.untested", port, &l.untested);
}

/* ---- looking ---- */

/* What a client of today agrees on with the server. */
static void shake_hands(struct probe_run *run)
{
	_cleanup_conn_ struct conn *conn = NULL;
	int64_t end = clock_tick() + CERTAIN_US;
	struct conn_tls tls = { 0 };

	if (end > run->deadline)
		end = run->deadline;
	if (!conn_open(&run->host->addr, run->port, end, &conn, NULL, NULL) ||
	    !conn_start_tls(conn, probe_sni(run), NULL, run->arena, &tls, NULL))
		return;
	fact_text(run->facts, "tls.version", run->port, tls.version);
	fact_text(run->facts, "tls.cipher", run->port, tls.cipher);
}

static bool not_tested(struct probe_run *run, const char *why, struct err *err)
{
	fact_bool(run->facts, "tls.tested", run->port, false);
	fact_text(run->facts, "tls.error", run->port, why);
	return err_set(err, ERR_UPSTREAM, "TLS on port %d: %s", run->port, why);
}

static bool run_tls(struct probe_run *run, struct err *err)
{
	struct hello_verdict verdicts[TLS_VERSIONS] = { 0 };
	bool certain = probe_port_is_tls(run->port);
	struct hello_peer peer = {
		.addr = &run->host->addr,
		.port = run->port,
		.sni = probe_sni(run),
		.deadline = run->deadline,
		.patience = certain ? CERTAIN_US : CURIOUS_US,
	};
	bool offers = false;

	/* A hello is noise in the log of MySQL, and SSH makes us wait. */
	if (!probe_may_speak_tls(run))
		return true;
	for (int i = 0; i < TLS_VERSIONS; i++) {
		hello_suites(&peer, order[i], run->arena, &verdicts[i]);
		offers |= verdicts[i].result == HELLO_ACCEPTED;
		if (i || verdicts[0].speaks_tls)
			continue;
		if (!certain)
			return true; /* another service: nothing to say */
		if (verdicts[0].result == HELLO_UNTESTED)
			return not_tested(run, verdicts[0].why, err);
	}
	if (!offers)
		return not_tested(run, verdicts[0].why, err);
	shake_hands(run);
	tls_facts(verdicts, run->port, run->facts);
	return true;
}

const struct probe probe_tls = {
	.name = "tls",
	.about = "TLS versions and cipher suites that a port offers",
	.feature = PROBE_WEB,
	.any_port = true,
	.deadline_ms = 30000,
	.facts =
		(const struct fact_def[]){
			{ "tls.tested", FACT_BOOL,
			  "Whether the port answered in TLS" },
			{ "tls.error", FACT_TEXT, "Why it was not tested" },
			{ "tls.version", FACT_TEXT,
			  "Version agreed on with a client of today" },
			{ "tls.cipher", FACT_TEXT,
			  "Cipher suite agreed on, OpenSSL's name" },
			{ "tls.versions", FACT_LIST,
			  "All versions the port accepts" },
			{ "tls.weak_versions", FACT_LIST,
			  "Accepted versions older than TLS 1.2" },
			{ "tls.untested", FACT_LIST,
			  "Versions that could not be tested to the end" },
			{ "tls.ciphers", FACT_LIST,
			  "All cipher suites the port accepts" },
			{ "tls.weak_ciphers", FACT_LIST,
			  "Accepted suites without encryption or "
			  "authentication, or with a broken or short cipher" },
			{ 0 } },
	.run = run_tls,
};
