#include "scan/probes/rdp.h"

#include "net/conn.h"
#include "scan/probe.h"

/* A TPKT (RFC 1006, 6) of at most RDP_ANSWER_MAX bytes. */
static bool read_tpkt(struct conn *conn, struct sb *ret, struct err *err)
{
	unsigned char head[4];
	size_t rest;

	if (!conn_read_all(conn, head, sizeof(head), err))
		return false;
	rest = ((size_t)head[2] << 8 | head[3]) - sizeof(head);
	if (head[0] != 3 || rest > RDP_ANSWER_MAX)
		return err_set(err, ERR_UPSTREAM, "not an answer of RDP");
	sb_addn(ret, (const char *)head, sizeof(head));
	if (!conn_read_all(conn, sb_room(ret, rest), rest, err))
		return false;
	ret->len += rest;
	return true;
}

/* A server that hangs up refuses. */
static bool offer(struct probe_run *run, enum rdp_protection protection,
		  bool *ret, struct err *err)
{
	_cleanup_conn_ struct conn *conn = NULL;
	struct sb out = sb_new(run->arena, 64), in = sb_new(run->arena, 64);

	*ret = false;
	rdp_build_request(protection, &out);
	if (!conn_open(&run->host->addr, run->port, run->deadline, &conn, NULL,
		       err))
		return false;
	if (conn_write_all(conn, out.s, out.len, err) &&
	    read_tpkt(conn, &in, err))
		return rdp_parse_confirm(span_of(in.s, in.len), protection,
					 ret) ||
		       err_set(err, ERR_UPSTREAM, "not an answer of RDP");
	return conn_state(conn) == CONN_CLOSED ||
	       conn_state(conn) == CONN_RESET;
}

static bool run_rdp(struct probe_run *run, struct err *err)
{
	bool standard, tls, nla;

	if (!probe_is_service(run, "rdp"))
		return true;
	if (!offer(run, RDP_STANDARD, &standard, err) ||
	    !offer(run, RDP_TLS, &tls, err) || !offer(run, RDP_NLA, &nla, err))
		return err_wrap(err, "RDP on port %d", run->port);
	if (!standard && !tls && !nla)
		return err_set(err, ERR_UPSTREAM,
			       "RDP on port %d: it accepts nothing", run->port);
	fact_bool(run->facts, "rdp.standard_security", run->port, standard);
	fact_bool(run->facts, "rdp.tls", run->port, tls);
	fact_bool(run->facts, "rdp.nla", run->port, nla);
	fact_bool(run->facts, "rdp.nla_required", run->port,
		  nla && !standard && !tls);
	return true;
}

const struct probe probe_rdp = {
	.name = "rdp",
	.about = "Which protection Remote Desktop insists on",
	.feature = PROBE_PORTS,
	.any_port = true,
	.deadline_ms = 5000,
	.facts =
		(const struct fact_def[]){
			{ "rdp.standard_security", FACT_BOOL,
			  "The encryption of its own is accepted" },
			{ "rdp.tls", FACT_BOOL,
			  "TLS without authentication first is accepted" },
			{ "rdp.nla", FACT_BOOL,
			  "Network Level Authentication is offered" },
			{ "rdp.nla_required", FACT_BOOL,
			  "Nobody gets on without it" },
			{ 0 } },
	.run = run_rdp,
};
