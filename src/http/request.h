/*
 * request: the request line and the headers, copied into the exchange.
 */
#ifndef NIS2_HTTP_REQUEST_H
#define NIS2_HTTP_REQUEST_H

#include "http/exchange.h"

/* The target as it stands in the request line. Too long: the reply is there. */
void request_line(struct exchange *x, const char *target);

/* One header; those that mean nothing here are dropped. */
void request_header(struct exchange *x, const char *name, size_t name_len,
		    const char *value, size_t value_len);

/* All headers were there: cookies, and who the client is. */
void request_finish(struct exchange *x, const char *method, const char *peer,
		    const struct settings *settings);

/* Content-Length; 0 without one, INT64_MAX for one that is no number. */
int64_t request_body_length(const struct exchange *x);
bool request_is_chunked(const struct exchange *x);

/* The other end of the connection is on this machine. */
bool request_is_local(const struct exchange *x);

#endif
