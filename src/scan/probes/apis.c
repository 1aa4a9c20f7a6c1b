/*
 * apis: interfaces of databases and clusters over HTTP that obey who does not
 * sign in. Each is known by what it says, not by its port; one GET that only
 * reads, and a body of a few kilobytes.
 */
#include <string.h>

#include "base/span.h"
#include "scan/probe.h"
#include "scan/web.h"

enum { BODY_MAX = 16 * 1024 };

static const struct api {
	const char *fact;
	int ports[4];	     /* where it is asked; none: where `root` fits */
	const char *root;    /* in the answer to "/" */
	const char *path;    /* what is asked then */
	const char *shows;   /* in the answer, when it obeys */
	const char *version; /* the member before its version, or NULL */
} apis[] = {
	{ "api.elasticsearch",
	  { 0 },
	  "\"cluster_name\"",
	  "/",
	  "\"cluster_name\"",
	  "\"number\"" },
	{ "api.couchdb", { 0 }, "\"couchdb\"", "/_all_dbs", "[", NULL },
	{ "api.docker",
	  { 2375, 2376 },
	  NULL,
	  "/version",
	  "\"ApiVersion\"",
	  "\"Version\"" },
	{ "api.etcd",
	  { 2379 },
	  NULL,
	  "/version",
	  "\"etcdserver\"",
	  "\"etcdserver\"" },
	{ "api.kubelet", { 10250, 10255 }, NULL, "/pods", "\"PodList\"", NULL },
};

/* copy: as http.c asks, but within the time of this probe. */
static bool get(struct probe_run *run, bool tls, const char *path,
		struct web_answer *ret)
{
	struct web_request request = {
		.addr = &run->host->addr,
		.port = run->port,
		.tls = tls,
		.name = run->host->name,
		.path = path,
		.user_agent = run->user_agent,
		.max_body = BODY_MAX,
		.deadline = run->deadline,
	};

	return web_get(&request, run->arena, ret, NULL);
}

/* The string behind `member`, as in "number" : "8.11.1". */
static void state_version(struct probe_run *run, const char *body,
			  const char *member)
{
	const char *at = member ? strstr(body, member) : NULL;
	struct span s, value;

	if (!at)
		return;
	s = span_str(at + strlen(member));
	if (span_until(&s, ':', 8, &value) && span_until(&s, '"', 8, &value) &&
	    span_until(&s, '"', 60, &value))
		fact_text(run->facts, "api.version", run->port,
			  span_dup(run->arena, value));
}

static bool is_asked(const struct api *api, int port, const char *root)
{
	for (int i = 0; i < 4 && api->ports[i]; i++)
		if (api->ports[i] == port)
			return true;
	return api->root && strstr(root, api->root);
}

static bool run_apis(struct probe_run *run, struct err *err)
{
	struct web_answer root = { .body = "" }, answer = { 0 };
	bool tls;

	/* Web sites are looked at by the probe of HTTP. */
	if (run->port == 80 || run->port == 443 ||
	    !probe_speaks_http(run, &tls))
		return true;
	if (!get(run, tls, "/", &root))
		return true;
	for (size_t i = 0; i < sizeof(apis) / sizeof(apis[0]); i++) {
		const struct api *api = &apis[i];

		if (!is_asked(api, run->port, root.body) ||
		    !get(run, tls, api->path, &answer))
			continue;
		fact_bool(run->facts, api->fact, run->port,
			  answer.status == 200 &&
				  strstr(answer.body, api->shows));
		if (answer.status == 200)
			state_version(run, answer.body, api->version);
	}
	return true;
}

const struct probe probe_apis = {
	.name = "apis",
	.about = "Interfaces over HTTP that obey who does not sign in",
	.feature = PROBE_PORTS,
	.any_port = true,
	.thorough = true,
	.deadline_ms = 5000,
	.facts =
		(const struct fact_def[]){
			{ "api.elasticsearch", FACT_BOOL,
			  "Elasticsearch answers without a login" },
			{ "api.couchdb", FACT_BOOL,
			  "CouchDB lists its databases without a login" },
			{ "api.docker", FACT_BOOL,
			  "The Docker daemon answers without a certificate" },
			{ "api.etcd", FACT_BOOL,
			  "etcd answers without a certificate" },
			{ "api.kubelet", FACT_BOOL,
			  "The kubelet lists its pods without a login" },
			{ "api.version", FACT_TEXT, "Version of that" },
			{ 0 } },
	.run = run_apis,
};
