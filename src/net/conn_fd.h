/*
 * conn_fd: the descriptor of a connection, for files of this folder that hand
 * it to a library of another protocol.
 */
#ifndef NIS2_NET_CONN_FD_H
#define NIS2_NET_CONN_FD_H

#include <stdint.h>

#include "net/conn.h"

/*
 * A descriptor of its own for the caller, who closes it; nothing may have been
 * read or written before. It blocks no longer than the library lets it: the
 * deadline is the caller's to keep. -1: none was to be had.
 */
int conn_fd(const struct conn *conn);
/* clock_tick() at which all ends. */
int64_t conn_deadline(const struct conn *conn);

#endif
