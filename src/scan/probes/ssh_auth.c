/*
 * ssh_auth: the ways to sign in that an SSH server offers to a stranger.
 */
#include "net/ssh_auth.h"

#include "scan/probe.h"

/* Nobody's account: servers name the same methods for all. */
static const char nobody[] = "nis2-scanner";

static void add(struct str_list *list, bool yes, const char *name)
{
	if (yes)
		list->items[list->len++] = name;
}

static bool run_ssh_auth(struct probe_run *run, struct err *err)
{
	_cleanup_conn_ struct conn *conn = NULL;
	struct str_list methods = { (const char *[5]){ 0 }, 0 };
	struct ssh_auth auth;
	struct err ignored = { 0 };

	(void)err;
	/* What cannot be agreed on says the probe `ssh`. */
	if (!probe_is_service(run, "ssh") ||
	    !conn_open(&run->host->addr, run->port, run->deadline, &conn, NULL,
		       &ignored) ||
	    !ssh_auth_ask(conn, nobody, &auth, &ignored))
		return true;
	add(&methods, auth.password, "password");
	add(&methods, auth.keyboard_interactive, "keyboard-interactive");
	add(&methods, auth.publickey, "publickey");
	add(&methods, auth.hostbased, "hostbased");
	add(&methods, auth.gssapi, "gssapi-with-mic");
	fact_strs(run->facts, "ssh.methods", run->port, &methods);
	fact_bool(run->facts, "ssh.asks_nothing", run->port, auth.none);
	fact_bool(run->facts, "ssh.passwords", run->port,
		  auth.password || auth.keyboard_interactive);
	return true;
}

const struct probe probe_ssh_auth = {
	.name = "ssh_auth",
	.about = "Ways to sign in that an SSH server offers",
	.feature = PROBE_PORTS,
	.any_port = true,
	.thorough = true,
	.deadline_ms = 8000,
	.facts =
		(const struct fact_def[]){
			{ "ssh.methods", FACT_LIST,
			  "Ways to sign in that it names" },
			{ "ssh.asks_nothing", FACT_BOOL,
			  "It lets in who proves nothing" },
			{ "ssh.passwords", FACT_BOOL,
			  "Passwords, or codes that are typed, will do" },
			{ 0 } },
	.run = run_ssh_auth,
};
