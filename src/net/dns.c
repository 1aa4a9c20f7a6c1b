#include "net/dns.h"

#include <string.h>

#include "base/file.h"
#include "base/span.h"

/* A hosts file, and a line of one, are not longer than this. */
enum { HOSTS_MAX = 4 << 20, HOSTS_LINE = 4096 };

static void list_add(struct addr_list *list, const struct addr *a)
{
	for (size_t i = 0; i < list->len; i++)
		if (addr_equal(&list->items[i], a))
			return;
	if (list->len < DNS_ADDRS_MAX)
		list->items[list->len++] = *a;
}

static struct addr_list list_new(struct arena *a)
{
	return (struct addr_list){
		arena_array(a, DNS_ADDRS_MAX, sizeof(struct addr)), 0
	};
}

/* IPv4 first: it is the family that more networks have a route for. */
static struct addr_list v4_first(const struct addr_list *list, struct arena *a)
{
	struct addr_list out = list_new(a);

	for (int family = 4; family <= 6; family += 2)
		for (size_t i = 0; i < list->len; i++)
			if (list->items[i].family == family)
				list_add(&out, &list->items[i]);
	return out;
}

/* ---- the hosts file ---- */

static void hosts_line(struct span whole, const char *name,
		       struct addr_list *list)
{
	char text[ADDR_TEXT];
	struct span line, word;
	struct addr addr;

	if (!span_until(&whole, '#', HOSTS_LINE, &line))
		return;
	span_skip_blank(&line);
	if (!span_word(&line, sizeof(text) - 1, &word))
		return;
	snprintf(text, sizeof(text), "%.*s", (int)span_len(word), word.p);
	if (!addr_parse(text, &addr))
		return;
	for (;;) {
		span_skip_blank(&line);
		if (!span_word(&line, HOSTS_LINE, &word))
			return;
		if (span_is_nocase(word, name))
			list_add(list, &addr);
	}
}

void dns_hosts_find(const char *text, const char *name, struct arena *a,
		    struct addr_list *ret)
{
	struct addr_list list = list_new(a);
	struct span s = span_str(text), line;

	while (span_len(s)) {
		const char *end = memchr(s.p, '\n', span_len(s));

		line = (struct span){ s.p, end ? end : s.end };
		s.p = end ? end + 1 : s.end;
		if (span_len(line) <= HOSTS_LINE)
			hosts_line(line, name, &list);
	}
	*ret = v4_first(&list, a);
}

static bool hosts_lookup(const char *path, const char *name, struct arena *a,
			 struct addr_list *ret)
{
	_arena_ struct arena scratch = { 0 };
	struct addr_list list = { 0 };
	char *text;

	if (!path || !*path ||
	    !file_read(path, HOSTS_MAX, &scratch, &text, NULL, NULL))
		return false;
	dns_hosts_find(text, name, a, &list);
	if (!list.len)
		return false;
	*ret = list;
	return true;
}

/* ---- the resolver ---- */

static void take_addresses(const struct dns_ask *ask, struct addr_list *list)
{
	size_t size = ask->type == DNS_A ? 4 : 16;

	for (size_t i = 0; i < ask->len; i++) {
		struct addr a = { .family = ask->type == DNS_A ? 4 : 6 };

		if (span_len(ask->items[i]) != size)
			continue;
		memcpy(a.bytes, ask->items[i].p, size);
		list_add(list, &a);
	}
}

void dns_addresses(const struct dns_ask *v4, const struct dns_ask *v6,
		   struct arena *a, struct addr_list *ret)
{
	*ret = list_new(a);
	take_addresses(v4, ret);
	take_addresses(v6, ret);
}

static bool no_address(const struct dns_ask *asks, struct err *err)
{
	for (int i = 0; i < 2; i++) {
		if (asks[i].state == DNS_LATE)
			return err_set(err, ERR_UPSTREAM,
				       "the resolver did not answer in time");
		if (asks[i].state != DNS_FAILED)
			continue;
		err_set(err, ERR_UPSTREAM, "the resolver failed");
		return err_cause(err, "rcode %d", asks[i].rcode);
	}
	if (asks[0].state == DNS_NXDOMAIN)
		return err_set(err, ERR_NOT_FOUND, "the name does not exist");
	return err_set(err, ERR_NOT_FOUND, "the name has no address");
}

static bool resolve(const char *name, const char *servers, int64_t deadline,
		    struct arena *a, struct addr_list *ret, struct err *err)
{
	struct resolver_options options = { .servers = servers };
	struct dns_ask asks[] = { { .name = name, .type = DNS_A },
				  { .name = name, .type = DNS_AAAA } };
	_cleanup_resolver_ struct resolver *r = NULL;
	struct addr_list list;

	if (!resolver_open(&options, &r, err))
		return false;
	resolver_ask(r, asks, 2, deadline, a);
	dns_addresses(&asks[0], &asks[1], a, &list);
	if (!list.len)
		return no_address(asks, err);
	*ret = list;
	return true;
}

bool dns_resolve(const char *name, const struct dns_source *source,
		 int64_t deadline, struct arena *a, struct addr_list *ret,
		 struct err *err)
{
	if (hosts_lookup(source->hosts_file, name, a, ret))
		return true;
	return resolve(name, source->servers, deadline, a, ret, err);
}
