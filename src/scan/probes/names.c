#include "scan/probes/names.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "net/dns_wire.h"
#include "net/domain.h"
#include "scan/plan.h"

enum { CHECK_US = 4000000, NAMES_AT_A_TIME = 32 };

/*
 * Names that are looked at at a time: each has a resolver with threads of its
 * own, and the address space of the process is bounded.
 */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t left;
	int inside;
} room = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };

static void room_enter(void)
{
	pthread_mutex_lock(&room.lock);
	while (room.inside == NAMES_AT_A_TIME)
		pthread_cond_wait(&room.left, &room.lock);
	room.inside++;
	pthread_mutex_unlock(&room.lock);
}

static void room_leave(void)
{
	pthread_mutex_lock(&room.lock);
	room.inside--;
	pthread_cond_signal(&room.left);
	pthread_mutex_unlock(&room.lock);
}

void names_close(struct names *n)
{
	if (!n->resolver)
		return;
	resolver_close(n->resolver);
	room_leave();
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static const char *anchor_of(const struct scan_plan *plan)
{
	if (plan->trust_anchor && *plan->trust_anchor)
		return plan->trust_anchor;
	return resolver_system_anchor();
}

bool names_open(struct probe_run *run, struct names *ret, struct err *err)
{
	struct names n = {
		.run = run,
		.name = run->host->name,
		.domain = domain_of(run->host->name, run->arena),
		.anchor = anchor_of(run->plan),
	};
	struct resolver_options options = { .servers = run->plan->resolver,
					    .anchor_file = n.anchor };
	int64_t end;

	n.is_domain = !strcasecmp(n.name, n.domain);
	room_enter();
	if (!resolver_open(&options, &n.resolver, err)) {
		room_leave();
		return err_wrap(err, "DNS of %.100s", n.name);
	}
	end = sooner(run->deadline, clock_tick() + CHECK_US);
	if (!resolver_check(n.resolver, end, err)) {
		names_close(&n);
		return err_wrap(err, "DNS of %.100s", n.name);
	}
	*ret = n;
	return true;
}

void names_ask(struct names *n, struct dns_ask *asks, size_t count)
{
	resolver_ask(n->resolver, asks, count, n->run->deadline, n->run->arena);
}

static bool same_name(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);

	la -= la && a[la - 1] == '.';
	lb -= lb && b[lb - 1] == '.';
	return la == lb && !strncasecmp(a, b, la);
}

bool names_is_alias(const struct dns_ask *ask)
{
	return ask->canonical && !same_name(ask->canonical, ask->name);
}

/* Leaves the addresses that may be contacted. */
static void judge(struct names *n, struct name_host *h)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->addrs.len; i++) {
		h->v6 |= h->addrs.items[i].family == 6;
		if (target_refuses(n->run->policy, &h->addrs.items[i]))
			h->refused = true;
		else
			h->addrs.items[kept++] = h->addrs.items[i];
	}
	h->addrs.len = kept;
}

static enum dns_state better(enum dns_state a, enum dns_state b)
{
	if (a == DNS_DATA || b == DNS_DATA)
		return DNS_DATA;
	/* What is not known outweighs what is known not to be there. */
	return a < b ? a : b;
}

void names_hosts(struct names *n, struct name_host *hosts, size_t count)
{
	struct dns_ask asks[2 * NAMES_HOSTS_MAX] = { 0 };

	if (count > NAMES_HOSTS_MAX)
		count = NAMES_HOSTS_MAX;
	for (size_t i = 0; i < count; i++) {
		asks[2 * i] = (struct dns_ask){ hosts[i].host, DNS_A };
		asks[2 * i + 1] = (struct dns_ask){ hosts[i].host, DNS_AAAA };
	}
	names_ask(n, asks, 2 * count);
	for (size_t i = 0; i < count; i++) {
		const struct dns_ask *v4 = &asks[2 * i], *v6 = v4 + 1;
		struct name_host *h = &hosts[i];

		h->state = better(v4->state, v6->state);
		h->alias = names_is_alias(v4) || names_is_alias(v6);
		h->secure = v4->secure && v6->secure;
		dns_addresses(v4, v6, n->run->arena, &h->addrs);
		judge(n, h);
	}
}

void names_problems(const struct name_host *hosts, size_t count,
		    struct arena *a, struct str_list *ret)
{
	for (size_t i = 0; i < count; i++) {
		const struct name_host *h = &hosts[i];

		if (h->state == DNS_NXDOMAIN || h->state == DNS_NODATA)
			names_add(ret,
				  arena_printf(a, "%s: no address", h->host));
		if (h->alias)
			names_add(ret, arena_printf(a, "%s: an alias (CNAME)",
						    h->host));
		if (h->refused)
			names_add(ret, arena_printf(a, "%s: a private address",
						    h->host));
	}
}

struct str_list names_list(struct arena *a)
{
	return (struct str_list){
		arena_array(a, NAMES_LIST_MAX, sizeof(const char *)), 0
	};
}

void names_add(struct str_list *list, const char *text)
{
	for (size_t i = 0; i < list->len; i++)
		if (!strcmp(list->items[i], text))
			return;
	if (list->len < NAMES_LIST_MAX)
		list->items[list->len++] = text;
}

struct str_list names_texts(const struct dns_ask *ask,
			    bool (*is)(const char *text), struct arena *a)
{
	struct str_list list = {
		arena_array(a, DNS_RECORDS_MAX, sizeof(const char *)), 0
	};

	for (size_t i = 0; i < ask->len; i++) {
		const char *text;

		if (dns_read_txt(ask->items[i], a, &text) && is(text))
			list.items[list.len++] = text;
	}
	return list;
}
