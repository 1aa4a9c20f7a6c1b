/*
 * api_key: who is asking, when it is a program.
 *
 * A key is "nis2_" and 30 random bytes as base64url. It stands for its
 * organisation and not for a person: no role applies, its scopes open the
 * operations that name one of them (x-scope), and the audit row has the key in
 * place of a person. The database holds its SHA-256 and its first characters.
 *
 * What a request does to the key itself is written after it, in a transaction
 * of its own that neither delays nor fails it: a key past its end is switched
 * off, the use is stamped once a minute, and the first use from an address is
 * put into the audit log.
 */
#ifndef NIS2_HTTP_API_KEY_H
#define NIS2_HTTP_API_KEY_H

#include "http/call.h"

#define API_KEY_START "nis2_"

enum {
	API_KEY_BYTES = 30,
	API_KEY_PREFIX = 12, /* what is shown of it, API_KEY_START included */
	API_KEY_CALLS = 600, /* a minute, all operations together */
	API_KEY_ADDRESSES = 100, /* remembered; who has more is everywhere */
};

/*
 * The key `text`, if it is there, alive and has `scope`: ERR_UNAUTHENTICATED
 * or ERR_FORBIDDEN as the contract says. `ret->key` is set whenever the key
 * exists and was not revoked, also on failure: for api_key_used().
 */
bool api_key_open(const char *text, const char *scope, const char *ip,
		  int64_t now, struct db *db, struct arena *a,
		  struct session *ret, struct err *err);

/* ERR_LIMITED once there were more than API_KEY_CALLS in this minute. */
bool api_key_count(const struct session *session, int64_t now, struct arena *a,
		   struct err *err);

/*
 * After the request and its transaction: notes what is to be noted of the use
 * of call->session->key. A failure is logged.
 */
void api_key_used(struct call *call);

#endif
