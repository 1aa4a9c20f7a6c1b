/*
 * tls: the facts that follow from what a server made of our hellos. Pure.
 */
#ifndef NIS2_SCAN_PROBES_TLS_H
#define NIS2_SCAN_PROBES_TLS_H

#include "core/fact.h"
#include "net/hello.h"

/* All the versions that are asked for. */
enum { TLS_VERSIONS = 5 };

void tls_facts(const struct hello_verdict verdicts[TLS_VERSIONS], int port,
	       struct fact_list *facts);

#endif
