/* Addresses, networks, and the one table of special-purpose blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/addr.h"

static const char *text_of(const char *text)
{
	static char buf[ADDR_TEXT];
	struct addr a;

	return addr_parse(text, &a) ? addr_text(&a, buf) : "refused";
}

static void addresses_are_read_strictly_and_written_canonically(void **state)
{
	static const char *const cases[][2] = {
		{ "8.8.8.8", "8.8.8.8" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "0:0:0:0:0:0:0:0", "::" },
		{ "::FFFF:192.0.2.1", "::ffff:192.0.2.1" },
		{ "1.2.3", "refused" },
		{ "01.2.3.4", "refused" },
		{ "1.2.3.4.5", "refused" },
		{ "1.2.3.256", "refused" },
		{ "0x7f.0.0.1", "refused" },
		{ "2130706433", "refused" },
		{ " 8.8.8.8", "refused" },
		{ "fe80::1%eth0", "refused" },
		{ "[::1]", "refused" },
		{ "1::2::3", "refused" },
		{ "", "refused" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(text_of(cases[i][0]), cases[i][1]);
}

static void networks_lose_their_host_bits(void **state)
{
	static const struct {
		const char *in, *out;
		uint64_t count;
	} cases[] = {
		{ "8.8.8.77/24", "8.8.8.0/24", 256 },
		{ "8.8.8.77", "8.8.8.77/32", 1 },
		{ "10.255.255.255/9", "10.128.0.0/9", 1 << 23 },
		{ "1.2.3.4/0", "0.0.0.0/0", UINT64_C(1) << 32 },
		{ "2001:db8::ff/112", "2001:db8::/112", 65536 },
		{ "2001:db8::1", "2001:db8::1/128", 1 },
		{ "2001:db8:ffff::/33", "2001:db8:8000::/33", UINT64_MAX },
		{ "1.2.3.4/33", NULL, 0 },
		{ "1.2.3.4/", NULL, 0 },
		{ "1.2.3.4/08", NULL, 0 },
		{ "1.2.3.4/8x", NULL, 0 },
		{ "1.2.3.4/-1", NULL, 0 },
		{ "::/129", NULL, 0 },
		{ "1.2.3.4/24/24", NULL, 0 },
	};
	char buf[CIDR_TEXT];
	struct cidr c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool ok = cidr_parse(cases[i].in, &c);

		assert_int_equal(ok, cases[i].out != NULL);
		if (!ok)
			continue;
		assert_string_equal(cidr_text(&c, buf), cases[i].out);
		assert_true(cidr_count(&c) == cases[i].count);
	}
}

static void a_network_is_walked_from_its_first_to_its_last(void **state)
{
	static const struct {
		const char *net;
		uint64_t n;
		const char *addr;
	} cases[] = {
		{ "192.0.2.0/24", 0, "192.0.2.0" },
		{ "192.0.2.0/24", 255, "192.0.2.255" },
		{ "192.0.2.0/24", 256, NULL },
		{ "10.0.0.0/8", 65536, "10.1.0.0" },
		{ "2001:db8::/112", 65535, "2001:db8::ffff" },
		{ "2001:db8::/112", 65536, NULL },
		{ "2001:db8::/32", UINT64_C(1) << 40, "2001:db8::100:0:0" },
	};
	char buf[ADDR_TEXT];
	struct addr a;
	struct cidr c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_true(cidr_parse(cases[i].net, &c));
		assert_int_equal(cidr_nth(&c, cases[i].n, &a),
				 cases[i].addr != NULL);
		if (!cases[i].addr)
			continue;
		assert_string_equal(addr_text(&a, buf), cases[i].addr);
		assert_true(cidr_contains(&c, &a));
	}
}

static void assert_reason(const char *text, const char *reason)
{
	const struct special *s;
	struct addr a;

	assert_true(addr_parse(text, &a));
	s = addr_special(&a);
	if (reason)
		assert_string_equal(s ? s->reason : text, reason);
	else
		assert_null(s);
}

static void special_addresses_are_named(void **state)
{
	static const char *const cases[][2] = {
		{ "8.8.8.8", NULL },
		{ "172.15.255.255", NULL },
		{ "172.16.0.0", "private-use" },
		{ "172.31.255.255", "private-use" },
		{ "172.32.0.0", NULL },
		{ "10.1.2.3", "private-use" },
		{ "192.168.0.1", "private-use" },
		{ "127.0.0.1", "loopback" },
		{ "127.255.255.254", "loopback" },
		{ "0.0.0.0", "this network" },
		{ "169.254.169.254", "link-local" },
		{ "100.64.0.1", "shared address space" },
		{ "100.128.0.1", NULL },
		{ "192.0.0.8", "dummy address" },
		{ "192.0.0.9", NULL },
		{ "192.0.2.1", "documentation" },
		{ "198.51.100.1", "documentation" },
		{ "203.0.113.1", "documentation" },
		{ "198.18.0.1", "benchmarking" },
		{ "198.20.0.1", NULL },
		{ "192.88.99.1", "6to4 relay" },
		{ "224.0.0.1", "multicast" },
		{ "240.0.0.1", "reserved" },
		{ "255.255.255.255", "broadcast" },
		{ "2606:4700::1111", NULL },
		{ "::", "unspecified" },
		{ "::1", "loopback" },
		{ "fc00::1", "unique-local" },
		{ "fdff::1", "unique-local" },
		{ "fe80::1", "link-local" },
		{ "fec0::1", "site-local" },
		{ "ff02::1", "multicast" },
		{ "2001:db8::1", "documentation" },
		{ "3fff::1", "documentation" },
		{ "100::1", "discard-only" },
		{ "2001:2::1", "benchmarking" },
		{ "2001:1::1", NULL },
		{ "5f00::1", "segment routing" },
		{ "4000::1", "reserved" },
		{ "8000::1", "reserved" },
		{ "::7f00:1", "reserved" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_reason(cases[i][0], cases[i][1]);
}

static void an_address_inside_an_address_is_judged(void **state)
{
	static const char *const cases[][2] = {
		{ "::ffff:127.0.0.1", "loopback" },
		{ "::ffff:10.0.0.1", "private-use" },
		{ "::ffff:8.8.8.8", NULL },
		{ "64:ff9b::7f00:1", "loopback" },
		{ "64:ff9b::808:808", NULL },
		{ "64:ff9b:1::a00:1", "private-use" },
		{ "64:ff9b:1::808:808", "local translation" },
		{ "2002:7f00:1::1", "loopback" },
		{ "2002:c0a8:101::1", "private-use" },
		{ "2002:808:808::1", NULL },
		/* Teredo inverts the bits: 127.0.0.1 and 8.8.8.8. */
		{ "2001:0:808:808::80ff:fffe", "loopback" },
		{ "2001:0:808:808::f7f7:f7f7", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_reason(cases[i][0], cases[i][1]);
}

static void a_network_is_judged_by_what_is_in_it(void **state)
{
	static const struct {
		const char *net;
		bool documentation_ok;
		const char *block;
	} cases[] = {
		{ "8.8.8.0/24", false, NULL },
		{ "203.0.113.0/24", true, NULL },
		{ "203.0.113.0/24", false, "203.0.113.0/24" },
		{ "203.0.0.0/16", true, NULL },
		{ "203.0.0.0/16", false, "203.0.113.0/24" },
		{ "10.1.0.0/16", true, "10.0.0.0/8" },
		{ "192.0.0.0/16", true, "192.0.0.0/24" },
		{ "192.168.0.0/15", true, "192.168.0.0/16" },
		{ "::/112", true, "::/96" },
		{ "2001:db8::/112", true, NULL },
		{ "2606:4700::/112", false, NULL },
		{ "::ffff:127.0.0.0/112", true, "127.0.0.0/8" },
		{ "::ffff:8.8.0.0/112", true, NULL },
		{ "2002:a00:1::/112", true, "10.0.0.0/8" },
		{ "2001:0:808:808::80ff:0/112", true, "127.0.0.0/8" },
		{ "fe80::/112", true, "fe80::/10" },
	};
	struct cidr c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct special *s;

		assert_true(cidr_parse(cases[i].net, &c));
		s = cidr_special(&c, cases[i].documentation_ok);
		if (cases[i].block)
			assert_string_equal(s ? s->block : cases[i].net,
					    cases[i].block);
		else
			assert_null(s);
	}
}

/* Each row's own first address must find that row or a more specific one. */
static void every_row_of_the_table_is_reachable(void **state)
{
	const struct special *row, *s;
	size_t n = 0;

	for (; (row = special_row(n)); n++) {
		struct cidr c, found;

		assert_true(cidr_parse(row->block, &c));
		s = cidr_special(&c, false);
		if (row->global)
			continue;
		assert_non_null(s);
		assert_true(cidr_parse(s->block, &found));
		assert_true(cidr_covers(&c, &found) || cidr_covers(&found, &c));
	}
	assert_true(n > 50);
}

static void a_list_of_networks_holds_what_it_names(void **state)
{
	_arena_ struct arena a = { 0 };
	struct net_list list = { 0 };
	struct err err = { 0 };
	struct addr addr;

	assert_true(net_list_parse(" 10.0.0.0/8, 127.0.0.1 ,,fd00::/8,", &a,
				   &list, &err));
	assert_int_equal(list.len, 3);
	addr_parse("10.9.8.7", &addr);
	assert_true(net_list_has(&list, &addr));
	addr_parse("::ffff:10.9.8.7", &addr);
	assert_true(net_list_has(&list, &addr));
	addr_parse("127.0.0.2", &addr);
	assert_false(net_list_has(&list, &addr));
	addr_parse("fd12::1", &addr);
	assert_true(net_list_has(&list, &addr));
	assert_true(net_list_parse("", &a, &list, &err));
	assert_int_equal(list.len, 0);
	assert_false(net_list_parse("10.0.0.0/8,nonsense", &a, &list, &err));
	assert_string_equal(err.msg, "'nonsense' is not a network");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			addresses_are_read_strictly_and_written_canonically),
		cmocka_unit_test(networks_lose_their_host_bits),
		cmocka_unit_test(
			a_network_is_walked_from_its_first_to_its_last),
		cmocka_unit_test(special_addresses_are_named),
		cmocka_unit_test(an_address_inside_an_address_is_judged),
		cmocka_unit_test(a_network_is_judged_by_what_is_in_it),
		cmocka_unit_test(every_row_of_the_table_is_reachable),
		cmocka_unit_test(a_list_of_networks_holds_what_it_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
