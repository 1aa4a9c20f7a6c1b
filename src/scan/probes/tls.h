/*
 * tls: the facts that follow from what a server made of our hellos. Pure.
 */
#ifndef NIS2_SCAN_PROBES_TLS_H
#define NIS2_SCAN_PROBES_TLS_H

#include "core/fact.h"
#include "net/hello.h"

/* All the versions that are asked for. */
enum { TLS_VERSIONS = 6 };

/*
 * All facts about a port. Weaknesses are looked for in the suites of each
 * version, since a server may offer its worst ones with the oldest version
 * alone.
 */
void tls_facts(const struct hello_verdict verdicts[TLS_VERSIONS], int port,
	       struct fact_list *facts);

struct probe_run;

/*
 * States what a port does with sessions, and the attacks that need more than a
 * hello. `old` is its newest version before TLS 1.3, or NULL.
 */
void tls_look_at_sessions(struct probe_run *run, struct hello_peer *peer,
			  const struct hello_verdict *old, bool tls13);

#endif
