/*
 * grade: one letter for the TLS of a port, by the SSL Server Rating Guide of
 * SSL Labs (2009r): three numbers make a score, the score a letter, and
 * weaknesses cap it.
 *
 * Pure: it reads what probes stated (tls.*, cert.*, http.hsts_*). What was not
 * stated is not held against a server, and TLS 1.3 alone is no fault. T stands
 * for a certificate that is not trusted, M for one of another name; both hide
 * a letter that is worse than what they say about.
 */
#ifndef NIS2_CORE_GRADE_H
#define NIS2_CORE_GRADE_H

#include <stdbool.h>

#include "codec/codec.h"
#include "core/fact.h"

struct grade {
	const char *letter; /* "A+", "A", "A-", "B" … "F", "T", "M" */
	int score;	    /* 0 to 100, before the caps */
	int protocol, key_exchange, cipher; /* its parts, 0 to 100 */
	struct str_list reasons; /* words of grade.c, as "ssl3", worst first */
};

/* False: the port does not speak TLS, or too little is known of it. */
bool grade_port(const struct fact_list *facts, int port, struct arena *a,
		struct grade *ret);

#endif
