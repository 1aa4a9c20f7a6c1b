#include "cmd/scan_plan.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/scan_print.h"
#include "net/resolver.h"
#include "scan/plan.h"

/*
 * What `allow_private_ips` means: RFC 1918, 6598, 1122 and 4193. Link-local
 * addresses, where clouds answer for credentials, are named one by one.
 */
static const char private_networks[] =
	"10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, "
	"127.0.0.0/8, ::1/128, fc00::/7";

/* ---- options ---- */

static bool number(const struct command_line *line, const char *name,
		   int64_t min, int64_t max, int64_t *ret, struct err *err)
{
	return !command_given(line, name) ||
	       command_number(line, name, min, max, ret, err);
}

static bool read_ports(const struct command_line *line, struct int_list *ret,
		       struct err *err)
{
	const char *text = command_option(line, "ports");
	struct int_list ports = { 0 };

	if (!text)
		return true;
	ports.items = arena_array(line->arena, PLAN_PORTS_MAX, sizeof(int64_t));
	for (const char *p = text; *p;) {
		char *end;
		long port = strtol(p, &end, 10);

		if (end == p || port < 1 || port > 65535 ||
		    (*end && *end != ',') || ports.len == PLAN_PORTS_MAX)
			return err_set(err, ERR_INVALID,
				       "--ports must be numbers from 1 to "
				       "65535 with commas, at most %d",
				       PLAN_PORTS_MAX);
		ports.items[ports.len++] = port;
		p = *end ? end + 1 : end;
	}
	*ret = ports;
	return true;
}

/* A word that the configuration has too, and is checked there. */
static bool read_word(const struct command_line *line, const char *option,
		      const char *key, struct scan_config *config,
		      struct err *err)
{
	const char *text = command_option(line, option);

	return !text || scan_config_word(key, text, config) ||
	       err_set(err, ERR_INVALID, "--%s must be %s", option,
		       scan_config_expects(key));
}

bool scan_plan_options(const struct command_line *line, struct scan_config *c,
		       struct err *err)
{
	c->intrusive |= command_given(line, "intrusive");
	c->discreet |= command_given(line, "discreet");
	c->allow_private_ips |= command_given(line, "allow-private");
	return read_word(line, "fail-on", "fail_on", c, err) &&
	       read_word(line, "country", "country", c, err) &&
	       number(line, "limit", 0, 100000, &c->max_hosts, err) &&
	       number(line, "min-score", 0, 100, &c->min_score, err) &&
	       number(line, "timeout", 1, 120, &c->scan_timeout, err) &&
	       number(line, "concurrency", 1, 200, &c->concurrency, err) &&
	       number(line, "deadline", 1, 86400, &c->deadline, err) &&
	       read_ports(line, &c->ports, err);
}

/* ---- targets ---- */

/* Those of the command line, else those of the file: addresses first. */
static struct str_list targets_of(const struct command_line *line,
				  const struct scan_config *c)
{
	struct str_list list = { arena_array(
		line->arena, c->ip_ranges.len + c->domains.len + 1,
		sizeof(char *)) };

	if (line->arg_count)
		return (struct str_list){ line->args, (size_t)line->arg_count };
	for (size_t i = 0; i < c->ip_ranges.len; i++)
		list.items[list.len++] = c->ip_ranges.items[i];
	for (size_t i = 0; i < c->domains.len; i++)
		list.items[list.len++] = c->domains.items[i];
	return list;
}

/* The targets that are scanned, as the evidence will have them. */
static void note_targets(const struct scan_plan *plan, struct scan_config *c,
			 struct arena *a)
{
	size_t n = plan->targets.len;

	c->ip_ranges =
		(struct str_list){ arena_array(a, n + 1, sizeof(char *)) };
	c->domains = (struct str_list){ arena_array(a, n + 1, sizeof(char *)) };
	for (size_t i = 0; i < n; i++) {
		const struct plan_target *t = &plan->targets.items[i];
		struct str_list *list =
			t->target_type == PLAN_TARGET_TARGET_TYPE_DOMAIN
				? &c->domains
				: &c->ip_ranges;

		list->items[list->len++] = t->target;
	}
}

static bool pin(const struct scan_config *c, struct scan_plan *plan,
		struct err *err)
{
	for (size_t i = 0; i < c->pin_count; i++) {
		size_t j = 0;

		while (j < plan->targets.len &&
		       strcasecmp(plan->targets.items[j].target,
				  c->pins[i].name) != 0)
			j++;
		if (j == plan->targets.len)
			return err_set(err, ERR_INVALID,
				       "pinned_ips names %.100s, which is no "
				       "target",
				       c->pins[i].name);
		plan->targets.items[j].pinned_ip = c->pins[i].ip;
	}
	return true;
}

/* ---- the plan ---- */

static const char *allowed(const struct settings *settings,
			   struct scan_config *c, struct arena *a)
{
	struct sb out = sb_new(a, 256);

	sb_add(&out, settings->scan_allow_networks);
	for (size_t i = 0; i < c->allow_networks.len; i++)
		sb_addf(&out, "%s%s", out.len ? ", " : "",
			c->allow_networks.items[i]);
	if (c->allow_private_ips)
		sb_addf(&out, "%s%s", out.len ? ", " : "", private_networks);
	return out.s;
}

/* What the settings of the machine say. */
static void take_settings(const struct settings *s, struct arena *a,
			  struct scan_plan *plan)
{
	plan->user_agent = plan_user_agent(s->scan_contact_url, a);
	plan->hosts_file = s->hosts_file;
	plan->ca_file = s->ca_file;
	plan->ct_log_list = s->ct_log_list;
	plan->resolver = s->resolver;
	plan->trust_anchor = s->scan_trust_anchor;
}

static void take_config(struct scan_config *c, struct scan_plan *plan)
{
	plan->profile = c->profile;
	plan->features = &c->features;
	plan->ports = c->ports;
	plan->scan_timeout = c->scan_timeout;
	plan->concurrency = c->concurrency;
	plan->max_hosts = c->max_hosts;
	plan->deadline = c->deadline;
	plan->intrusive = c->intrusive;
	plan->discreet = c->discreet;
	plan->country = *c->country ? c->country : NULL;
}

bool scan_plan_make(const struct command_line *line, struct scan_config *c,
		    struct scan_plan *ret, struct err *err)
{
	struct target_policy policy = { .use = TARGET_CONNECT };
	struct str_list targets = targets_of(line, c);
	struct settings settings = { 0 };
	const char *networks;

	if (!targets.len)
		return err_set(err, ERR_INVALID,
			       "nothing to scan: name targets, or a "
			       "configuration that has some (--config)");
	if (!command_settings(line, &settings, err))
		return false;
	c->discreet |= settings.scan_discreet;
	networks = allowed(&settings, c, line->arena);
	if (!net_list_parse(networks, line->arena, &policy.allow, err) ||
	    !plan_make(&policy, targets.items, targets.len, line->arena, ret,
		       err) ||
	    !pin(c, ret, err))
		return false;
	if (!resolver_servers_ok(settings.resolver))
		return err_set(err, ERR_INVALID,
			       "--resolver must be addresses with an optional "
			       "@port and blanks between");
	ret->allow_networks = networks;
	take_settings(&settings, line->arena, ret);
	take_config(c, ret);
	note_targets(ret, c, line->arena);
	return true;
}

/* ---- a dry run ---- */

static void show_ports(const struct scan_plan *plan)
{
	int ports[PLAN_PORTS_MAX];
	size_t n = plan_ports(plan, ports);

	printf("%zu ports:", n);
	for (size_t i = 0; i < n; i++)
		printf("%s %d", i ? "," : "", ports[i]);
	putchar('\n');
}

static void show_address(const struct plan_address *at, struct arena *a)
{
	const char *between = !at->why		? ""
			      : at->addr.family ? " note: "
						: " not tested: ";

	scan_print_line("",
			arena_printf(a, "%s %s%s%s", at->target, at->ip,
				     between, at->why ? at->why : ""),
			stdout);
}

bool scan_plan_show(const struct scan_plan *plan, bool print, struct arena *a,
		    struct err *err)
{
	int64_t deadline = clock_tick() + plan->deadline * CLOCK_SECOND;
	struct plan_walk *walk = NULL;
	struct plan_address address;
	size_t contacted = 0, total = 0;

	if (!plan_open(plan, deadline, a, &walk, err))
		return false;
	if (print)
		show_ports(plan);
	while (plan_next(walk, &address)) {
		_arena_ struct arena line = { 0 };

		total++;
		contacted += address.addr.family != 0;
		if (print)
			show_address(&address, &line);
	}
	if (print && plan_cut(walk))
		scan_print_line("", plan_cut(walk), stdout);
	if (print)
		printf("%zu of %zu addresses would be looked at; nothing was\n",
		       contacted, total);
	fflush(stdout);
	return contacted ||
	       err_set(err, ERR_UPSTREAM, "no target could be contacted");
}
