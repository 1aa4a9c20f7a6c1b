/*
 * audit: the row that says who did what, written in the transaction that does
 * it. The router writes one for every operation that changes something: the
 * action the contract names (x-audit), or else the general one, the method and
 * the first segment of the path. A handler that writes its own sets
 * call->audit.skip.
 */
#ifndef NIS2_HTTP_AUDIT_H
#define NIS2_HTTP_AUDIT_H

#include "http/call.h"
#include "http/route.h"

/*
 * `action` on call->audit.resource_id with call->audit.details, by the person
 * and in the organisation of the session; nothing when there is none.
 */
bool audit_action(struct call *call, const char *action, const char *resource,
		  struct err *err);

/*
 * A row that the contract does not name: what a handler does beside, or where
 * there is no session yet. NULL: the session's organisation and person.
 */
struct audit_note {
	const char *org_id;
	const char *user_id;
	const char *action, *resource, *resource_id;
	const char *details; /* JSON object or NULL */
};
bool audit_note(struct call *call, const struct audit_note *note,
		struct err *err);

/* "post" on "assets", {path, method, status}. */
bool audit_general(struct call *call, int status, struct err *err);

/*
 * "access.refused" {path, method}: somebody known asked for what their role
 * does not allow, in the organisation of the session. In a transaction of its
 * own, and one row a minute for a person and a route, so that a loop of
 * refusals costs no loop of rows.
 */
bool audit_refused(struct call *call, const struct route *route,
		   struct err *err);

#endif
