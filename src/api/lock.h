/*
 * lock: an account is closed for a while after repeated failures to show who
 * one is: a password or a code, at sign-in or where it is asked for again.
 *
 * From one network (IPv4 /24, IPv6 /64): five failures within a quarter of an
 * hour, then a minute, doubling with each lock that is remembered, at most an
 * hour. From all networks together thirty, for those who spread their guesses;
 * that lock spares a network from which the account was signed in to lately,
 * so strangers cannot keep its owner out. Counted for addresses that have no
 * account too, so that it tells nobody which have.
 *
 * What is counted is in store/kv.h. Nothing here fails: without Redis the
 * counts of this process hold.
 */
#ifndef NIS2_API_LOCK_H
#define NIS2_API_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* ERR_LIMITED, with the seconds to wait, while it is closed to `ip`. */
bool lock_check(struct arena *a, const char *email_key, const char *ip,
		int64_t now, struct err *err);

/* One more failure; `ret_locked` (may be NULL): it closed the account. */
void lock_failed(struct arena *a, const char *email_key, const char *ip,
		 int64_t now, bool *ret_locked);

/*
 * A full success, of the last thing that was asked: ends the count, and makes
 * the network known. How often it was locked is remembered.
 */
void lock_passed(struct arena *a, const char *email_key, const char *ip,
		 int64_t now);

#endif
