/*
 * nis2 scan: looks at targets and prints what it found. It needs no server and
 * no database, and stores nothing.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cmd/command.h"
#include "cmd/scan_formats.h"
#include "cmd/scan_print.h"
#include "core/catalog.h"
#include "net/resolver.h"
#include "scan/child.h"
#include "scan/plan.h"

enum { CRASHES_MAX = 3, SELF_DEATHS_MAX = 3, LOOK_MS = 200 };

/* An address the probe died with, and how often. */
struct crash {
	struct crash *next;
	struct plan_host host;
	int times;
};

struct run {
	struct arena *arena;
	struct scan_plan plan;
	struct child *child;
	struct scanned found;
	struct crash *crashes;
	int self_deaths;
	int64_t total;
	bool show_progress;
};

/* ---- progress ---- */

static void show_progress(const struct run *run)
{
	int64_t total = run->total ? run->total : 1;
	int done = (int)(30 * run->found.hosts / total);

	if (!run->show_progress)
		return;
	fprintf(stderr, "\r[%.*s%.*s] %lld of %lld addresses ", done,
		"##############################", 30 - done,
		"..............................", (long long)run->found.hosts,
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
	*run->found.last = h;
	run->found.last = &h->next;
	run->found.hosts++;
	run->found.alive += m->is_alive;
	for (int i = 0; i < SEVERITIES; i++)
		run->found.counts.of[i] += h->judged.counts.of[i];
	show_progress(run);
	return true;
}

/* The place of a host's target on the command line. */
static size_t place_of(const struct run *run, const struct scanned_host *h)
{
	size_t i = 0;

	while (i < run->plan.targets.len &&
	       strcmp(run->plan.targets.items[i].target, h->seen.target) != 0)
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
		run->arena, (size_t)run->found.hosts + 1, sizeof(*all));
	size_t n = 0;

	for (struct scanned_host *h = run->found.first; h; h = h->next, n++) {
		all[n].host = h;
		all[n].place = place_of(run, h);
		addr_parse(h->seen.ip, &all[n].addr);
	}
	qsort(all, n, sizeof(*all), by_place);
	run->found.last = &run->found.first;
	for (size_t i = 0; i < n; i++) {
		*run->found.last = all[i].host;
		run->found.last = &all[i].host->next;
	}
	*run->found.last = NULL;
}

static void sum_up(struct scanned *s)
{
	int64_t sum = 0;

	for (const struct scanned_host *h = s->first; h; h = h->next)
		sum += h->seen.is_alive ? h->judged.score : 0;
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
	struct scan_plan *plan = &run->plan;
	size_t crashes = 0;

	for (const struct crash *c = run->crashes; c; c = c->next)
		crashes++;
	plan->done.items = arena_array(run->arena, (size_t)run->found.hosts + 1,
				       sizeof(*plan->done.items));
	plan->retry.items = arena_array(run->arena, crashes + 1,
					sizeof(*plan->retry.items));
	plan->done.len = plan->retry.len = 0;
	for (const struct scanned_host *h = run->found.first; h; h = h->next)
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
	return child_start(&run->plan, &run->child, err);
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
			run->found.complete = true;
			return true;
		}
	}
}

/* ---- the command line ---- */

static bool read_ports(const char *text, struct run *run, struct err *err)
{
	struct int_list *ports = &run->plan.ports;

	ports->items = arena_array(run->arena, PLAN_PORTS_MAX, sizeof(int64_t));
	for (const char *p = text; *p;) {
		char *end;
		long port = strtol(p, &end, 10);

		if (end == p || port < 1 || port > 65535 ||
		    (*end && *end != ',') || ports->len == PLAN_PORTS_MAX)
			return err_set(err, ERR_INVALID,
				       "--ports must be numbers from 1 to "
				       "65535 with commas, at most %d",
				       PLAN_PORTS_MAX);
		ports->items[ports->len++] = port;
		p = *end ? end + 1 : end;
	}
	return true;
}

static bool read_profile(const char *text, enum scan_plan_profile *ret,
			 struct err *err)
{
	for (int i = 0; scan_plan_profile_names[i]; i++)
		if (!strcmp(text, scan_plan_profile_names[i])) {
			*ret = (enum scan_plan_profile)i;
			return true;
		}
	return err_set(err, ERR_INVALID,
		       "--profile must be full, quick or custom");
}

static bool make_plan(struct command_line *line, struct run *run,
		      struct err *err)
{
	const char *ports = command_option(line, "ports");
	struct target_policy policy = { .use = TARGET_CONNECT };
	struct scan_plan *plan = &run->plan;
	struct settings settings = { 0 };

	if (!command_settings(line, &settings, err) ||
	    !net_list_parse(settings.scan_allow_networks, line->arena,
			    &policy.allow, err) ||
	    !plan_make(&policy, line->args, (size_t)line->arg_count,
		       line->arena, plan, err) ||
	    !command_number(line, "timeout", 1, 120, &plan->scan_timeout,
			    err) ||
	    !command_number(line, "concurrency", 1, 200, &plan->concurrency,
			    err) ||
	    !command_number(line, "deadline", 1, 86400, &plan->deadline, err) ||
	    !command_number(line, "limit", 0, 100000, &plan->max_hosts, err) ||
	    !read_profile(command_option(line, "profile"), &plan->profile, err))
		return false;
	if (!resolver_servers_ok(settings.resolver))
		return err_set(err, ERR_INVALID,
			       "--resolver must be addresses with an optional "
			       "@port and blanks between");
	plan->allow_networks = settings.scan_allow_networks;
	plan->user_agent =
		plan_user_agent(settings.scan_contact_url, line->arena);
	plan->hosts_file = settings.hosts_file;
	plan->ca_file = settings.ca_file;
	plan->ct_log_list = settings.ct_log_list;
	plan->discreet =
		settings.scan_discreet || command_given(line, "discreet");
	plan->intrusive = command_given(line, "intrusive");
	plan->resolver = settings.resolver;
	plan->trust_anchor = settings.scan_trust_anchor;
	return !ports || read_ports(ports, run, err);
}

/* "de_DE.UTF-8" as people set it for programs that talk to them. */
static const char *wanted_locale(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < 3; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return catalog_locale(value);
	}
	return catalog_locale("en");
}

/* How it is printed; no function: as text. */
struct form {
	const char *name;
	void (*write)(const struct scanned *scan, struct sb *out);
};

static bool wants_format(struct command_line *line, struct form *ret,
			 struct err *err)
{
	static const struct form formats[] = {
		{ "text", NULL },
		{ "json", scan_write_json },
		{ "markdown", scan_write_markdown },
		{ "junit", scan_write_junit },
		{ "sarif", scan_write_sarif },
	};
	const char *format = command_option(line, "format");

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (!strcmp(format, formats[i].name)) {
			*ret = formats[i];
			return true;
		}
	return err_set(err, ERR_INVALID,
		       "--format must be text, json, markdown, junit or sarif");
}

/* Whether something was found that the caller wants to fail on. */
static bool is_bad(const struct scanned *s, enum check_severity least)
{
	for (int i = 0; i <= (int)least; i++)
		if (s->counts.of[i])
			return true;
	return false;
}

/* Not one of the targets could be looked at: that is no "nothing found". */
static bool none_reached(const struct scanned *s)
{
	for (const struct scanned_host *h = s->first; h; h = h->next)
		if (h->seen.is_alive || !h->seen.errors.len)
			return false;
	return true;
}

static bool write_file(const char *path, const struct sb *text, struct err *err)
{
	return file_write(path, text->s, text->len, 0644, err) ||
	       err_wrap(err, "%s", path);
}

/* To the terminal, or to a file that is whole or is not there. */
static bool print_found(const struct command_line *line, const struct run *run,
			const struct form *format, struct err *err)
{
	bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	const char *path = command_option(line, "output");
	struct sb out = sb_new(run->arena, 65536);

	if (!format->write) {
		scan_print_text(&run->found, colour, run->arena, stdout);
		fflush(stdout);
		return true;
	}
	format->write(&run->found, &out);
	if (path)
		return write_file(path, &out, err);
	fwrite(out.s, 1, out.len, stdout);
	fflush(stdout);
	return true;
}

/* For the node exporter; each profile has a file and a label of its own. */
static bool write_metrics(const struct command_line *line,
			  const struct run *run, struct err *err)
{
	const char *path = command_option(line, "prometheus");
	struct sb out = sb_new(run->arena, 4096);

	if (!path)
		return true;
	scan_write_prometheus(&run->found, command_option(line, "profile"),
			      &out);
	return write_file(path, &out, err);
}

/* The addresses that a scan would look at; nothing is contacted. */
static int show_plan(const struct command_line *line, const struct run *run)
{
	int64_t deadline = clock_tick() + run->plan.deadline * CLOCK_SECOND;
	struct plan_walk *walk = NULL;
	struct plan_address at;
	struct err err = { 0 };
	int64_t contacted = 0;

	if (!plan_open(&run->plan, deadline, run->arena, &walk, &err))
		return command_fail(line, &err);
	while (plan_next(walk, &at)) {
		contacted += at.addr.family != 0;
		printf("%s %s%s%s\n", at.target, at.ip,
		       !at.why		? ""
		       : at.addr.family ? " note: "
					: " not tested: ",
		       at.why ? at.why : "");
	}
	if (plan_cut(walk))
		printf("%s\n", plan_cut(walk));
	return contacted ? EXIT_OK : EXIT_FAILED;
}

static bool read_limits(const struct command_line *line,
			enum check_severity *least, int64_t *min_score,
			struct err *err)
{
	if (!severity_parse(command_option(line, "fail-on"), least))
		return err_set(err, ERR_INVALID,
			       "--fail-on must be a severity");
	if (command_option(line, "output") &&
	    !strcmp(command_option(line, "format"), "text"))
		return err_set(err, ERR_INVALID,
			       "--output goes with a --format other than text");
	return command_number(line, "min-score", 0, 100, min_score, err);
}

static bool look(struct run *run, struct err *err)
{
	bool done;

	run->found.locale = wanted_locale();
	run->found.started = clock_now();
	done = child_start(&run->plan, &run->child, err) && follow(run, err);
	child_stop(run->child);
	clear_progress(run);
	put_in_order(run);
	sum_up(&run->found);
	return done;
}

static int run_scan(struct command_line *line)
{
	struct run run = { .arena = line->arena,
			   .show_progress = isatty(STDERR_FILENO) };
	enum check_severity least = CHECK_SEVERITY_LOW;
	struct form format = { 0 };
	struct err err = { 0 }, why = { 0 };
	int64_t min_score = 0;
	bool done;

	run.found.last = &run.found.first;
	if (!wants_format(line, &format, &err) ||
	    !read_limits(line, &least, &min_score, &err) ||
	    !catalog_load(&err) || !make_plan(line, &run, &err))
		return command_fail(line, &err);
	if (command_given(line, "dry-run"))
		return show_plan(line, &run);
	done = look(&run, &why);
	if (!print_found(line, &run, &format, &err) ||
	    !write_metrics(line, &run, &err))
		return command_fail(line, &err);
	if (done && none_reached(&run.found))
		done = err_set(&why, ERR_UPSTREAM, "no target was reached");
	if (!done) {
		command_fail(line, &why);
		return EXIT_FAILED;
	}
	if (run.found.has_score && run.found.score < min_score)
		return EXIT_FINDINGS;
	return is_bad(&run.found, least) ? EXIT_FINDINGS : EXIT_OK;
}

const struct command cmd_scan = {
	.name = "scan",
	.about = "Look at targets and print what is found; needs no server",
	.usage = "TARGET…",
	.min_args = 1,
	.max_args = 1000,
	.options =
		(const struct option_def[]){
			{ "format", "NAME", "text", NULL,
			  "how to print it: text, json, markdown, junit, "
			  "sarif" },
			{ "output", "PATH", NULL, NULL,
			  "a file for it, instead of the terminal" },
			{ "prometheus", "PATH", NULL, NULL,
			  "also write gauges for the node exporter" },
			{ "fail-on", "SEVERITY", "LOW", NULL,
			  "exit status 1 from this severity on; 0: none, 2: "
			  "wrong use, 3: the scan failed" },
			{ "min-score", "N", "0", NULL,
			  "exit status 1 below this score, too" },
			{ "profile", "NAME", "full", NULL,
			  "full, quick or custom" },
			{ "limit", "N", "0", NULL,
			  "at most so many addresses; 0: all" },
			{ "dry-run", NULL, NULL, NULL,
			  "only resolve the targets and list the addresses" },
			{ "intrusive", NULL, NULL, NULL,
			  "also probes that do more than a visitor would" },
			{ "discreet", NULL, NULL, NULL,
			  "ask nobody but the targets about them" },
			{ "allow-networks", "CIDRS", NULL,
			  "SCAN_ALLOW_NETWORKS",
			  "private networks that may be contacted" },
			{ "hosts-file", "PATH", NULL, "HOSTS_FILE",
			  "names that need no name server" },
			{ "ca-file", "PATH", NULL, "CA_FILE",
			  "certificates to trust besides the system's" },
			{ "resolver", "ADDRESSES", NULL, "RESOLVER",
			  "name servers to ask, instead of resolv.conf's" },
			{ "trust-anchor", "PATH", NULL, "SCAN_TRUST_ANCHOR",
			  "trust anchor of DNSSEC, instead of the system's" },
			{ "ports", "LIST", NULL, NULL,
			  "TCP ports, with commas; none: those of the "
			  "profile" },
			{ "timeout", "SECONDS", "10", NULL,
			  "for one HTTP request" },
			{ "concurrency", "N", "20", NULL,
			  "hosts that are probed at the same time" },
			{ "deadline", "SECONDS", "3600", NULL,
			  "for all of it" },
			{ 0 } },
	.run = run_scan,
};
