#include "scan/page.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/span.h"

enum {
	BODIES_MAX = 4 * 1024 * 1024, /* of all pages of a host */
	BODY_LEAST = 64 * 1024,	      /* of one, when those are used up */
};

/* ---- redirects that stay ---- */

/* Behind "//HOST[:PORT]" when both are ours; NULL when they are not. */
static const char *own_authority(const char *p, const char *host, int port,
				 bool tls)
{
	size_t len = strlen(host);
	struct span s;
	uint64_t number = tls ? 443 : 80;

	if (strncasecmp(p, host, len) != 0)
		return NULL;
	s = span_str(p + len);
	if (span_literal(&s, ":") && !span_number(&s, 65535, &number))
		return NULL;
	if (number != (uint64_t)port || (*s.p && !strchr("/?#", *s.p)))
		return NULL;
	return s.p;
}

/* "b" beside "/a/x" is "/a/b"; what is behind '#' is not sent. */
static const char *join(const char *path, const char *location, struct arena *a)
{
	const char *query = strchr(path, '?');
	size_t dir = query ? (size_t)(query - path) : strlen(path);
	size_t len = strcspn(location, "#");

	if (*location == '/')
		return arena_strndup(a, location, len);
	if (!len || *location == '?')
		return arena_printf(a, "%.*s%.*s", (int)dir, path, (int)len,
				    location);
	while (dir && path[dir - 1] != '/')
		dir--;
	return arena_printf(a, "%.*s%.*s", (int)dir, path, (int)len, location);
}

/* Nothing that would end the request line or begin another. */
static bool may_be_sent(const char *path)
{
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return false;
	return *path == '/';
}

const char *page_own_reference(const char *reference, const char *path,
			       const char *host, int port, bool tls,
			       struct arena *a)
{
	const char *scheme = tls ? "https:" : "http:";

	if (!strncasecmp(reference, scheme, strlen(scheme)))
		reference += strlen(scheme);
	if (!strncmp(reference, "//", 2)) {
		reference = own_authority(reference + 2, host, port, tls);
		if (!reference)
			return NULL;
		if (*reference != '/')
			reference = arena_printf(a, "/%s", reference);
	} else if (strcspn(reference, ":") < strcspn(reference, "/?#")) {
		return NULL; /* of another scheme */
	}
	path = join(path, reference, a);
	return may_be_sent(path) ? path : NULL;
}

const char *page_own_path(const struct web_answer *answer, const char *path,
			  const char *host, int port, bool tls, struct arena *a)
{
	const char *location = web_header(answer, "Location");
	int status = answer->status;

	if (!location || (status != 301 && status != 302 && status != 303 &&
			  status != 307 && status != 308))
		return NULL;
	return page_own_reference(location, path, host, port, tls, a);
}

const char *page_host(const struct probe_run *run)
{
	const struct probe_host *host = run->host;

	if (host->name)
		return host->name;
	return host->addr.family == 6
		       ? arena_printf(run->arena, "[%s]", host->ip)
		       : host->ip;
}

const char *page_url(const struct probe_run *run, bool tls, const char *path)
{
	const char *scheme = tls ? "https" : "http";

	if (run->port == (tls ? 443 : 80))
		return arena_printf(run->arena, "%s://%s%s", scheme,
				    page_host(run), path);
	return arena_printf(run->arena, "%s://%s:%d%s", scheme, page_host(run),
			    run->port, path);
}

/* ---- asking ---- */

/* A service that changes to TLS for itself is none of the web's. */
bool page_is_web(const struct probe_run *run)
{
	bool tls;

	return !fact_find(run->facts, "starttls.service", run->port) &&
	       probe_speaks_http(run, &tls);
}

bool page_speaks_tls(const struct probe_run *run)
{
	const struct fact *tested =
		fact_find(run->facts, "tls.tested", run->port);
	bool tls = false;

	probe_speaks_http(run, &tls);
	return tls || (tested && tested->yes);
}

struct web_request page_request(const struct probe_run *run)
{
	return (struct web_request){
		.user_agent = run->user_agent,
		.deadline = probe_deadline(run, run->request_us),
		.trust = run->trust,
		.now = run->now,
	};
}

bool page_ask(struct probe_run *run, const char *path, size_t max_body,
	      struct web_answer *ret, struct err *err)
{
	struct web_request request = page_request(run);

	request.addr = &run->host->addr;
	request.port = run->port;
	request.tls = page_speaks_tls(run);
	request.name = run->host->name;
	request.path = path;
	request.max_body = max_body;
	return web_get(&request, run->arena, ret, err);
}

/* A host with a large page on each of its ports leaves room for others. */
static size_t room_for_body(const struct probe_run *run)
{
	size_t used = 0, room;

	for (const struct web_page *p = *run->pages; p; p = p->next)
		used += p->answer.body_len;
	room = used < BODIES_MAX ? BODIES_MAX - used : 0;
	return room < BODY_LEAST     ? BODY_LEAST
	       : room > WEB_BODY_MAX ? WEB_BODY_MAX
				     : room;
}

/* What does not answer on the way is not followed: the last page stays. */
static void follow(struct probe_run *run, struct web_page *page)
{
	const char *host = page_host(run);

	for (int i = 0; i < PAGE_HOPS_MAX; i++) {
		struct web_answer next = { 0 };
		const char *path =
			page_own_path(&page->answer, page->path, host,
				      page->port, page->tls, run->arena);

		if (!path ||
		    !page_ask(run, path, room_for_body(run), &next, NULL))
			return;
		if (!i) {
			page->first.body = "";
			page->first.body_len = 0;
		}
		page->answer = next;
		page->path = path;
	}
}

const struct web_page *page_seen(const struct probe_run *run, int port)
{
	for (struct web_page *p = *run->pages; p; p = p->next)
		if (p->port == port)
			return p;
	return NULL;
}

bool page_get(struct probe_run *run, const struct web_page **ret,
	      struct err *err)
{
	const struct web_page *seen = page_seen(run, run->port);
	struct arena *a = run->facts->arena;
	struct probe_run of_host = *run;
	struct err why = { 0 };
	struct web_page *page;

	*ret = seen;
	if (seen)
		return !seen->error ||
		       err_set(err, ERR_UPSTREAM, "%s", seen->error);
	if (!page_is_web(run))
		return false;
	of_host.arena = a;
	page = arena_alloc(a, sizeof(*page));
	page->next = *run->pages;
	page->port = run->port;
	page->tls = page_speaks_tls(run);
	page->path = "/";
	*run->pages = page;
	*ret = page;
	if (!page_ask(&of_host, "/", room_for_body(run), &page->first, &why)) {
		page->error = arena_strdup(a, why.msg);
		return err_set(err, ERR_UPSTREAM, "%s", page->error);
	}
	page->answer = page->first;
	follow(&of_host, page);
	page->is_html = web_is_html(&page->answer);
	return true;
}
