#include <string.h>

#include "codec/codec.h"
#include "scan/result_member.h"

/* How many a list has. */
static bool count(const struct fact_list *facts, int port, const char *name,
		  struct sb *out)
{
	const struct fact *f = fact_find(facts, name, port);

	if (!f)
		return false;
	sb_addf(out, "%zu", f->list.len);
	return true;
}

/* Those of all ports. */
static bool networks(const struct fact_list *facts, int port, const char *name,
		     struct sb *out)
{
	enum { NETWORKS_MAX = 64 };
	const char *items[NETWORKS_MAX];
	struct str_list all = { items, 0 };
	bool looked = false;

	(void)port;
	for (size_t i = 0; i < facts->len; i++) {
		const struct fact *f = &facts->items[i];

		if (strcmp(f->name, name) != 0)
			continue;
		looked = true;
		for (size_t k = 0; k < f->list.len; k++)
			if (all.len < NETWORKS_MAX &&
			    !codec_str_list_has(&all, f->list.items[k]))
				all.items[all.len++] = f->list.items[k];
	}
	if (looked)
		member_list(&all, out);
	return looked;
}

const struct member result_resilience_members[] = {
	{ "name_servers", "dns.ns_count", member_plain },
	{ "name_server_networks", "dns.ns_networks", member_plain },
	{ "name_servers_with_ipv6", "dns.ns_ipv6", member_plain },
	{ "name_servers_silent", "dns.ns_silent", count },
	{ "name_servers_lame", "dns.ns_lame", count },
	{ "mail_servers", "mail.mx", count },
	{ "mail_ipv6", "mail.mx_ipv6", member_plain },
	{ "web_ipv6", "dns.web_ipv6", member_plain },
	{ "wildcard", "dns.wildcard", member_plain },
	{ "networks_before_the_server", "edge.networks", networks },
	{ 0 }
};
