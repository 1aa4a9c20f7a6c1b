#include "scan/probes/banner.h"

#include <string.h>

#include "base/clock.h"
#include "net/conn.h"
#include "scan/probe.h"

/* Its ports are known to stand for this behind TLS. */
static const struct inner {
	int port;
	const char *name;
} inners[] = {
	{ 465, "smtp" },   { 636, "ldap" },  { 853, "dns" },   { 990, "ftp" },
	{ 992, "telnet" }, { 993, "imap" },  { 994, "irc" },   { 995, "pop3" },
	{ 5061, "sip" },   { 5223, "xmpp" }, { 5671, "amqp" }, { 8883, "mqtt" },
};

static const struct service *inner_of(int port)
{
	for (size_t i = 0; i < sizeof(inners) / sizeof(inners[0]); i++)
		if (inners[i].port == port)
			return service_named(inners[i].name);
	return &service_http;
}

static void listen_to(struct conn *conn, const struct service *s, struct sb *in,
		      struct arena *a, struct banner *ret,
		      const struct service **ret_found)
{
	enum banner_result r = BANNER_MORE;
	size_t got = 0;

	while (r == BANNER_MORE && in->len < BANNER_MAX &&
	       conn_read(conn, sb_room(in, BANNER_MAX - in->len),
			 BANNER_MAX - in->len, &got, NULL)) {
		in->len += got;
		in->s[in->len] = '\0';
		*ret = (struct banner){ 0 };
		r = s->read(span_of(in->s, in->len), a, ret);
	}
	*ret_found = r == BANNER_YES || ret->certain ? s : NULL;
	if (!*ret_found)
		*ret_found =
			service_sounds_like(span_of(in->s, in->len), a, ret);
}

static bool ask(struct probe_run *run, struct conn *conn,
		const struct service *s)
{
	const char *text = s->ask;
	size_t len = s->ask_len;

	if (s == &service_http) {
		text = arena_printf(run->arena,
				    "GET / HTTP/1.0\r\nUser-Agent: %s\r\n\r\n",
				    run->user_agent);
		len = strlen(text);
	}
	return !text || conn_write_all(conn, text, len, NULL);
}

static void state(struct probe_run *run, const struct service *s,
		  const struct banner *b, const struct sb *in)
{
	struct fact_list *f = run->facts;
	const char *name = !s			? "unknown"
			   : s == &service_http ? "https"
						: s->name;

	fact_text(f, "service.name", run->port, name);
	fact_bool(f, "service.confirmed", run->port, s != NULL);
	if (b->version && *b->version)
		fact_text(f, "service.version", run->port, b->version);
	if (s && b->knows_auth)
		fact_bool(f, "service.no_auth", run->port, b->no_auth);
	if (in->len)
		fact_text(f, "service.banner", run->port,
			  banner_line(span_of(in->s, in->len), run->arena));
}

static bool is_tls(const struct probe_run *run)
{
	const struct fact *f = fact_find(run->facts, "service.tls", run->port);

	return f && f->yes;
}

static bool run_banner(struct probe_run *run, struct err *err)
{
	const struct service *s = inner_of(run->port), *found = NULL;
	_cleanup_conn_ struct conn *conn = NULL;
	struct sb in = sb_new(run->arena, 512);
	struct conn_tls tls = { 0 };
	struct banner b = { 0 };

	/* The probe of HTTP looks at web ports itself. */
	if (probe_port_is_web(run->port) || !is_tls(run))
		return true;
	if (!conn_open(&run->host->addr, run->port, run->deadline, &conn, NULL,
		       err))
		return err_wrap(err, "port %d", run->port);
	if (conn_start_tls(conn, probe_sni(run), NULL, run->arena, &tls,
			   NULL) &&
	    ask(run, conn, s))
		listen_to(conn, s, &in, run->arena, &b, &found);
	state(run, found, &b, &in);
	return true;
}

const struct probe probe_banner = {
	.name = "banner",
	.about = "Which service answers behind TLS",
	.feature = PROBE_PORTS,
	.any_port = true,
	.deadline_ms = 4000,
	.facts = (const struct fact_def[]){ SERVICE_FACTS, { 0 } },
	.run = run_banner,
};
