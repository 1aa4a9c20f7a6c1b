/*
 * listen: the socket that requests come in by.
 */
#ifndef NIS2_HTTP_LISTEN_H
#define NIS2_HTTP_LISTEN_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Binds "ADDRESS:PORT" ("[::1]:8000"; port 0 takes any, ret_port says which)
 * and makes room for `connections` descriptors, as far as the system allows.
 */
bool listen_open(const char *address, int connections, int *ret_fd,
		 int *ret_port, struct err *err);

#endif
