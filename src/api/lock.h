/*
 * lock: an account is closed for a while after repeated failed sign-ins: five
 * failures within a quarter of an hour, then a minute, doubling with each lock
 * that is remembered, at most an hour. Counted for addresses that have no
 * account too, so that it tells nobody which have.
 */
#ifndef NIS2_API_LOCK_H
#define NIS2_API_LOCK_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* ERR_LIMITED, with the seconds to wait, while the account is locked. */
bool lock_check(struct arena *a, const char *email_key, int64_t now,
		struct err *err);
void lock_failed(struct arena *a, const char *email_key, int64_t now);
/* A full success ends the count; how often it was locked is remembered. */
void lock_passed(struct arena *a, const char *email_key);

#endif
