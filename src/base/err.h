/*
 * err: an error is a value.
 *
 * A function that can fail returns bool and takes a `struct err *` last. It
 * raises with one statement, `return err_set(err, KIND, "…");`, because every
 * function here returns false. The value owns no memory, so it can neither
 * leak nor be freed twice. Who raises does not log: the router, the job loop
 * and main() do, once (docs/errors.md).
 */
#ifndef NIS2_BASE_ERR_H
#define NIS2_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

/* What the caller can do about it; it decides the HTTP status and a retry. */
enum err_kind {
	ERR_NONE,
	ERR_INVALID,	     /* 422: the input is wrong, `field` says where */
	ERR_REFUSED,	     /* 400: well-formed, but not in this state */
	ERR_UNAUTHENTICATED, /* 401 */
	ERR_FORBIDDEN,	     /* 403 */
	ERR_NOT_FOUND,	     /* 404 */
	ERR_CONFLICT,	     /* 409 */
	ERR_TOO_LARGE,	     /* 413 */
	ERR_LIMITED,	     /* 429: wait `retry_after` seconds */
	ERR_BUSY,	     /* 503: try again, jobs do so by themselves */
	ERR_UPSTREAM,	     /* 502: another machine failed us */
	ERR_INTERNAL,	     /* 500: ours; `msg` is not shown to clients */
};

struct err {
	enum err_kind kind;
	char field[64];	 /* the field at fault, as "body.name"; "" if none */
	char type[32];	 /* machine word of a 422, as "string_too_long" */
	char msg[256];	 /* may be shown to the client */
	char cause[256]; /* what a library said: for the log only */
	int retry_after; /* seconds, for ERR_LIMITED and ERR_BUSY */
};

/* Sets kind and message, clears the rest. `err` may be NULL. False, always. */
bool err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ERR_INVALID on one field ("body.name"), with the machine word `type`. */
bool err_field(struct err *err, const char *field, const char *type,
	       const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Puts context before the message: "context: message". */
bool err_wrap(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Keeps what a library said, for the log. */
bool err_cause(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* "invalid", "not_found", …: the word the log shows. */
const char *err_kind_name(enum err_kind kind);

#endif
