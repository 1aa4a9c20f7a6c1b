/* What may be registered, what may be contacted, and what the texts say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/target.h"

static const struct {
	const char *type, *in;
	const char *value; /* or NULL, and then the message */
	const char *message;
} forms[] = {
	{ "domain", "Example.COM", "example.com", NULL },
	{ "domain", "  example.com. ", "example.com", NULL },
	{ "domain", "example.com/", "example.com", NULL },
	{ "domain", "https://user@Example.com:8443/a?b#c", "example.com",
	  NULL },
	{ "domain", "http://example.com?x=1", "example.com", NULL },
	{ "domain", "xn--bcher-kva.example", "xn--bcher-kva.example", NULL },
	{ "domain", "example.xn--p1ai", "example.xn--p1ai", NULL },
	{ "domain", "a1-b.co.uk", "a1-b.co.uk", NULL },
	{ "domain", "localhost", NULL, "Blocked hostname: localhost" },
	{ "domain", "x.LOCALHOST.", NULL, "Blocked hostname: x.localhost" },
	{ "domain", "http://localhost:8000/", NULL,
	  "Blocked hostname: localhost" },
	{ "domain", "printer.local", NULL, "Blocked hostname: printer.local" },
	{ "domain", "metadata.google.internal", NULL,
	  "Blocked hostname: metadata.google.internal" },
	{ "domain", "169.254.169.254", NULL,
	  "Blocked hostname: 169.254.169.254" },
	{ "domain", "kubernetes.default.svc", NULL,
	  "Blocked hostname: kubernetes.default.svc" },
	{ "domain", "a.home.arpa", NULL, "Blocked hostname: a.home.arpa" },
	{ "domain", "abc.onion", NULL, "Blocked hostname: abc.onion" },
	{ "domain", "notlocal", NULL,
	  "Invalid domain format: notlocal. Expected format: example.com" },
	{ "domain", "a_b.example.com", NULL,
	  "Invalid domain format: a_b.example.com. "
	  "Expected format: example.com" },
	{ "domain", "*.example.com", NULL,
	  "Invalid domain format: *.example.com. "
	  "Expected format: example.com" },
	{ "domain", "example.com:443", NULL,
	  "Invalid domain format: example.com:443. "
	  "Expected format: example.com" },
	{ "domain", "example.com/path", NULL,
	  "Invalid domain format: example.com/path. "
	  "Expected format: example.com" },
	{ "domain", "8.8.8.8", NULL,
	  "Invalid domain format: 8.8.8.8. Expected format: example.com" },
	{ "domain", "-a.example.com", NULL,
	  "Invalid domain format: -a.example.com. "
	  "Expected format: example.com" },
	{ "domain", "a..example.com", NULL,
	  "Invalid domain format: a..example.com. "
	  "Expected format: example.com" },
	{ "domain", "bücher.example", NULL,
	  "Invalid domain format: bücher.example. "
	  "Expected format: example.com" },
	{ "domain", "http://[::1]/", NULL,
	  "Invalid domain format: [::1]. Expected format: example.com" },
	{ "domain", "", NULL,
	  "Invalid domain format: . Expected format: example.com" },
	{ "ip", " 8.8.8.8 ", "8.8.8.8", NULL },
	{ "ip", "2606:4700:0::1111", "2606:4700::1111", NULL },
	{ "ip", "203.0.113.9", "203.0.113.9", NULL },
	{ "ip", "08.8.8.8", NULL, "Invalid IP address: 08.8.8.8" },
	{ "ip", "example.com", NULL, "Invalid IP address: example.com" },
	{ "ip", "127.0.0.1", NULL,
	  "Private/reserved IP blocked: 127.0.0.1. Only public IPs allowed." },
	{ "ip", "::ffff:10.0.0.1", NULL,
	  "Private/reserved IP blocked: ::ffff:10.0.0.1. "
	  "Only public IPs allowed." },
	{ "ip", "198.18.0.1", NULL,
	  "Private/reserved IP blocked: 198.18.0.1. "
	  "Only public IPs allowed." },
	{ "ip", "2002:7f00:1::", NULL,
	  "Private/reserved IP blocked: 2002:7f00:1::. "
	  "Only public IPs allowed." },
	{ "cidr", "8.8.8.77/24", "8.8.8.0/24", NULL },
	{ "cidr", "8.8.8.8", "8.8.8.8/32", NULL },
	{ "cidr", "203.0.113.0/24", "203.0.113.0/24", NULL },
	{ "cidr", "203.0.0.0/16", "203.0.0.0/16", NULL },
	{ "cidr", "2606:4700::/112", "2606:4700::/112", NULL },
	{ "cidr", "8.8.8.0/x", NULL, "Invalid CIDR range: 8.8.8.0/x" },
	{ "cidr", "8.0.0.0/15", NULL,
	  "CIDR range too large: 8.0.0.0/15 (131072 hosts). "
	  "Maximum allowed: /16" },
	{ "cidr", "2001:4860::/32", NULL,
	  "CIDR range too large: 2001:4860::/32 (2^96 hosts). "
	  "Maximum allowed: /112" },
	{ "cidr", "10.0.0.0/8", NULL,
	  "CIDR range too large: 10.0.0.0/8 (16777216 hosts). "
	  "Maximum allowed: /16" },
	{ "cidr", "10.1.0.0/16", NULL,
	  "CIDR range 10.1.0.0/16 overlaps private/reserved network "
	  "10.0.0.0/8 — SSRF blocked" },
	{ "cidr", "127.0.0.1", NULL,
	  "CIDR range 127.0.0.1/32 overlaps private/reserved network "
	  "127.0.0.0/8 — SSRF blocked" },
	{ "url", "x", NULL, "Unknown target type: url" },
};

static void targets_are_normalised_or_refused_in_the_contracts_words(void **s)
{
	const struct target_policy policy = { TARGET_REGISTER };

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		_arena_ struct arena a = { 0 };
		struct target_spec spec = { 0 };
		struct err err = { 0 };
		bool ok = target_normalise(&policy, forms[i].type, forms[i].in,
					   &a, &spec, &err);

		assert_string_equal(ok ? spec.value : err.msg,
				    forms[i].value ? forms[i].value
						   : forms[i].message);
		assert_int_equal(err.kind, ok ? ERR_NONE : ERR_INVALID);
	}
}

static void a_long_name_is_shown_cut_between_characters(void **state)
{
	const struct target_policy policy = { TARGET_REGISTER };
	_arena_ struct arena a = { 0 };
	struct target_spec spec;
	struct err err = { 0 };
	struct sb name = sb_new(&a, 0);

	sb_add(&name, "x");
	for (int i = 0; i < 200; i++)
		sb_add(&name, "ü");
	assert_false(
		target_normalise(&policy, "domain", name.s, &a, &spec, &err));
	assert_non_null(strstr(err.msg, "ü…. Expected format: example.com"));
}

static void the_operators_networks_are_allowed(void **state)
{
	_arena_ struct arena a = { 0 };
	struct target_policy policy = { TARGET_CONNECT };
	struct target_spec spec = { 0 };
	struct err err = { 0 };

	assert_true(net_list_parse("127.0.0.0/8,10.1.0.0/16", &a, &policy.allow,
				   &err));
	assert_true(
		target_normalise(&policy, "ip", "127.0.0.1", &a, &spec, &err));
	assert_true(target_normalise(&policy, "cidr", "10.1.2.0/24", &a, &spec,
				     &err));
	assert_false(target_normalise(&policy, "cidr", "10.2.0.0/24", &a, &spec,
				      &err));
	assert_false(target_normalise(&policy, "ip", "192.168.0.1", &a, &spec,
				      &err));
	/* The list is about addresses: names for oneself stay refused. */
	assert_false(target_normalise(&policy, "domain", "localhost", &a, &spec,
				      &err));
}

static void documentation_may_be_registered_but_not_contacted(void **state)
{
	struct target_policy policy = { TARGET_REGISTER };
	struct addr a;

	addr_parse("203.0.113.5", &a);
	assert_null(target_refuses(&policy, &a));
	policy.use = TARGET_CONNECT;
	assert_string_equal(target_refuses(&policy, &a), "documentation");
}

/* ---- names, by a hosts file ---- */

static char hosts_path[] = "/tmp/nis2-hosts-XXXXXX";

static int write_hosts(void **state)
{
	static const char text[] =
		"# a comment\n"
		"203.0.113.5\tgood.example.test alias.example.test # here\n"
		"2606:4700::1111 two.example.test\r\n"
		"8.8.8.8 two.example.test\n"
		"8.8.4.4 mixed.example.test\n"
		"10.0.0.1 mixed.example.test private.example.test\n"
		"::ffff:127.0.0.1 mapped.example.test\n"
		"not-an-address good.example.test\n"
		"1.1.1.1\n";
	int fd = mkstemp(hosts_path);
	ssize_t n = write(fd, text, sizeof(text) - 1);

	close(fd);
	return n != sizeof(text) - 1;
}

static int remove_hosts(void **state)
{
	return unlink(hosts_path);
}

static void names_are_resolved_once_and_every_answer_is_judged(void **state)
{
	static const struct {
		const char *name, *pinned, *message;
	} cases[] = {
		{ "good.example.test", "203.0.113.5", NULL },
		{ "ALIAS.example.test", "203.0.113.5", NULL },
		{ "two.example.test", "8.8.8.8", NULL }, /* IPv4 first */
		{ "mixed.example.test", NULL,
		  "Domain mixed.example.test resolves to a private IP — "
		  "SSRF blocked" },
		{ "private.example.test", NULL,
		  "Domain private.example.test resolves to a private IP — "
		  "SSRF blocked" },
		{ "mapped.example.test", NULL,
		  "Domain mapped.example.test resolves to a private IP — "
		  "SSRF blocked" },
	};
	const struct target_policy policy = { .use = TARGET_REGISTER,
					      .hosts_file = hosts_path };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct target_spec spec = { 0 };
		const char *pinned = NULL;
		struct err err = { 0 };
		bool ok = target_check(&policy, "domain", cases[i].name,
				       clock_tick() + CLOCK_SECOND, &a, &spec,
				       &pinned, &err);

		assert_string_equal(ok ? pinned : err.msg,
				    cases[i].pinned ? cases[i].pinned
						    : cases[i].message);
	}
}

static void the_refused_address_is_told_to_the_log_only(void **state)
{
	const struct target_policy policy = { .use = TARGET_CONNECT,
					      .hosts_file = hosts_path };
	_arena_ struct arena a = { 0 };
	struct addr_list addrs;
	struct err err = { 0 };

	assert_false(target_resolve("private.example.test", &policy,
				    clock_tick() + CLOCK_SECOND, &a, &addrs,
				    &err));
	assert_null(strstr(err.msg, "10.0.0.1"));
	assert_string_equal(err.cause, "10.0.0.1 is private-use");
}

static void what_is_pinned_follows_the_type(void **state)
{
	const struct target_policy policy = { .use = TARGET_REGISTER };
	_arena_ struct arena a = { 0 };
	struct target_spec spec = { 0 };
	const char *pinned = "";
	struct err err = { 0 };

	assert_true(target_check(&policy, "ip", "8.8.8.8", 0, &a, &spec,
				 &pinned, &err));
	assert_string_equal(pinned, "8.8.8.8");
	assert_true(target_check(&policy, "cidr", "8.8.8.0/24", 0, &a, &spec,
				 &pinned, &err));
	assert_null(pinned);
}

static void a_resolver_that_is_late_is_a_resolution_failure(void **state)
{
	const struct target_policy policy = { .use = TARGET_REGISTER,
					      .hosts_file = hosts_path };
	_arena_ struct arena a = { 0 };
	struct addr_list addrs;
	struct err err = { 0 };
	int64_t start = clock_tick();

	/* The deadline has passed: whatever the resolver is, it is late. */
	assert_false(target_resolve("absent.example.test", &policy, start, &a,
				    &addrs, &err));
	assert_non_null(strstr(
		err.msg, "DNS resolution failed for absent.example.test: "));
	assert_int_equal(err.kind, ERR_INVALID);
	assert_true(clock_tick() - start < CLOCK_SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			targets_are_normalised_or_refused_in_the_contracts_words),
		cmocka_unit_test(a_long_name_is_shown_cut_between_characters),
		cmocka_unit_test(the_operators_networks_are_allowed),
		cmocka_unit_test(
			documentation_may_be_registered_but_not_contacted),
		cmocka_unit_test(
			names_are_resolved_once_and_every_answer_is_judged),
		cmocka_unit_test(the_refused_address_is_told_to_the_log_only),
		cmocka_unit_test(what_is_pinned_follows_the_type),
		cmocka_unit_test(
			a_resolver_that_is_late_is_a_resolution_failure),
	};

	return cmocka_run_group_tests(tests, write_hosts, remove_hosts);
}
