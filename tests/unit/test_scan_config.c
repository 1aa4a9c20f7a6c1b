/*
 * W81: the configuration of `nis2 scan` is taken whole or refused with file,
 * line, column and key; nothing in it is ignored.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cmd/scan_config.h"
#include "table.h"

static const struct refused {
	const char *name, *text, *message;
} refused[] = {
	{ "an unknown key", "scan_timeot: 5\n",
	  "c.yaml:1:1: unknown key 'scan_timeot'" },
	{ "an unknown key inside", "targets:\n  hosts: []\n",
	  "c.yaml:2:3: unknown key 'hosts'" },
	{ "an unknown feature", "features: {dns: true}\n",
	  "c.yaml:1:12: unknown key 'dns'" },
	{ "numbers of operators", "targets:\n  asns: [64500]\n",
	  "c.yaml:2:3: asns: networks are not looked up" },
	{ "a word for a number", "\nconcurrency: many\n",
	  "c.yaml:2:1: concurrency must be a number from 1 to 200" },
	{ "a quoted number", "scan_timeout: '5'\n",
	  "c.yaml:1:1: scan_timeout must be a number" },
	{ "a number too large", "scan_timeout: 121\n",
	  "c.yaml:1:1: scan_timeout must be a number from 1 to 120" },
	{ "a number beyond all", "max_hosts: 99999999999999999999\n",
	  "c.yaml:1:1: max_hosts must be a number" },
	{ "a fraction", "max_hosts: 1.5\n", "c.yaml:1:1: max_hosts must be" },
	{ "yes for true", "features:\n  dns_checks: yes\n",
	  "c.yaml:2:3: dns_checks must be true or false" },
	{ "a text for a list", "targets: {domains: a.example}\n",
	  "c.yaml:1:11: domains must be a list" },
	{ "a list for a text", "project_name: [a]\n",
	  "c.yaml:1:1: project_name must be a text" },
	{ "a mapping in a list", "targets:\n  domains:\n    - {a: b}\n",
	  "c.yaml:3:7: domains must be a text" },
	{ "a list for a mapping", "targets: [a]\n",
	  "c.yaml:1:1: targets must be a mapping" },
	{ "a list for it all", "- a\n", "c.yaml:1:1: a configuration is" },
	{ "a port that is none", "ports: [443, 70000]\n",
	  "c.yaml:1:14: ports must be a number from 1 to 65535" },
	{ "a pin that is no address", "pinned_ips: {a.example: b}\n",
	  "c.yaml:1:14: a.example must be an address" },
	{ "another set of checks", "compliance_profile: pci\n",
	  "c.yaml:1:1: compliance_profile must be standard_nis2" },
	{ "a profile that is none", "profile: deep\n",
	  "c.yaml:1:1: profile must be quick, full or custom" },
	{ "settings of such a profile", "profiles: {deep: {}}\n",
	  "c.yaml:1:12: a profile must be quick, full or custom" },
	{ "targets of a profile", "profiles:\n  quick:\n    targets: {}\n",
	  "c.yaml:3:5: unknown key 'targets'" },
	{ "a mistake in a profile that was not chosen",
	  "profile: full\nprofiles:\n  quick: {scan_timeout: 0}\n",
	  "c.yaml:3:11: scan_timeout must be" },
	{ "a severity that is none", "fail_on: BAD\n",
	  "c.yaml:1:1: fail_on must be CRITICAL" },
	{ "a network that is none", "allow_networks: [inside]\n",
	  "c.yaml:1:18: allow_networks must be networks" },
	{ "a country in words", "country: Italy\n",
	  "c.yaml:1:1: country must be" },
	{ "an alias", "a: &x [1]\n", "c.yaml:1:4: anchors" },
};

static bool read(const char *text, const char *profile, struct arena *a,
		 struct scan_config *ret, struct err *err)
{
	scan_config_defaults(ret);
	return scan_config_read("c.yaml", text, strlen(text), profile, a, ret,
				err);
}

static void is_refused(void **state)
{
	const struct refused *r = *state;
	_arena_ struct arena a = { 0 };
	struct scan_config config;
	struct err err = { 0 };

	assert_false(read(r->text, NULL, &a, &config, &err));
	assert_string_equal(config.project_name, SCAN_CONFIG_PROJECT);
	assert_true(strlen(err.msg) >= strlen(r->message));
	assert_memory_equal(err.msg, r->message, strlen(r->message));
}

/* The keys of the reference, as its wizard writes them. */
static void the_known_keys_are_taken(void **state)
{
	static const char text[] =
		"project_name: Perimeter & more\nscan_timeout: 7\n"
		"concurrency: 50\nmax_hosts: 100\ntargets:\n"
		"  ip_ranges: [192.0.2.0/28]\n  domains:\n  - a.example\n"
		"  - b.example\n  asns: []\nfeatures:\n  whois_checks: false\n"
		"compliance_profile: standard_nis2\n"
		"pinned_ips:\n  a.example: 192.0.2.1\nallow_private_ips: "
		"true\n";
	_arena_ struct arena a = { 0 };
	struct scan_config c;
	struct err err = { 0 };

	assert_true(read(text, NULL, &a, &c, &err));
	assert_string_equal(c.project_name, "Perimeter & more");
	assert_int_equal(c.scan_timeout, 7);
	assert_int_equal(c.concurrency, 50);
	assert_int_equal(c.max_hosts, 100);
	assert_int_equal(c.ip_ranges.len, 1);
	assert_int_equal(c.domains.len, 2);
	assert_string_equal(c.domains.items[1], "b.example");
	assert_true(c.features.dns_checks && !c.features.whois_checks);
	assert_string_equal(c.pins[0].ip, "192.0.2.1");
	assert_true(c.allow_private_ips);
}

/* Profile over file over default, and the command line chooses the profile. */
static void a_profile_counts_more(void **state)
{
	static const char text[] =
		"scan_timeout: 20\nconcurrency: 9\nprofile: quick\nprofiles:\n"
		"  quick: {scan_timeout: 3, ports: [80, 443]}\n"
		"  custom: {features: {port_scan: false}, intrusive: true}\n";
	_arena_ struct arena a = { 0 };
	struct scan_config c;
	struct err err = { 0 };

	assert_true(read(text, NULL, &a, &c, &err));
	assert_int_equal(c.profile, SCAN_PLAN_PROFILE_QUICK);
	assert_int_equal(c.scan_timeout, 3);
	assert_int_equal(c.concurrency, 9);
	assert_int_equal(c.ports.len, 2);
	assert_true(c.features.port_scan && !c.intrusive);
	assert_true(read(text, "custom", &a, &c, &err));
	assert_int_equal(c.profile, SCAN_PLAN_PROFILE_CUSTOM);
	assert_int_equal(c.scan_timeout, 20);
	assert_true(!c.features.port_scan && c.intrusive);
}

static void what_is_written_reads_the_same(void **state)
{
	static const char text[] =
		"project_name: \"a \\\"b\\\" \\\\ : # é\"\n"
		"targets: {domains: ['- x', 'null', '1']}\n"
		"pinned_ips: {'a: b': '::1'}\nports: [1, 65535]\n"
		"profile: custom\nfail_on: never\nmin_score: 80\n"
		"country: IT\nallow_networks: [10.0.0.0/8]\ndiscreet: true\n";
	_arena_ struct arena a = { 0 };
	struct sb first = sb_new(&a, 64), second = sb_new(&a, 64);
	struct scan_config c;
	struct err err = { 0 };

	if (!read(text, NULL, &a, &c, &err))
		fail_msg("%s", err.msg);
	scan_config_write(&c, &first);
	if (!read(first.s, NULL, &a, &c, &err))
		fail_msg("%s", err.msg);
	scan_config_write(&c, &second);
	assert_string_equal(first.s, second.s);
	assert_string_equal(c.domains.items[1], "null");
	assert_int_equal(c.min_score, 80);
	assert_string_equal(c.country, "IT");
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(refused) + 3];
	size_t n = 0;

	ADD(refused, is_refused);
	tests[n++] =
		(struct CMUnitTest)cmocka_unit_test(the_known_keys_are_taken);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_profile_counts_more);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(
		what_is_written_reads_the_same);
	return cmocka_run_group_tests_name("scan_config", tests, NULL, NULL);
}
