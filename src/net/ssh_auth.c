#include "net/ssh_auth.h"

#include <libssh/libssh.h>

#include "base/clock.h"
#include "net/conn_fd.h"

/* Half of the time for the handshake, half for the question. */
static long seconds_for_each(const struct conn *conn)
{
	int64_t left = (conn_deadline(conn) - clock_tick()) / CLOCK_SECOND / 2;

	return left > 1 ? (long)left : 1;
}

static bool set_options(ssh_session session, struct conn *conn,
			const char *user)
{
	socket_t fd;
	long timeout = seconds_for_each(conn);
	int no = 0;

	/* A folder and files that are not there: none is read. */
	return !ssh_options_set(session, SSH_OPTIONS_SSH_DIR, "/nonexistent") &&
	       !ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no) &&
	       !ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS,
				"/nonexistent/known_hosts") &&
	       !ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS,
				"/nonexistent/known_hosts") &&
	       !ssh_options_set(session, SSH_OPTIONS_HOST, "host") &&
	       !ssh_options_set(session, SSH_OPTIONS_USER, user) &&
	       !ssh_options_set(session, SSH_OPTIONS_TIMEOUT, &timeout) &&
	       (fd = conn_fd(conn)) >= 0 &&
	       !ssh_options_set(session, SSH_OPTIONS_FD, &fd);
}

static void take_methods(int methods, struct ssh_auth *ret)
{
	ret->password = methods & SSH_AUTH_METHOD_PASSWORD;
	ret->keyboard_interactive = methods & SSH_AUTH_METHOD_INTERACTIVE;
	ret->publickey = methods & SSH_AUTH_METHOD_PUBLICKEY;
	ret->hostbased = methods & SSH_AUTH_METHOD_HOSTBASED;
	ret->gssapi = methods & SSH_AUTH_METHOD_GSSAPI_MIC;
}

static bool ask(ssh_session session, struct ssh_auth *ret)
{
	int rc;

	if (ssh_connect(session) != SSH_OK)
		return false;
	rc = ssh_userauth_none(session, NULL);
	ret->none = rc == SSH_AUTH_SUCCESS;
	if (rc != SSH_AUTH_DENIED && rc != SSH_AUTH_PARTIAL)
		return ret->none;
	take_methods(ssh_userauth_list(session, NULL), ret);
	return true;
}

bool ssh_auth_ask(struct conn *conn, const char *user, struct ssh_auth *ret,
		  struct err *err)
{
	ssh_session session = ssh_new();
	bool ok;

	*ret = (struct ssh_auth){ 0 };
	if (!session)
		return err_set(err, ERR_INTERNAL, "out of memory");
	ok = set_options(session, conn, user) && ask(session, ret);
	if (!ok)
		err_set(err, ERR_UPSTREAM, "SSH: no handshake");
	/* Closes its descriptor, too. */
	ssh_disconnect(session);
	ssh_free(session);
	return ok;
}
