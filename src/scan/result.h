/*
 * result: the facts of one host as the members of a scan result on the wire:
 * http_info, tls_info, legal_info and services_info keyed by the port as text,
 * the rest as far as there are facts for it. Pure, by tables in result_*.c. A
 * fact that no check, no member and no other probe reads fails a test
 * (tests/tools/test_facts.py).
 */
#ifndef NIS2_SCAN_RESULT_H
#define NIS2_SCAN_RESULT_H

#include "base/arena.h"
#include "core/fact.h"

/* JSON texts; never NULL. */
struct result_info {
	const char *http_info;
	const char *tls_info;
	const char *dns_info;
	const char *legal_info;
	const char *resilience_info;
	const char *whois_info;
	const char *services_info;
	const char *secrets_found;
};

void result_make(const struct fact_list *facts, struct arena *a,
		 struct result_info *ret);

#endif
