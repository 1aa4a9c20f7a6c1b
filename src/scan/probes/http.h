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
#include "scan/html.h"
#include "scan/web.h"

/* Strict-Transport-Security (RFC 6797 section 6.1). */
struct hsts {
	int64_t max_age;
	bool include_subdomains;
	bool preload;
};

/* False: browsers ignore it (no max-age, or one that is no number). */
bool http_parse_hsts(const char *value, struct hsts *ret);

/* The policy that browsers follow: the last word they know, or NULL. */
const char *http_referrer_policy(const char *value);

/* A product with its version, as "nginx/1.22.1" or "PHP 8.2". */
bool http_tells_version(const char *value);

/*
 * The answer sends people to https on the same host, or its www twin; with no
 * name any host will do.
 */
bool http_goes_to_https(const struct web_answer *answer, const char *name);

/*
 * The site itself answered: with a page, a redirect or a request to sign in.
 * What servers say of errors shows nothing of the site.
 */
bool http_is_of_site(int status);

/* Every value of one header, in order. */
struct str_list http_values(const struct web_answer *answer, const char *name,
			    struct arena *a);
/* Of <meta http-equiv="Content-Security-Policy" content="…">, in order. */
struct str_list http_meta_policies(const struct html_page *page,
				   struct arena *a);

struct http_input {
	const struct web_answer *first; /* to GET / */
	const struct web_answer *page;	/* what a visitor sees */
	const struct html_page *html;	/* of `page`; NULL: it is no HTML */
	int port;
	bool tls;
	const char *name; /* of the host, or NULL */
	const char *ip;
	int64_t now; /* for cookies that expire */
};

/* All facts of one port. */
void http_facts(const struct http_input *in, struct fact_list *facts);

#endif
