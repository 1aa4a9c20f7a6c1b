/*
 * log: one line of key=value pairs an event (logfmt), or one JSON object, on
 * standard error. Called at the edges only: router, job loop, main.
 *
 *	log_event(LOG_INFO, "request", "method", "GET", "status", "200", NULL);
 *
 * Values are escaped; never pass a password, token, code or cookie.
 */
#ifndef NIS2_BASE_LOG_H
#define NIS2_BASE_LOG_H

#include <stdbool.h>

#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

void log_setup(enum log_level least, enum log_format format);

/*
 * Lines below LOG_WARN may wait up to 50 ms and are written together: a server
 * that answers a hundred thousand requests a second must not write as often.
 * log_batch(false) writes what waits and goes back to line by line.
 */
void log_batch(bool on);

/* `name`, then pairs of strings, then NULL. A NULL value drops its pair. */
void log_event(enum log_level level, const char *name, ...)
	__attribute__((sentinel));

/* An error with the place it reached and its id (request, job; may be NULL). */
void log_error(const char *where, const char *id, const struct err *err);

#endif
