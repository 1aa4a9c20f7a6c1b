/*
 * tls_sessions: what a port does with sessions, and the attacks that need more
 * than a hello: for scans that are thorough.
 */
#include "net/tls_session.h"
#include "scan/probe.h"
#include "scan/probes/tls.h"

static void state_robot(struct probe_run *run, struct hello_peer *peer,
			const struct hello_verdict *old)
{
	enum hello_robot robot = hello_robot(peer, old, run->arena);

	if (robot == HELLO_ROBOT_UNKNOWN)
		return;
	fact_bool(run->facts, "tls.robot", run->port,
		  robot != HELLO_ROBOT_SAFE);
	if (robot != HELLO_ROBOT_SAFE)
		fact_text(run->facts, "tls.robot_oracle", run->port,
			  robot == HELLO_ROBOT_WEAK ? "weak" : "strong");
}

static void state_finding(struct probe_run *run, const char *fact,
			  enum hello_finding finding)
{
	if (finding != HELLO_UNKNOWN)
		fact_bool(run->facts, fact, run->port,
			  finding == HELLO_VULNERABLE);
}

static void state_old(struct probe_run *run, struct hello_peer *peer)
{
	struct tls_session_old s;

	if (!tls_session_before13(peer, run->arena, &s))
		return;
	fact_bool(run->facts, "tls.resumes_by_id", run->port, s.by_id);
	fact_bool(run->facts, "tls.resumes_by_ticket", run->port, s.by_ticket);
	state_finding(run, "tls.client_renegotiation", s.renegotiation);
	if (s.by_ticket)
		state_finding(run, "tls.ticketbleed",
			      hello_ticketbleed(peer, s.version, s.suite,
						s.ticket, run->arena));
}

static void state_new(struct probe_run *run, struct hello_peer *peer)
{
	struct tls_session_new s;

	if (!tls_session_13(peer, &s))
		return;
	fact_bool(run->facts, "tls.resumes_13", run->port, s.resumed);
	fact_bool(run->facts, "tls.early_data", run->port, s.early_data > 0);
	if (s.lifetime >= 0)
		fact_int(run->facts, "tls.ticket_lifetime", run->port,
			 s.lifetime);
}

void tls_look_at_sessions(struct probe_run *run, struct hello_peer *peer,
			  const struct hello_verdict *old, bool tls13)
{
	if (old) {
		state_old(run, peer);
		state_robot(run, peer, old);
	}
	if (tls13)
		state_new(run, peer);
}
