#include "scan/run.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "net/conn.h"
#include "scan/sweep.h"

enum {
	STACK_BYTES = 512 * 1024,
	QUEUE_SPARE = 64, /* hosts that wait for a thread, beyond one each */
	ERRORS_MAX = 64,
	FACT_BYTES_MAX = 128 * 1024,	   /* of one fact */
	FACTS_BYTES_MAX = 4 * 1024 * 1024, /* of all of a host */
	HOST_US = 45 * 1000000,		   /* for all probes of a host */
};

/* An address on its way; it lies in its own arena, and ends with it. */
struct job {
	struct job *next;
	struct arena arena;
	struct plan_address address;
	int *ports;
	size_t port_count;
};

struct runner {
	const struct run_options *o;
	int tested[PLAN_PORTS_MAX];
	size_t tested_count;
	struct job *alone; /* the first address that is to be looked at alone */
	bool at_end;	   /* the walk has no more */
	/* The lock guards what is below. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct job *first, **last;
	size_t waiting, waiting_max;
	bool closed; /* nothing will be added */
	bool incomplete;
};

/* ---- messages ---- */

static void send_locked(struct runner *r, const struct probe_message *m)
{
	pthread_mutex_lock(&r->lock);
	r->o->send(r->o->ctx, m);
	pthread_mutex_unlock(&r->lock);
}

static void send_unreached(struct runner *r, const struct plan_address *address)
{
	const char *errors[1] = { address->why };
	struct probe_message m = {
		.kind = PROBE_MESSAGE_KIND_HOST,
		.target = address->target,
		.name = address->name,
		.ip = address->ip,
		.has_errors = address->why != NULL,
		.errors = { errors, address->why ? 1 : 0 },
		.has_open_ports = true,
	};

	send_locked(r, &m);
}

/* ---- one host ---- */

static void add_error(struct probe_message *m, const char *text,
		      struct arena *a)
{
	if (m->errors.len == ERRORS_MAX)
		return;
	if (!m->errors.items)
		m->errors.items =
			arena_array(a, ERRORS_MAX, sizeof(const char *));
	m->errors.items[m->errors.len++] = arena_strdup(a, text);
	m->has_errors = true;
}

/* A probe that states what it has not declared is wrong, in every build. */
static void check_declared(const struct probe *probe,
			   const struct fact_list *facts, size_t from)
{
	for (; from < facts->len; from++) {
		const struct fact_def *def =
			probe_declares(probe, facts->items[from].name);

		assert(def && def->kind == facts->items[from].kind);
	}
}

static bool is_on(const struct scan_plan *plan, enum probe_feature feature)
{
	const struct plan_features *f = plan->features;

	if (!f)
		return true;
	switch (feature) {
	case PROBE_PORTS:
		return f->port_scan;
	case PROBE_WEB:
		return f->web_checks;
	case PROBE_DNS:
		return f->dns_checks;
	case PROBE_WHOIS:
		return f->whois_checks;
	}
	return false;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* What a probe needs on its way is given back; its facts are the host's. */
static void run_probe(struct probe_run *run, int64_t host_deadline,
		      struct probe_message *m)
{
	_arena_ struct arena scratch = { 0 };
	int64_t time = run->probe->requests
			       ? run->probe->requests * run->request_us
			       : run->probe->deadline_ms * INT64_C(1000);
	size_t before = run->facts->len;
	struct err err = { 0 };

	run->deadline = least(host_deadline, clock_tick() + time);
	run->arena = &scratch;
	if (!run->probe->run(run, &err))
		add_error(m, err.msg, run->facts->arena);
	check_declared(run->probe, run->facts, before);
}

/* The facts as text; what is beyond the bounds is left out, and said. */
static void add_facts(const struct fact_list *facts, struct probe_message *m,
		      struct arena *a)
{
	size_t bytes = 0, left_out = 0;

	m->facts.items = arena_array(a, facts->len + 1, sizeof(const char *));
	for (size_t i = 0; i < facts->len; i++) {
		struct sb text = sb_new(a, 128);

		fact_write(&facts->items[i], &text);
		if (text.len > FACT_BYTES_MAX ||
		    bytes + text.len > FACTS_BYTES_MAX) {
			left_out++;
			continue;
		}
		bytes += text.len;
		m->facts.items[m->facts.len++] = text.s;
	}
	m->has_facts = true;
	if (left_out || facts->truncated)
		add_error(m, "More was seen than is kept", a);
}

static bool is_named(const struct scan_plan *plan, const struct probe *probe)
{
	for (size_t i = 0; i < plan->only.len; i++)
		if (!strcmp(plan->only.items[i], probe->name))
			return true;
	return !plan->only.len && !probe->on_request;
}

static bool may_run(const struct scan_plan *plan, const struct probe *probe)
{
	return is_on(plan, probe->feature) && is_named(plan, probe) &&
	       (plan->intrusive || !probe->intrusive) &&
	       (plan->profile != SCAN_PLAN_PROFILE_QUICK || !probe->thorough);
}

/* Whether anything is looked at for the name itself. */
static bool name_is_looked_at(const struct scan_plan *plan,
			      const struct plan_address *address)
{
	if (!address->name || !address->speaks_for_name)
		return false;
	for (const struct probe *const *p = probe_list; *p; p++)
		if ((*p)->of_name && may_run(plan, *p))
			return true;
	return false;
}

static void add_ports(const struct probe_host *host, struct probe_message *m,
		      struct arena *a)
{
	m->is_alive = host->port_count > 0;
	m->has_open_ports = true;
	m->open_ports.items =
		arena_array(a, host->port_count + 1, sizeof(int64_t));
	for (size_t i = 0; i < host->port_count; i++)
		m->open_ports.items[m->open_ports.len++] = host->ports[i];
}

static bool is_wanted(const struct probe *probe, const struct probe_host *host,
		      int port)
{
	if (probe->of_name)
		return !port && host->name && host->speaks_for_name;
	/* Without a port there is nobody to look at. */
	return host->port_count && probe_wants(probe, port);
}

void run_host(const struct run_options *o, const struct probe_host *host,
	      struct arena *a, struct probe_message *ret)
{
	struct probe_message m = { .kind = PROBE_MESSAGE_KIND_HOST,
				   .target = host->target,
				   .name = host->name,
				   .ip = host->ip };
	struct fact_list facts = { .arena = a };
	struct web_page *pages = NULL;
	int64_t request_us = o->plan->scan_timeout * CLOCK_SECOND;
	int64_t host_us = o->plan->host_deadline
				  ? o->plan->host_deadline * CLOCK_SECOND
				  : HOST_US + 4 * request_us;
	int64_t deadline = least(o->deadline, clock_tick() + host_us);
	struct probe_run run = {
		.host = host,
		.now = clock_now(),
		.request_us = request_us,
		.user_agent = o->plan->user_agent ? o->plan->user_agent
						  : PLAN_USER_AGENT,
		.plan = o->plan,
		.policy = plan_policy(o->walk),
		.trust = o->trust,
		.logs = o->logs,
		.pages = &pages,
		.facts = &facts,
	};
	bool late = false;

	add_ports(host, &m, a);
	for (const struct probe *const *p = probe_list; *p; p++) {
		if (!may_run(o->plan, *p))
			continue;
		run.probe = *p;
		for (size_t i = 0; i <= host->port_count; i++) {
			run.port = i ? host->ports[i - 1] : 0;
			if (!is_wanted(*p, host, run.port))
				continue;
			late |= clock_tick() >= deadline;
			if (!late)
				run_probe(&run, deadline, &m);
		}
	}
	if (late)
		add_error(&m, "Not all was looked at: the time was over", a);
	add_facts(&facts, &m, a);
	*ret = m;
}

static void job_free(struct job *job)
{
	struct arena arena = job->arena;

	arena_free(&arena);
}

static bool time_is_over(struct runner *r)
{
	if (clock_tick() < r->o->deadline)
		return false;
	pthread_mutex_lock(&r->lock);
	r->incomplete = true;
	pthread_mutex_unlock(&r->lock);
	return true;
}

static void run_job(struct runner *r, struct job *job)
{
	struct probe_message m = { .kind = PROBE_MESSAGE_KIND_BEGIN,
				   .target = job->address.target,
				   .ip = job->address.ip };
	struct probe_host host = {
		.target = job->address.target,
		.name = job->address.name,
		.ip = job->address.ip,
		.addr = job->address.addr,
		.speaks_for_name = job->address.speaks_for_name,
		.ports = job->ports,
		.port_count = job->port_count,
		.tested = r->tested,
		.tested_count = r->tested_count,
	};

	if (time_is_over(r)) {
		job_free(job);
		return;
	}
	send_locked(r, &m);
	run_host(r->o, &host, &job->arena, &m);
	if (job->address.why)
		add_error(&m, job->address.why, &job->arena);
	/* Cut short by the end of the scan: not a result to be kept. */
	if (!time_is_over(r))
		send_locked(r, &m);
	job_free(job);
}

/* ---- the pool ---- */

static struct job *queue_take(struct runner *r)
{
	struct job *job;

	pthread_mutex_lock(&r->lock);
	while (!r->first && !r->closed)
		pthread_cond_wait(&r->changed, &r->lock);
	job = r->first;
	if (job) {
		r->first = job->next;
		if (!r->first)
			r->last = &r->first;
		r->waiting--;
	}
	pthread_mutex_unlock(&r->lock);
	return job;
}

static void queue_put(struct runner *r, struct job *job)
{
	pthread_mutex_lock(&r->lock);
	job->next = NULL;
	*r->last = job;
	r->last = &job->next;
	r->waiting++;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static void queue_close(struct runner *r)
{
	pthread_mutex_lock(&r->lock);
	r->closed = true;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static bool queue_is_full(struct runner *r)
{
	bool full;

	pthread_mutex_lock(&r->lock);
	full = r->waiting >= r->waiting_max;
	pthread_mutex_unlock(&r->lock);
	return full;
}

static void *worker(void *arg)
{
	struct runner *r = arg;
	struct job *job;

	while ((job = queue_take(r)))
		run_job(r, job);
	return NULL;
}

/* ---- the sweep's two calls ---- */

static struct job *job_new(const struct plan_address *address)
{
	struct arena a = { 0 };
	struct job *job = arena_alloc(&a, sizeof(*job));

	job->address = *address;
	job->arena = a;
	return job;
}

/* No address to sweep; what is known of the name may still be looked at. */
static void name_only(struct runner *r, const struct plan_address *address)
{
	if (name_is_looked_at(r->o->plan, address))
		queue_put(r, job_new(address));
	else
		send_unreached(r, address);
}

static enum sweep_next next_host(void *ctx, struct sweep_host *ret)
{
	struct runner *r = ctx;
	struct plan_address address;

	if (r->alone || r->at_end)
		return SWEEP_END;
	if (queue_is_full(r))
		return SWEEP_WAIT;
	while (plan_next(r->o->walk, &address)) {
		if (!address.addr.family) {
			name_only(r, &address);
			continue;
		}
		ret->addr = address.addr;
		ret->tag = job_new(&address);
		if (!address.alone)
			return SWEEP_HOST;
		r->alone = ret->tag;
		return SWEEP_END;
	}
	r->at_end = true;
	return SWEEP_END;
}

/* Whoever has nothing open is done with; false: `job` is, too. */
static bool take_ports(struct runner *r, struct job *job,
		       const struct sweep_result *result)
{
	if (time_is_over(r)) { /* what was not answered is not known */
		job_free(job);
		return false;
	}
	if (!result->open && !name_is_looked_at(r->o->plan, &job->address)) {
		send_unreached(r, &job->address);
		job_free(job);
		return false;
	}
	job->ports = arena_array(&job->arena, result->open, sizeof(int));
	for (size_t i = 0; i < r->tested_count; i++)
		if (result->states[i] == PORT_OPEN)
			job->ports[job->port_count++] = r->tested[i];
	return true;
}

static void host_decided(void *ctx, const struct sweep_result *result)
{
	struct runner *r = ctx;
	struct job *job = result->host->tag;

	if (take_ports(r, job, result))
		queue_put(r, job);
}

/* ---- alone ---- */

struct single {
	struct runner *runner;
	struct job *job;
	bool given, wanted;
};

static enum sweep_next single_next(void *ctx, struct sweep_host *ret)
{
	struct single *s = ctx;

	if (s->given)
		return SWEEP_END;
	s->given = true;
	ret->addr = s->job->address.addr;
	return SWEEP_HOST;
}

static void single_decided(void *ctx, const struct sweep_result *result)
{
	struct single *s = ctx;

	s->wanted = take_ports(s->runner, s->job, result);
}

static bool run_alone(struct runner *r, struct sweep_options *sweep,
		      struct err *err)
{
	struct sweep_stats stats = { 0 };
	struct plan_address address;
	struct job *job = r->alone;

	while (job) {
		struct single s = { .runner = r, .job = job };

		sweep->ctx = &s;
		sweep->next = single_next;
		sweep->decided = single_decided;
		if (!sweep_run(sweep, &stats, err))
			return false;
		if (s.wanted)
			run_job(r, job);
		job = NULL;
		while (!job && plan_next(r->o->walk, &address)) {
			if (address.addr.family)
				job = job_new(&address);
			else if (name_is_looked_at(r->o->plan, &address))
				run_job(r, job_new(&address));
			else
				send_unreached(r, &address);
		}
	}
	return true;
}

/* ---- all of it ---- */

struct pool {
	pthread_t threads[200];
	size_t count;
};

static bool pool_start(struct runner *r, struct pool *pool, struct err *err)
{
	size_t wanted = (size_t)r->o->plan->concurrency;
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	while (pool->count < wanted && pool->count < 200 &&
	       !pthread_create(&pool->threads[pool->count], &attr, worker, r))
		pool->count++;
	pthread_attr_destroy(&attr);
	return pool->count ||
	       err_set(err, ERR_INTERNAL, "cannot start a thread");
}

static void pool_finish(struct runner *r, struct pool *pool)
{
	queue_close(r);
	while (pool->count)
		pthread_join(pool->threads[--pool->count], NULL);
}

static bool sweep_all(struct runner *r, struct err *err)
{
	struct sweep_options sweep = {
		.ports = r->tested,
		.port_count = r->tested_count,
		.rate = (int)r->o->plan->rate,
		.retries = 1,
		.deadline = r->o->deadline,
		.ctx = r,
		.next = next_host,
		.decided = host_decided,
	};
	struct sweep_stats stats = { 0 };
	struct pool pool = { 0 };
	bool ok;

	if (!pool_start(r, &pool, err))
		return false;
	ok = sweep_run(&sweep, &stats, err);
	pool_finish(r, &pool);
	r->incomplete |= stats.late;
	return ok && run_alone(r, &sweep, err);
}

/* No port to sweep: what is left are the names. */
static bool names_only(struct runner *r, struct err *err)
{
	struct plan_address address;
	struct pool pool = { 0 };

	if (!pool_start(r, &pool, err))
		return false;
	while (plan_next(r->o->walk, &address))
		name_only(r, &address);
	pool_finish(r, &pool);
	return true;
}

static void send_head(struct runner *r)
{
	struct probe_message m = { .kind = PROBE_MESSAGE_KIND_TOTAL,
				   .has_total = true,
				   .total = (int64_t)plan_total(r->o->walk) };

	r->o->send(r->o->ctx, &m);
	if (!plan_cut(r->o->walk))
		return;
	m = (struct probe_message){ .kind = PROBE_MESSAGE_KIND_NOTE,
				    .text = plan_cut(r->o->walk) };
	r->o->send(r->o->ctx, &m);
}

bool run_plan(const struct run_options *options, struct err *err)
{
	struct runner r = { .o = options, .last = &r.first };
	struct probe_message end = { .kind = PROBE_MESSAGE_KIND_END };
	bool ok;

	r.tested_count = plan_ports(options->plan, r.tested);
	r.waiting_max = (size_t)options->plan->concurrency + QUEUE_SPARE;
	pthread_mutex_init(&r.lock, NULL);
	pthread_cond_init(&r.changed, NULL);
	send_head(&r);
	conn_limit(options->plan->target_rate ? (int)options->plan->target_rate
					      : PLAN_TARGET_RATE);
	ok = r.tested_count ? sweep_all(&r, err) : names_only(&r, err);
	pthread_cond_destroy(&r.changed);
	pthread_mutex_destroy(&r.lock);
	if (!ok)
		return false;
	end.complete = !r.incomplete;
	options->send(options->ctx, &end);
	return true;
}
