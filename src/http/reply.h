/*
 * reply: the bodies of errors, made in one place.
 *
 * Always {"detail": "<text>"}; a 422 adds `errors`, a 429 adds `error` and
 * Retry-After, and the members of RFC 9457 come along. What went wrong inside
 * is not told: the reply has the request id, and the log has the rest.
 */
#ifndef NIS2_HTTP_REPLY_H
#define NIS2_HTTP_REPLY_H

#include "http/exchange.h"

int reply_status_of(enum err_kind kind);

/* `issues` may be NULL. */
void reply_error(struct exchange *x, const struct err *err,
		 const struct issue_list *issues);

/* 404, 405, 413, 414: a status that no err_kind stands for, or no handler saw.
 */
void reply_status(struct exchange *x, int status, const char *detail);

/* A JSON text of the arena. */
void reply_json(struct exchange *x, int status, const char *text, size_t len);

/* No body: 204, 304, 307. */
void reply_empty(struct exchange *x, int status);

/* Plain text. */
void reply_text(struct exchange *x, int status, const char *text);

#endif
