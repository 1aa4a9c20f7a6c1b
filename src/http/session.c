#include "http/session.h"

#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/span.h"
#include "codec/format.h"
#include "crypto/token.h"
#include "gen/queries.h"
#include "http/api_key.h"
#include "http/cors.h"

/* A csrf_token is 16 random bytes and most of a MAC over them: 22 + 21. */
enum { CSRF_BYTES = 16, CSRF_RANDOM = 22, CSRF_LEN = 43 };

static const char *bearer(const char *authorization)
{
	struct span s = span_str(authorization);

	if (!span_starts_nocase(s, "bearer "))
		return NULL;
	s.p += sizeof("bearer ") - 1;
	s = span_trim(s);
	return span_len(s) ? s.p : NULL;
}

const char *session_api_key(const struct credentials *c)
{
	const char *text = bearer(c->authorization);

	if (!text || (c->access_cookie && *c->access_cookie) ||
	    strncmp(text, API_KEY_START, sizeof(API_KEY_START) - 1))
		return NULL;
	return text;
}

/* The text of the token, or NULL when there is no credential. */
static const char *token_of(const struct credentials *c)
{
	if (c->access_cookie && *c->access_cookie)
		return c->access_cookie;
	return bearer(c->authorization);
}

static bool is_uuid(const char *s)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (!s || strlen(s) != ID_LEN)
		return false;
	for (int i = 0; i < ID_LEN; i++)
		if (shape[i] == '-' ? s[i] != '-'
				    : !strchr("0123456789abcdefABCDEF", s[i]))
			return false;
	return true;
}

/* What the token says of itself. */
static bool read_token(const struct credentials *c, int64_t now,
		       struct arena *a, struct token_claims *ret,
		       struct err *err)
{
	const char *text = token_of(c);

	if (!text)
		return err_set(err, ERR_UNAUTHENTICATED,
			       "Missing authentication token");
	if (!token_verify(text, token_keys_process(), now / CLOCK_SECOND, a,
			  ret, err))
		return false;
	if (!ret->type || strcmp(ret->type, "access"))
		return err_set(err, ERR_UNAUTHENTICATED, "Invalid token type");
	if (!is_uuid(ret->user_id))
		return err_set(err, ERR_UNAUTHENTICATED,
			       "Invalid token payload");
	return true;
}

/* A sign-in that was ended, or that nobody remembers. */
static bool check_alive(const struct session_row *row, struct err *err)
{
	if (row->session_id && !row->has_ended_at)
		return true;
	if (row->end_reason && !strcmp(row->end_reason, "password"))
		return err_set(err, ERR_UNAUTHENTICATED,
			       "Token invalidated by password change; "
			       "please re-login");
	return err_set(err, ERR_UNAUTHENTICATED, "Invalid or expired token");
}

/* What the database says of the person. */
static bool read_user(struct db *db, const struct token_claims *claims,
		      struct arena *a, struct session_row *ret, struct err *err)
{
	bool found = false;

	if (!sql_session_row(db, a, claims->user_id, claims->family,
			     claims->org_id, ret, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_UNAUTHENTICATED, "User not found");
	if (!ret->is_active)
		return err_set(err, ERR_FORBIDDEN,
			       "User account is deactivated");
	if (!check_alive(ret, err))
		return false;
	if (ret->has_password_changed_at &&
	    claims->issued_at < ret->password_changed_at / CLOCK_SECOND)
		return err_set(err, ERR_UNAUTHENTICATED,
			       "Token invalidated by password change; "
			       "please re-login");
	return true;
}

/*
 * An organisation's identity provider could say of anybody that it is them, so
 * what it vouched for counts in that organisation alone.
 */
static bool check_sso(const struct session_row *row, const struct route *route,
		      const struct token_claims *claims, struct err *err)
{
	if (!row->sso_org_id || route->sso_ok || route->org_need)
		return true;
	if (route->need > NEED_USER && claims->org_id &&
	    !strcmp(claims->org_id, row->sso_org_id))
		return true;
	return err_set(err, ERR_FORBIDDEN,
		       "This session was opened with an organization's "
		       "identity provider and works in that organization only");
}

/* copy: of another row than that of api/auth.c, and neither knows the other. */
static struct user *user_of(const struct session_row *row, struct arena *a)
{
	struct user *user = arena_alloc(a, sizeof(*user));

	*user = (struct user){
		.id = row->user_id,
		.email = row->email,
		.full_name = row->full_name,
		.locale = row->locale,
		.avatar_url = row->avatar_url,
		.email_verified = row->email_verified,
		.is_active = row->is_active,
		.created_at = row->created_at,
		.has_created_at = true,
		.mfa_enabled = row->has_totp_enabled_at,
		.has_mfa_enabled = true,
	};
	return user;
}

static enum role role_of(const char *name)
{
	for (int i = ROLE_ADMIN; name && i > ROLE_NONE; i--)
		if (!strcmp(name, role_names[i]))
			return i;
	return ROLE_NONE;
}

/* The organisation that the request is about, if it must be about one. */
static bool check_org(const struct session_row *row,
		      const struct token_claims *claims, int64_t memberships,
		      struct err *err)
{
	if (row->org_id)
		return true;
	if (!memberships)
		return err_set(err, ERR_FORBIDDEN,
			       "User is not a member of any organization");
	return err_set(err, ERR_FORBIDDEN,
		       claims->org_id
			       ? "No membership for the active organization; "
				 "please re-login"
			       : "Active organization not specified in token; "
				 "please re-login");
}

/*
 * How many organisations the person is in, where that matters: the usual token
 * names one of them. One of several, when it names none, is nobody's choice.
 */
static bool count_orgs(struct db *db, const struct token_claims *claims,
		       struct arena *a, struct session_row *row,
		       int64_t *ret_memberships, struct err *err)
{
	*ret_memberships = 1;
	if (claims->org_id && row->org_id)
		return true;
	if (!sql_session_org_count(db, a, claims->user_id, ret_memberships,
				   err))
		return false;
	if (!claims->org_id && *ret_memberships > 1)
		row->org_id = row->role = NULL;
	return true;
}

static enum role least_role(enum need need)
{
	return need == NEED_ADMIN     ? ROLE_ADMIN
	       : need == NEED_AUDITOR ? ROLE_AUDITOR
				      : ROLE_VIEWER;
}

static bool check_role(enum role role, const struct route *route,
		       struct err *err)
{
	enum role least = least_role(route->need);

	if (role >= least)
		return true;
	if (route->refusal)
		return err_set(err, ERR_FORBIDDEN, "%s", route->refusal);
	return err_set(err, ERR_FORBIDDEN, "This action requires one of: %s",
		       least == ROLE_ADMIN     ? "admin"
		       : least == ROLE_AUDITOR ? "admin, auditor"
					       : "admin, auditor, viewer");
}

bool session_open(const struct credentials *c, const struct route *route,
		  const char *ip, int64_t now, struct db *db, struct arena *a,
		  struct session *ret, struct err *err)
{
	const char *key = session_api_key(c);
	struct token_claims claims = { 0 };
	struct session_row row = { 0 };
	int64_t memberships = 0;
	enum role role;

	if (key && route->scope)
		return api_key_open(key, route->scope, ip, now, db, a, ret,
				    err);
	if (!read_token(c, now, a, &claims, err) ||
	    !read_user(db, &claims, a, &row, err) ||
	    !check_sso(&row, route, &claims, err) ||
	    !count_orgs(db, &claims, a, &row, &memberships, err) ||
	    (route->need > NEED_USER &&
	     !check_org(&row, &claims, memberships, err)))
		return false;
	role = role_of(row.role);
	*ret = (struct session){
		.user_id = row.user_id,
		.email = row.email,
		.locale = row.locale,
		.org_id = row.org_id,
		.role = role,
		.family = claims.family,
		.confirmed_at = row.confirmed_at,
		.sso_org_id = row.sso_org_id,
		.user = user_of(&row, a),
	};
	return route->need <= NEED_USER || check_role(role, route, err);
}

bool session_enter(const struct route *route, const char *org_id, struct db *db,
		   struct arena *a, struct session *s, struct err *err)
{
	struct membership_row member = { 0 };
	const char *why = NULL,
		   *id = format_apply(FORMAT_UUID, a, org_id, &why);
	bool found = false, counts;

	if (!id)
		return true; /* the fields are checked later: 422 */
	if (!sql_membership_get(db, a, id, s->user_id, &member, &found, err))
		return false;
	counts = found && (!s->sso_org_id || !strcmp(s->sso_org_id, id)) &&
		 (member.has_accepted_at || route->org_pending);
	if (!counts && route->org_missing)
		return err_set(err, ERR_NOT_FOUND, "%s", route->org_missing);
	if (!counts)
		return err_set(err, ERR_FORBIDDEN, "%s", route->org_refusal);
	s->org_id = id;
	s->role = role_of(member.role);
	if (s->role < least_role(route->org_need))
		return err_set(err, ERR_FORBIDDEN, "%s", route->org_refusal);
	return true;
}

static char *csrf_mac(const char *secret, const char *family,
		      const char *random, struct arena *a)
{
	const char *text =
		arena_printf(a, "%s:%.*s", family, CSRF_RANDOM, random);

	return token_mac(secret, "csrf", text, CSRF_BYTES, a);
}

char *session_csrf_token(const struct settings *settings, const char *family,
			 struct arena *a)
{
	const char *random = rand_token(a, CSRF_BYTES);
	const char *mac = csrf_mac(settings->jwt_secret, family, random, a);

	return arena_printf(a, "%.*s%.*s", CSRF_RANDOM, random,
			    CSRF_LEN - CSRF_RANDOM, mac);
}

/*
 * Whether the token was made for this session: a cookie that another host of
 * the domain planted was not. A session that does not verify needs no answer
 * here: the request is refused a moment later.
 */
static bool csrf_belongs(const struct credentials *c,
			 const struct settings *settings, int64_t now,
			 struct arena *a)
{
	struct token_claims claims = { 0 };
	struct err ignored;

	if (!token_verify(c->access_cookie, token_keys_process(),
			  now / CLOCK_SECOND, a, &claims, &ignored) ||
	    !claims.family)
		return true;
	return strlen(c->csrf_cookie) == CSRF_LEN &&
	       token_same(
		       c->csrf_cookie + CSRF_RANDOM,
		       arena_strndup(a,
				     csrf_mac(settings->jwt_secret,
					      claims.family, c->csrf_cookie, a),
				     CSRF_LEN - CSRF_RANDOM));
}

/*
 * Browsers say where a request comes from (Sec-Fetch-Site); a script of another
 * site has no business here unless its origin is in CORS_ORIGINS.
 */
static bool foreign_site(const struct credentials *c,
			 const struct settings *settings)
{
	if (!c->fetch_site || !strcmp(c->fetch_site, "same-origin") ||
	    !strcmp(c->fetch_site, "none"))
		return false;
	return !c->origin || !cors_allows(settings, c->origin);
}

bool session_check_csrf(const struct credentials *c,
			const struct settings *settings, int64_t now,
			struct arena *a, struct err *err)
{
	if (!c->access_cookie || !*c->access_cookie)
		return true;
	if (c->csrf_cookie && *c->csrf_cookie && c->csrf_header &&
	    token_same(c->csrf_cookie, c->csrf_header) &&
	    !foreign_site(c, settings) && csrf_belongs(c, settings, now, a))
		return true;
	return err_set(err, ERR_FORBIDDEN, "CSRF token missing or invalid");
}

static void add_cookie(struct call *call, const char *name, const char *value,
		       const char *life, const char *path, bool http_only)
{
	const char *text = arena_printf(
		call->arena, "%s=%s; %s%s; Path=%s; SameSite=strict%s", name,
		value, http_only ? "HttpOnly; " : "", life, path,
		call->settings->cookie_secure ? "; Secure" : "");

	call_header(call, "Set-Cookie", text);
}

void cookie_set(struct call *call, const char *name, const char *value,
		int64_t max_age, const char *path, bool http_only)
{
	add_cookie(
		call, name, value,
		arena_printf(call->arena, "Max-Age=%lld", (long long)max_age),
		path, http_only);
}

void cookie_clear(struct call *call, const char *name, const char *path,
		  bool http_only)
{
	add_cookie(call, name, "\"\"",
		   "Max-Age=0; expires=Thu, 01 Jan 1970 00:00:00 GMT", path,
		   http_only);
}
