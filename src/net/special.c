/*
 * special: the table of blocks that are not ordinary unicast space.
 *
 * Rows are those of the IANA IPv4 and IPv6 special-purpose address registries
 * (RFC 6890) and of the multicast and IPv6 space registries, and RFC 9780,
 * which came later. The longest matching row decides, so an anycast address
 * inside a reserved block is judged by its own row. Blocks whose addresses
 * stand for IPv4 addresses are GLOBAL here: the address inside is judged too.
 */
#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "net/addr.h"

const char addr_registry_date[] = "2024-10-22";

enum { GLOBAL = 1, DOCS = 2 };

#define ROW(block, flags, reason, rfc, name)                             \
	{                                                                \
		{                                                        \
			block, name, rfc, reason, ((flags)&GLOBAL) != 0, \
				((flags)&DOCS) != 0                      \
		}                                                        \
	}

static struct row {
	struct special special;
	struct cidr net;
} rows[] = {
	/* clang-format off */
	ROW("0.0.0.0/8", 0, "this network", "RFC 791", "\"This network\""),
	ROW("10.0.0.0/8", 0, "private-use", "RFC 1918", "Private-Use"),
	ROW("100.64.0.0/10", 0, "shared address space", "RFC 6598", "Shared Address Space"),
	ROW("127.0.0.0/8", 0, "loopback", "RFC 1122", "Loopback"),
	ROW("169.254.0.0/16", 0, "link-local", "RFC 3927", "Link Local"),
	ROW("172.16.0.0/12", 0, "private-use", "RFC 1918", "Private-Use"),
	ROW("192.0.0.0/24", 0, "protocol assignments", "RFC 6890", "IETF Protocol Assignments"),
	ROW("192.0.0.0/29", 0, "protocol assignments", "RFC 7335", "IPv4 Service Continuity Prefix"),
	ROW("192.0.0.8/32", 0, "dummy address", "RFC 7600", "IPv4 dummy address"),
	ROW("192.0.0.9/32", GLOBAL, "anycast", "RFC 7723", "Port Control Protocol Anycast"),
	ROW("192.0.0.10/32", GLOBAL, "anycast", "RFC 8155", "Traversal Using Relays around NAT Anycast"),
	ROW("192.0.0.170/32", 0, "NAT64 discovery", "RFC 8880", "NAT64/DNS64 Discovery"),
	ROW("192.0.0.171/32", 0, "NAT64 discovery", "RFC 8880", "NAT64/DNS64 Discovery"),
	ROW("192.0.2.0/24", DOCS, "documentation", "RFC 5737", "Documentation (TEST-NET-1)"),
	ROW("192.31.196.0/24", GLOBAL, "AS112", "RFC 7535", "AS112-v4"),
	ROW("192.52.193.0/24", GLOBAL, "multicast tunnelling", "RFC 7450", "AMT"),
	ROW("192.88.99.0/24", 0, "6to4 relay", "RFC 7526", "Deprecated (6to4 Relay Anycast)"),
	ROW("192.168.0.0/16", 0, "private-use", "RFC 1918", "Private-Use"),
	ROW("192.175.48.0/24", GLOBAL, "AS112", "RFC 7534", "Direct Delegation AS112 Service"),
	ROW("198.18.0.0/15", 0, "benchmarking", "RFC 2544", "Benchmarking"),
	ROW("198.51.100.0/24", DOCS, "documentation", "RFC 5737", "Documentation (TEST-NET-2)"),
	ROW("203.0.113.0/24", DOCS, "documentation", "RFC 5737", "Documentation (TEST-NET-3)"),
	ROW("224.0.0.0/4", 0, "multicast", "RFC 5771", "Multicast"),
	ROW("240.0.0.0/4", 0, "reserved", "RFC 1112", "Reserved"),
	ROW("255.255.255.255/32", 0, "broadcast", "RFC 919", "Limited Broadcast"),

	/* Only 2000::/3 is allocated for unicast (RFC 4291, 2.4). */
	ROW("::/0", 0, "reserved", "RFC 4291", "Reserved by IETF"),
	ROW("2000::/3", GLOBAL, "global unicast", "RFC 4291", "Global Unicast"),
	ROW("::/96", 0, "reserved", "RFC 4291", "IPv4-compatible, deprecated"),
	ROW("::/128", 0, "unspecified", "RFC 4291", "Unspecified Address"),
	ROW("::1/128", 0, "loopback", "RFC 4291", "Loopback Address"),
	ROW("::ffff:0:0/96", GLOBAL, "IPv4-mapped", "RFC 4291", "IPv4-mapped Address"),
	ROW("64:ff9b::/96", GLOBAL, "translation", "RFC 6052", "IPv4-IPv6 Translat."),
	ROW("64:ff9b:1::/48", 0, "local translation", "RFC 8215", "IPv4-IPv6 Translat."),
	ROW("100::/64", 0, "discard-only", "RFC 6666", "Discard-Only Address Block"),
	ROW("100:0:0:1::/64", 0, "dummy address", "RFC 9780", "Dummy IPv6 Prefix"),
	ROW("2001::/23", 0, "protocol assignments", "RFC 2928", "IETF Protocol Assignments"),
	ROW("2001::/32", GLOBAL, "Teredo", "RFC 4380", "TEREDO"),
	ROW("2001:1::1/128", GLOBAL, "anycast", "RFC 7723", "Port Control Protocol Anycast"),
	ROW("2001:1::2/128", GLOBAL, "anycast", "RFC 8155", "Traversal Using Relays around NAT Anycast"),
	ROW("2001:1::3/128", GLOBAL, "anycast", "RFC 9665", "DNS-SD Service Registration Protocol Anycast"),
	ROW("2001:2::/48", 0, "benchmarking", "RFC 5180", "Benchmarking"),
	ROW("2001:3::/32", GLOBAL, "multicast tunnelling", "RFC 7450", "AMT"),
	ROW("2001:4:112::/48", GLOBAL, "AS112", "RFC 7535", "AS112-v6"),
	ROW("2001:10::/28", 0, "ORCHID", "RFC 4843", "Deprecated (previously ORCHID)"),
	ROW("2001:20::/28", GLOBAL, "ORCHID", "RFC 7343", "ORCHIDv2"),
	ROW("2001:30::/28", GLOBAL, "drone remote identification", "RFC 9374", "Drone Remote ID Protocol Entity Tags"),
	ROW("2001:db8::/32", DOCS, "documentation", "RFC 3849", "Documentation"),
	ROW("2002::/16", GLOBAL, "6to4", "RFC 3056", "6to4"),
	ROW("2620:4f:8000::/48", GLOBAL, "AS112", "RFC 7534", "Direct Delegation AS112 Service"),
	ROW("3fff::/20", DOCS, "documentation", "RFC 9637", "Documentation"),
	ROW("5f00::/16", 0, "segment routing", "RFC 9602", "Segment Routing (SRv6) SIDs"),
	ROW("fc00::/7", 0, "unique-local", "RFC 4193", "Unique-Local"),
	ROW("fe80::/10", 0, "link-local", "RFC 4291", "Link-Local Unicast"),
	ROW("fec0::/10", 0, "site-local", "RFC 3879", "Site-Local Unicast, deprecated"),
	ROW("ff00::/8", 0, "multicast", "RFC 4291", "Multicast"),
	/* clang-format on */
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void rows_parse(void)
{
	for (size_t i = 0; i < ROWS; i++) {
		bool ok = cidr_parse(rows[i].special.block, &rows[i].net);

		assert(ok);
	}
}

static void rows_ready(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, rows_parse);
}

const struct special *special_row(size_t n)
{
	return n < ROWS ? &rows[n].special : NULL;
}

/* The most specific row that covers the network; NULL for ordinary IPv4. */
static const struct special *covering(const struct cidr *c)
{
	const struct row *best = NULL;

	for (size_t i = 0; i < ROWS; i++)
		if (cidr_covers(&rows[i].net, c) &&
		    (!best || rows[i].net.prefix > best->net.prefix))
			best = &rows[i];
	return best ? &best->special : NULL;
}

static const struct special *judge(const struct cidr *c)
{
	const struct special *s = covering(c);

	return s && !s->global ? s : NULL;
}

const struct special *addr_special(const struct addr *a)
{
	struct cidr whole = { *a, addr_bits(a) };
	struct cidr inner = { addr_unwrap(a), 32 };
	const struct special *s = NULL;

	rows_ready();
	if (inner.base.family != a->family)
		s = judge(&inner);
	return s ? s : judge(&whole);
}

/*
 * The IPv4 network that an IPv6 network of translated addresses stands for:
 * where the IPv4 address is at the end, the prefix shrinks with it.
 */
static bool unwrap_net(const struct cidr *c, struct cidr *ret)
{
	struct addr last;

	if (c->base.family != 6 || c->prefix < 96 ||
	    !cidr_nth(c, cidr_count(c) - 1, &last))
		return false;
	ret->base = addr_unwrap(&c->base);
	last = addr_unwrap(&last);
	if (ret->base.family == 6)
		return false;
	/* 6to4 has it in front: both ends are the same address. */
	ret->prefix = addr_equal(&ret->base, &last) ? 32 : c->prefix - 96;
	/* Teredo inverts, so the first address may be the last. */
	if (memcmp(last.bytes, ret->base.bytes, 4) < 0)
		ret->base = last;
	return true;
}

static const struct special *net_special(const struct cidr *c, bool docs_ok)
{
	const struct special *s = judge(c);

	if (s && !(docs_ok && s->documentation))
		return s;
	for (size_t i = 0; i < ROWS; i++) {
		s = &rows[i].special;
		if (!s->global && !(docs_ok && s->documentation) &&
		    rows[i].net.prefix > c->prefix &&
		    cidr_covers(c, &rows[i].net))
			return s;
	}
	return NULL;
}

const struct special *cidr_special(const struct cidr *c, bool documentation_ok)
{
	const struct special *s = NULL;
	struct cidr inner;

	rows_ready();
	if (unwrap_net(c, &inner))
		s = net_special(&inner, documentation_ok);
	return s ? s : net_special(c, documentation_ok);
}
