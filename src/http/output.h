/*
 * output: what a handler returned, as a reply.
 */
#ifndef NIS2_HTTP_OUTPUT_H
#define NIS2_HTTP_OUTPUT_H

#include "http/exchange.h"

/* Written from the table of the route's type straight into the arena. */
bool output_write(struct exchange *x, const void *out, struct err *err);

#endif
