/*
 * http_observatory: the results of the MDN HTTP Observatory's tests (its
 * algorithm 4), as its public identifiers. Pure; core/observatory.h makes the
 * score of them.
 *
 * Where browsers and the Observatory differ, this follows the Observatory: a
 * score is only worth something when it is the one that people know. What
 * browsers do is judged by the checks.
 */
#ifndef NIS2_SCAN_PROBES_HTTP_OBSERVATORY_H
#define NIS2_SCAN_PROBES_HTTP_OBSERVATORY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fact.h"
#include "scan/html.h"
#include "scan/probes/http_redirect.h"
#include "scan/web.h"

/* Asked with this Origin; .invalid belongs to nobody (RFC 2606). */
#define OBSERVATORY_ORIGIN "https://origin.invalid"

struct observatory_input {
	const struct web_answer *page; /* what a visitor sees in the end */
	const struct html_page *html;  /* NULL: it is no HTML */
	const char *host;	       /* the name that was asked for */
	bool https;		       /* the site answers over https */
	const struct redirect_route *route;
	const struct web_answer *cors; /* to OPTIONS; NULL: no answer */
	int64_t now;
};

/* States all tests of `port`. */
void observatory_facts(const struct observatory_input *in, int port,
		       struct fact_list *facts);

/* ---- single tests ---- */

const char *observatory_hsts(const struct observatory_input *in);
const char *observatory_cookies(const struct observatory_input *in,
				struct arena *a);
const char *observatory_cors(const struct web_answer *answer,
			     const char *origin);
const char *observatory_referrer(const struct observatory_input *in);

#endif
