#include "net/addr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/span.h"

bool addr_parse(const char *text, struct addr *ret)
{
	struct addr a = { 0 };

	if (inet_pton(AF_INET, text, a.bytes) == 1)
		a.family = 4;
	else if (inet_pton(AF_INET6, text, a.bytes) == 1)
		a.family = 6;
	else
		return false;
	*ret = a;
	return true;
}

const char *addr_text(const struct addr *a, char buf[ADDR_TEXT])
{
	buf[0] = '\0';
	if (a->family)
		inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, buf,
			  ADDR_TEXT);
	return buf;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family &&
	       !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

int addr_bits(const struct addr *a)
{
	return a->family == 4 ? 32 : 128;
}

static struct addr addr_v4(const uint8_t *bytes, uint8_t mask)
{
	struct addr a = { .family = 4 };

	for (int i = 0; i < 4; i++)
		a.bytes[i] = bytes[i] ^ mask;
	return a;
}

struct addr addr_unwrap(const struct addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	static const uint8_t nat64_local[6] = { 0x00, 0x64, 0xff, 0x9b, 0, 1 };
	static const uint8_t teredo[4] = { 0x20, 0x01 };
	static const uint8_t six_to_four[2] = { 0x20, 0x02 };
	const uint8_t *b = a->bytes;

	if (a->family != 6)
		return *a;
	if (!memcmp(b, mapped, 12) || !memcmp(b, nat64, 12) ||
	    !memcmp(b, nat64_local, 6))
		return addr_v4(b + 12, 0);
	if (!memcmp(b, six_to_four, 2))
		return addr_v4(b + 2, 0);
	if (!memcmp(b, teredo, 4)) /* RFC 4380, 4: all bits inverted */
		return addr_v4(b + 12, 0xff);
	return *a;
}

/* The prefix after '/': digits only, no leading zero, at most `max`. */
static bool prefix_parse(const char *text, int max, int *ret)
{
	struct span s = span_str(text);
	uint64_t n;

	if (!isdigit((unsigned char)text[0]) || (text[0] == '0' && text[1]))
		return false;
	if (!span_number(&s, (uint64_t)max, &n) || span_len(s))
		return false;
	*ret = (int)n;
	return true;
}

static void clear_host_bits(struct cidr *c)
{
	for (int i = 0; i < 16; i++) {
		int keep = c->prefix - 8 * i;

		if (keep <= 0)
			c->base.bytes[i] = 0;
		else if (keep < 8)
			c->base.bytes[i] &= (uint8_t)(0xff << (8 - keep));
	}
}

bool cidr_parse(const char *text, struct cidr *ret)
{
	char buf[CIDR_TEXT];
	struct cidr c;
	size_t len = strlen(text);
	char *slash;

	if (len >= sizeof(buf))
		return false;
	memcpy(buf, text, len + 1);
	slash = strchr(buf, '/');
	if (slash)
		*slash = '\0';
	if (!addr_parse(buf, &c.base))
		return false;
	c.prefix = addr_bits(&c.base);
	if (slash && !prefix_parse(slash + 1, c.prefix, &c.prefix))
		return false;
	clear_host_bits(&c);
	*ret = c;
	return true;
}

const char *cidr_text(const struct cidr *c, char buf[CIDR_TEXT])
{
	char addr[ADDR_TEXT];

	snprintf(buf, CIDR_TEXT, "%s/%d", addr_text(&c->base, addr), c->prefix);
	return buf;
}

bool cidr_contains(const struct cidr *c, const struct addr *a)
{
	int whole = c->prefix / 8, rest = c->prefix % 8;

	if (c->base.family != a->family ||
	    memcmp(c->base.bytes, a->bytes, (size_t)whole))
		return false;
	return !rest ||
	       !((c->base.bytes[whole] ^ a->bytes[whole]) >> (8 - rest));
}

bool cidr_covers(const struct cidr *outer, const struct cidr *inner)
{
	return outer->prefix <= inner->prefix &&
	       cidr_contains(outer, &inner->base);
}

uint64_t cidr_count(const struct cidr *c)
{
	int host = addr_bits(&c->base) - c->prefix;

	return host >= 64 ? UINT64_MAX : UINT64_C(1) << host;
}

bool cidr_nth(const struct cidr *c, uint64_t n, struct addr *ret)
{
	if (n >= cidr_count(c))
		return false;
	*ret = c->base;
	for (int i = addr_bits(&c->base) / 8 - 1; i >= 0 && n; i--, n >>= 8)
		ret->bytes[i] |= (uint8_t)n;
	return true;
}

static bool net_list_add(struct span word, struct arena *a, struct cidr *item,
			 struct err *err)
{
	const char *text = span_dup(a, word);

	if (!cidr_parse(text, item))
		return err_set(err, ERR_INVALID, "'%s' is not a network", text);
	return true;
}

bool net_list_parse(const char *text, struct arena *a, struct net_list *ret,
		    struct err *err)
{
	struct span rest = span_str(text ? text : "");
	struct cidr *items = arena_array(a, NET_LIST_MAX, sizeof(*items));
	struct span word;
	size_t len = 0;

	while (span_len(rest)) {
		if (!span_until(&rest, ',', CIDR_TEXT + 32, &word))
			return err_set(err, ERR_INVALID, "not a network list");
		word = span_trim(word);
		if (!span_len(word))
			continue;
		if (len == NET_LIST_MAX)
			return err_set(err, ERR_INVALID,
				       "more than %d networks", NET_LIST_MAX);
		if (!net_list_add(word, a, &items[len], err))
			return false;
		len++;
	}
	*ret = (struct net_list){ items, len };
	return true;
}

static bool list_has(const struct net_list *list, const struct addr *a)
{
	for (size_t i = 0; i < list->len; i++)
		if (cidr_contains(&list->items[i], a))
			return true;
	return false;
}

bool net_list_has(const struct net_list *list, const struct addr *a)
{
	struct addr inner = addr_unwrap(a);

	return list_has(list, a) || list_has(list, &inner);
}
