/*
 * trace: what is left of a request when it is over: its id and its line in the
 * log. The line has no query string and no header: secrets travel there.
 */
#ifndef NIS2_HTTP_TRACE_H
#define NIS2_HTTP_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "http/exchange.h"

/* 16 hexadecimal digits, unique in this process and hardly found in another. */
char *trace_id(struct arena *a);

/* `sent`: the reply left completely. */
void trace_log(const struct exchange *x, bool sent, int64_t micros);

#endif
