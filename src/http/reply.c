#include "http/reply.h"

#include <string.h>

#include "base/span.h"

static const struct {
	int status;
	const char *title; /* RFC 9110 section 15 */
} titles[] = {
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 409, "Conflict" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 500, "Internal Server Error" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
};

static const int statuses[] = {
	[ERR_INVALID] = 422,
	[ERR_REFUSED] = 400,
	[ERR_UNAUTHENTICATED] = 401,
	[ERR_FORBIDDEN] = 403,
	[ERR_NOT_FOUND] = 404,
	[ERR_CONFLICT] = 409,
	[ERR_TOO_LARGE] = 413,
	[ERR_LIMITED] = 429,
	[ERR_BUSY] = 503,
	[ERR_UPSTREAM] = 502,
	[ERR_INTERNAL] = 500,
};

int reply_status_of(enum err_kind kind)
{
	return kind == ERR_NONE ? 500 : statuses[kind];
}

static const char *title_of(int status)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Error";
}

/* "body.tags.0" as the array of its steps. */
static void write_loc(const char *loc, struct arena *a, struct sb *out)
{
	struct span rest = span_str(loc), step;
	char before = '[';

	while (span_until(&rest, '.', 256, &step)) {
		sb_addc(out, before);
		codec_write_string(out, span_dup(a, step));
		before = ',';
	}
	sb_add(out, before == '[' ? "[]" : "]");
}

static void write_issue(const struct issue *i, struct arena *a, struct sb *out)
{
	sb_add(out, "{\"type\":");
	codec_write_string(out, i->type);
	sb_add(out, ",\"loc\":");
	write_loc(i->loc, a, out);
	sb_add(out, ",\"msg\":");
	codec_write_string(out, i->msg);
	sb_addc(out, '}');
}

/* The members of RFC 9457; `instance` finds the lines of the log. */
static void write_problem(const struct exchange *x, int status, struct sb *out)
{
	sb_addf(out, ",\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d",
		title_of(status), status);
	sb_add(out, ",\"instance\":");
	codec_write_string(out, x->request.id);
}

static const char *error_type(const struct exchange *x)
{
	struct span accept = span_str(x->headers.accept);

	return span_find_nocase(accept, "application/problem+json")
		       ? "application/problem+json"
		       : "application/json";
}

static void error_body(struct exchange *x, int status, const char *detail,
		       const struct issue_list *issues)
{
	struct sb out = sb_new(&x->arena, 384);

	sb_add(&out, "{\"detail\":");
	codec_write_string(&out, detail);
	if (status == 429) {
		sb_add(&out, ",\"error\":");
		codec_write_string(&out, detail);
	}
	for (size_t i = 0; issues && i < issues->len; i++) {
		sb_add(&out, i ? "," : ",\"errors\":[");
		write_issue(&issues->items[i], &x->arena, &out);
	}
	sb_add(&out, issues && issues->len ? "]" : "");
	write_problem(x, status, &out);
	sb_addc(&out, '}');
	reply_json(x, status, out.s, out.len);
	x->reply.content_type = error_type(x);
}

static void retry_after(struct exchange *x, const struct err *err)
{
	int seconds = err->retry_after > 0 ? err->retry_after : 1;

	exchange_header(x, "Retry-After",
			arena_printf(&x->arena, "%d", seconds));
}

/* What the client may be told. */
static const char *detail_of(struct exchange *x, const struct err *err,
			     const struct issue_list *issues)
{
	if (reply_status_of(err->kind) == 500)
		return "Internal server error";
	if (issues && issues->len)
		return arena_printf(&x->arena, "%s: %s", issues->items[0].loc,
				    issues->items[0].msg);
	return err->msg;
}

void reply_error(struct exchange *x, const struct err *err,
		 const struct issue_list *issues)
{
	struct issue one = { err->type, err->field, err->msg };
	struct issue_list alone = { &one, 1 };
	int status = reply_status_of(err->kind);

	/* A handler may find fault with a field as well. */
	if ((!issues || !issues->len) && err->kind == ERR_INVALID &&
	    *err->field)
		issues = &alone;
	error_body(x, status, detail_of(x, err, issues),
		   status == 422 ? issues : NULL);
	if (status == 429 || status == 503)
		retry_after(x, err);
	if (status == 401)
		exchange_header(x, "WWW-Authenticate", "Bearer");
}

void reply_status(struct exchange *x, int status, const char *detail)
{
	error_body(x, status, detail, NULL);
}

void reply_json(struct exchange *x, int status, const char *text, size_t len)
{
	x->reply = (struct reply){
		.status = status,
		.content_type = "application/json",
		.bytes = text,
		.len = len,
		.fd = -1,
		.headers = x->reply.headers,
	};
}

void reply_empty(struct exchange *x, int status)
{
	reply_json(x, status, NULL, 0);
	x->reply.content_type = NULL;
}

void reply_text(struct exchange *x, int status, const char *text)
{
	reply_json(x, status, text, strlen(text));
	x->reply.content_type = "text/plain; charset=utf-8";
}
