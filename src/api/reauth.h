/*
 * reauth: asking once more who somebody is, in a session that has begun.
 */
#ifndef NIS2_API_REAUTH_H
#define NIS2_API_REAUTH_H

#include "http/call.h"

/*
 * Whether `password` is that of the session's user. `kind` and `refusal` are
 * what a wrong one is answered with; ERR_LIMITED while the account is locked.
 * Outside of a transaction (`x-transaction: late`).
 */
bool reauth_password(struct call *call, const char *password,
		     enum err_kind kind, const char *refusal, struct err *err);

#endif
