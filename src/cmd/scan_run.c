#include "cmd/scan_run.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "core/catalog.h"
#include "net/addr.h"
#include "scan/child.h"

enum { CRASHES_MAX = 3, SELF_DEATHS_MAX = 3, LOOK_MS = 200 };

/* An address the probe died with, and how often. */
struct crash {
	struct crash *next;
	struct plan_host host;
	int times;
};

struct run {
	struct arena *arena;
	struct scan_plan *plan;
	struct child *child;
	struct scanned *found;
	struct crash *crashes;
	int self_deaths;
	int64_t total;
	bool show_progress;
};

/* ---- progress ---- */

static void show_progress(const struct run *run)
{
	int64_t total = run->total ? run->total : 1;
	int done = (int)(30 * run->found->hosts / total);

	if (!run->show_progress)
		return;
	fprintf(stderr, "\r[%.*s%.*s] %lld of %lld addresses ", done,
		"##############################", 30 - done,
		"..............................", (long long)run->found->hosts,
		(long long)run->total);
	fflush(stderr);
}

static void clear_progress(const struct run *run)
{
	if (run->show_progress)
		fputs("\r\033[K", stderr);
}

/* ---- hosts ---- */

static void keep_message(struct run *run, const struct probe_message *m,
			 struct scanned_host *h)
{
	struct arena *a = run->arena;

	h->seen = *m;
	h->seen.target = arena_strdup(a, m->target);
	h->seen.name = arena_strdup(a, m->name);
	h->seen.ip = arena_strdup(a, m->ip);
	h->seen.facts = (struct str_list){ 0 };
	h->seen.open_ports.items =
		arena_array(a, m->open_ports.len + 1, sizeof(int64_t));
	for (size_t i = 0; i < m->open_ports.len; i++)
		h->seen.open_ports.items[i] = m->open_ports.items[i];
	h->seen.errors.items =
		arena_array(a, m->errors.len + 1, sizeof(char *));
	for (size_t i = 0; i < m->errors.len; i++)
		h->seen.errors.items[i] = arena_strdup(a, m->errors.items[i]);
}

static bool add_host(struct run *run, const struct probe_message *m,
		     struct err *err)
{
	struct scanned_host *h = arena_alloc(run->arena, sizeof(*h));
	struct judge_input in = {
		.facts = &h->facts,
		.checks = catalog_checks(),
		.now = clock_now(),
	};

	keep_message(run, m, h);
	in.name = h->seen.name;
	in.ip = h->seen.ip;
	if (!child_facts(m, run->arena, &h->facts, err))
		return false;
	judge_host(&in, run->arena, &h->judged);
	*run->found->last = h;
	run->found->last = &h->next;
	run->found->hosts++;
	run->found->alive += m->is_alive;
	show_progress(run);
	return true;
}

/* The place of a host's target on the command line. */
static size_t place_of(const struct run *run, const struct scanned_host *h)
{
	size_t i = 0;

	while (i < run->plan->targets.len &&
	       strcmp(run->plan->targets.items[i].target, h->seen.target) != 0)
		i++;
	return i;
}

struct placed {
	struct scanned_host *host;
	size_t place;
	struct addr addr;
};

static int by_place(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return memcmp(&x->addr, &y->addr, sizeof(x->addr));
}

/* In the order of the command line, not in that of the answers. */
static void put_in_order(struct run *run)
{
	struct placed *all = arena_array(
		run->arena, (size_t)run->found->hosts + 1, sizeof(*all));
	size_t n = 0;

	for (struct scanned_host *h = run->found->first; h; h = h->next, n++) {
		all[n].host = h;
		all[n].place = place_of(run, h);
		addr_parse(h->seen.ip, &all[n].addr);
	}
	qsort(all, n, sizeof(*all), by_place);
	run->found->last = &run->found->first;
	for (size_t i = 0; i < n; i++) {
		*run->found->last = all[i].host;
		run->found->last = &all[i].host->next;
	}
	*run->found->last = NULL;
}

/* ---- the whole ---- */

/* Fingerprints that were seen, by their hash: a table with open addresses. */
struct seen {
	const char **slots;
	size_t mask;
};

static bool see(struct seen *seen, const char *fingerprint)
{
	size_t i = 0;

	for (const char *p = fingerprint; *p; p++)
		i = i * 31 + (unsigned char)*p;
	for (;; i++) {
		const char **slot = &seen->slots[i & seen->mask];

		if (!*slot) {
			*slot = fingerprint;
			return true;
		}
		if (!strcmp(*slot, fingerprint))
			return false;
	}
}

/* Of several hosts that have the same finding, of a domain say, one keeps it.
 */
static void count_findings(struct run *run)
{
	struct scanned *s = run->found;
	struct seen seen = { .mask = 1023 };
	size_t verdicts = 0;

	for (const struct scanned_host *h = s->first; h; h = h->next)
		verdicts += h->judged.verdicts.len;
	while (seen.mask < verdicts * 2)
		seen.mask = seen.mask * 2 + 1;
	seen.slots = arena_array(run->arena, seen.mask + 1, sizeof(char *));
	for (struct scanned_host *h = s->first; h; h = h->next) {
		h->is_first = arena_array(
			run->arena, h->judged.verdicts.len + 1, sizeof(bool));
		for (size_t i = 0; i < h->judged.verdicts.len; i++) {
			const struct verdict *v = &h->judged.verdicts.items[i];

			h->is_first[i] = see(&seen, v->fingerprint);
			s->counts.of[v->severity] += h->is_first[i];
		}
	}
}

static void sum_up(struct run *run)
{
	struct scanned *s = run->found;
	int64_t sum = 0;

	count_findings(run);
	for (const struct scanned_host *h = s->first; h; h = h->next) {
		sum += h->seen.is_alive ? h->judged.score : 0;
		matrix_add(&s->checks, &h->judged.checks);
	}
	s->has_score = score_scan(sum, s->alive, &s->score);
	s->ended = clock_now();
}

/* ---- when the probe dies ---- */

static bool note_crash(struct run *run, const struct plan_host *host,
		       struct err *err)
{
	static const char *gave_up =
		"The probe crashed three times on this address";
	struct probe_message failed = { .kind = PROBE_MESSAGE_KIND_HOST,
					.target = host->target,
					.ip = host->ip,
					.has_errors = true,
					.errors = { &gave_up, 1 } };
	struct crash *c = run->crashes;

	while (c && (strcmp(c->host.ip, host->ip) != 0 ||
		     strcmp(c->host.target, host->target) != 0))
		c = c->next;
	if (!c) {
		c = arena_alloc(run->arena, sizeof(*c));
		c->host.target = arena_strdup(run->arena, host->target);
		c->host.ip = arena_strdup(run->arena, host->ip);
		c->next = run->crashes;
		run->crashes = c;
	}
	return ++c->times < CRASHES_MAX || add_host(run, &failed, err);
}

/* What is known is not looked at again; what crashed comes last, and alone. */
static void plan_around(struct run *run)
{
	struct scan_plan *plan = run->plan;
	size_t crashes = 0;

	for (const struct crash *c = run->crashes; c; c = c->next)
		crashes++;
	plan->done.items =
		arena_array(run->arena, (size_t)run->found->hosts + 1,
			    sizeof(*plan->done.items));
	plan->retry.items = arena_array(run->arena, crashes + 1,
					sizeof(*plan->retry.items));
	plan->done.len = plan->retry.len = 0;
	for (const struct scanned_host *h = run->found->first; h; h = h->next)
		plan->done.items[plan->done.len++] =
			(struct plan_host){ h->seen.target, h->seen.ip };
	for (const struct crash *c = run->crashes; c; c = c->next)
		if (c->times < CRASHES_MAX)
			plan->retry.items[plan->retry.len++] = c->host;
}

static bool start_again(struct run *run, const struct err *why, struct err *err)
{
	const struct plan_host_list *blame = child_in_flight(run->child);

	if (!blame->len && ++run->self_deaths == SELF_DEATHS_MAX) {
		*err = *why;
		return false;
	}
	for (size_t i = 0; i < blame->len; i++)
		if (!note_crash(run, &blame->items[i], err))
			return false;
	plan_around(run);
	child_stop(run->child);
	run->child = NULL;
	return child_start(run->plan, &run->child, err);
}

/* ---- following it ---- */

static bool on_message(struct run *run, const struct probe_message *m,
		       struct err *err)
{
	switch (m->kind) {
	case PROBE_MESSAGE_KIND_TOTAL:
		run->total = m->total;
		show_progress(run);
		return true;
	case PROBE_MESSAGE_KIND_HOST:
		return add_host(run, m, err);
	default:
		return true;
	}
}

/* Until the probe has said all; what was found stays found on an error. */
static bool follow(struct run *run, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct probe_message message = { 0 };
	struct err why = { 0 };

	for (;;) {
		arena_reset(&a);
		switch (child_next(run->child, LOOK_MS, &a, &message, &why)) {
		case CHILD_MESSAGE:
			if (!on_message(run, &message, err))
				return false;
			break;
		case CHILD_TIMEOUT:
			break;
		case CHILD_DIED:
			if (!start_again(run, &why, err))
				return false;
			break;
		case CHILD_LATE:
			*err = why;
			return false;
		case CHILD_ENDED:
			run->found->complete = true;
			return true;
		}
	}
}

bool scan_run(struct scan_plan *plan, bool progress, struct arena *a,
	      struct scanned *ret, struct err *err)
{
	struct run run = { .arena = a,
			   .plan = plan,
			   .found = ret,
			   .show_progress = progress };
	bool done;

	ret->last = &ret->first;
	ret->started = clock_now();
	done = child_start(plan, &run.child, err) && follow(&run, err);
	child_stop(run.child);
	clear_progress(&run);
	put_in_order(&run);
	sum_up(&run);
	return done;
}
