#include "scan/probe.h"

/* The sweep has looked already; this states what it saw. */
static bool run_ports(struct probe_run *run, struct err *err)
{
	const struct probe_host *host = run->host;
	size_t open = 0;

	for (size_t i = 0; i < host->tested_count; i++) {
		int port = host->tested[i];
		bool is_open =
			open < host->port_count && host->ports[open] == port;

		open += is_open;
		fact_bool(run->facts, "port.open", port, is_open);
	}
	return true;
}

const struct probe probe_ports = {
	.name = "ports",
	.about = "TCP ports that can be reached",
	.feature = PROBE_PORTS,
	.deadline_ms = 1000,
	.facts = (const struct fact_def[]){ { "port.open", FACT_BOOL,
					      "Whether the port accepts "
					      "connections from here" },
					    { 0 } },
	.run = run_ports,
};
