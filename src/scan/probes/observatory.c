/*
 * observatory: the tests of the MDN HTTP Observatory on the site of a host,
 * which is what answers on 443 (8443), or else on 80 (8080). The pages were
 * fetched by the http probe; what is asked here are redirects that lead
 * elsewhere, and whether strangers' pages may read this one (CORS).
 *
 * Redirects are followed to hosts of the same organisation only, to addresses
 * that the policy allows; where else they lead is recorded and not contacted.
 */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "net/domain.h"
#include "scan/page.h"
#include "scan/plan.h"
#include "scan/probe.h"
#include "scan/probes/http.h"
#include "scan/probes/http_observatory.h"

/* Servers that know only GET may never answer OPTIONS. */
enum { CORS_US = 2000000 };

struct visit {
	struct probe_run *run;
	const char *host; /* the name, or the address */
};

/* ---- one request ---- */

static bool is_own(const struct visit *v, const struct redirect_url *url)
{
	return !strcasecmp(v->host, url->host);
}

/* The address that may be contacted for this host. */
static bool address_of(const struct visit *v, const struct redirect_url *url,
		       struct addr *ret)
{
	struct probe_run *run = v->run;
	struct addr_list list = { 0 };

	*ret = run->host->addr;
	if (is_own(v, url))
		return true;
	if (run->plan->discreet || !run->host->name || url->is_ipv6 ||
	    !domain_same(url->host, run->host->name) ||
	    !target_resolve(url->host, run->policy, run->deadline, run->arena,
			    &list, NULL) ||
	    !list.len)
		return false;
	*ret = list.items[0];
	return true;
}

static bool ask(const struct visit *v, const struct redirect_url *url,
		const char *method, const char *fields, size_t max_body,
		struct web_answer *ret)
{
	struct probe_run *run = v->run;
	struct web_request request = page_request(run);
	struct addr addr;

	request.addr = &addr;
	request.port = url->port;
	request.tls = url->https;
	request.name = is_own(v, url) ? run->host->name : url->host;
	request.path = url->path;
	request.method = method;
	request.fields = fields;
	request.max_body = max_body;
	if (fields && request.deadline > clock_tick() + CORS_US)
		request.deadline = clock_tick() + CORS_US;
	return address_of(v, url, &addr) &&
	       web_get(&request, run->arena, ret, NULL);
}

/* ---- following ---- */

static bool is_redirect(const struct web_answer *w)
{
	return w->status == 301 || w->status == 302 || w->status == 303 ||
	       w->status == 307 || w->status == 308;
}

/* From the last of `route`, which gave `page`, to where it ends. */
static void follow(const struct visit *v, struct redirect_route *route,
		   struct web_answer *page)
{
	while (is_redirect(page) && route->len <= REDIRECT_HOPS_MAX) {
		const char *location = web_header(page, "Location");
		struct redirect_url *last = &route->urls[route->len - 1];
		struct redirect_url next = { 0 };
		struct web_answer answer = { 0 };

		if (!location ||
		    !redirect_parse(location, last, v->run->arena, &next))
			return;
		route->urls[route->len++] = next;
		if (!ask(v, &next, "GET", NULL, WEB_BODY_MAX, &answer))
			return;
		route->bad_certificate |= next.https && !answer.verified;
		*page = answer;
	}
}

static struct redirect_url url_of(const struct visit *v,
				  const struct web_page *page, const char *path)
{
	return (struct redirect_url){
		.https = page->tls,
		.host = v->host,
		.is_ipv6 =
			!v->run->host->name && v->run->host->addr.family == 6,
		.port = page->port,
		.path = path,
	};
}

/* ---- may others read it ---- */

#define ORIGIN_FIELD "Origin: " OBSERVATORY_ORIGIN "\r\n"

/* The one that answers at all; some servers know OPTIONS not. */
static void state_cors(const struct visit *v, const struct redirect_url *url,
		       const struct web_answer *options, int port)
{
	struct web_answer answer = { 0 };
	const struct web_answer *told = options;
	const char *allow =
		options ? web_header(options, "Access-Control-Allow-Origin")
			: NULL;

	if (!allow && ask(v, url, "GET", ORIGIN_FIELD, 0, &answer)) {
		told = &answer;
		allow = web_header(told, "Access-Control-Allow-Origin");
	}
	if (!told)
		return;
	if (allow)
		fact_text(v->run->facts, "http.cors_origin", port, allow);
	fact_bool(v->run->facts, "http.cors_open", port,
		  !strcmp(observatory_cors(told, OBSERVATORY_ORIGIN),
			  "cross-origin-resource-sharing-implemented-with-"
			  "universal-access"));
}

/* ---- all of it ---- */

/* Errors say nothing of the site, but for those that ask who is there. */
static bool is_of_site(const struct web_answer *w)
{
	return http_is_of_site(w->status);
}

static void look(const struct visit *v, const struct web_page *secure,
		 const struct web_page *plain)
{
	struct probe_run *run = v->run;
	const struct web_page *site = secure ? secure : plain;
	struct redirect_route http = { 0 }, own = { 0 };
	struct web_answer page = site->answer, end = { 0 }, cors = { 0 };
	struct html_page html = { 0 };
	struct observatory_input in = { .page = &page,
					.host = v->host,
					.https = secure != NULL,
					.route = &http,
					.now = run->now };

	if (plain) {
		http.urls[http.len++] = url_of(v, plain, "/");
		end = plain->first;
		follow(v, &http, &end);
	}
	own.urls[own.len++] = url_of(v, site, site->path);
	if (secure)
		follow(v, &own, &page);
	else if (http.len)
		page = end;
	if (!is_of_site(&page))
		return;
	page.verified = site->first.verified && !own.bad_certificate;
	if (web_is_html(&page)) {
		html_parse(span_of(page.body, page.body_len), run->arena,
			   &html);
		in.html = &html;
	}
	if (ask(v, &own.urls[own.len - 1], "OPTIONS",
		"Access-Control-Request-Method: GET\r\n" ORIGIN_FIELD, 0,
		&cors))
		in.cors = &cors;
	observatory_facts(&in, site->port, run->facts);
	state_cors(v, &own.urls[0], own.len == 1 ? in.cors : NULL, site->port);
}

static const struct web_page *answered(const struct probe_run *run, int port)
{
	const struct web_page *page = page_seen(run, port);

	return page && !page->error ? page : NULL;
}

static bool run_observatory(struct probe_run *run, struct err *err)
{
	static const int pairs[][2] = { { 443, 80 }, { 8443, 8080 } };
	const struct visit v = { run, run->host->name ? run->host->name
						      : run->host->ip };

	for (size_t i = 0; i < 2; i++) {
		const struct web_page *secure = answered(run, pairs[i][0]);
		const struct web_page *plain = answered(run, pairs[i][1]);

		if (secure || plain)
			look(&v, secure, plain);
	}
	return true;
}

const struct probe probe_observatory = {
	.name = "observatory",
	.about = "Tests and score of the HTTP Observatory, CORS",
	.feature = PROBE_WEB,
	.requests = 8,
	.facts =
		(const struct fact_def[]){
			{ "observatory.content_security_policy", FACT_TEXT,
			  "Result of the test" },
			{ "observatory.cookies", FACT_TEXT,
			  "Result of the test" },
			{ "observatory.cross_origin_resource_sharing",
			  FACT_TEXT, "Result of the test" },
			{ "observatory.redirection", FACT_TEXT,
			  "Result of the test" },
			{ "observatory.referrer_policy", FACT_TEXT,
			  "Result of the test" },
			{ "observatory.strict_transport_security", FACT_TEXT,
			  "Result of the test" },
			{ "observatory.subresource_integrity", FACT_TEXT,
			  "Result of the test" },
			{ "observatory.x_content_type_options", FACT_TEXT,
			  "Result of the test" },
			{ "observatory.x_frame_options", FACT_TEXT,
			  "Result of the test" },
			{ "observatory.cross_origin_resource_policy", FACT_TEXT,
			  "Result of the test" },
			{ "observatory.cross_origin_embedder_policy", FACT_TEXT,
			  "Result of the test" },
			{ "observatory.cross_origin_opener_policy", FACT_TEXT,
			  "Result of the test" },
			{ "http.cors_origin", FACT_TEXT,
			  "Whom it lets read the page, when a stranger asks" },
			{ "http.cors_open", FACT_BOOL,
			  "Every site may read it as the visitor who is "
			  "signed in" },
			{ 0 } },
	.run = run_observatory,
};
