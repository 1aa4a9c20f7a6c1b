/*
 * http_csp: Content Security Policies (CSP level 3), read in two ways.
 *
 * csp_read() says what browsers do with all policies together: every policy
 * has to allow a thing, so what one of them forbids is forbidden. Checks are
 * judged by it.
 *
 * csp_verdict() is the result of the MDN HTTP Observatory, which joins the
 * policies into one first, and is stricter with repeated directives. The score
 * is reckoned with it.
 */
#ifndef NIS2_SCAN_PROBES_HTTP_CSP_H
#define NIS2_SCAN_PROBES_HTTP_CSP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"
#include "codec/codec.h"

enum {
	CSP_POLICIES_MAX = 16,	 /* more are not read */
	CSP_DIRECTIVES_MAX = 64, /* of one policy */
	CSP_SOURCES_MAX = 256,	 /* of one directive */
};

/* As sent: one header, or one meta element, may hold several with commas. */
struct csp_input {
	struct str_list headers;
	struct str_list metas; /* frame-ancestors does not count in these */
	bool report_only;      /* Content-Security-Policy-Report-Only */
	bool https;	       /* of the page */
};

/* What lets foreign scripts run. */
enum csp_weakness {
	CSP_UNRESTRICTED = 1, /* no directive is about scripts */
	CSP_INLINE = 2,	      /* 'unsafe-inline' that counts */
	CSP_ANYWHERE = 4,     /* *, https:, data: */
	CSP_EVAL = 8,	      /* 'unsafe-eval' */
};

struct csp {
	bool stated;
	unsigned int weaknesses; /* enum csp_weakness; 0: it is safe */
	bool restricts_frames;	 /* frame-ancestors */
};

void csp_read(const struct csp_input *in, struct csp *ret);

/* The weaknesses in words, the gravest first: "'unsafe-inline'". */
struct str_list csp_words(unsigned int weaknesses, struct arena *a);

/*
 * The public identifier of the result. `ret_frames`: the joint policy has
 * frame-ancestors, which the test of X-Frame-Options asks for.
 */
const char *csp_verdict(const struct csp_input *in, struct arena *a,
			bool *ret_frames);

/* ---- taking apart ---- */

/* Calls `take` for each policy of a list of values; false ends it. */
void csp_each_policy(const struct str_list *values,
		     bool (*take)(void *ctx, struct span policy), void *ctx);
/* The next directive that has a name; `ret_list` is what follows it. */
bool csp_next_directive(struct span *policy, struct span *ret_name,
			struct span *ret_list);
bool csp_next_source(struct span *list, struct span *ret);
bool csp_is_nonce_or_hash(struct span source);

#endif
