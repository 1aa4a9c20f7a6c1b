/*
 * output: what a handler returned, as a reply.
 */
#ifndef NIS2_HTTP_OUTPUT_H
#define NIS2_HTTP_OUTPUT_H

#include "http/exchange.h"

/* With `status`; written from the table of the route's type into the arena. */
bool output_write(struct exchange *x, int status, const void *out,
		  struct err *err);

#endif
