/*
 * services: which protocol each open port speaks, all ports at the same time.
 *
 * One thread and one poll() for a host. A port has a list of steps: the
 * question of what its number stands for, then listening, TLS, HTTP, and what
 * else is common; each is a connection of its own, so that no answer is taken
 * for one to an earlier question. The first recogniser that is sure ends it.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/conn.h"
#include "net/hello.h"
#include "scan/plan.h"
#include "scan/probe.h"
#include "scan/probes/banner.h"

enum {
	AT_ONCE = 16, /* connections to one host */
	STEPS_MAX = 24,
	CONNECT_US = 3000000,
	EXPECTED_US = 3000000, /* for what the number of the port stands for */
	GREETING_US = 5000000, /* the same, where it speaks first */
	GENERAL_US = 700000,   /* to listen, and for TLS and HTTP elsewhere */
	COMMON_US = 400000,    /* for anything else */
	SILENT_PORTS = 6,      /* after so many nobody is asked more */
};

struct step {
	const struct service *service; /* NULL: listen */
	int64_t us;
};

/* One open port on its way. */
struct look {
	int port;
	const struct service *expected;
	struct step steps[STEPS_MAX];
	size_t step_count, at;
	int fd;
	bool asked;
	int64_t begun, end;
	struct sb in;
	const struct service *found;
	struct banner banner;
	const char *said; /* the first line of anything it ever sent */
	int refused;	  /* connects that came to nothing */
};

struct survey {
	struct probe_run *run;
	struct look *looks;
	size_t count, next;
	struct look *flying[AT_ONCE];
	size_t flying_count;
	int silent; /* ports that never said a word */
};

/* ---- the steps of a port ---- */

static void add_step(struct look *l, const struct service *s, int64_t us)
{
	for (size_t i = 0; i < l->step_count; i++)
		if (l->steps[i].service == s)
			return;
	if (l->step_count < STEPS_MAX)
		l->steps[l->step_count++] = (struct step){ s, us };
}

static void add_common(struct look *l)
{
	const struct service *s;

	for (size_t i = 0; (s = service_row(i)); i++)
		if (s->common)
			add_step(l, s, COMMON_US);
}

static void plan_steps(struct look *l, bool quick)
{
	const struct service *s = l->expected;

	if (service_must_not_ask(l->port)) {
		add_step(l, NULL, GENERAL_US);
		return;
	}
	if (s)
		add_step(l, s, s->ask ? EXPECTED_US : GREETING_US);
	if (service_expects_tls(l->port))
		add_step(l, &service_tls, EXPECTED_US);
	if (probe_port_is_web(l->port))
		add_step(l, &service_http, EXPECTED_US);
	add_step(l, NULL, GENERAL_US);
	add_step(l, &service_tls, GENERAL_US);
	add_step(l, &service_http, GENERAL_US);
	if (!quick && !probe_port_is_web(l->port))
		add_common(l);
}

/* ---- questions ---- */

static void ask_http(const struct probe_run *run, struct sb *out)
{
	const char *host = run->host->name ? run->host->name : run->host->ip;
	bool v6 = strchr(host, ':');

	sb_addf(out,
		"GET / HTTP/1.1\r\nHost: %s%s%s\r\nUser-Agent: %s\r\n"
		"Accept: */*\r\nConnection: close\r\n\r\n",
		v6 ? "[" : "", host, v6 ? "]" : "", run->user_agent);
}

/* Whatever is answered, yes or no, is answered in TLS. */
static void ask_tls(const struct probe_run *run, struct sb *out)
{
	uint16_t codes[HELLO_SUITES_MAX - 1];
	struct hello_offer offer = { .version = TLS_1_2,
				     .sni = probe_sni(run),
				     .suites = codes };
	const struct suite *s;

	for (size_t n = 0;
	     (s = suite_row(n)) && offer.suite_count < HELLO_SUITES_MAX - 1;
	     n++)
		if (s->first <= TLS_1_2 && s->last >= TLS_1_2)
			codes[offer.suite_count++] = s->code;
	hello_build(&offer, out);
}

static bool ask(struct survey *v, struct look *l)
{
	const struct service *s = l->steps[l->at].service;
	struct sb text = sb_new(v->run->arena, 256);

	if (s == &service_http)
		ask_http(v->run, &text);
	else if (s == &service_tls)
		ask_tls(v->run, &text);
	else if (s && s->ask)
		sb_addn(&text, s->ask, s->ask_len);
	return !text.len ||
	       send(l->fd, text.s, text.len, MSG_NOSIGNAL) == (ssize_t)text.len;
}

/* ---- answers ---- */

static void found(struct look *l, const struct service *s,
		  const struct banner *b)
{
	l->found = s;
	l->banner = *b;
}

/* No more will come, or what came is of another service. */
static void sounds_like(struct survey *v, struct look *l)
{
	struct banner b = { 0 };
	const struct service *s = service_sounds_like(
		span_of(l->in.s, l->in.len), v->run->arena, &b);

	if (s)
		found(l, s, &b);
}

/* True when this step is over. */
static bool answered(struct survey *v, struct look *l, bool at_end)
{
	const struct service *s = l->steps[l->at].service;
	struct span said = span_of(l->in.s, l->in.len);
	enum banner_result r = BANNER_MORE;
	struct banner b = { 0 };

	if (!l->in.len)
		return at_end;
	if (s)
		r = s->read(said, v->run->arena, &b);
	else if (memchr(l->in.s, '\n', l->in.len))
		r = BANNER_NO; /* a line is enough to tell */
	if (r == BANNER_YES || (r == BANNER_MORE && at_end && b.certain)) {
		found(l, s, &b);
		return true;
	}
	if (r == BANNER_MORE && !at_end)
		return false;
	sounds_like(v, l);
	return true;
}

/* ---- connections ---- */

/* The next step of the port; false when there is none, or no connection. */
static bool begin(struct survey *v, struct look *l)
{
	int64_t now = clock_tick();

	while (l->at < l->step_count && l->refused < 2) {
		bool common = l->at && l->steps[l->at].us == COMMON_US;

		if (common && v->silent >= SILENT_PORTS)
			return false;
		l->fd = conn_begin(&v->run->host->addr, l->port,
				   v->run->deadline, NULL);
		l->asked = false;
		l->begun = now;
		l->end = now + CONNECT_US;
		l->in = sb_new(v->run->arena, 512);
		if (l->fd >= 0)
			return true;
		l->refused++;
	}
	return false;
}

/* Ends the step; true when the port is decided. */
static bool step_over(struct survey *v, struct look *l)
{
	struct linger reset = { .l_onoff = 1 };

	setsockopt(l->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(l->fd);
	l->fd = -1;
	if (l->in.len && !l->said)
		l->said =
			banner_line(span_of(l->in.s, l->in.len), v->run->arena);
	if (l->found)
		return true;
	/* It greets in words that nobody here knows. */
	if (l->in.len && !l->steps[l->at].service)
		return true;
	l->at++;
	if (l->at == l->step_count && !l->said)
		v->silent++;
	return !begin(v, l);
}

static bool connected(struct survey *v, struct look *l)
{
	int error = 0;
	socklen_t size = sizeof(error);
	int64_t now = clock_tick();

	getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	l->asked = true;
	l->end = now + l->steps[l->at].us + 4 * (now - l->begun);
	if (!error && ask(v, l))
		return true;
	l->refused += error != 0;
	return false;
}

/* True when this step is over. */
static bool readable(struct survey *v, struct look *l)
{
	size_t room = BANNER_MAX - l->in.len;
	ssize_t n = recv(l->fd, sb_room(&l->in, room), room, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0)
		return answered(v, l, true);
	l->in.len += (size_t)n;
	l->in.s[l->in.len] = '\0';
	return answered(v, l, l->in.len == BANNER_MAX);
}

/* True when the port is decided. */
static bool go_on(struct survey *v, struct look *l, short events, bool late)
{
	bool over = false;

	if (late)
		over = answered(v, l, true);
	else if (events && !l->asked)
		over = !connected(v, l);
	else if (events)
		over = readable(v, l);
	else if (clock_tick() >= l->end)
		over = answered(v, l, true);
	return over && step_over(v, l);
}

/* ---- all ports ---- */

static void take_more(struct survey *v)
{
	while (v->flying_count < AT_ONCE && v->next < v->count) {
		struct look *l = &v->looks[v->next++];

		if (begin(v, l))
			v->flying[v->flying_count++] = l;
	}
}

static int patience(const struct survey *v)
{
	int64_t end = v->run->deadline, now = clock_tick();

	for (size_t i = 0; i < v->flying_count; i++)
		if (v->flying[i]->end < end)
			end = v->flying[i]->end;
	return end > now ? (int)((end - now) / 1000) + 1 : 0;
}

static void one_round(struct survey *v)
{
	struct pollfd fds[AT_ONCE];
	size_t kept = 0;

	for (size_t i = 0; i < v->flying_count; i++)
		fds[i] = (struct pollfd){
			.fd = v->flying[i]->fd,
			.events = v->flying[i]->asked ? POLLIN : POLLOUT,
		};
	poll(fds, v->flying_count, patience(v));
	for (size_t i = 0; i < v->flying_count; i++)
		if (!go_on(v, v->flying[i], fds[i].revents, false))
			v->flying[kept++] = v->flying[i];
	v->flying_count = kept;
}

static void survey(struct survey *v)
{
	for (take_more(v); v->flying_count; take_more(v)) {
		if (clock_tick() >= v->run->deadline)
			break;
		one_round(v);
	}
	for (size_t i = 0; i < v->flying_count; i++) {
		struct look *l = v->flying[i];

		answered(v, l, true);
		close(l->fd);
	}
}

/* ---- facts ---- */

static void state(struct fact_list *f, const struct look *l)
{
	const struct service *s = l->found;
	bool behind_tls = s == &service_tls;

	if (s)
		fact_bool(f, "service.tls", l->port, behind_tls);
	/* What is behind TLS, and on a web port, is told by later probes. */
	if (behind_tls || (!s && probe_port_is_web(l->port)))
		return;
	fact_text(f, "service.name", l->port,
		  s		? s->name
		  : l->expected ? l->expected->name
				: "unknown");
	fact_bool(f, "service.confirmed", l->port, s != NULL);
	if (l->banner.version && *l->banner.version)
		fact_text(f, "service.version", l->port, l->banner.version);
	if (s && l->banner.knows_auth)
		fact_bool(f, "service.no_auth", l->port, l->banner.no_auth);
	if (l->said && *l->said && !strstr(l->said, "??"))
		fact_text(f, "service.banner", l->port, l->said);
}

/* Made for the inside of a network, mostly, and yet it answers us. */
static void state_class(struct fact_list *f, const struct look *l)
{
	static const char *const names[] = {
		[SERVICE_PUBLIC] = "public",
		[SERVICE_DATABASE] = "database",
		[SERVICE_ADMIN] = "remote control",
		[SERVICE_CLUSTER] = "inner service",
		[SERVICE_FILES] = "file service",
		[SERVICE_INDUSTRIAL] = "industrial control",
	};

	if (l->found)
		fact_text(f, "service.class", l->port, names[l->found->kind]);
}

static bool run_services(struct probe_run *run, struct err *err)
{
	size_t n = run->port ? 1 : run->host->port_count;
	struct survey v = { .run = run, .count = n };

	v.looks = arena_array(run->arena, n + 1, sizeof(*v.looks));
	for (size_t i = 0; i < n; i++) {
		struct look *l = &v.looks[i];

		l->port = run->port ? run->port : run->host->ports[i];
		l->fd = -1;
		l->expected = service_on(l->port);
		plan_steps(l, run->plan && run->plan->profile ==
						   SCAN_PLAN_PROFILE_QUICK);
	}
	survey(&v);
	for (size_t i = 0; i < n; i++) {
		state(run->facts, &v.looks[i]);
		state_class(run->facts, &v.looks[i]);
	}
	return true;
}

const struct probe probe_services = {
	.name = "services",
	.about = "Which protocol each open port speaks, in which version",
	.feature = PROBE_PORTS,
	.deadline_ms = 12000,
	.facts =
		(const struct fact_def[]){
			SERVICE_FACTS,
			{ "service.tls", FACT_BOOL,
			  "TLS starts with the first byte" },
			{ "service.class", FACT_TEXT,
			  "What it matters for: public, database, remote "
			  "control, inner service, file service or industrial "
			  "control" },
			{ 0 } },
	.run = run_services,
};
