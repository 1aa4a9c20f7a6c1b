#include "api/certificate_run.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "scan/child.h"
#include "scan/plan.h"

/* Beside the time of the names: to resolve them, and to begin and end. */
enum { RESOLVE_SECONDS = 10, SPARE_SECONDS = 2, GROUPS_MAX = 8, TURN_MS = 20 };

/* ---- room for processes ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static size_t running;

static bool take_room(size_t count, struct err *err)
{
	struct timespec until;
	int late = 0;
	bool ok;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += CERTIFICATE_WAIT_SECONDS;
	pthread_mutex_lock(&lock);
	while (running + count > CERTIFICATE_PROCESSES && late != ETIMEDOUT)
		late = pthread_cond_timedwait(&freed, &lock, &until);
	ok = running + count <= CERTIFICATE_PROCESSES;
	if (ok)
		running += count;
	pthread_mutex_unlock(&lock);
	if (ok)
		return true;
	err_set(err, ERR_BUSY, "Too many certificate checks are in progress");
	if (err)
		err->retry_after = CERTIFICATE_SECONDS;
	return false;
}

static void give_room(size_t count)
{
	pthread_mutex_lock(&lock);
	running -= count;
	pthread_cond_broadcast(&freed);
	pthread_mutex_unlock(&lock);
}

/* ---- one group ---- */

struct group {
	struct call *call;
	struct child *child;
	const char *const *names;
	struct certificate_result *results;
	size_t count;
	bool over;
};

static bool is_open(const struct group *g, size_t i)
{
	return g->names[i] && g->results[i].end == CERTIFICATE_FAILED &&
	       !g->results[i].ip;
}

static size_t add_targets(const struct group *g, struct scan_plan *plan)
{
	struct arena *a = g->call->arena;

	plan->targets.items =
		arena_array(a, g->count, sizeof(*plan->targets.items));
	for (size_t i = 0; i < g->count; i++)
		if (is_open(g, i))
			plan->targets.items[plan->targets.len++] =
				(struct plan_target){
					.target = g->names[i],
					.target_type =
						PLAN_TARGET_TARGET_TYPE_DOMAIN,
				};
	return plan->targets.len;
}

/* Looks at those that have no result yet. */
static bool start(struct group *g, int port, struct err *err)
{
	static const char *only[] = { "cert", "cert_check" };
	const struct settings *s = g->call->settings;
	static const struct plan_features all = { true, true, true, true };
	int64_t ports[] = { port };
	struct scan_plan plan = {
		.ports = { ports, 1 },
		.features = (struct plan_features *)&all,
		.only = { only, 2 },
		.concurrency = CERTIFICATE_GROUP,
		.host_deadline = CERTIFICATE_SECONDS,
		.deadline =
			RESOLVE_SECONDS + CERTIFICATE_SECONDS + SPARE_SECONDS,
		.allow_networks = s->scan_allow_networks,
		.hosts_file = s->hosts_file,
		.ca_file = s->ca_file,
		.ct_log_list = s->ct_log_list,
		.discreet = s->scan_discreet,
		.user_agent =
			plan_user_agent(s->scan_contact_url, g->call->arena),
	};

	/* One address of each name: the plan's targets take turns. */
	plan.max_hosts = (int64_t)add_targets(g, &plan);
	g->over = !plan.max_hosts;
	return g->over || child_start(&plan, &g->child, err);
}

static struct certificate_result *result_of(struct group *g, const char *name)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->names[i] && !strcmp(g->names[i], name))
			return &g->results[i];
	return NULL;
}

static void take(struct group *g, const struct probe_message *m)
{
	struct certificate_result *r = m->kind == PROBE_MESSAGE_KIND_HOST
					       ? result_of(g, m->target)
					       : NULL;
	struct fact_list facts = { .arena = g->call->arena };

	if (!r || r->end == CERTIFICATE_LOOKED_AT)
		return;
	r->ip = m->ip;
	r->errors = m->errors;
	r->end = *m->ip ? CERTIFICATE_LOOKED_AT : CERTIFICATE_REFUSED;
	if (m->has_facts && !child_facts(m, g->call->arena, &facts, NULL)) {
		r->end = CERTIFICATE_FAILED;
		return;
	}
	facts.arena = g->call->arena;
	r->facts = facts;
}

/* What it had in its hands has failed; the others are taken up again. */
static bool on_death(struct group *g, int port, const struct err *why)
{
	const struct plan_host_list *blame = child_in_flight(g->child);

	log_error("certificate_check", g->call->request->id, why);
	if (!blame->len) {
		g->over = true;
		return false;
	}
	for (size_t i = 0; i < blame->len; i++) {
		struct certificate_result *r =
			result_of(g, blame->items[i].target);

		if (r)
			r->ip = arena_strdup(g->call->arena,
					     blame->items[i].ip);
	}
	child_stop(g->child);
	g->child = NULL;
	if (start(g, port, NULL))
		return true;
	g->over = true;
	return false;
}

/* One turn: a message, or a little while without one. */
static void turn(struct group *g, int port)
{
	struct probe_message m = { 0 };
	struct err why = { 0 };

	switch (child_next(g->child, TURN_MS, g->call->arena, &m, &why)) {
	case CHILD_MESSAGE:
		take(g, &m);
		return;
	case CHILD_TIMEOUT:
		return;
	case CHILD_DIED:
		on_death(g, port, &why);
		return;
	case CHILD_LATE:
	case CHILD_ENDED:
		g->over = true;
	}
}

/* ---- all of them ---- */

static bool run_groups(struct group *groups, size_t count, int port,
		       struct err *err)
{
	bool ok = true, more = true;

	for (size_t i = 0; i < count && ok; i++)
		ok = start(&groups[i], port, err);
	while (ok && more) {
		more = false;
		for (size_t i = 0; i < count; i++) {
			if (!groups[i].over)
				turn(&groups[i], port);
			more |= !groups[i].over;
		}
	}
	for (size_t i = 0; i < count; i++)
		child_stop(groups[i].child);
	return ok;
}

/* Nothing was said of them in time: that, too, is an answer. */
static void say_late(const char *const *names, size_t count,
		     struct certificate_result *results)
{
	static const char *late = "TLS handshake failed: timed out";

	for (size_t i = 0; i < count; i++)
		if (names[i] && results[i].end == CERTIFICATE_FAILED &&
		    !results[i].ip)
			results[i] = (struct certificate_result){
				.end = CERTIFICATE_LOOKED_AT,
				.ip = "",
				.errors = { &late, 1 },
			};
}

bool certificate_run(struct call *call, const char *const *names, size_t count,
		     int port, struct certificate_result *ret, struct err *err)
{
	size_t wanted = (count + CERTIFICATE_GROUP - 1) / CERTIFICATE_GROUP;
	struct group groups[GROUPS_MAX] = { 0 };
	bool ok;

	if (wanted > GROUPS_MAX)
		return err_set(err, ERR_TOO_LARGE, "too many names");
	for (size_t i = 0; i < wanted; i++) {
		size_t from = i * CERTIFICATE_GROUP;

		groups[i] = (struct group){
			.call = call,
			.names = names + from,
			.results = ret + from,
			.count = count - from < CERTIFICATE_GROUP
					 ? count - from
					 : CERTIFICATE_GROUP,
		};
	}
	if (!take_room(wanted, err))
		return false;
	ok = run_groups(groups, wanted, port, err);
	give_room(wanted);
	say_late(names, count, ret);
	return ok;
}
