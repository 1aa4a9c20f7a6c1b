/*
 * http: what the headers of a web server say. Pure functions; the I/O is in
 * scan/web.h, the facts in http.c.
 */
#ifndef NIS2_SCAN_PROBES_HTTP_H
#define NIS2_SCAN_PROBES_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "codec/codec.h"
#include "core/fact.h"
#include "scan/web.h"

/* Strict-Transport-Security (RFC 6797 section 6.1). */
struct hsts {
	int64_t max_age;
	bool include_subdomains;
	bool preload;
};

/* False: browsers ignore it (no max-age, or one that is no number). */
bool http_parse_hsts(const char *value, struct hsts *ret);

/* All Content-Security-Policy headers of an answer together (CSP 3). */
struct csp {
	bool restricts_scripts; /* scripts come from listed places only */
	bool restricts_frames;	/* frame-ancestors */
	const char *why_unsafe; /* "'unsafe-inline'"; NULL when it is not */
};

void http_parse_csp(const struct str_list *policies, struct csp *ret);

/* The policy that browsers follow: the last word they know, or NULL. */
const char *http_referrer_policy(const char *value);

/* A product with its version, as "nginx/1.22.1" or "PHP 8.2". */
bool http_tells_version(const char *value);

/*
 * The answer sends people to https on the same host, or its www twin; with no
 * name any host will do.
 */
bool http_goes_to_https(const struct web_answer *answer, const char *name);

/* An RFC 9116 file: text/plain, with a Contact line. */
bool http_is_security_txt(const struct web_answer *answer);

/*
 * All facts of the answer to `GET /` on one port. `now` is for cookies that
 * expire.
 */
void http_facts(const struct web_answer *answer, int port, bool tls,
		const char *name, int64_t now, struct fact_list *facts);

#endif
