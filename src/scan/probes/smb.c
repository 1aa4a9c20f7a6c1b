#include "scan/probes/smb.h"

#include <string.h>

#include "net/conn.h"
#include "scan/probe.h"

static const struct dialect {
	unsigned code;
	const char *name;
} dialects[] = {
	{ 0x0001, "SMB 1" },   { 0x0202, "SMB 2.0.2" }, { 0x0210, "SMB 2.1" },
	{ 0x0300, "SMB 3.0" }, { 0x0302, "SMB 3.0.2" }, { 0x0311, "SMB 3.1.1" },
};
enum { DIALECTS = sizeof(dialects) / sizeof(dialects[0]) };

static bool read_answer(struct conn *conn, struct sb *in, struct err *err)
{
	const unsigned char *head;
	size_t len;

	if (!conn_read_all(conn, sb_room(in, 4), 4, err))
		return false;
	head = (const unsigned char *)in->s;
	len = (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	if (head[0] || len > SMB_ANSWER_MAX)
		return err_set(err, ERR_UPSTREAM, "not an answer of SMB");
	in->len = 4;
	if (!conn_read_all(conn, sb_room(in, len), len, err))
		return false;
	in->len += len;
	return true;
}

/* A server that hangs up does not speak the dialect. */
static bool offer(struct probe_run *run, const struct dialect *d,
		  struct smb_answer *ret, struct err *err)
{
	_cleanup_conn_ struct conn *conn = NULL;
	struct sb out = sb_new(run->arena, 256), in = sb_new(run->arena, 512);

	*ret = (struct smb_answer){ 0 };
	smb_build_negotiate(d->code, &out);
	if (!conn_open(&run->host->addr, run->port, run->deadline, &conn, NULL,
		       err))
		return false;
	if (conn_write_all(conn, out.s, out.len, err) &&
	    read_answer(conn, &in, err))
		return smb_parse_negotiate(span_of(in.s, in.len), d->code,
					   ret) ||
		       err_set(err, ERR_UPSTREAM, "not an answer of SMB");
	return conn_state(conn) == CONN_CLOSED ||
	       conn_state(conn) == CONN_RESET;
}

static bool run_smb(struct probe_run *run, struct err *err)
{
	const char *names[DIALECTS];
	struct str_list accepted = { names, 0 };
	bool required = true;

	if (!probe_is_service(run, "smb"))
		return true;
	for (size_t i = 0; i < DIALECTS; i++) {
		struct smb_answer answer;

		if (!offer(run, &dialects[i], &answer, err))
			return err_wrap(err, "%s on port %d", dialects[i].name,
					run->port);
		if (!i)
			fact_bool(run->facts, "smb.version_1", run->port,
				  answer.accepted);
		if (!answer.accepted)
			continue;
		names[accepted.len++] = dialects[i].name;
		required &= answer.signing_required;
	}
	fact_strs(run->facts, "smb.dialects", run->port, &accepted);
	if (accepted.len)
		fact_bool(run->facts, "smb.signing_required", run->port,
			  required);
	return true;
}

const struct probe probe_smb = {
	.name = "smb",
	.about = "Dialects of SMB, and whether messages must be signed",
	.feature = PROBE_PORTS,
	.any_port = true,
	.deadline_ms = 5000,
	.facts =
		(const struct fact_def[]){
			{ "smb.version_1", FACT_BOOL, "SMB 1 is spoken" },
			{ "smb.dialects", FACT_LIST, "Dialects it accepts" },
			{ "smb.signing_required", FACT_BOOL,
			  "With every dialect, messages must be signed" },
			{ 0 } },
	.run = run_smb,
};
