/*
 * reauth: asking once more who somebody is, in a session that has begun: before
 * the password is changed, the second factor set up or switched off, the
 * account erased. A stolen session gives no unlimited guesses: failures count
 * as those of a sign-in do (api/lock.h).
 */
#ifndef NIS2_API_REAUTH_H
#define NIS2_API_REAUTH_H

#include "http/call.h"

/*
 * Whether `password` is that of the session's user; an account without one
 * has none that is right. Takes as long as a hash does, so outside of a
 * transaction (`x-transaction: late`).
 *
 * `kind` and `refusal` are what a wrong one is answered with, ERR_LIMITED while
 * the account is locked, ERR_FORBIDDEN for an API key. A success ends no count:
 * a code may be asked for next, and its guesses must not be forgiven by a
 * password that is known. Who asks for nothing more may call lock_passed().
 */
bool reauth_password(struct call *call, const char *password,
		     enum err_kind kind, const char *refusal, struct err *err);

/*
 * The same around a code: reauth_open() before it is checked (ERR_LIMITED,
 * ERR_FORBIDDEN), reauth_failed() when it was wrong.
 */
bool reauth_open(struct call *call, struct err *err);
bool reauth_failed(struct call *call, enum err_kind kind, const char *refusal,
		   struct err *err);

#endif
