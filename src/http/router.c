#include "http/router.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/api_key.h"
#include "http/audit.h"
#include "http/cors.h"
#include "http/input.h"
#include "http/limit.h"
#include "http/output.h"
#include "http/reply.h"
#include "http/static.h"
#include "http/table.h"
#include "http/wellknown.h"

struct router {
	struct router_setup setup;
	struct arena arena;
	struct table *table;
};

/* The documentation pages bring a policy of their own. */
static const char api_csp[] = "default-src 'none'; frame-ancestors 'none'";
static const struct {
	const char *name, *value;
} security[] = {
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "strict-origin-when-cross-origin" },
	{ "Permissions-Policy",
	  "geolocation=(), camera=(), microphone=(), payment=()" },
	{ "Strict-Transport-Security", "max-age=31536000; includeSubDomains" },
};

bool router_new(const struct router_setup *setup, struct router **ret,
		struct err *err)
{
	struct router *r = calloc(1, sizeof(*r));

	if (!r)
		return err_set(err, ERR_INTERNAL, "out of memory");
	r->setup = *setup;
	r->table = table_new(setup->routes, setup->route_count, &r->arena);
	*ret = r;
	return true;
}

void router_free(struct router *r)
{
	if (!r)
		return;
	arena_free(&r->arena);
	free(r);
}

static bool changes(const char *method)
{
	return strcmp(method, "GET") && strcmp(method, "HEAD") &&
	       strcmp(method, "OPTIONS") && strcmp(method, "TRACE");
}

/* /x/ is told to ask for /x, if there is one; relative, so proxies may be. */
static bool redirect_slash(struct router *r, struct exchange *x)
{
	size_t len = strlen(x->request.path), raw = strlen(x->raw_path);
	const char *params[PARAMS_MAX];
	const char *path = x->request.path;
	char *shorter;

	if (len < 2 || path[len - 1] != '/' || x->raw_path[raw - 1] != '/')
		return false;
	shorter = arena_strndup(&x->arena, path, len - 1);
	if (!table_find(r->table, shorter, &x->arena, params) &&
	    !static_has(shorter))
		return false;
	reply_empty(x, 307);
	exchange_header(x, "Location",
			arena_printf(&x->arena, "%.*s%s%s", (int)raw - 1,
				     x->raw_path, *x->query ? "?" : "",
				     x->query));
	return true;
}

/* A path or a method that no operation has. */
static void refuse_path(struct router *r, struct exchange *x,
			const struct place *place)
{
	if (!place && redirect_slash(r, x))
		return;
	if (!place) {
		reply_status(x, 404, "Not Found");
		return;
	}
	if (!strcmp(x->request.method, "OPTIONS"))
		reply_empty(x, 204);
	else
		reply_status(x, 405, "Method Not Allowed");
	exchange_header(x, "Allow", place->allow);
}

static bool csrf_ok(struct router *r, struct exchange *x, struct err *err)
{
	if (!changes(x->request.method) || (x->route && x->route->csrf_exempt))
		return true;
	return session_check_csrf(&x->credentials, r->setup.settings,
				  clock_now(), &x->arena, err);
}

enum router_next router_begin(struct router *r, struct exchange *x,
			      bool embedded)
{
	const struct place *place;
	struct err err = { 0 };

	if (cors_preflight(r->setup.settings, x))
		return ROUTER_REPLY;
	place = table_find(r->table, x->request.path, &x->arena, x->params);
	x->route = place ? place_route(place, x->request.method) : NULL;
	if (!csrf_ok(r, x, &err))
		reply_error(x, &err, NULL);
	else if (!x->route && !static_reply(x) &&
		 !wellknown_reply(r->setup.settings, x))
		refuse_path(r, x, place);
	if (x->reply.status)
		return ROUTER_REPLY;
	/* The use of a key may have to be noted: that writes. */
	if (x->route->inline_when == INLINE_ALWAYS ||
	    (x->route->inline_when == INLINE_EMBEDDED && embedded &&
	     !session_api_key(&x->credentials)))
		return ROUTER_INLINE;
	return ROUTER_QUEUE;
}

size_t router_body_max(const struct exchange *x)
{
	return x->route && x->route->body_kind == BODY_UPLOAD ? UPLOAD_MAX
							      : BODY_MAX;
}

/* ---- one operation ---- */

static bool count(struct router *r, struct exchange *x, bool first,
		  struct err *err)
{
	if (!x->route->limit || x->route->count_first != first ||
	    !r->setup.settings->rate_limits)
		return true;
	return limit_count(x->route->id,
			   limit_client(&x->session, x->request.ip, &x->arena),
			   x->route->limit, clock_now(), &x->arena, &x->limit,
			   err);
}

/* From here on the database shows what is theirs, and nothing else. */
static void act_as(struct db *db, const struct session *s)
{
	db_scope(db, (struct db_scope){ s->org_id, s->user_id });
}

static bool identify(struct router *r, struct exchange *x, struct call *call,
		     struct err *err)
{
	const struct route *route = x->route;

	if (!session_open(&x->credentials, route, x->request.ip, call->now,
			  call->db, &x->arena, &x->session, err))
		return false;
	act_as(call->db, &x->session);
	if (x->session.key && r->setup.settings->rate_limits &&
	    !api_key_count(&x->session, call->now, &x->arena, err))
		return false;
	if (route->org_need == NEED_PUBLIC)
		return true;
	if (!session_enter(route, x->params[route->org_param], call->db,
			   &x->arena, &x->session, err))
		return false;
	act_as(call->db, &x->session);
	return true;
}

static bool authorise(struct router *r, struct exchange *x, struct call *call,
		      struct err *err)
{
	if (x->route->need == NEED_PUBLIC)
		return true;
	if (identify(r, x, call, err))
		return true;
	x->refused = err->kind == ERR_FORBIDDEN;
	return false;
}

/* Everything that may refuse, in the contract's order. */
static bool admit(struct router *r, struct exchange *x, struct call *call,
		  struct input *in, struct err *err)
{
	if (!count(r, x, true, err))
		return false;
	/*
	 * One pass over the body, before it is known who asks: a second one
	 * for the syntax alone would cost every honest client, this costs the
	 * strangers. What it finds wrong with fields is held back.
	 */
	input_read_body(x, in);
	return input_well_formed(in, err) && authorise(r, x, call, err) &&
	       input_read_params(x, in) && input_valid(x, in, err) &&
	       count(r, x, false, err);
}

/* In the transaction; a handler that opened none (late) gets one here. */
static bool write_audit(const struct route *route, struct call *call,
			struct err *err)
{
	if (!changes(route->method) || call->audit.skip ||
	    (!call->session->org_id && !call->audit.org_id))
		return true;
	if (!call_begin(call, err))
		return false;
	if (route->audit_action && !audit_action(call, route->audit_action,
						 route->audit_resource, err))
		return false;
	return (route->audit_action && !route->audit_twin) ||
	       audit_general(call, route->status, err);
}

/*
 * A read has one transaction, so that a page and its total agree; what is
 * public and reads decides for itself. Who asks is looked up before, by a
 * statement of its own: what needs no other begins nothing.
 */
static bool begin_read(const struct route *route, struct call *call,
		       struct err *err)
{
	if (changes(route->method) || route->need == NEED_PUBLIC ||
	    route->late_transaction)
		return true;
	call->in_transaction = db_begin_read(call->db, err);
	return call->in_transaction;
}

static bool begin_write(const struct route *route, struct call *call,
			struct err *err)
{
	if (!changes(route->method) || route->late_transaction)
		return true;
	return call_begin(call, err);
}

static bool perform(struct router *r, struct exchange *x, struct call *call,
		    void *out, struct err *err)
{
	const struct route *route = x->route;
	struct input in = { 0 };

	if (!admit(r, x, call, &in, err)) {
		x->issues = in.issues;
		return false;
	}
	return begin_read(route, call, err) && begin_write(route, call, err) &&
	       route->run(call, in.value, out, err) &&
	       write_audit(route, call, err) &&
	       (!call->in_transaction || call_commit(call, err));
}

/* An attempt to change what one may not is worth a row; a read is not. */
static void note_refusal(struct exchange *x, struct call *call)
{
	struct err err = { 0 };

	if (!x->refused || !changes(x->route->method))
		return;
	act_as(call->db, call->session);
	if (!audit_refused(call, x->route, &err))
		log_error(x->route->id, x->request.id, &err);
}

static void refuse(struct exchange *x, const struct err *err)
{
	if (reply_status_of(err->kind) >= 500)
		log_error(x->route->id, x->request.id, err);
	reply_error(x, err, &x->issues);
}

static void may_keep(struct exchange *x, int seconds)
{
	x->reply.cacheable = true;
	exchange_header(x, "Cache-Control",
			arena_printf(&x->arena, "public, max-age=%d", seconds));
}

void router_run(struct router *r, struct exchange *x, struct db *db)
{
	struct err err = { 0 };
	struct call call = {
		.arena = &x->arena,
		.db = db,
		.now = clock_now(),
		.settings = r->setup.settings,
		.session = &x->session,
		.request = &x->request,
	};
	void *out = arena_alloc(&x->arena, x->route->out_size + 1);
	bool ok = perform(r, x, &call, out, &err);

	if (!ok && call.in_transaction)
		db_rollback(db);
	if (!ok)
		note_refusal(x, &call);
	if (x->session.key)
		api_key_used(&call);
	if (db)
		db_scope(db, (struct db_scope){ 0 });
	if (!ok) {
		refuse(x, &err);
		return;
	}
	x->reply.headers = call.headers;
	if (call.wake_worker && r->setup.wake_worker)
		r->setup.wake_worker(r->setup.arg);
	if (!output_write(x, call.status ? call.status : x->route->status, out,
			  &err))
		refuse(x, &err);
	else if (call.cache_seconds)
		may_keep(x, call.cache_seconds);
}

/* What was refused before it was counted tells the policy alone. */
static void limit_headers(struct router *r, struct exchange *x)
{
	if (!x->route || !x->route->limit || !r->setup.settings->rate_limits)
		return;
	exchange_header(x, "RateLimit-Policy",
			limit_policy(x->route->limit, &x->arena));
	exchange_header(x, "RateLimit", limit_header(&x->limit, &x->arena));
}

void router_finish(struct router *r, struct exchange *x)
{
	limit_headers(r, x);
	cors_headers(r->setup.settings, x);
	for (size_t i = 0; i < sizeof(security) / sizeof(*security); i++)
		exchange_header(x, security[i].name, security[i].value);
	exchange_header(x, "Content-Security-Policy",
			x->reply.csp ? x->reply.csp : api_csp);
	if (!x->reply.cacheable)
		exchange_header(x, "Cache-Control", "no-store");
	exchange_header(x, "X-Request-Id", x->request.id);
	exchange_header(x, "Content-Type", x->reply.content_type);
}
