#include "scan/plan.h"

#include <string.h>

#include "base/clock.h"
#include "scan/probe.h"

const int plan_quick_ports[] = { 21,   22,   23,   53,	 80,   443,   445, 3306,
				 3389, 5432, 6379, 8080, 8443, 27017, 0 };

/*
 * Mail, directories, remote control, databases and caches, orchestration and
 * monitoring, and controllers of machines, besides those of a quick scan.
 */
const int plan_full_ports[] = {
	21,    22,    23,    25,    53,	   80,	  102,	110,  111,   135,
	139,   143,   389,   443,   445,   465,	  502,	554,  587,   636,
	873,   990,   993,   995,   1080,  1099,  1433, 1521, 1723,  1883,
	2049,  2181,  2375,  2376,  2379,  2404,  3000, 3306, 3389,  4369,
	4840,  5000,  5005,  5060,  5222,  5432,  5601, 5672, 5900,  5984,
	5985,  5986,  6000,  6379,  6443,  8000,  8009, 8080, 8081,  8443,
	8883,  8888,  9000,  9042,  9090,  9200,  9300, 9443, 10250, 11211,
	15672, 20000, 27017, 44818, 47808, 50000, 0
};

const char *plan_user_agent(const char *contact_url, struct arena *a)
{
	return contact_url && *contact_url
		       ? arena_printf(a, "%s (+%s)", PLAN_USER_AGENT,
				      contact_url)
		       : PLAN_USER_AGENT;
}

/* ---- made by a person ---- */

static const char *type_of_text(const char *text)
{
	struct addr addr;

	if (strstr(text, "://"))
		return "domain";
	if (strchr(text, '/'))
		return "cidr";
	return addr_parse(text, &addr) ? "ip" : "domain";
}

static const struct plan_features all_features = { .dns_checks = true,
						   .web_checks = true,
						   .port_scan = true,
						   .whois_checks = true };

static void fill_defaults(struct scan_plan *plan)
{
	if (!plan->concurrency)
		plan->concurrency = 20;
	if (!plan->scan_timeout)
		plan->scan_timeout = 10;
	if (!plan->deadline)
		plan->deadline = 3600;
}

bool plan_make(const struct target_policy *policy, const char *const *targets,
	       size_t count, struct arena *a, struct scan_plan *ret,
	       struct err *err)
{
	struct scan_plan plan = { 0 };

	plan.targets.items = arena_array(a, count, sizeof(struct plan_target));
	for (size_t i = 0; i < count; i++) {
		struct target_spec spec = { 0 };

		if (!target_normalise(policy, type_of_text(targets[i]),
				      targets[i], a, &spec, err))
			return false;
		plan.targets.items[plan.targets.len++] = (struct plan_target){
			.target = spec.value,
			.target_type = (enum plan_target_target_type)spec.kind,
		};
	}
	plan.features = arena_alloc(a, sizeof(*plan.features));
	*plan.features = all_features;
	fill_defaults(&plan);
	*ret = plan;
	return true;
}

/* The two lists of kinds are the same. */
_Static_assert((int)PLAN_TARGET_TARGET_TYPE_DOMAIN == TARGET_DOMAIN &&
		       (int)PLAN_TARGET_TARGET_TYPE_IP == TARGET_IP &&
		       (int)PLAN_TARGET_TARGET_TYPE_CIDR == TARGET_CIDR,
	       "kinds of targets");

/* ---- ports ---- */

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/*
 * Without the port scan the web checks still need to know which of their
 * ports are open; they look at those only.
 */
static bool port_wanted(const struct plan_features *f, int port)
{
	return f->port_scan || (f->web_checks && probe_port_is_web(port));
}

size_t plan_ports(const struct scan_plan *plan, int ret[PLAN_PORTS_MAX])
{
	const struct plan_features *f =
		plan->features ? plan->features : &all_features;
	const int *usual = plan->profile == SCAN_PLAN_PROFILE_QUICK
				   ? plan_quick_ports
				   : plan_full_ports;
	size_t len = 0, unique = 0;

	for (size_t i = 0; i < plan->ports.len && len < PLAN_PORTS_MAX; i++)
		if (port_wanted(f, (int)plan->ports.items[i]))
			ret[len++] = (int)plan->ports.items[i];
	for (const int *p = usual; !plan->ports.len && *p; p++)
		if (port_wanted(f, *p))
			ret[len++] = *p;
	qsort(ret, len, sizeof(*ret), by_number);
	for (size_t i = 0; i < len; i++)
		if (!unique || ret[unique - 1] != ret[i])
			ret[unique++] = ret[i];
	return unique;
}

/* ---- JSON ---- */

void plan_write(const struct scan_plan *plan, struct sb *out)
{
	struct scan_plan filled = *plan;

	fill_defaults(&filled);
	filled.has_ports = plan->ports.len > 0;
	filled.has_only = plan->only.len > 0;
	filled.has_done = plan->done.len > 0;
	filled.has_retry = plan->retry.len > 0;
	codec_write(&scan_plan_type, &filled, out);
}

bool plan_read(const char *text, size_t len, struct arena *a,
	       struct scan_plan *ret, struct err *err)
{
	struct scan_plan *plan = arena_alloc(a, sizeof(*plan));

	if (!codec_read(&scan_plan_type, text, len, "plan", a, plan, NULL, err))
		return false;
	*ret = *plan;
	return true;
}
