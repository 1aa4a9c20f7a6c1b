/*
 * result: the facts of one host as the members of a scan result on the wire:
 * http_info and tls_info keyed by the port as text, the rest as far as there
 * are facts for it. Pure, by a table in result.c.
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
	const char *secrets_found;
};

void result_make(const struct fact_list *facts, struct arena *a,
		 struct result_info *ret);

#endif
