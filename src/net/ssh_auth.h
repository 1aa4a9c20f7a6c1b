/*
 * ssh_auth: the ways to sign in that an SSH server offers (RFC 4252, 5.2):
 * the handshake is done, "none" is asked for, and nothing else. Through
 * libssh, whose own files (configuration, known hosts, keys) are not touched.
 */
#ifndef NIS2_NET_SSH_AUTH_H
#define NIS2_NET_SSH_AUTH_H

#include <stdbool.h>

#include "base/err.h"
#include "net/conn.h"

struct ssh_auth {
	bool none; /* it let us in */
	bool password, keyboard_interactive, publickey, hostbased, gssapi;
};

/*
 * On a connection on which nothing was said. False: no handshake, say because
 * the server has nothing but algorithms that libssh gave up.
 */
bool ssh_auth_ask(struct conn *conn, const char *user, struct ssh_auth *ret,
		  struct err *err);

#endif
