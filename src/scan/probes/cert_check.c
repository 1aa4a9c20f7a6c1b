/*
 * cert_check: what a check of one certificate asks besides, and a scan asks
 * elsewhere: old versions of TLS, and headers of the past about certificates.
 */
#include "base/clock.h"
#include "net/hello.h"
#include "scan/probe.h"
#include "scan/web.h"

static void state_old_versions(struct probe_run *run)
{
	static const enum tls_version old[] = { TLS_1_0, TLS_1_1 };
	struct hello_peer peer = { .addr = &run->host->addr,
				   .port = run->port,
				   .sni = probe_sni(run),
				   .deadline = run->deadline,
				   .patience = 2 * CLOCK_SECOND };
	const char *names[2];
	struct str_list list = { names, 0 };

	for (size_t i = 0; i < 2; i++) {
		struct hello_verdict v = { 0 };

		hello_offered(&peer, old[i], run->arena, &v);
		if (v.result == HELLO_ACCEPTED)
			names[list.len++] = tls_version_name(old[i]);
	}
	fact_strs(run->facts, "check.old_versions", run->port, &list);
}

static bool is_web(int port)
{
	return port % 1000 == 443;
}

static void state_headers(struct probe_run *run)
{
	struct web_request ask = { .addr = &run->host->addr,
				   .port = run->port,
				   .tls = true,
				   .name = run->host->name,
				   .path = "/",
				   .user_agent = run->user_agent,
				   .deadline = run->deadline };
	struct web_answer answer;

	if (!is_web(run->port) || !web_get(&ask, run->arena, &answer, NULL))
		return;
	fact_bool(run->facts, "check.hpkp", run->port,
		  web_header(&answer, "Public-Key-Pins") ||
			  web_header(&answer, "Public-Key-Pins-Report-Only"));
	fact_bool(run->facts, "check.expect_ct", run->port,
		  web_header(&answer, "Expect-CT") != NULL);
}

/* Nothing more is asked of a port that has shown no certificate. */
static bool run_check(struct probe_run *run, struct err *err)
{
	if (!fact_find(run->facts, "cert.fingerprint", run->port))
		return true;
	state_old_versions(run);
	state_headers(run);
	return true;
}

const struct probe probe_cert_check = {
	.name = "cert_check",
	.about = "What a check of one certificate asks besides",
	.feature = PROBE_WEB,
	.any_port = true,
	.on_request = true,
	.deadline_ms = 4000,
	.facts =
		(const struct fact_def[]){
			{ "check.old_versions", FACT_LIST,
			  "TLS 1.0 and 1.1, where they are accepted" },
			{ "check.hpkp", FACT_BOOL,
			  "The header Public-Key-Pins is sent" },
			{ "check.expect_ct", FACT_BOOL,
			  "The header Expect-CT is sent" },
			{ 0 } },
	.run = run_check,
};
