/*
 * account: a person, their organisation, and the tokens of a session.
 */
#ifndef NIS2_API_ACCOUNT_H
#define NIS2_API_ACCOUNT_H

#include "gen/api_types.h"
#include "http/call.h"

/* Folded for comparing: "Alice@Example.org" and "alice@…" are one account. */
char *account_email_key(struct arena *a, const char *email);

struct account {
	const char *user_id;
	const char *org_id;
};

struct account_new {
	const char *email;
	const char *password_hash;
	const char *full_name;
	const char *org_name;
	int64_t now;
};

/*
 * A user and a new organisation that the user is admin of, in the caller's
 * transaction. ERR_CONFLICT "Email already registered".
 */
bool account_create(struct db *db, struct arena *a,
		    const struct account_new *in, struct account *ret,
		    struct err *err);

/* What a pair of tokens is for. */
struct account_grant {
	const struct user *user;
	const char *org_id; /* NULL: a user without an organisation */
	const char *role;   /* as in org_id */
	const char *family; /* NULL: a new sign-in */
	/* The organisation whose identity provider vouched, or NULL. */
	const char *sso_org_id;
	bool slim; /* no tokens in the body */
};

/*
 * Issues access and refresh token, records the latter, sets the three
 * cookies, and fills the answer. In a transaction. ERR_UNAUTHENTICATED when
 * the sign-in it goes on with was ended meanwhile.
 */
bool account_issue(struct call *call, const struct account_grant *grant,
		   struct token_response *out, struct err *err);

/*
 * Ends all sign-ins of the person but this one, with their tokens; `reason` as
 * in session.end_reason. In a transaction.
 */
bool account_end_others(struct call *call, const char *reason, struct err *err);

/*
 * The organisation whose audit log tells of a person without a session:
 * `preferred` while they belong to it, else the one they used last or joined
 * first. NULL: of none.
 */
bool account_audit_org(struct call *call, const char *user_id,
		       const char *preferred, const char **ret,
		       struct err *err);

/*
 * A sign-in came to nothing: commits a job that tells the audit log, by the
 * same statement whether somebody has the address or not, so that the time
 * says nothing about it. Then the caller raises.
 */
bool account_note_failure(struct call *call, const char *email_key, bool locked,
			  struct err *err);

/* Takes the three cookies back. */
void account_clear_cookies(struct call *call);

#endif
