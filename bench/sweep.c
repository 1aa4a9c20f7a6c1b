/*
 * sweep: how long the port sweep takes, for bench/run.py beside nmap.
 *
 *	sweep [-r RATE] 127.0.1.0/24 [PORT…]
 *
 * prints one line: hosts, connects, open ports, milliseconds. RATE is connects
 * a second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/addr.h"
#include "scan/plan.h"
#include "scan/sweep.h"

struct bench {
	struct cidr net;
	uint64_t at;
	size_t open;
};

static enum sweep_next next(void *ctx, struct sweep_host *ret)
{
	struct bench *b = ctx;

	return cidr_nth(&b->net, b->at++, &ret->addr) ? SWEEP_HOST : SWEEP_END;
}

static void decided(void *ctx, const struct sweep_result *result)
{
	struct bench *b = ctx;

	b->open += result->open;
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	int ports[SWEEP_PORTS_MAX], n = 0;
	struct sweep_options o = { .ports = ports,
				   .retries = 1,
				   .ctx = &b,
				   .next = next,
				   .decided = decided };
	struct sweep_stats stats = { 0 };
	struct err err = { 0 };
	int64_t start;

	if (argc > 3 && !strcmp(argv[1], "-r")) {
		o.rate = (int)strtol(argv[2], NULL, 10);
		argc -= 2;
		argv += 2;
	}
	if (argc < 2 || !cidr_parse(argv[1], &b.net))
		return 2;
	for (int i = 2; i < argc && n < SWEEP_PORTS_MAX; i++)
		ports[n++] = (int)strtol(argv[i], NULL, 10);
	for (int i = 0; argc == 2 && plan_quick_ports[i]; i++)
		ports[n++] = plan_quick_ports[i];
	o.port_count = (size_t)n;
	start = clock_tick();
	o.deadline = start + 600 * CLOCK_SECOND;
	if (!sweep_run(&o, &stats, &err)) {
		fprintf(stderr, "sweep: %s\n", err.msg);
		return 2;
	}
	printf("%llu hosts, %llu connects, %zu open, %.1f ms\n",
	       (unsigned long long)stats.hosts,
	       (unsigned long long)stats.connects, b.open,
	       (double)(clock_tick() - start) / 1000);
	return 0;
}
