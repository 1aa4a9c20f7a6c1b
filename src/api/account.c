#include "api/account.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wctype.h>

#include "base/clock.h"
#include "base/rand.h"
#include "codec/format.h"
#include "crypto/token.h"
#include "gen/queries.h"
#include "http/session.h"

#define REFRESH_PATH "/api/v1/auth"

enum { SLUG_MAX = 128, SLUG_SUFFIX = 8, SLUG_TRIES = 100 };

/* ---- text in any script ---- */

/* Character classes of Unicode; glibc has them in C.UTF-8. */
static locale_t unicode(void)
{
	static locale_t made;
	locale_t l = __atomic_load_n(&made, __ATOMIC_ACQUIRE);

	if (l)
		return l;
	l = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	__atomic_store_n(&made, l, __ATOMIC_RELEASE);
	return l;
}

static void add_character(struct sb *b, unsigned c)
{
	if (c < 0x80) {
		sb_addc(b, (char)c);
	} else if (c < 0x800) {
		sb_addc(b, (char)(0xc0 | c >> 6));
		sb_addc(b, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		sb_addc(b, (char)(0xe0 | c >> 12));
		sb_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
		sb_addc(b, (char)(0x80 | (c & 0x3f)));
	} else {
		sb_addc(b, (char)(0xf0 | c >> 18));
		sb_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		sb_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
		sb_addc(b, (char)(0x80 | (c & 0x3f)));
	}
}

static unsigned lower(unsigned c)
{
	return unicode() ? (unsigned)towlower_l((wint_t)c, unicode()) : c;
}

static bool is_letter_or_digit(unsigned c)
{
	if (!unicode())
		return c >= 0x80 || (c >= 'a' && c <= 'z') ||
		       (c >= '0' && c <= '9');
	return iswalnum_l((wint_t)c, unicode());
}

char *account_email_key(struct arena *a, const char *email)
{
	struct sb b = sb_new(a, strlen(email) + 1);
	int len;

	for (; *email; email += len)
		add_character(&b, lower(format_next(email, &len)));
	return b.s;
}

/* ---- slugs ---- */

/* "Société & Co." becomes "société-co". */
static char *slug_of(struct arena *a, const char *name)
{
	struct sb b = sb_new(a, SLUG_MAX);
	bool gap = false;
	int len;

	for (; *name && b.len < SLUG_MAX - SLUG_SUFFIX; name += len) {
		unsigned c = lower(format_next(name, &len));

		if (c == ' ' || c == '\t' || c == '_') {
			gap = b.len > 0;
			continue;
		}
		if (c != '-' && !is_letter_or_digit(c))
			continue;
		if (gap)
			sb_addc(&b, '-');
		gap = false;
		add_character(&b, c);
	}
	return b.len ? b.s : arena_printf(a, "org-%.8s", id_new(a) + 28);
}

static bool insert_org(struct db *db, struct arena *a, const char *id,
		       const struct account_new *in, struct err *err)
{
	const char *base = slug_of(a, in->org_name), *slug = base;
	int64_t changed = 0;

	for (int i = 1; i <= SLUG_TRIES; i++) {
		if (!sql_org_insert(db, a, id, in->org_name, slug, in->now,
				    &changed, err))
			return false;
		if (changed)
			return true;
		slug = arena_printf(a, "%s-%d", base, i);
	}
	slug = arena_printf(a, "%s-%.7s", base, id_new(a) + 29);
	if (!sql_org_insert(db, a, id, in->org_name, slug, in->now, &changed,
			    err))
		return false;
	return changed || err_set(err, ERR_CONFLICT,
				  "The organization's name is taken, please "
				  "try again");
}

/* ---- accounts ---- */

static bool insert_user(struct db *db, struct arena *a, const char *id,
			const struct account_new *in, struct err *err)
{
	struct sql_user_insert_args row = {
		.id = id,
		.email = in->email,
		.email_key = account_email_key(a, in->email),
		.password_hash = in->password_hash,
		.full_name = in->full_name,
		.now = in->now,
	};

	if (sql_user_insert(db, a, &row, err))
		return true;
	if (err->kind == ERR_CONFLICT)
		err_set(err, ERR_CONFLICT, "Email already registered");
	return false;
}

bool account_create(struct db *db, struct arena *a,
		    const struct account_new *in, struct account *ret,
		    struct err *err)
{
	const char *user = id_new(a), *org = id_new(a);

	if (!insert_user(db, a, user, in, err) ||
	    !insert_org(db, a, org, in, err) ||
	    !sql_membership_insert(db, a,
				   &(struct sql_membership_insert_args){
					   .id = id_new(a),
					   .org = org,
					   .user_id = user,
					   .role = role_names[ROLE_ADMIN],
					   .now = in->now,
				   },
				   err))
		return false;
	*ret = (struct account){ .user_id = user, .org_id = org };
	return true;
}

/* ---- tokens ---- */

struct pair {
	char *access;
	char *refresh;
	const char *family;
};

/* A new sign-in begins a session, any other pair goes on with one. */
static bool keep_session(struct call *call, const struct account_grant *grant,
			 const struct token_claims *refresh, struct err *err)
{
	int64_t ends = refresh->expires_at * CLOCK_SECOND;

	if (grant->family)
		return sql_session_continue(call->db, call->arena,
					    grant->family, grant->org_id,
					    call->now, ends, NULL, err);
	return sql_session_insert(
		call->db, call->arena,
		&(struct sql_session_insert_args){
			.id = refresh->family,
			.user_id = refresh->user_id,
			.org = refresh->org_id,
			.sso_org = grant->sso_org_id,
			.ip_address = call->request->ip,
			.user_agent = call->request->user_agent,
			.now = call->now,
			.expires_at = ends,
		},
		err);
}

static bool sign_pair(struct call *call, const struct account_grant *grant,
		      struct pair *ret, struct err *err)
{
	const struct settings *s = call->settings;
	struct arena *a = call->arena;
	struct token_claims claims = {
		.user_id = grant->user->id,
		.org_id = grant->org_id,
		.role = grant->role,
		.family = grant->family ? grant->family : id_new(a),
		.issued_at = call->now / CLOCK_SECOND,
		.type = "access",
		.id = id_new(a),
	};

	ret->family = claims.family;
	claims.expires_at = claims.issued_at + s->access_minutes * 60;
	if (!token_sign(&claims, s->jwt_secret, a, &ret->access, err))
		return false;
	claims.type = "refresh";
	claims.id = id_new(a);
	claims.expires_at = claims.issued_at + s->refresh_days * 86400;
	return token_sign(&claims, s->jwt_secret, a, &ret->refresh, err) &&
	       keep_session(call, grant, &claims, err) &&
	       sql_refresh_insert(
		       call->db, a,
		       &(struct sql_refresh_insert_args){
			       .jti = claims.id,
			       .family = claims.family,
			       .user_id = claims.user_id,
			       .org = claims.org_id,
			       .now = call->now,
			       .expires_at = claims.expires_at * CLOCK_SECOND,
		       },
		       err);
}

bool account_issue(struct call *call, const struct account_grant *grant,
		   struct token_response *out, struct err *err)
{
	const struct settings *s = call->settings;
	struct pair pair = { 0 };
	char *csrf;

	if (!sign_pair(call, grant, &pair, err))
		return false;
	csrf = session_csrf_token(s, pair.family, call->arena);
	cookie_set(call, "access_token", pair.access, s->access_minutes * 60,
		   "/", true);
	cookie_set(call, "refresh_token", pair.refresh, s->refresh_days * 86400,
		   REFRESH_PATH, true);
	cookie_set(call, "csrf_token", csrf, s->access_minutes * 60, "/",
		   false);
	out->access_token = grant->slim ? NULL : pair.access;
	out->refresh_token = grant->slim ? NULL : pair.refresh;
	out->csrf_token = csrf;
	out->user = *grant->user;
	out->org_id = grant->org_id;
	return true;
}

const char *account_public_url(struct call *call)
{
	const char *url = call->settings->public_url;
	size_t len = strlen(url);

	while (len && url[len - 1] == '/')
		len--;
	return arena_strndup(call->arena, url, len);
}

void account_clear_cookies(struct call *call)
{
	cookie_clear(call, "access_token", "/", true);
	cookie_clear(call, "refresh_token", REFRESH_PATH, true);
	cookie_clear(call, "csrf_token", "/", false);
}
