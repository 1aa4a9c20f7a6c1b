/* From a request to its reply: paths, the order of refusals, the transaction,
 * the trail, and what every reply carries. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "crypto/token.h"
#include "exchange.h"
#include "gen/queries.h"
#include "thing.h"

#define USER "11111111-1111-4111-8111-111111111111"
#define ORG "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"

static const char people[] =
	"INSERT INTO app_user (id, email, email_key, full_name, "
	"email_verified, is_active, created_at, updated_at) VALUES "
	"('" USER "', 'a@x.example', 'a', 'A', TRUE, TRUE, 1, 1);"
	"INSERT INTO organization (id, name, slug, created_at, updated_at) "
	"VALUES ('" ORG "', 'before', 'a', 1, 1);"
	"INSERT INTO membership (id, org_id, user_id, role, accepted_at, "
	"created_at, updated_at) VALUES "
	"('1', '" ORG "', '" USER "', 'auditor', 1, 1, 1);"
	"INSERT INTO session (id, user_id, created_at, last_used_at, "
	"confirmed_at, expires_at) VALUES ('f', '" USER "', 1, 1, 1, 9);";

/* ---- a small contract ---- */

struct thing_in {
	const char *id;
	int64_t page;
	struct thing body;
};

static const struct param thing_params[] = {
	{ PARAM_PATH,
	  { .name = "id",
	    .kind = F_STR,
	    .format = FORMAT_UUID,
	    .offset = offsetof(struct thing_in, id),
	    .required = true,
	    .has = FIELD_NONE,
	    .set = FIELD_NONE } },
	{ PARAM_QUERY,
	  { .name = "page",
	    .kind = F_INT,
	    .offset = offsetof(struct thing_in, page),
	    .has_min = true,
	    .min = 1,
	    .has_default = true,
	    .default_number = 1,
	    .has = FIELD_NONE,
	    .set = FIELD_NONE } },
};

static int runs;

static bool echo(struct call *call, const void *in, void *out, struct err *err)
{
	const struct thing_in *i = in;
	struct thing *thing = out;

	(void)err;
	runs++;
	thing->name = i->body.name ? i->body.name : i->id;
	call->audit.resource_id = "r1";
	call->audit.details = "{\"k\":1}";
	call->wake_worker = true;
	call_header(call, "X-Thing", "yes");
	return true;
}

/* Renames the organisation, then says that it did not work. */
static bool rename_and_fail(struct call *call, const void *in, void *out,
			    struct err *err)
{
	(void)in;
	(void)out;
	runs++;
	call_header(call, "Set-Cookie", "a=b");
	assert_true(db_exec(call->db, "UPDATE organization SET name = 'after'",
			    err));
	return err_set(err, ERR_CONFLICT, "It stands already");
}

static bool rename_late(struct call *call, const void *in, void *out,
			struct err *err)
{
	(void)in;
	(void)out;
	runs++;
	return call_begin(call, err) &&
	       db_exec(call->db, "UPDATE organization SET name = 'late'", err);
}

static bool break_down(struct call *call, const void *in, void *out,
		       struct err *err)
{
	(void)call;
	(void)in;
	(void)out;
	err_set(err, ERR_INTERNAL, "secret words");
	return err_cause(err, "more of them");
}

#define JSON_BODY                                         \
	.body_kind = BODY_JSON, .body_type = &thing_type, \
	.body_offset = offsetof(struct thing_in, body), .body_required = true
#define WITH_IN .in_size = sizeof(struct thing_in)
#define THING_OUT                                        \
	.out_kind = OUT_STRUCT, .out_type = &thing_type, \
	.out_size = sizeof(struct thing)

static const struct route routes[] = {
	{ "GET", "/api/v1/health", "health", "t", echo, 200, NEED_PUBLIC,
	  WITH_IN, THING_OUT, .inline_when = INLINE_ALWAYS },
	{ "POST", "/api/v1/things", "thing_create", "t", echo, 201,
	  NEED_AUDITOR, JSON_BODY, WITH_IN, THING_OUT, .limit = 3,
	  .audit_action = "thing.created", .audit_resource = "thing" },
	{ "GET", "/api/v1/things/special", "thing_special", "t", echo, 200,
	  NEED_VIEWER, WITH_IN, THING_OUT, .inline_when = INLINE_EMBEDDED },
	{ "GET", "/api/v1/things/{id}", "thing_get", "t", echo, 200,
	  NEED_VIEWER, WITH_IN, THING_OUT, .params = thing_params,
	  .param_count = 2 },
	{ "PATCH", "/api/v1/things/{id}", "thing_update", "t", echo, 200,
	  NEED_AUDITOR, JSON_BODY, WITH_IN, THING_OUT, .params = thing_params,
	  .param_count = 2 },
	{ "DELETE", "/api/v1/things/{id}", "thing_delete", "t", rename_and_fail,
	  204, NEED_AUDITOR, WITH_IN, .params = thing_params,
	  .param_count = 1 },
	{ "POST", "/api/v1/late", "late", "t", rename_late, 204, NEED_AUDITOR,
	  WITH_IN, .late_transaction = true },
	{ "POST", "/api/v1/login", "login", "t", echo, 200, NEED_PUBLIC,
	  JSON_BODY, WITH_IN, THING_OUT, .limit = 2, .count_first = true,
	  .csrf_exempt = true },
	{ "POST", "/api/v1/admin", "admin", "t", echo, 200, NEED_ADMIN,
	  JSON_BODY, WITH_IN, THING_OUT },
	{ "GET", "/api/v1/broken", "broken", "t", break_down, 200, NEED_PUBLIC,
	  WITH_IN, THING_OUT },
};

/* ---- asking ---- */

struct fixture {
	struct db *db;
	struct router *router;
	struct settings settings;
	const char *bearer, *cookie, *csrf;
	struct arena arena;
	int woken;
};

static void wake(void *arg)
{
	struct fixture *f = arg;

	f->woken++;
}

static int open_fixture(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char *token = NULL;

	f->settings = test_settings();
	if (test_db_open(&f->db) < 0 || !db_exec(f->db, people, NULL) ||
	    !router_new(&(struct router_setup){ .settings = &f->settings,
						.routes = routes,
						.route_count = sizeof(routes) /
							       sizeof(*routes),
						.wake_worker = wake,
						.arg = f },
			&f->router, NULL) ||
	    !token_sign(
		    &(struct token_claims){
			    .user_id = USER,
			    .org_id = ORG,
			    .type = "access",
			    .family = "f",
			    .issued_at = clock_now() / CLOCK_SECOND,
			    .expires_at = clock_now() / CLOCK_SECOND + 100,
		    },
		    token_keys_process(), &f->arena, &token, NULL))
		return -1;
	f->bearer = arena_printf(&f->arena, "Authorization: Bearer %s", token);
	f->cookie = arena_printf(&f->arena, "Cookie: access_token=%s", token);
	*state = f;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;

	db_close(f->db);
	router_free(f->router);
	arena_free(&f->arena);
	free(f);
	return 0;
}

/* What the server does with a request. */
static void ask(struct fixture *f, struct exchange *x, const char *method,
		const char *target, const char *header, const char *body)
{
	const char *headers[] = { header, NULL };

	*x = (struct exchange){ 0 };
	runs = 0;
	test_request(x, &f->settings, method, target, headers, body);
	if (router_begin(f->router, x, true) != ROUTER_REPLY)
		router_run(f->router, x, f->db);
	router_finish(f->router, x);
}

static void expect(struct exchange *x, int status, const char *part)
{
	char *body = x->reply.bytes ? arena_strndup(&x->arena, x->reply.bytes,
						    x->reply.len)
				    : arena_strdup(&x->arena, "");

	if (x->reply.status != status || (part && !strstr(body, part)))
		fail_msg("%s %s: %d %s", x->request.method, x->request.path,
			 x->reply.status, body);
}

static const char *org_name(struct fixture *f, struct arena *a)
{
	struct text_row row = { 0 };
	bool found = false;

	assert_true(sql_org_name(f->db, a, ORG, &row, &found, NULL));
	assert_true(found);
	return row.text;
}

/* ---- cases ---- */

static void paths_and_methods(void **state)
{
	static const struct {
		const char *method, *target;
		int status;
		const char *header, *value;
	} cases[] = {
		{ "GET", "/api/v1/health", 200, "X-Thing", "yes" },
		{ "HEAD", "/api/v1/health", 200, "X-Thing", "yes" },
		{ "GET", "/api/v1/healt", 404, NULL, NULL },
		{ "GET", "/api/v1/health/x", 404, NULL, NULL },
		{ "GET", "/", 404, NULL, NULL },
		{ "GET", "", 404, NULL, NULL },
		{ "GET", "*", 404, NULL, NULL },
		{ "GET", "/api/v1/%zz", 404, NULL, NULL },
		{ "GET", "/api/v1/%68ealth", 200, NULL, NULL },
		{ "GET", "/api/v1/things/", 307, "Location", "/api/v1/things" },
		{ "POST", "/api/v1/things/?a=b", 307, "Location",
		  "/api/v1/things?a=b" },
		{ "GET", "/api/v1/things/a%0d%0ab/", 307, "Location",
		  "/api/v1/things/a%0d%0ab" },
		{ "GET", "//evil.example/", 404, NULL, NULL },
		{ "GET", "/api/v1/nothing/", 404, NULL, NULL },
		{ "GET", "/api/v1/things//", 404, NULL, NULL },
		{ "POST", "/api/v1/health", 405, "Allow",
		  "GET, HEAD, OPTIONS" },
		{ "GET", "/api/v1/things", 405, "Allow", "POST, OPTIONS" },
		{ "PUT", "/api/v1/things/1", 405, "Allow",
		  "GET, HEAD, PATCH, DELETE, OPTIONS" },
		{ "TRACE", "/api/v1/health", 405, NULL, NULL },
		{ "OPTIONS", "/api/v1/things", 204, "Allow", "POST, OPTIONS" },
		{ "OPTIONS", "/api/v1/nothing", 404, NULL, NULL },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct exchange x;
		const char *value;

		ask(f, &x, cases[i].method, cases[i].target, NULL, NULL);
		expect(&x, cases[i].status, NULL);
		value = cases[i].header ? test_header(&x, cases[i].header)
					: NULL;
		if (cases[i].header &&
		    (!value || strcmp(value, cases[i].value)))
			fail_msg("%s: %s", cases[i].target, value);
		arena_free(&x.arena);
	}
}

static void a_literal_path_comes_before_a_parameter(void **state)
{
	struct fixture *f = *state;
	struct exchange x;

	ask(f, &x, "GET", "/api/v1/things/special", f->bearer, NULL);
	assert_string_equal(x.route->id, "thing_special");
	arena_free(&x.arena);
	ask(f, &x, "GET", "/api/v1/things/" USER, f->bearer, NULL);
	assert_string_equal(x.route->id, "thing_get");
	expect(&x, 200, "{\"name\":\"" USER "\"}");
	arena_free(&x.arena);
}

static void refusals_come_in_the_order_of_the_contract(void **state)
{
	struct fixture *f = *state;
	const struct {
		const char *method, *target, *header, *body;
		int status;
		const char *part;
	} cases[] = {
		/* CSRF before anything, on paths that are none as well. */
		{ "POST", "/api/v1/things", f->cookie, "{", 403, "CSRF" },
		{ "POST", "/api/v1/nothing", f->cookie, "{}", 403, "CSRF" },
		{ "DELETE", "/api/v1/health", f->cookie, NULL, 403, "CSRF" },
		{ "POST", "/api/v1/login", f->cookie, "{\"name\":\"x\"}", 200,
		  NULL },
		{ "GET", "/api/v1/things/" USER, f->cookie, NULL, 200, NULL },
		/* Malformed JSON before the question who asks. */
		{ "POST", "/api/v1/things", NULL, "{\"name\":", 422,
		  "json_invalid" },
		{ "POST", "/api/v1/things", NULL, "{}", 401, "Missing" },
		{ "POST", "/api/v1/things", NULL, "", 401, "Missing" },
		{ "PATCH", "/api/v1/things/x?page=y", NULL, "{}", 401, NULL },
		/* The role before the fields. */
		{ "POST", "/api/v1/admin", f->bearer, "{}", 403,
		  "requires one of: admin\"" },
		{ "POST", "/api/v1/admin", f->bearer, "{", 422,
		  "json_invalid" },
		/* Path, query and body together, in that order. */
		{ "PATCH", "/api/v1/things/x?page=0", f->bearer, "{}", 422,
		  "\"loc\":[\"path\",\"id\"]" },
		{ "PATCH", "/api/v1/things/x?page=0", f->bearer, "{}", 422,
		  "\"loc\":[\"query\",\"page\"]" },
		{ "PATCH", "/api/v1/things/x?page=0", f->bearer, "{}", 422,
		  "\"loc\":[\"body\",\"name\"]" },
		{ "PATCH", "/api/v1/things/" USER, f->bearer, "", 422,
		  "\"errors\":[{\"type\":\"missing\",\"loc\":[\"body\"],"
		  "\"msg\":\"Field required\"}]" },
		{ "PATCH", "/api/v1/things/" USER, f->bearer, "[]", 422,
		  "model_attributes_type" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct exchange x;

		ask(f, &x, cases[i].method, cases[i].target, cases[i].header,
		    cases[i].body);
		expect(&x, cases[i].status, cases[i].part);
		arena_free(&x.arena);
	}
}

static void another_content_type_is_no_object(void **state)
{
	struct fixture *f = *state;
	const char *headers[] = { f->bearer, "Content-Type: text/plain", NULL };
	struct exchange x = { 0 };

	test_request(&x, &f->settings, "PATCH", "/api/v1/things/" USER, headers,
		     "{\"name\":\"x\"}");
	assert_int_equal(router_begin(f->router, &x, true), ROUTER_QUEUE);
	router_run(f->router, &x, f->db);
	expect(&x, 422, "model_attributes_type");
	arena_free(&x.arena);
}

static void the_limit_counts_what_reaches_the_handler(void **state)
{
	struct fixture *f = *state;
	struct exchange x;

	for (int i = 0; i < 6; i++) {
		ask(f, &x, "POST", "/api/v1/things", f->bearer,
		    i < 3 ? "{}" : "{\"name\":\"x\"}");
		expect(&x, i < 3 ? 422 : 201, NULL);
		assert_int_equal(runs, i < 3 ? 0 : 1);
		arena_free(&x.arena);
	}
	ask(f, &x, "POST", "/api/v1/things", f->bearer, "{\"name\":\"x\"}");
	expect(&x, 429, "\"error\":\"Rate limit exceeded: 3 per 1 minute\"");
	expect(&x, 429, "\"detail\":\"Rate limit exceeded: 3 per 1 minute\"");
	assert_non_null(test_header(&x, "Retry-After"));
	assert_int_equal(runs, 0);
	arena_free(&x.arena);
}

/* One of the two was used by a case above. */
static void or_what_arrives_where_the_contract_says_so(void **state)
{
	struct fixture *f = *state;
	struct exchange x;

	ask(f, &x, "POST", "/api/v1/login", NULL, "{");
	expect(&x, 422, "json_invalid");
	arena_free(&x.arena);
	ask(f, &x, "POST", "/api/v1/login", NULL, "{");
	expect(&x, 429, NULL);
	f->settings.rate_limits = false;
	arena_free(&x.arena);
	ask(f, &x, "POST", "/api/v1/login", NULL, "{");
	expect(&x, 422, NULL);
	f->settings.rate_limits = true;
	arena_free(&x.arena);
}

static int64_t trail(struct fixture *f, const char *sql)
{
	static const enum sql_type none[] = { SQL_TEXT };
	struct sql_stmt stmt = { .id = 0,
				 .name = "trail",
				 .sqlite = sql,
				 .postgresql = sql,
				 .arg_types = none };
	_arena_ struct arena a = { 0 };
	int64_t n = -1;

	/* An id of its own, past those of the program. */
	stmt.id = sql_entry_count;
	assert_true(
		db_run(f->db, &a, &stmt, NULL, DB_VALUE, NULL, &n, NULL, NULL));
	return n;
}

static void what_changes_something_leaves_a_trail(void **state)
{
	struct fixture *f = *state;
	struct exchange x;

	assert_true(db_exec(f->db, "DELETE FROM audit_log", NULL));
	ask(f, &x, "PATCH", "/api/v1/things/" USER, f->bearer,
	    "{\"name\":\"x\"}");
	expect(&x, 200, NULL);
	arena_free(&x.arena);
	ask(f, &x, "GET", "/api/v1/things/" USER, f->bearer, NULL);
	expect(&x, 200, NULL);
	arena_free(&x.arena);
	assert_int_equal(
		trail(f,
		      "SELECT count(*) FROM audit_log WHERE action = 'patch' "
		      "AND resource_type = 'things' AND resource_id IS NULL "
		      "AND user_id = '" USER "' AND org_id = '" ORG "' "
		      "AND ip_address = '127.0.0.1' AND details = "
		      "'{\"path\":\"/api/v1/things/" USER "\","
		      "\"method\":\"PATCH\",\"status\":200}'"),
		1);
}

static void what_fails_changes_nothing_and_sets_no_cookie(void **state)
{
	struct fixture *f = *state;
	struct exchange x;

	ask(f, &x, "DELETE", "/api/v1/things/" USER, f->bearer, NULL);
	expect(&x, 409, "{\"detail\":\"It stands already\"");
	assert_int_equal(runs, 1);
	assert_null(test_header(&x, "Set-Cookie"));
	assert_string_equal(org_name(f, &x.arena), "before");
	arena_free(&x.arena);
}

static void a_late_transaction_is_committed_with_its_trail(void **state)
{
	struct fixture *f = *state;
	struct exchange x;

	ask(f, &x, "POST", "/api/v1/late", f->bearer, NULL);
	expect(&x, 204, NULL);
	assert_int_equal(x.reply.len, 0);
	assert_null(test_header(&x, "Content-Type"));
	db_rollback(f->db); /* nothing may be open */
	assert_string_equal(org_name(f, &x.arena), "late");
	arena_free(&x.arena);
}

static void the_worker_is_woken_after_success_only(void **state)
{
	struct fixture *f = *state;
	struct exchange x;

	f->woken = 0;
	ask(f, &x, "GET", "/api/v1/health", NULL, NULL);
	assert_int_equal(f->woken, 1);
	arena_free(&x.arena);
	ask(f, &x, "DELETE", "/api/v1/things/" USER, f->bearer, NULL);
	assert_int_equal(f->woken, 1);
	arena_free(&x.arena);
}

static void what_broke_inside_stays_inside(void **state)
{
	struct fixture *f = *state;
	struct exchange x;

	ask(f, &x, "GET", "/api/v1/broken", NULL, NULL);
	expect(&x, 500,
	       "{\"detail\":\"Internal server error\",\"type\":\"about:blank\","
	       "\"title\":\"Internal Server Error\",\"status\":500,"
	       "\"instance\":\"0123456789abcdef\"}");
	arena_free(&x.arena);
}

static void every_reply_is_protected(void **state)
{
	static const char *const headers[][2] = {
		{ "Content-Security-Policy",
		  "default-src 'none'; frame-ancestors 'none'" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "X-Frame-Options", "DENY" },
		{ "Referrer-Policy", "strict-origin-when-cross-origin" },
		{ "Permissions-Policy",
		  "geolocation=(), camera=(), microphone=(), payment=()" },
		{ "Strict-Transport-Security",
		  "max-age=31536000; includeSubDomains" },
		{ "Cache-Control", "no-store" },
		{ "X-Request-Id", "0123456789abcdef" },
	};
	static const struct {
		const char *method, *target, *header;
		int status;
	} cases[] = {
		{ "GET", "/api/v1/health", NULL, 200 },
		{ "GET", "/nothing", NULL, 404 },
		{ "GET", "/api/v1/broken", NULL, 500 },
		{ "POST", "/api/v1/things", "Cookie: access_token=x", 403 },
		{ "OPTIONS", "/api/v1/things", NULL, 204 },
		{ "GET", "/api/v1/things/special", NULL, 401 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct exchange x;

		ask(f, &x, cases[i].method, cases[i].target, cases[i].header,
		    NULL);
		expect(&x, cases[i].status, NULL);
		for (size_t k = 0; k < sizeof(headers) / sizeof(*headers); k++)
			assert_string_equal(test_header(&x, headers[k][0]),
					    headers[k][1]);
		assert_true((cases[i].status == 401) ==
			    (test_header(&x, "WWW-Authenticate") != NULL));
		arena_free(&x.arena);
	}
}

static void a_problem_is_called_one_where_it_is_asked_for(void **state)
{
	struct fixture *f = *state;
	struct exchange x;

	ask(f, &x, "GET", "/nothing", "Accept: application/problem+json", NULL);
	assert_string_equal(test_header(&x, "Content-Type"),
			    "application/problem+json");
	arena_free(&x.arena);
	ask(f, &x, "GET", "/nothing", "Accept: */*", NULL);
	assert_string_equal(test_header(&x, "Content-Type"),
			    "application/json");
	arena_free(&x.arena);
}

static void which_thread_runs_what(void **state)
{
	static const struct {
		const char *target;
		bool embedded;
		enum router_next next;
	} cases[] = {
		{ "/api/v1/health", false, ROUTER_INLINE },
		{ "/api/v1/things/special", true, ROUTER_INLINE },
		{ "/api/v1/things/special", false, ROUTER_QUEUE },
		{ "/api/v1/things/1", true, ROUTER_QUEUE },
		{ "/nothing", true, ROUTER_REPLY },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct exchange x = { 0 };

		test_request(&x, &f->settings, "GET", cases[i].target, NULL,
			     NULL);
		assert_int_equal(router_begin(f->router, &x, cases[i].embedded),
				 cases[i].next);
		arena_free(&x.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_and_methods),
		cmocka_unit_test(a_literal_path_comes_before_a_parameter),
		cmocka_unit_test(refusals_come_in_the_order_of_the_contract),
		cmocka_unit_test(another_content_type_is_no_object),
		cmocka_unit_test(the_limit_counts_what_reaches_the_handler),
		cmocka_unit_test(or_what_arrives_where_the_contract_says_so),
		cmocka_unit_test(what_changes_something_leaves_a_trail),
		cmocka_unit_test(what_fails_changes_nothing_and_sets_no_cookie),
		cmocka_unit_test(
			a_late_transaction_is_committed_with_its_trail),
		cmocka_unit_test(the_worker_is_woken_after_success_only),
		cmocka_unit_test(what_broke_inside_stays_inside),
		cmocka_unit_test(every_reply_is_protected),
		cmocka_unit_test(a_problem_is_called_one_where_it_is_asked_for),
		cmocka_unit_test(which_thread_runs_what),
	};

	return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
