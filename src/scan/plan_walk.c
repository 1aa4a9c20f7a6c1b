#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "net/conn.h"
#include "scan/plan.h"

/* Names are asked for by so many threads, each at most so long. */
enum { RESOLVERS_MAX = 16, RESOLVE_SECONDS = 10, STACK_BYTES = 512 * 1024 };

/* One target: `count` addresses from the `first` of its network on. */
struct stop {
	const struct plan_target *of;
	struct cidr net;
	uint64_t first, count, at;
	struct addr addrs[2]; /* of a name, one a family; family 0: none */
	const char *why;
};

struct plan_walk {
	struct arena *arena;
	const struct scan_plan *plan;
	struct target_policy policy;
	struct stop *stops; /* in the order they are walked */
	size_t stop_count;
	size_t total, walked;
	bool in_turns;
	size_t at; /* the stop whose turn it is */
	const char *cut;
	bool cut_told;
	const struct plan_host **done;	/* sorted */
	const struct plan_host **retry; /* sorted */
	struct plan_address *later;	/* what stands in `retry` */
	size_t later_count, later_at;
};

/* ---- lists of hosts ---- */

static int compare_hosts(const struct plan_host *a, const struct plan_host *b)
{
	int order = strcmp(a->target, b->target);

	return order ? order : strcmp(a->ip, b->ip);
}

static int by_host(const void *a, const void *b)
{
	return compare_hosts(*(const struct plan_host *const *)a,
			     *(const struct plan_host *const *)b);
}

static const struct plan_host **sorted(const struct plan_host_list *list,
				       struct arena *a)
{
	const struct plan_host **ret =
		arena_array(a, list->len + 1, sizeof(struct plan_host *));

	for (size_t i = 0; i < list->len; i++)
		ret[i] = &list->items[i];
	qsort(ret, list->len, sizeof(*ret), by_host);
	return ret;
}

/* "" stands for a name that had no address: then all of it is done. */
static bool is_same_family(const char *done, const char *ip)
{
	return !*done || !strchr(done, ':') == !strchr(ip, ':');
}

/*
 * A name that was looked at over a family of addresses is done there, whatever
 * it resolves to by now.
 */
static bool is_done(const struct plan_walk *w, const struct stop *stop,
		    const char *ip)
{
	const struct plan_host key = { stop->of->target, ip }, *k = &key;
	bool name = stop->of->target_type == PLAN_TARGET_TARGET_TYPE_DOMAIN;
	size_t low = 0, high = w->plan->done.len;

	if (!name)
		return bsearch(&k, w->done, high, sizeof(*w->done), by_host);
	while (low < high) { /* to the first of that name */
		size_t middle = (low + high) / 2;

		if (strcmp(w->done[middle]->target, key.target) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < w->plan->done.len &&
	       !strcmp(w->done[low]->target, key.target);
	     low++)
		if (is_same_family(w->done[low]->ip, ip))
			return true;
	return false;
}

static bool is_retry(const struct plan_walk *w, const struct stop *stop,
		     const char *ip)
{
	const struct plan_host key = { stop->of->target, ip }, *k = &key;

	return bsearch(&k, w->retry, w->plan->retry.len, sizeof(*w->retry),
		       by_host) != NULL;
}

/* ---- names ---- */

struct resolving {
	struct plan_walk *walk;
	int64_t deadline;
	atomic_size_t next;
	pthread_mutex_t lock; /* of the arena */
	struct arena *arena;
};

/*
 * A name that still has the address it was registered with keeps it, so that
 * a changing order of answers changes no finding; otherwise the first one.
 */
static const char *choose(const struct plan_target *t,
			  const struct addr_list *found, struct arena *a,
			  struct addr *ret)
{
	struct addr pinned = { 0 };
	char text[ADDR_TEXT];

	*ret = found->items[0];
	if (!t->pinned_ip || !addr_parse(t->pinned_ip, &pinned))
		return NULL;
	for (size_t i = 0; i < found->len; i++)
		if (addr_equal(&found->items[i], &pinned)) {
			*ret = pinned;
			return NULL;
		}
	return arena_printf(a,
			    "The address changed from %s to %s since the "
			    "target was registered",
			    t->pinned_ip, addr_text(ret, text));
}

/* The first address of the family that the first one is not of, or NULL. */
static const struct addr *of_other_family(const struct addr_list *found,
					  const struct addr *first)
{
	for (size_t i = 0; i < found->len; i++)
		if (found->items[i].family != first->family)
			return &found->items[i];
	return NULL;
}

/* One address of each family; what this machine cannot reach is said. */
static const char *choose_both(struct stop *stop, const struct addr_list *found,
			       struct arena *a)
{
	const char *why = choose(stop->of, found, a, &stop->addrs[0]);
	const struct addr *other = of_other_family(found, &stop->addrs[0]);
	char text[ADDR_TEXT];

	if (!other)
		return why;
	if (conn_has_route(other)) {
		stop->addrs[1] = *other;
		stop->count = 2;
		return why;
	}
	return arena_printf(a, "%s%s%s was not looked at: no route from here",
			    why ? why : "", why ? "; " : "",
			    addr_text(other, text));
}

static void resolve_one(struct resolving *r, struct stop *stop)
{
	int64_t end = clock_tick() + RESOLVE_SECONDS * CLOCK_SECOND;
	_arena_ struct arena a = { 0 };
	struct addr_list found = { 0 };
	struct target_spec spec = { 0 };
	struct err err = { 0 };
	const char *why = NULL;

	if (end > r->deadline)
		end = r->deadline;
	if (!target_normalise(&r->walk->policy, "domain", stop->of->target, &a,
			      &spec, &err) ||
	    !target_resolve(spec.value, &r->walk->policy, end, &a, &found,
			    &err))
		why = err.msg;
	else
		why = choose_both(stop, &found, &a);
	pthread_mutex_lock(&r->lock);
	stop->why = arena_strdup(r->arena, why);
	pthread_mutex_unlock(&r->lock);
}

static void *resolver(void *arg)
{
	struct resolving *r = arg;
	struct plan_walk *w = r->walk;
	size_t i;

	while ((i = atomic_fetch_add(&r->next, 1)) < w->stop_count)
		if (w->stops[i].of->target_type ==
		    PLAN_TARGET_TARGET_TYPE_DOMAIN)
			resolve_one(r, &w->stops[i]);
	return NULL;
}

static void resolve_all(struct plan_walk *w, size_t names, int64_t deadline,
			struct arena *a)
{
	struct resolving r = { .walk = w, .deadline = deadline, .arena = a };
	pthread_t threads[RESOLVERS_MAX];
	pthread_attr_t attr;
	int started = 0;

	if (!names)
		return;
	pthread_mutex_init(&r.lock, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	while (started < RESOLVERS_MAX && (size_t)started + 1 < names &&
	       !pthread_create(&threads[started], &attr, resolver, &r))
		started++;
	resolver(&r); /* this thread takes part */
	while (started)
		pthread_join(threads[--started], NULL);
	pthread_attr_destroy(&attr);
	pthread_mutex_destroy(&r.lock);
}

/* ---- opening ---- */

/* The whole network lies in one block that may not be contacted. */
static const char *net_refused(const struct plan_walk *w,
			       const struct cidr *net)
{
	const struct special *s = cidr_special(net, false);
	struct cidr block;

	if (!s || !cidr_parse(s->block, &block) || !cidr_covers(&block, net) ||
	    !target_refuses(&w->policy, &net->base))
		return NULL;
	for (size_t i = 0; i < w->policy.allow.len; i++)
		if (cidr_covers(net, &w->policy.allow.items[i]))
			return NULL;
	return s->reason;
}

/* Network and broadcast address of an IPv4 network are nobody's. */
static bool stop_of_network(const struct plan_walk *w, struct stop *stop,
			    struct arena *a, struct err *err)
{
	const char *refused;

	if (!cidr_parse(stop->of->target, &stop->net))
		return err_set(err, ERR_INVALID, "%.100s is not a network",
			       stop->of->target);
	stop->count = cidr_count(&stop->net);
	if (stop->count > TARGET_CIDR_MAX)
		return err_set(err, ERR_INVALID, "%.100s is too large",
			       stop->of->target);
	if (stop->net.base.family == 4 && stop->count > 2) {
		stop->first = 1;
		stop->count -= 2;
	}
	refused = net_refused(w, &stop->net);
	if (refused && stop->count > 1) {
		stop->count = 1;
		stop->why =
			arena_printf(a, "Not contacted: %s network", refused);
	}
	return true;
}

static void copy_kind(struct plan_walk *w, bool names)
{
	for (size_t i = 0; i < w->plan->targets.len; i++) {
		const struct plan_target *t = &w->plan->targets.items[i];
		bool name = t->target_type == PLAN_TARGET_TARGET_TYPE_DOMAIN;

		if (w->in_turns || name == names)
			w->stops[w->stop_count++] =
				(struct stop){ .of = t, .count = 1 };
	}
}

static int by_target_text(const void *a, const void *b)
{
	const struct stop *x = *(struct stop *const *)a;
	const struct stop *y = *(struct stop *const *)b;
	int order = strcmp(x->of->target, y->of->target);

	return order ? order : (x > y) - (x < y);
}

/* A target that stands twice in the plan is looked at once. */
static void drop_doubles(struct plan_walk *w)
{
	_arena_ struct arena a = { 0 };
	struct stop **order =
		arena_array(&a, w->stop_count + 1, sizeof(*order));
	size_t kept = 0;

	for (size_t i = 0; i < w->stop_count; i++)
		order[i] = &w->stops[i];
	qsort(order, w->stop_count, sizeof(*order), by_target_text);
	for (size_t i = 1; i < w->stop_count; i++)
		if (!strcmp(order[i]->of->target, order[i - 1]->of->target))
			order[i]->count = 0;
	for (size_t i = 0; i < w->stop_count; i++)
		if (w->stops[i].count)
			w->stops[kept++] = w->stops[i];
	w->stop_count = kept;
}

static void set_total(struct plan_walk *w, struct arena *a)
{
	uint64_t all = 0;
	size_t most = w->plan->max_hosts ? (size_t)w->plan->max_hosts
					 : PLAN_HOSTS_MAX;

	for (size_t i = 0; i < w->stop_count; i++)
		all += w->stops[i].count;
	w->total = all < most ? (size_t)all : most;
	if (all > most)
		w->cut = arena_printf(a,
				      "%llu of %llu addresses are left out: "
				      "the limit is %zu",
				      (unsigned long long)(all - most),
				      (unsigned long long)all, most);
}

bool plan_open(const struct scan_plan *plan, int64_t deadline, struct arena *a,
	       struct plan_walk **ret, struct err *err)
{
	struct plan_walk *w = arena_alloc(a, sizeof(*w));
	size_t names = 0;

	w->arena = a;
	w->plan = plan;
	w->in_turns = plan->max_hosts > 0;
	w->policy = (struct target_policy){ .use = TARGET_CONNECT,
					    .hosts_file = plan->hosts_file,
					    .resolver = plan->resolver };
	if (!net_list_parse(plan->allow_networks ? plan->allow_networks : "", a,
			    &w->policy.allow, err))
		return false;
	w->stops = arena_array(a, plan->targets.len + 1, sizeof(*w->stops));
	copy_kind(w, false);
	if (!w->in_turns)
		copy_kind(w, true);
	drop_doubles(w);
	for (size_t i = 0; i < w->stop_count; i++) {
		if (w->stops[i].of->target_type ==
		    PLAN_TARGET_TARGET_TYPE_DOMAIN)
			names++;
		else if (!stop_of_network(w, &w->stops[i], a, err))
			return false;
	}
	w->done = sorted(&plan->done, a);
	w->retry = sorted(&plan->retry, a);
	w->later = arena_array(a, plan->retry.len + 1, sizeof(*w->later));
	resolve_all(w, names, deadline, a);
	set_total(w, a);
	*ret = w;
	return true;
}

size_t plan_total(const struct plan_walk *walk)
{
	return walk->total;
}

const struct target_policy *plan_policy(const struct plan_walk *walk)
{
	return &walk->policy;
}

const char *plan_cut(const struct plan_walk *walk)
{
	return walk->cut;
}

/* ---- walking ---- */

/* The stop that gives the next address, or NULL after the last. */
static struct stop *next_stop(struct plan_walk *w)
{
	for (size_t tried = 0; tried < w->stop_count; tried++) {
		struct stop *stop = &w->stops[w->at];

		if (stop->at < stop->count) {
			if (w->in_turns)
				w->at = (w->at + 1) % w->stop_count;
			return stop;
		}
		w->at = (w->at + 1) % w->stop_count;
	}
	return NULL;
}

static void address_of(struct plan_walk *w, struct stop *stop,
		       struct plan_address *ret)
{
	const char *refused = NULL;

	*ret = (struct plan_address){ .target = stop->of->target,
				      .why = stop->why };
	if (stop->of->target_type == PLAN_TARGET_TARGET_TYPE_DOMAIN) {
		ret->name = stop->of->target;
		ret->speaks_for_name = !stop->at;
		ret->addr = stop->addrs[stop->at];
		ret->why = stop->at ? NULL : stop->why;
	} else if (!stop->why) {
		cidr_nth(&stop->net, stop->first + stop->at, &ret->addr);
	}
	stop->at++;
	if (ret->addr.family) {
		addr_text(&ret->addr, ret->ip);
		refused = target_refuses(&w->policy, &ret->addr);
	}
	if (!refused)
		return;
	ret->why = arena_printf(w->arena, "Not contacted: %s address", refused);
	ret->addr = (struct addr){ 0 };
}

/* What is to be tried alone is put aside until everything else is over. */
static bool set_aside(struct plan_walk *w, const struct stop *stop,
		      const struct plan_address *address)
{
	if (w->later_count == w->plan->retry.len ||
	    !is_retry(w, stop, address->ip))
		return false;
	w->later[w->later_count] = *address;
	w->later[w->later_count++].alone = true;
	return true;
}

/* The first result tells what no result is there for. */
static void tell_cut(struct plan_walk *w, struct plan_address *address)
{
	if (!w->cut || w->cut_told)
		return;
	w->cut_told = true;
	address->why = arena_printf(w->arena, "%s%s%s",
				    address->why ? address->why : "",
				    address->why ? "; " : "", w->cut);
}

bool plan_next(struct plan_walk *w, struct plan_address *ret)
{
	while (w->walked < w->total) {
		struct stop *stop = next_stop(w);

		if (!stop)
			break;
		w->walked++;
		address_of(w, stop, ret);
		if (is_done(w, stop, ret->ip))
			continue;
		tell_cut(w, ret);
		if (!set_aside(w, stop, ret))
			return true;
	}
	w->walked = w->total;
	if (w->later_at == w->later_count)
		return false;
	*ret = w->later[w->later_at++];
	return true;
}
