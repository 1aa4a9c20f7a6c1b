/*
 * edge: whether a network of somebody else stands before the server: content
 * delivery, or a firewall for web applications. What ports and TLS show is
 * then its, and not the server's. Nothing is asked for it.
 */
#include "core/embedded.h"
#include "scan/page.h"
#include "scan/probes/edge_find.h"

enum { SURE = 2 }; /* signs */

static void state(const struct edge_networks *table,
		  const struct edge_signs *signs, int port,
		  struct probe_run *run)
{
	struct str_list found = {
		arena_array(run->arena, EDGE_MAX, sizeof(char *)), 0
	};
	int most = 0;

	for (size_t n = 0; n < table->networks.len; n++) {
		if (!signs->of[n])
			continue;
		found.items[found.len++] = table->networks.items[n].name;
		most = signs->of[n] > most ? signs->of[n] : most;
	}
	fact_strs(run->facts, "edge.networks", port, &found);
	fact_text(run->facts, "edge.confidence", port,
		  !most		? "none"
		  : most < SURE ? "medium"
				: "high");
}

static bool run_edge(struct probe_run *run, struct err *err)
{
	const struct fact *cname = fact_find(run->facts, "dns.cname", 0);
	struct edge_networks table = { 0 };

	if (!embedded_read("data/edge_networks.json", &edge_networks_type,
			   run->arena, &table, err))
		return false;
	for (size_t i = 0; i < run->host->port_count; i++) {
		int port = run->host->ports[i];
		const struct web_page *page = page_seen(run, port);
		struct edge_signs signs = { 0 };

		if (!page || page->error)
			continue;
		edge_in_answer(&table, &page->answer, &signs);
		if (cname)
			edge_in_name(&table, cname->text, &signs);
		state(&table, &signs, port, run);
	}
	return true;
}

const struct probe probe_edge = {
	.name = "edge",
	.about = "Networks of others before the server: CDN, WAF",
	.feature = PROBE_WEB,
	.deadline_ms = 1000,
	.facts =
		(const struct fact_def[]){
			{ "edge.networks", FACT_LIST,
			  "Networks that stand before the server" },
			{ "edge.confidence", FACT_TEXT,
			  "none, medium (one sign) or high" },
			{ 0 } },
	.run = run_edge,
};
