/*
 * policy: what this installation lets an organisation name as a target.
 */
#ifndef NIS2_API_POLICY_H
#define NIS2_API_POLICY_H

#include "http/call.h"
#include "net/target.h"

/* Seconds that the name of one asset may take to resolve. */
enum { POLICY_RESOLVE_SECONDS = 4 };

/* The rules for registering a target, with the operator's exceptions. */
bool policy_make(struct call *call, struct target_policy *ret, struct err *err);

/*
 * Judges one target and resolves it. A refusal is ERR_INVALID on
 * body.target_value with the contract's message.
 */
bool policy_check(struct call *call, const char *type, const char *value,
		  struct target_spec *ret, const char **ret_pinned,
		  struct err *err);

#endif
