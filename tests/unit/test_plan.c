/* From targets to addresses: what is looked at, in which order, and why not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/span.h"
#include "scan/plan.h"
#include "table.h"

#define ALLOW "127.0.0.0/8,10.9.0.0/16,fd00::/8,::1/128"

/* What stands for the name server in all of these. */
static const char hosts_text[] = "127.9.0.1 one.example.com\n"
				 "127.9.0.2 two.example.com\n"
				 "127.9.0.3 two.example.com\n"
				 "127.9.0.4 both.example.com\n"
				 "::1 both.example.com\n"
				 "fd00::9 six.example.com\n"
				 "10.1.2.3 inside.example.com\n";

/*
 * A walk is a text: "target=ip" in order, "!" before what is not contacted,
 * "~" before what is but has a remark, "*" before what comes alone.
 */
static const struct walk {
	const char *name;
	const char *targets; /* with blanks between them */
	const char *want;
	int64_t max_hosts;
	const char *done, *retry; /* "target=ip" with blanks */
	const char *pinned;	  /* of every name */
	int64_t total;		  /* 0: as many as `want` has */
} walks[] = {
	{ "an_address", "127.0.0.1", "127.0.0.1=127.0.0.1" },
	{ "an_ipv6_address", "fd00::1", "fd00::1=fd00::1" },
	{ "a_network_without_its_ends", "127.0.0.0/30",
	  "127.0.0.0/30=127.0.0.1 127.0.0.0/30=127.0.0.2" },
	{ "a_network_of_two", "127.0.0.4/31",
	  "127.0.0.4/31=127.0.0.4 127.0.0.4/31=127.0.0.5" },
	{ "a_network_of_one", "127.0.0.4/32", "127.0.0.4/32=127.0.0.4" },
	{ "an_ipv6_network", "fd00::/127",
	  "fd00::/127=fd00:: "
	  "fd00::/127=fd00::1" },
	{ "addresses_before_names", "one.example.com 127.0.0.1",
	  "127.0.0.1=127.0.0.1 one.example.com=127.9.0.1" },
	{ "a_limit_makes_them_take_turns",
	  "127.0.0.0/29 one.example.com 127.0.1.0/29",
	  "~127.0.0.0/29=127.0.0.1 one.example.com=127.9.0.1 "
	  "127.0.1.0/29=127.0.1.1 127.0.0.0/29=127.0.0.2 "
	  "127.0.1.0/29=127.0.1.2",
	  .max_hosts = 5 },
	{ "a_limit_that_is_not_reached", "127.0.0.1 127.0.0.2",
	  "127.0.0.1=127.0.0.1 127.0.0.2=127.0.0.2", .max_hosts = 9 },
	{ "the_first_of_several_addresses", "two.example.com",
	  "two.example.com=127.9.0.2" },
	{ "the_address_of_the_registration_while_it_is_there",
	  "two.example.com", "two.example.com=127.9.0.3",
	  .pinned = "127.9.0.3" },
	{ "W23_a_changed_address_is_remarked", "one.example.com",
	  "~one.example.com=127.9.0.1", .pinned = "127.7.7.7" },
	{ "a_name_of_ipv6_only", "six.example.com", "six.example.com=fd00::9" },
	{ "W28_a_name_is_looked_at_over_both_families", "both.example.com",
	  "both.example.com=127.9.0.4 both.example.com=::1" },
	{ "a_name_done_over_one_family_is_not_over_the_other",
	  "both.example.com", "both.example.com=::1",
	  .done = "both.example.com=127.9.0.9", .total = 2 },
	{ "a_name_that_leads_inside_is_not_contacted", "inside.example.com",
	  "!inside.example.com=" },
	{ "a_private_address_is_not_contacted", "10.1.2.3",
	  "!10.1.2.3=10.1.2.3" },
	{ "a_disguised_private_address_is_not_contacted", "::ffff:10.1.2.3",
	  "!::ffff:10.1.2.3=::ffff:10.1.2.3" },
	{ "a_private_network_is_one_line", "10.1.0.0/24", "!10.1.0.0/24=" },
	{ "a_documentation_network_is_one_line", "203.0.113.0/24",
	  "!203.0.113.0/24=" },
	{ "what_is_beside_an_allowed_network_is_not_contacted",
	  "10.8.255.254/31", "!10.8.255.254/31=" },
	{ "an_allowed_private_network", "10.9.0.0/30",
	  "10.9.0.0/30=10.9.0.1 10.9.0.0/30=10.9.0.2" },
	{ "what_stands_twice_is_looked_at_once", "127.0.0.1 127.0.0.1",
	  "127.0.0.1=127.0.0.1" },
	{ "done_is_left_out", "127.0.0.0/30 127.0.0.9",
	  "127.0.0.0/30=127.0.0.2 127.0.0.9=127.0.0.9",
	  .done = "127.0.0.0/30=127.0.0.1", .total = 3 },
	{ "done_of_another_target_is_not", "127.0.0.1", "127.0.0.1=127.0.0.1",
	  .done = "127.0.0.0/30=127.0.0.1" },
	{ "a_done_name_is_done_whatever_its_address", "one.example.com", "",
	  .done = "one.example.com=192.0.2.1", .total = 1 },
	{ "retry_comes_last_and_alone", "127.0.0.0/29",
	  "127.0.0.0/29=127.0.0.1 127.0.0.0/29=127.0.0.3 "
	  "127.0.0.0/29=127.0.0.5 127.0.0.0/29=127.0.0.6 "
	  "*127.0.0.0/29=127.0.0.2 *127.0.0.0/29=127.0.0.4",
	  .retry = "127.0.0.0/29=127.0.0.2 127.0.0.0/29=127.0.0.4" },
	{ "retry_of_what_is_not_in_the_plan_is_nothing", "127.0.0.1",
	  "127.0.0.1=127.0.0.1", .retry = "127.0.0.1=127.0.0.2" },
};

static const char *type_of(const char *target)
{
	struct addr addr;

	return strchr(target, '/')	   ? "cidr"
	       : addr_parse(target, &addr) ? "ip"
					   : "domain";
}

static struct span next_word(struct span *s)
{
	struct span word = { s->p, s->p };

	span_skip_blank(s);
	span_word(s, 200, &word);
	return word;
}

static void add_hosts(struct sb *json, const char *name, const char *list)
{
	struct span s = span_str(list), word;
	const char *between = "";

	if (!list)
		return;
	sb_addf(json, ",\"%s\":[", name);
	while (span_len(word = next_word(&s))) {
		const char *equals = memchr(word.p, '=', span_len(word));

		sb_addf(json, "%s{\"target\":\"%.*s\",\"ip\":\"%.*s\"}",
			between, (int)(equals - word.p), word.p,
			(int)(word.end - equals - 1), equals + 1);
		between = ",";
	}
	sb_addc(json, ']');
}

/* The plan goes through its JSON, so that reading it is tested with it. */
static void make_plan(const struct walk *c, const char *hosts, struct arena *a,
		      struct scan_plan *ret)
{
	struct sb json = sb_new(a, 512);
	struct span s = span_str(c->targets), word;
	struct err err = { 0 };

	sb_addf(&json,
		"{\"allow_networks\":\"" ALLOW "\",\"hosts_file\":"
		"\"%s\",\"max_hosts\":%d,\"targets\":[",
		hosts, (int)c->max_hosts);
	for (const char *between = ""; span_len(word = next_word(&s));
	     between = ",") {
		const char *target = span_dup(a, word);

		sb_addf(&json, "%s{\"target\":\"%s\",\"target_type\":\"%s\"",
			between, target, type_of(target));
		if (c->pinned)
			sb_addf(&json, ",\"pinned_ip\":\"%s\"", c->pinned);
		sb_addc(&json, '}');
	}
	sb_addc(&json, ']');
	add_hosts(&json, "done", c->done);
	add_hosts(&json, "retry", c->retry);
	sb_addc(&json, '}');
	if (!plan_read(json.s, json.len, a, ret, &err))
		fail_msg("%s: %s", err.msg, json.s);
}

static char *hosts_file(struct arena *a)
{
	char *path = arena_strdup(a, "/tmp/nis2-test-hosts-XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, hosts_text, sizeof(hosts_text) - 1),
			 sizeof(hosts_text) - 1);
	close(fd);
	return path;
}

static void is_walked(void **state)
{
	const struct walk *c = *state;
	_arena_ struct arena a = { 0 };
	struct sb got = sb_new(&a, 256);
	struct plan_walk *walk = NULL;
	struct plan_address at;
	struct scan_plan plan;
	struct err err = { 0 };
	const char *hosts = hosts_file(&a);
	int64_t count = 0;

	make_plan(c, hosts, &a, &plan);
	if (!plan_open(&plan, clock_tick() + 5 * CLOCK_SECOND, &a, &walk, &err))
		fail_msg("%s", err.msg);
	unlink(hosts);
	while (plan_next(walk, &at)) {
		sb_addf(&got, "%s%s%s=%s", got.len ? " " : "",
			!at.addr.family ? "!"
			: at.alone	? "*"
			: at.why	? "~"
					: "",
			at.target, at.ip);
		assert_true(at.addr.family || at.why);
		assert_int_equal(at.name != NULL,
				 !strcmp(type_of(at.target), "domain"));
		count++;
	}
	assert_string_equal(got.s, c->want);
	assert_int_equal(plan_total(walk), c->total ? c->total : count);
	assert_false(plan_next(walk, &at));
}

/* How many addresses a walk has, and what it says of those left out. */
static size_t count_of(const struct walk *c, struct arena *a, const char **cut)
{
	struct plan_walk *walk = NULL;
	struct plan_address at;
	struct scan_plan plan;
	size_t n = 0;

	make_plan(c, "", a, &plan);
	assert_true(
		plan_open(&plan, clock_tick() + CLOCK_SECOND, a, &walk, NULL));
	while (plan_next(walk, &at))
		n++;
	*cut = plan_cut(walk);
	return n;
}

static void a_network_is_not_cut(void **state)
{
	const struct walk c = { .targets = "127.3.0.0/16" };
	_arena_ struct arena a = { 0 };
	const char *cut = "";

	assert_int_equal(count_of(&c, &a, &cut), 65534);
	assert_null(cut);
}

static void what_is_cut_is_said(void **state)
{
	const struct walk c = { .targets = "127.3.0.0/24", .max_hosts = 10 };
	_arena_ struct arena a = { 0 };
	const char *cut = "";

	assert_int_equal(count_of(&c, &a, &cut), 10);
	assert_string_equal(cut, "244 of 254 addresses are left out: "
				 "the limit is 10");
}

/* ---- targets as people type them ---- */

static const struct typed {
	const char *name, *text;
	const char *target; /* NULL: refused */
	enum plan_target_target_type type;
} typed_cases[] = {
	{ "typed_name", "Example.COM", "example.com",
	  PLAN_TARGET_TARGET_TYPE_DOMAIN },
	{ "typed_url", "https://www.example.com/a/b", "www.example.com",
	  PLAN_TARGET_TARGET_TYPE_DOMAIN },
	{ "typed_address", "127.0.0.1", "127.0.0.1",
	  PLAN_TARGET_TARGET_TYPE_IP },
	{ "typed_ipv6", "FD00::0001", "fd00::1", PLAN_TARGET_TARGET_TYPE_IP },
	{ "typed_network", "127.0.0.77/24", "127.0.0.0/24",
	  PLAN_TARGET_TARGET_TYPE_CIDR },
	{ "typed_private_address", "10.0.0.1", NULL },
	{ "typed_documentation_network", "203.0.113.0/24", NULL },
	{ "typed_word", "localhost", NULL },
	{ "typed_large_network", "127.0.0.0/8", NULL },
	{ "typed_nothing", "", NULL },
};

static void is_understood(void **state)
{
	const struct typed *c = *state;
	_arena_ struct arena a = { 0 };
	struct target_policy policy = { .use = TARGET_CONNECT };
	struct scan_plan plan = { 0 };
	struct err err = { 0 };

	assert_true(net_list_parse(ALLOW, &a, &policy.allow, &err));
	assert_int_equal(plan_make(&policy, &c->text, 1, &a, &plan, &err),
			 c->target != NULL);
	if (!c->target)
		return;
	assert_string_equal(plan.targets.items[0].target, c->target);
	assert_int_equal(plan.targets.items[0].target_type, c->type);
}

/* ---- ports ---- */

static void features_decide_the_ports(void **state)
{
	struct plan_features features = { .port_scan = true,
					  .web_checks = true };
	struct scan_plan plan = { .features = &features,
				  .profile = SCAN_PLAN_PROFILE_QUICK };
	int ports[PLAN_PORTS_MAX];

	assert_int_equal(plan_ports(&plan, ports), 14);
	assert_int_equal(ports[0], 21);
	assert_int_equal(ports[13], 27017);
	features.web_checks = false;
	assert_int_equal(plan_ports(&plan, ports), 14);
	features.port_scan = false;
	assert_int_equal(plan_ports(&plan, ports), 0);
	features.web_checks = true;
	assert_int_equal(plan_ports(&plan, ports), 4);
	assert_int_equal(ports[0], 80);
	assert_int_equal(ports[3], 8443);
	plan.features = NULL;
	assert_int_equal(plan_ports(&plan, ports), 14);
}

static bool is_among(int port, const int *ports)
{
	while (*ports && *ports != port)
		ports++;
	return *ports == port;
}

static void a_full_scan_has_the_ports_of_a_quick_one_and_more(void **state)
{
	static const int more[] = { 25,	   110,	  102,	502,   1433,
				    2375,  5900,  9200, 10250, 11211,
				    20000, 44818, 0 };
	struct scan_plan plan = { .profile = SCAN_PLAN_PROFILE_FULL };
	int ports[PLAN_PORTS_MAX];
	size_t count = plan_ports(&plan, ports);

	assert_true(count > 60);
	for (size_t i = 1; i < count; i++)
		assert_true(ports[i - 1] < ports[i]);
	ports[count] = 0;
	for (const int *p = plan_quick_ports; *p; p++)
		assert_true(is_among(*p, ports));
	for (const int *p = more; *p; p++)
		assert_true(is_among(*p, ports));
}

/* W56: who is scanned can see by whom, and where to ask. */
static void requests_say_whom_to_ask(void **state)
{
	_arena_ struct arena a = { 0 };

	assert_string_equal(plan_user_agent("https://scan.example.org/", &a),
			    PLAN_USER_AGENT " (+https://scan.example.org/)");
	assert_string_equal(plan_user_agent("", &a), PLAN_USER_AGENT);
	assert_string_equal(plan_user_agent(NULL, &a), PLAN_USER_AGENT);
}

/* W20: an IPv6 network is bounded by its addresses, not by its prefix. */
static void a_vast_network_is_refused(void **state)
{
	struct walk c = { .targets = "fd00::/64" };
	_arena_ struct arena a = { 0 };
	struct plan_walk *walk = NULL;
	struct scan_plan plan;
	struct err err = { 0 };

	make_plan(&c, "", &a, &plan);
	assert_false(
		plan_open(&plan, clock_tick() + CLOCK_SECOND, &a, &walk, &err));
	assert_int_equal(err.kind, ERR_INVALID);
	c.targets = "fd00::/112";
	make_plan(&c, "", &a, &plan);
	assert_true(
		plan_open(&plan, clock_tick() + CLOCK_SECOND, &a, &walk, &err));
	assert_int_equal(plan_total(walk), 65536);
}

/* W29: whoever reads the results sees that some are missing. */
static void what_is_cut_stands_in_the_first_result(void **state)
{
	const struct walk c = { .targets = "127.3.0.0/24", .max_hosts = 10 };
	_arena_ struct arena a = { 0 };
	struct plan_walk *walk = NULL;
	struct plan_address at;
	struct scan_plan plan;

	make_plan(&c, "", &a, &plan);
	assert_true(
		plan_open(&plan, clock_tick() + CLOCK_SECOND, &a, &walk, NULL));
	assert_true(plan_next(walk, &at));
	assert_string_equal(at.why, plan_cut(walk));
	assert_true(plan_next(walk, &at));
	assert_null(at.why);
}

static void ports_are_sorted_and_different(void **state)
{
	int64_t given[] = { 443, 22, 443, 80, 22 };
	struct scan_plan plan = { .ports = { given, 5 } };
	int ports[PLAN_PORTS_MAX];

	assert_int_equal(plan_ports(&plan, ports), 3);
	assert_int_equal(ports[0], 22);
	assert_int_equal(ports[1], 80);
	assert_int_equal(ports[2], 443);
}

/* ---- JSON ---- */

static void zeros_are_written_as_defaults(void **state)
{
	_arena_ struct arena a = { 0 };
	struct plan_target target = { .target = "127.0.0.1",
				      .target_type =
					      PLAN_TARGET_TARGET_TYPE_IP };
	struct scan_plan plan = { .targets = { &target, 1 } }, back;
	struct sb json = sb_new(&a, 256);

	plan_write(&plan, &json);
	assert_true(plan_read(json.s, json.len, &a, &back, NULL));
	assert_int_equal(back.concurrency, 20);
	assert_int_equal(back.scan_timeout, 10);
	assert_int_equal(back.deadline, 3600);
	assert_null(back.features);
	assert_int_equal(back.targets.len, 1);
	assert_string_equal(back.targets.items[0].target, "127.0.0.1");
}

static const struct broken {
	const char *name, *json;
} brokens[] = {
	{ "plan_without_targets", "{}" },
	{ "plan_with_no_target", "{\"targets\":[]}" },
	{ "plan_of_no_type", "{\"targets\":[{\"target\":\"a\"}]}" },
	{ "plan_with_a_bad_port",
	  "{\"targets\":[{\"target\":\"a\",\"target_type\":\"ip\"}],"
	  "\"ports\":[0]}" },
	{ "plan_with_too_many_threads",
	  "{\"targets\":[{\"target\":\"a\",\"target_type\":\"ip\"}],"
	  "\"concurrency\":201}" },
	{ "plan_that_is_no_json", "targets" },
};

static void is_refused(void **state)
{
	const struct broken *c = *state;
	_arena_ struct arena a = { 0 };
	struct scan_plan plan;
	struct err err = { 0 };

	assert_false(plan_read(c->json, strlen(c->json), &a, &plan, &err));
	assert_int_equal(err.kind, ERR_INVALID);
}

int main(void)
{
	static const struct CMUnitTest rest[] = {
		cmocka_unit_test(a_network_is_not_cut),
		cmocka_unit_test(what_is_cut_is_said),
		cmocka_unit_test(features_decide_the_ports),
		cmocka_unit_test(
			a_full_scan_has_the_ports_of_a_quick_one_and_more),
		cmocka_unit_test(requests_say_whom_to_ask),
		cmocka_unit_test(a_vast_network_is_refused),
		cmocka_unit_test(what_is_cut_stands_in_the_first_result),
		cmocka_unit_test(ports_are_sorted_and_different),
		cmocka_unit_test(zeros_are_written_as_defaults),
	};
	static struct CMUnitTest tests[COUNT(walks) + COUNT(typed_cases) +
				       COUNT(brokens) + COUNT(rest)];
	size_t n = 0;

	ADD(walks, is_walked);
	ADD(typed_cases, is_understood);
	ADD(brokens, is_refused);
	memcpy(tests + n, rest, sizeof(rest));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
