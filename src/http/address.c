#include "http/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/span.h"

/* Both families as 16 bytes: IPv4 in its mapped form, ::ffff:a.b.c.d. */
struct ip {
	unsigned char bytes[16];
};

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool is_v4(const struct ip *ip)
{
	return !memcmp(ip->bytes, mapped, sizeof(mapped));
}

static bool parse(struct span text, struct ip *ret)
{
	char buf[INET6_ADDRSTRLEN];
	size_t len = span_len(text);

	if (!len || len >= sizeof(buf))
		return false;
	memcpy(buf, text.p, len);
	buf[len] = '\0';
	memcpy(ret->bytes, mapped, sizeof(mapped));
	return inet_pton(AF_INET, buf, ret->bytes + 12) == 1 ||
	       inet_pton(AF_INET6, buf, ret->bytes) == 1;
}

/* An element of X-Forwarded-For: also 192.0.2.1:443 and [2001:db8::1]:443. */
static bool parse_hop(struct span text, struct ip *ret)
{
	struct span part;

	text = span_trim(text);
	if (parse(text, ret))
		return true;
	if (span_literal(&text, "["))
		return span_until(&text, ']', 64, &part) && parse(part, ret);
	return span_until(&text, ':', 64, &part) && parse(part, ret);
}

static const char *ip_text(const struct ip *ip, struct arena *a)
{
	char *buf = arena_bytes(a, INET6_ADDRSTRLEN);

	if (is_v4(ip))
		inet_ntop(AF_INET, ip->bytes + 12, buf, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, ip->bytes, buf, INET6_ADDRSTRLEN);
	return buf;
}

static bool same_bits(const struct ip *a, const struct ip *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a->bytes, b->bytes, whole))
		return false;
	return !rest || (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0;
}

/* `network` is an address or a CIDR. */
static bool ip_in(const struct ip *ip, struct span network)
{
	struct span address;
	struct ip base;
	uint64_t bits = 128;

	if (!span_until(&network, '/', 64, &address) || !parse(address, &base))
		return false;
	if (span_len(network)) {
		if (!span_number(&network, is_v4(&base) ? 32 : 128, &bits) ||
		    span_len(network))
			return false;
		if (is_v4(&base))
			bits += 96;
	}
	return same_bits(ip, &base, (unsigned)bits);
}

static bool ip_in_any(const struct ip *ip, const char *networks)
{
	struct span rest = span_str(networks), one;

	while (span_len(rest) && span_until(&rest, ',', 128, &one))
		if (ip_in(ip, span_trim(one)))
			return true;
	return false;
}

bool address_in(const char *address, const char *networks)
{
	struct ip ip;

	return parse(span_str(address), &ip) && ip_in_any(&ip, networks);
}

bool address_is_loopback(const char *address)
{
	return address_in(address, "127.0.0.0/8,::1");
}

const char *address_client(const char *peer, const char *forwarded_for,
			   const char *trusted, struct arena *a)
{
	struct ip ip, hop;
	const char *end;

	if (!forwarded_for || !*trusted || !parse(span_str(peer), &ip) ||
	    !ip_in_any(&ip, trusted))
		return peer;
	end = forwarded_for + strlen(forwarded_for);
	while (end > forwarded_for && ip_in_any(&ip, trusted)) {
		const char *comma = memrchr(forwarded_for, ',',
					    (size_t)(end - forwarded_for));
		const char *from = comma ? comma + 1 : forwarded_for;

		/* What is no address was not written by a proxy of ours. */
		if (!parse_hop(span_of(from, (size_t)(end - from)), &hop))
			break;
		ip = hop;
		end = comma ? comma : forwarded_for;
	}
	return ip_text(&ip, a);
}

/* Leaves the first bits of the 128, the rest is zero. */
static void cut(struct ip *ip, unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		ip->bytes[i / 8] &= (unsigned char)~(0x80 >> i % 8);
}

const char *address_network(const char *address, unsigned v4_bits,
			    struct arena *a)
{
	struct ip ip;

	if (!parse(span_str(address), &ip))
		return address;
	cut(&ip, is_v4(&ip) ? 96 + v4_bits : 64);
	return ip_text(&ip, a);
}
