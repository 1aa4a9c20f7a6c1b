/*
 * page: what a web server shows at `/`, asked for once a port.
 *
 * Several probes look at the same page: its headers, its scripts, its texts.
 * The first of them fetches it, the others are given the same. A redirect that
 * stays on the server (same scheme, host and port) is followed a few times, so
 * that what is looked at is what a visitor sees; where else it leads is the
 * business of the probe of redirects.
 *
 *	const struct web_page *page = NULL;
 *	if (!page_get(run, &page, err))
 *		return page ? err_wrap(err, "port %d", run->port) : true;
 *	if (page->is_html)
 *		look(page->answer.body, page->answer.body_len);
 *
 * The host's probes run on one thread, one after the other, and the page is in
 * the arena of the facts: it lives as long as the probes of that host. All
 * pages of a host have 4 MB; what is beyond is cut.
 */
#ifndef NIS2_SCAN_PAGE_H
#define NIS2_SCAN_PAGE_H

#include <stdbool.h>

#include "base/err.h"
#include "scan/probe.h"
#include "scan/web.h"

enum { PAGE_HOPS_MAX = 5 };

struct web_page {
	struct web_page *next;
	int port;
	bool tls;
	struct web_answer first;  /* to GET /, the body is empty when it was
				   * a redirect that was followed */
	struct web_answer answer; /* what a visitor sees: often the same */
	const char *path;	  /* of `answer` */
	bool is_html;		  /* `answer` says so in Content-Type */
	const char *error;	  /* why there is no answer, or NULL */
};

/* Whether the port speaks HTTP at all, as far as is known. */
bool page_is_web(const struct probe_run *run);
/* TLS from the first byte: by its number, or an earlier probe found it. */
bool page_speaks_tls(const struct probe_run *run);

/*
 * The page of run->port. False with `*ret` NULL: the port is no web server,
 * `err` is not set. False with a page: it did not answer, `err` says why.
 */
bool page_get(struct probe_run *run, const struct web_page **ret,
	      struct err *err);

/* That of another port, when it was fetched already; else NULL. */
const struct web_page *page_seen(const struct probe_run *run, int port);

/* The settings of the scan; who asks says what, and of whom. */
struct web_request page_request(const struct probe_run *run);

/* One request to run->port. */
bool page_ask(struct probe_run *run, const char *path, size_t max_body,
	      struct web_answer *ret, struct err *err);

/*
 * The path of a redirect that stays on the server: "/login" of "/login" and
 * of "https://HOST/login"; NULL for any other. Pure.
 */
const char *page_own_path(const struct web_answer *answer, const char *path,
			  const char *host, int port, bool tls,
			  struct arena *a);
/* The same of an address that stands in the page ("app.js"). Pure. */
const char *page_own_reference(const char *reference, const char *path,
			       const char *host, int port, bool tls,
			       struct arena *a);

/* The name, or the address as it stands in URLs. */
const char *page_host(const struct probe_run *run);
/* "https://example.net:8443/path" */
const char *page_url(const struct probe_run *run, bool tls, const char *path);

#endif
