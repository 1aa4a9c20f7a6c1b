/* Who asks, and what the answer is when it cannot be believed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "crypto/token.h"
#include "exchange.h"

#define ANNA "11111111-1111-4111-8111-111111111111" /* admin of A */
#define BOB "22222222-2222-4222-8222-222222222222"  /* of A and of B */
#define CARL "33333333-3333-4333-8333-333333333333" /* of none */
#define DORA "44444444-4444-4444-8444-444444444444" /* deactivated */
#define EMIL "55555555-5555-4555-8555-555555555555" /* changed at 1000 s */
#define NOBODY "99999999-9999-4999-8999-999999999999"
#define ORG_A "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
#define ORG_B "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"

#define NOW (1500 * CLOCK_SECOND)

static const char people[] =
	"INSERT INTO app_user (id, email, email_key, full_name, locale, "
	"email_verified, is_active, password_changed_at, created_at, "
	"updated_at) VALUES "
	"('" ANNA
	"', 'Anna@x.example', 'a', 'A', 'it', TRUE, TRUE, NULL, 1, 1),"
	"('" BOB "', 'b@x.example', 'b', 'B', 'en', TRUE, TRUE, NULL, 1, 1),"
	"('" CARL "', 'c@x.example', 'c', 'C', 'en', TRUE, TRUE, NULL, 1, 1),"
	"('" DORA "', 'd@x.example', 'd', 'D', 'en', TRUE, FALSE, NULL, 1, 1),"
	"('" EMIL "', 'e@x.example', 'e', 'E', 'en', TRUE, TRUE, 1000000000, 1,"
	" 1);"
	"INSERT INTO organization (id, name, slug, created_at, updated_at) "
	"VALUES ('" ORG_A "', 'A', 'a', 1, 1), ('" ORG_B "', 'B', 'b', 1, 1);"
	"INSERT INTO membership (id, org_id, user_id, role, accepted_at, "
	"created_at, updated_at) VALUES "
	"('1', '" ORG_A "', '" ANNA "', 'admin', 1, 1, 1),"
	"('2', '" ORG_A "', '" BOB "', 'viewer', 1, 1, 1),"
	"('3', '" ORG_B "', '" BOB "', 'auditor', 1, 1, 1),"
	"('4', '" ORG_A "', '" DORA "', 'admin', 1, 1, 1),"
	"('5', '" ORG_A "', '" EMIL "', 'admin', 1, 1, 1),"
	"('6', '" ORG_B "', '" EMIL "', 'admin', NULL, 1, 1);"
	"INSERT INTO session (id, user_id, created_at, last_used_at, "
	"confirmed_at, expires_at) VALUES "
	"('family-a', '" ANNA "', 1, 1, 1, 9),"
	"('family-b', '" BOB "', 1, 1, 1, 9),"
	"('family-c', '" CARL "', 1, 1, 1, 9),"
	"('family-d', '" DORA "', 1, 1, 1, 9),"
	"('family-e', '" EMIL "', 1, 1, 1, 9);";

static int open_people(void **state)
{
	struct db *db = NULL;

	if (test_db_open(&db) < 0 || !db_exec(db, people, NULL))
		return -1;
	*state = db;
	return 0;
}

static int close_people(void **state)
{
	db_close(*state);
	return 0;
}

static const char *token(struct arena *a, const char *user, const char *org,
			 const char *type, int64_t issued)
{
	static const struct {
		const char *user, *family;
	} families[] = {
		{ ANNA, "family-a" }, { BOB, "family-b" }, { CARL, "family-c" },
		{ DORA, "family-d" }, { EMIL, "family-e" },
	};
	const char *family = "family-x";
	char *text = NULL;

	for (size_t i = 0; user && i < sizeof(families) / sizeof(*families);
	     i++)
		if (!strcmp(families[i].user, user))
			family = families[i].family;
	assert_true(token_sign(
		&(struct token_claims){
			.user_id = user,
			.org_id = org,
			.role = "admin", /* never believed */
			.type = type,
			.id = "j",
			.family = family,
			.issued_at = issued,
			.expires_at = issued + 1000,
		},
		TEST_SECRET, a, &text, NULL));
	return text;
}

static const char *open_with(struct db *db, struct arena *a,
			     const struct credentials *c, enum need need,
			     struct session *ret, enum err_kind *ret_kind)
{
	const struct route route = { .id = "x", .need = need };
	const struct settings settings = test_settings();
	struct err err = { 0 };

	if (session_open(c, &route, &settings, NOW, db, a, ret, &err))
		return NULL;
	*ret_kind = err.kind;
	return arena_strdup(a, err.msg);
}

static void who_may_what(void **state)
{
	static const struct {
		const char *user, *org, *type;
		int64_t issued;
		enum need need;
		enum err_kind kind; /* ERR_NONE: may */
		const char *msg;
	} cases[] = {
		{ ANNA, ORG_A, "access", 1000, NEED_ADMIN, ERR_NONE, NULL },
		{ ANNA, NULL, "access", 1000, NEED_ADMIN, ERR_NONE, NULL },
		{ ANNA, ORG_A, "refresh", 1000, NEED_USER, ERR_UNAUTHENTICATED,
		  "Invalid token type" },
		{ ANNA, ORG_A, NULL, 1000, NEED_USER, ERR_UNAUTHENTICATED,
		  "Invalid token type" },
		{ NULL, ORG_A, "access", 1000, NEED_USER, ERR_UNAUTHENTICATED,
		  "Invalid token payload" },
		{ "me", ORG_A, "access", 1000, NEED_USER, ERR_UNAUTHENTICATED,
		  "Invalid token payload" },
		{ ANNA, ORG_A, "access", 400, NEED_USER, ERR_UNAUTHENTICATED,
		  "Invalid or expired token" },
		{ NOBODY, ORG_A, "access", 1000, NEED_USER, ERR_UNAUTHENTICATED,
		  "User not found" },
		{ DORA, ORG_A, "access", 1000, NEED_USER, ERR_FORBIDDEN,
		  "User account is deactivated" },
		{ EMIL, ORG_A, "access", 1000, NEED_ADMIN, ERR_NONE, NULL },
		{ EMIL, ORG_A, "access", 999, NEED_ADMIN, ERR_UNAUTHENTICATED,
		  "Token invalidated by password change; please re-login" },
		{ CARL, NULL, "access", 1000, NEED_USER, ERR_NONE, NULL },
		{ CARL, NULL, "access", 1000, NEED_VIEWER, ERR_FORBIDDEN,
		  "User is not a member of any organization" },
		{ CARL, ORG_A, "access", 1000, NEED_VIEWER, ERR_FORBIDDEN,
		  "User is not a member of any organization" },
		{ BOB, NULL, "access", 1000, NEED_VIEWER, ERR_FORBIDDEN,
		  "Active organization not specified in token; please "
		  "re-login" },
		{ BOB, NULL, "access", 1000, NEED_USER, ERR_NONE, NULL },
		{ ANNA, ORG_B, "access", 1000, NEED_VIEWER, ERR_FORBIDDEN,
		  "No membership for the active organization; please "
		  "re-login" },
		{ ANNA, ORG_B, "access", 1000, NEED_USER, ERR_NONE, NULL },
		{ BOB, ORG_A, "access", 1000, NEED_VIEWER, ERR_NONE, NULL },
		{ BOB, ORG_A, "access", 1000, NEED_AUDITOR, ERR_FORBIDDEN,
		  "This action requires one of: admin, auditor" },
		{ BOB, ORG_B, "access", 1000, NEED_AUDITOR, ERR_NONE, NULL },
		{ BOB, ORG_B, "access", 1000, NEED_ADMIN, ERR_FORBIDDEN,
		  "This action requires one of: admin" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct credentials c = {
			.access_cookie = token(&a, cases[i].user, cases[i].org,
					       cases[i].type, cases[i].issued)
		};
		enum err_kind kind = ERR_NONE;
		struct session got = { 0 };
		const char *msg =
			open_with(*state, &a, &c, cases[i].need, &got, &kind);

		if (kind != cases[i].kind || (msg && strcmp(msg, cases[i].msg)))
			fail_msg("case %zu: %s", i, msg ? msg : "allowed");
	}
}

static void what_the_database_says_counts(void **state)
{
	_arena_ struct arena a = { 0 };
	struct credentials c = { .access_cookie = token(&a, BOB, ORG_B,
							"access", 1000) };
	struct session got = { 0 };
	enum err_kind kind;

	assert_null(open_with(*state, &a, &c, NEED_VIEWER, &got, &kind));
	assert_string_equal(got.user_id, BOB);
	assert_string_equal(got.email, "b@x.example");
	assert_string_equal(got.org_id, ORG_B);
	assert_int_equal(got.role, ROLE_AUDITOR);
	assert_string_equal(got.family, "family-b");
	c.access_cookie = token(&a, ANNA, NULL, "access", 1000);
	assert_null(open_with(*state, &a, &c, NEED_USER, &got, &kind));
	assert_string_equal(got.locale, "it");
	assert_string_equal(got.org_id, ORG_A);
	/* With several and none chosen there is no active one. */
	c.access_cookie = token(&a, BOB, NULL, "access", 1000);
	assert_null(open_with(*state, &a, &c, NEED_USER, &got, &kind));
	assert_null(got.org_id);
	assert_int_equal(got.role, ROLE_NONE);
}

static void where_the_credential_stands(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *good = token(&a, ANNA, ORG_A, "access", 1000);
	const struct {
		const char *cookie, *header, *msg;
	} cases[] = {
		{ NULL, NULL, "Missing authentication token" },
		{ "", NULL, "Missing authentication token" },
		{ NULL, "Basic eDp5", "Missing authentication token" },
		{ NULL, "Bearer", "Missing authentication token" },
		{ NULL, "Bearer ", "Missing authentication token" },
		{ NULL, good, "Missing authentication token" },
		{ NULL, arena_printf(&a, "Bearer %s", good), NULL },
		{ NULL, arena_printf(&a, "bearer %s", good), NULL },
		{ NULL, arena_printf(&a, "BEARER   %s", good), NULL },
		{ "", arena_printf(&a, "Bearer %s", good), NULL },
		{ good, "Bearer x", NULL },
		/* The cookie wins also when it is wrong. */
		{ "x", arena_printf(&a, "Bearer %s", good),
		  "Invalid or expired token" },
		{ NULL, "Bearer nis2_abc", "Invalid or expired token" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct credentials c = { .access_cookie = cases[i].cookie,
					 .authorization = cases[i].header };
		enum err_kind kind = ERR_NONE;
		struct session got = { 0 };
		const char *msg =
			open_with(*state, &a, &c, NEED_VIEWER, &got, &kind);

		if ((msg == NULL) != (cases[i].msg == NULL) ||
		    (msg && strcmp(msg, cases[i].msg)))
			fail_msg("case %zu: %s", i, msg ? msg : "allowed");
	}
}

static void an_api_key_is_told_apart_where_keys_are_taken(void **state)
{
	const struct route route = { .id = "x",
				     .need = NEED_VIEWER,
				     .scope = "asset:read" };
	const struct settings settings = test_settings();
	struct credentials c = { .authorization = "Bearer nis2_abc" };
	_arena_ struct arena a = { 0 };
	struct session got = { 0 };
	struct err err = { 0 };

	assert_false(session_open(&c, &route, &settings, NOW, *state, &a, &got,
				  &err));
	assert_string_equal(err.msg, "Invalid or revoked API key");
	c.access_cookie = "nis2_abc";
	assert_false(session_open(&c, &route, &settings, NOW, *state, &a, &got,
				  &err));
	assert_string_equal(err.msg, "Invalid or expired token");
}

static bool csrf_ok(struct arena *a, const struct credentials *c)
{
	const struct settings settings = test_settings();
	struct err err = { 0 };

	if (session_check_csrf(c, &settings, NOW, a, &err))
		return true;
	assert_int_equal(err.kind, ERR_FORBIDDEN);
	assert_string_equal(err.msg, "CSRF token missing or invalid");
	return false;
}

static void the_double_submit(void **state)
{
	_arena_ struct arena a = { 0 };
	const struct settings settings = test_settings();
	const char *access = token(&a, ANNA, ORG_A, "access", 1000);
	const char *mine = session_csrf_token(&settings, "family-a", &a);
	const char *foreign = session_csrf_token(&settings, "other", &a);
	const struct {
		const char *what, *access, *cookie, *header, *site, *origin;
		bool ok;
	} cases[] = {
		{ "no session cookie", NULL, NULL, NULL, NULL, NULL, true },
		{ "an empty one", "", NULL, NULL, NULL, NULL, true },
		{ "both", access, mine, mine, NULL, NULL, true },
		{ "no cookie", access, NULL, mine, NULL, NULL, false },
		{ "no header", access, mine, NULL, NULL, NULL, false },
		{ "empty ones", access, "", "", NULL, NULL, false },
		{ "different", access, mine, foreign, NULL, NULL, false },
		{ "of another session", access, foreign, foreign, NULL, NULL,
		  false },
		{ "made up", access, "self-made", "self-made", NULL, NULL,
		  false },
		{ "made up, of the right length", access,
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL, NULL,
		  false },
		{ "not ASCII", access, "\xc3\xa4", "\xc3\xa4", NULL, NULL,
		  false },
		{ "no valid session", "x", "same", "same", NULL, NULL, true },
		{ "no valid session, different", "x", "a", "b", NULL, NULL,
		  false },
		{ "the same site", access, mine, mine, "same-origin", NULL,
		  true },
		{ "typed by hand", access, mine, mine, "none", NULL, true },
		{ "another site", access, mine, mine, "cross-site",
		  "https://evil.example", false },
		{ "a sibling", access, mine, mine, "same-site",
		  "https://evil.x.example", false },
		{ "an allowed origin", access, mine, mine, "cross-site",
		  "https://app.example", true },
	};

	(void)state;
	assert_int_equal(strlen(mine), 43);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct credentials c = { .access_cookie = cases[i].access,
					 .csrf_cookie = cases[i].cookie,
					 .csrf_header = cases[i].header,
					 .fetch_site = cases[i].site,
					 .origin = cases[i].origin };

		if (csrf_ok(&a, &c) != cases[i].ok)
			fail_msg("%s", cases[i].what);
	}
}

static void cookies_are_written_and_taken_back(void **state)
{
	_arena_ struct arena a = { 0 };
	struct settings settings = test_settings();
	struct call call = { .arena = &a, .settings = &settings };

	(void)state;
	cookie_set(&call, "access_token", "abc", 1800, "/", true);
	assert_string_equal(call.headers->name, "Set-Cookie");
	assert_string_equal(call.headers->value,
			    "access_token=abc; HttpOnly; Max-Age=1800; Path=/; "
			    "SameSite=strict; Secure");
	settings.cookie_secure = false;
	cookie_set(&call, "csrf_token", "abc", 1800, "/", false);
	assert_string_equal(call.headers->value,
			    "csrf_token=abc; Max-Age=1800; Path=/; "
			    "SameSite=strict");
	cookie_clear(&call, "refresh_token", "/api/v1/auth", true);
	assert_string_equal(call.headers->value,
			    "refresh_token=\"\"; HttpOnly; Max-Age=0; "
			    "expires=Thu, 01 Jan 1970 00:00:00 GMT; "
			    "Path=/api/v1/auth; SameSite=strict");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_what),
		cmocka_unit_test(what_the_database_says_counts),
		cmocka_unit_test(where_the_credential_stands),
		cmocka_unit_test(an_api_key_is_told_apart_where_keys_are_taken),
		cmocka_unit_test(the_double_submit),
		cmocka_unit_test(cookies_are_written_and_taken_back),
	};

	return cmocka_run_group_tests(tests, open_people, close_people);
}
