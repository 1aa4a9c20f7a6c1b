/*
 * ftp_anonymous: whether an FTP server lets strangers in (RFC 1635). This is a
 * sign-in, so it runs with the owner's consent only; nothing is listed, read
 * or written.
 */
#include <stdlib.h>
#include <string.h>

#include "net/conn.h"
#include "scan/probe.h"

enum { LINES_MAX = 100 };

/* The code of a whole reply, which may have several lines (RFC 959, 4.2). */
static int read_reply(struct conn *conn, struct arena *a)
{
	const char *line = NULL;

	for (int i = 0; i < LINES_MAX; i++) {
		if (!conn_read_line(conn, a, 1024, &line, NULL))
			return 0;
		if (strspn(line, "0123456789") == 3 && line[3] != '-')
			return (int)strtol(line, NULL, 10);
	}
	return 0;
}

static int command(struct conn *conn, const char *text, struct arena *a)
{
	return conn_write_all(conn, text, strlen(text), NULL)
		       ? read_reply(conn, a)
		       : 0;
}

static bool run_ftp_anonymous(struct probe_run *run, struct err *err)
{
	_cleanup_conn_ struct conn *conn = NULL;
	const struct fact *tls =
		fact_find(run->facts, "service.tls", run->port);
	int code;

	if (!probe_is_service(run, "ftp") || (tls && tls->yes))
		return true;
	if (!conn_open(&run->host->addr, run->port, run->deadline, &conn, NULL,
		       err))
		return err_wrap(err, "FTP on port %d", run->port);
	if (read_reply(conn, run->arena) != 220)
		return true;
	code = command(conn, "USER anonymous\r\n", run->arena);
	if (code == 331)
		code = command(conn, "PASS nis2-scanner@nis2.invalid\r\n",
			       run->arena);
	if (code)
		fact_bool(run->facts, "ftp.anonymous", run->port, code == 230);
	command(conn, "QUIT\r\n", run->arena);
	return true;
}

const struct probe probe_ftp_anonymous = {
	.name = "ftp_anonymous",
	.about = "Whether an FTP server lets strangers in",
	.feature = PROBE_PORTS,
	.any_port = true,
	.intrusive = true,
	.deadline_ms = 5000,
	.facts = (const struct fact_def[]){ { "ftp.anonymous", FACT_BOOL,
					      "It lets in who has no account" },
					    { 0 } },
	.run = run_ftp_anonymous,
};
