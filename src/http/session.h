/*
 * session: who is asking.
 *
 * An access token comes in the cookie `access_token`, which wins even when it
 * is invalid, or as `Authorization: Bearer`, where routes with x-scope take an
 * API key as well. What the token says is checked
 * against the database on every request: a role that was taken away, a member
 * who was removed, a password that was changed count at once.
 *
 * With the cookie comes the double submit: the cookie `csrf_token` and the
 * header X-CSRF-Token must be there and be equal, and the token must belong to
 * the session, which a planted cookie does not.
 */
#ifndef NIS2_HTTP_SESSION_H
#define NIS2_HTTP_SESSION_H

#include "http/call.h"
#include "http/route.h"

/* The credentials of a request as they came; NULL or "" when absent. */
struct credentials {
	const char *access_cookie;
	const char *csrf_cookie;
	const char *authorization; /* the header */
	const char *csrf_header;
	const char *origin;
	const char *fetch_site; /* Sec-Fetch-Site */
};

/* The API key that was sent (http/api_key.h), or NULL; the cookie wins. */
const char *session_api_key(const struct credentials *c);

/*
 * Who it is and whether that is enough for the route. Fills `ret` from the
 * token, or the API key, and from one statement, also when only the role is too
 * low; public routes need no call. `ip` is the client's address.
 */
bool session_open(const struct credentials *c, const struct route *route,
		  const char *ip, int64_t now, struct db *db, struct arena *a,
		  struct session *ret, struct err *err);

/*
 * For a route with x-org: makes the organisation in the path, and the role
 * there, those of the session, or refuses as the contract says. A text that is
 * no id is left to the check of the fields.
 */
bool session_enter(const struct route *route, const char *org_id, struct db *db,
		   struct arena *a, struct session *s, struct err *err);

/* The double submit, for a method that changes something. ERR_FORBIDDEN. */
bool session_check_csrf(const struct credentials *c,
			const struct settings *settings, int64_t now,
			struct arena *a, struct err *err);

/* A new csrf_token for the session of that family: 43 characters. */
char *session_csrf_token(const struct settings *settings, const char *family,
			 struct arena *a);

/*
 * Adds a Set-Cookie to the reply, SameSite=strict, Secure as COOKIE_SECURE
 * says; `http_only` keeps it from scripts. cookie_clear() takes it back with
 * the attributes it was set with.
 */
void cookie_set(struct call *call, const char *name, const char *value,
		int64_t max_age, const char *path, bool http_only);
void cookie_clear(struct call *call, const char *name, const char *path,
		  bool http_only);

#endif
