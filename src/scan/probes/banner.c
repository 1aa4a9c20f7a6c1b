#include "scan/probes/banner.h"

#include <string.h>

#include "base/clock.h"
#include "net/conn.h"
#include "scan/probe.h"

/*
 * A service that is expected on the port is given time; one that could be
 * anything is listened to for a moment before it is asked.
 */
enum { EXPECTED_US = 5000000, LISTEN_US = 1200000 };

/*
 * Reads until `s` knows, the peer is done, or the connection's deadline; with
 * `s` NULL, until the peer pauses for that long.
 */
static enum banner_result listen_to(struct conn *conn, const struct service *s,
				    struct sb *in, struct arena *a,
				    struct banner *ret)
{
	enum banner_result r = BANNER_MORE;
	size_t got = 0;

	while (r == BANNER_MORE && in->len < BANNER_MAX) {
		if (!conn_read(conn, sb_room(in, BANNER_MAX - in->len),
			       BANNER_MAX - in->len, &got, NULL))
			break;
		in->len += got;
		in->s[in->len] = '\0';
		if (s)
			r = s->read(span_of(in->s, in->len), a, ret);
		else if (memchr(in->s, '\n', in->len))
			break; /* a line is enough to tell */
	}
	return r;
}

static int64_t soon(const struct probe_run *run, int64_t us)
{
	int64_t end = clock_tick() + us;

	return end < run->deadline ? end : run->deadline;
}

/* Asks as `s` wants to be asked. False when there is no connection. */
static bool ask(struct probe_run *run, const struct service *s, int64_t us,
		struct sb *in, struct banner *ret, enum banner_result *ret_r,
		struct err *err)
{
	_cleanup_conn_ struct conn *conn = NULL;

	*ret_r = BANNER_NO;
	if (!conn_open(&run->host->addr, run->port, soon(run, us), &conn, NULL,
		       err))
		return false;
	if (s && s->ask && !conn_write_all(conn, s->ask, s->ask_len, NULL))
		return true;
	*ret_r = listen_to(conn, s, in, run->arena, ret);
	return true;
}

static void state(struct probe_run *run, const char *name, bool confirmed,
		  const struct banner *b, const struct sb *in)
{
	struct fact_list *f = run->facts;

	fact_text(f, "service.name", run->port, name);
	fact_bool(f, "service.confirmed", run->port, confirmed);
	if (b->version)
		fact_text(f, "service.version", run->port, b->version);
	if (b->knows_auth)
		fact_bool(f, "service.no_auth", run->port, b->no_auth);
	if (in->len)
		fact_text(f, "service.banner", run->port,
			  banner_line(span_of(in->s, in->len), run->arena));
}

/* Not what was expected: perhaps it is something else we know. */
static bool guess(struct probe_run *run, const struct service *expected,
		  struct sb *in)
{
	struct banner b = { 0 };
	const struct service *s =
		service_sounds_like(span_of(in->s, in->len), run->arena, &b);

	if (s)
		state(run, s->name, true, &b, in);
	else
		state(run, expected ? expected->name : "unknown", false, &b,
		      in);
	return true;
}

static bool run_expected(struct probe_run *run, const struct service *s,
			 struct err *err)
{
	struct sb in = sb_new(run->arena, 512);
	struct banner b = { 0 };
	enum banner_result r;

	if (!ask(run, s, EXPECTED_US, &in, &b, &r, err))
		return err_wrap(err, "%s on port %d", s->name, run->port);
	/* Redis without INFO, a prompt cut short: it was certain before. */
	if (r == BANNER_YES || b.knows_auth) {
		state(run, s->name, true, &b, &in);
		return true;
	}
	return guess(run, s, &in);
}

static bool run_unknown(struct probe_run *run, struct err *err)
{
	struct sb in = sb_new(run->arena, 512);
	struct banner b = { 0 };
	enum banner_result r;

	if (!ask(run, NULL, LISTEN_US, &in, &b, &r, err))
		return err_wrap(err, "port %d", run->port);
	if (!in.len)
		ask(run, service_on(0), LISTEN_US, &in, &b, &r, NULL);
	return guess(run, NULL, &in);
}

static bool run_banner(struct probe_run *run, struct err *err)
{
	const struct service *s = service_on(run->port);
	const struct fact *tls = fact_find(run->facts, "tls.tested", run->port);

	/* The probe of HTTP names web servers, what speaks TLS is behind it. */
	if (probe_port_is_web(run->port) || (tls && tls->yes && !s))
		return true;
	return s ? run_expected(run, s, err) : run_unknown(run, err);
}

const struct probe probe_banner = {
	.name = "banner",
	.about = "Which service answers on a port, in which version",
	.feature = PROBE_PORTS,
	.any_port = true,
	.deadline_ms = 8000,
	.facts =
		(const struct fact_def[]){
			{ "service.name", FACT_TEXT,
			  "What answers, or else what the port stands for" },
			{ "service.confirmed", FACT_BOOL,
			  "The service answered as its protocol wants" },
			{ "service.version", FACT_TEXT,
			  "Product and version in its own words" },
			{ "service.no_auth", FACT_BOOL,
			  "It obeys commands without a login" },
			{ "service.banner", FACT_TEXT,
			  "First line of what it sent" },
			{ 0 } },
	.run = run_banner,
};
