/*
 * conn_ssl: the library's side of a connection, for files of this folder that
 * need more of a handshake than conn_start_tls() tells.
 */
#ifndef NIS2_NET_CONN_SSL_H
#define NIS2_NET_CONN_SSL_H

#include <openssl/ssl.h>

#include "net/conn.h"

/*
 * What TLS is spoken with from here on; the handshake is the caller's. It is
 * the connection's, keeps its deadline, and goes with it. NULL: `sni` is too
 * long.
 */
SSL *conn_ssl_new(struct conn *conn, const char *sni);

#endif
