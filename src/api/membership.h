/*
 * membership: what the handlers of organisations, members and invitations
 * share. Everything here is about the organisation of the session, which for
 * these routes is the one in the path, and wants it locked by call_lock_org():
 * who looks at the other administrators and then writes takes turns.
 */
#ifndef NIS2_API_MEMBERSHIP_H
#define NIS2_API_MEMBERSHIP_H

#include "gen/api_types.h"
#include "gen/row_types.h"
#include "http/call.h"

/* What maxItems of the contract and the LIMIT of the statements say too. */
enum { MEMBERS_MAX = 10000 };

/* ERR_NOT_FOUND "Member not found". */
bool membership_find(struct call *call, const char *id, struct member_row *ret,
		     struct err *err);

/*
 * The answer. Of somebody who has not joined it tells the address that was
 * typed and nothing else. `invite_token` may be NULL.
 */
struct member membership_answer(struct arena *a, const struct member_row *row,
				const char *invite_token);

enum member_role membership_role(const char *name);

/* ERR_REFUSED unless there is an administrator besides that membership. */
bool membership_spare_admin(struct call *call, const char *id, const char *why,
			    struct err *err);

/*
 * The membership, or the open invitation to it, ends here: with it the keys
 * that the person made in this organisation, and an account that nobody has
 * used yet and nobody else wants. `accepted`: it was more than an invitation.
 */
bool membership_end(struct call *call, const char *id, const char *user_id,
		    bool accepted, struct err *err);

/* Switches off the API keys that the person made here; a row in the log each.
 */
bool membership_keys_off(struct call *call, const char *user_id,
			 struct err *err);

#endif
