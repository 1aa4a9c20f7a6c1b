/*
 * access: what VNC and rsync give to who does not sign in. VNC says which
 * kinds of sign-in there are (RFC 6143, 7.1.2), rsync lists its modules; both
 * are asked no further.
 */
#include <string.h>

#include "net/conn.h"
#include "scan/probe.h"
#include "scan/probes/banner.h"

enum { VNC_NONE = 1, MODULES_MAX = 64 };

/* From 3.7 on a list of kinds; before that the server's choice, as a number. */
static bool run_vnc(struct probe_run *run, struct conn *conn, struct err *err)
{
	const char *line = NULL;
	unsigned char kinds[256];
	bool old, none = false;

	if (!conn_read_line(conn, run->arena, 32, &line, err))
		return false;
	old = !strcmp(line, "RFB 003.003");
	if (!conn_write_all(conn, old ? "RFB 003.003\n" : "RFB 003.008\n", 12,
			    err) ||
	    !conn_read_all(conn, kinds, old ? 4 : 1, err))
		return false;
	if (old) {
		none = kinds[3] == VNC_NONE;
	} else {
		size_t count = kinds[0];

		/* No kind at all: it refuses us, and says why. */
		if (!count)
			return err_set(err, ERR_UPSTREAM, "it refuses to talk");
		if (!conn_read_all(conn, kinds, count, err))
			return false;
		none = memchr(kinds, VNC_NONE, count);
	}
	fact_bool(run->facts, "service.no_auth", run->port, none);
	return true;
}

static bool run_rsync(struct probe_run *run, struct conn *conn, struct err *err)
{
	static const char ask[] = "@RSYNCD: 30.0\n#list\n";
	const char *names[MODULES_MAX], *line = NULL;
	struct str_list modules = { names, 0 };

	if (!conn_write_all(conn, ask, sizeof(ask) - 1, err) ||
	    !conn_read_line(conn, run->arena, 512, &line, err))
		return false;
	for (int lines = 0; lines < 4 * MODULES_MAX; lines++) {
		size_t len;

		if (!conn_read_line(conn, run->arena, 512, &line, NULL) ||
		    !strncmp(line, "@RSYNCD: EXIT", 13))
			break;
		len = strcspn(line, " \t"); /* a comment follows */
		if (strchr(line, '\t') && len && modules.len < MODULES_MAX)
			names[modules.len++] =
				banner_line(span_of(line, len), run->arena);
	}
	fact_strs(run->facts, "rsync.modules", run->port, &modules);
	return true;
}

static bool run_access(struct probe_run *run, struct err *err)
{
	_cleanup_conn_ struct conn *conn = NULL;
	bool vnc = probe_is_service(run, "vnc");
	const struct fact *tls =
		fact_find(run->facts, "service.tls", run->port);

	if ((!vnc && !probe_is_service(run, "rsync")) || (tls && tls->yes))
		return true;
	if (!conn_open(&run->host->addr, run->port, run->deadline, &conn, NULL,
		       err) ||
	    !(vnc ? run_vnc : run_rsync)(run, conn, err))
		return err_wrap(err, "%s on port %d", vnc ? "VNC" : "rsync",
				run->port);
	return true;
}

const struct probe probe_access = {
	.name = "access",
	.about = "What VNC and rsync give to who does not sign in",
	.feature = PROBE_PORTS,
	.any_port = true,
	.deadline_ms = 4000,
	.facts =
		(const struct fact_def[]){
			{ "service.no_auth", FACT_BOOL,
			  "It obeys commands without a login" },
			{ "rsync.modules", FACT_LIST,
			  "Modules that are listed for everybody" },
			{ 0 } },
	.run = run_access,
};
