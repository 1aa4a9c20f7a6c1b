#include "http/static.h"

#include <string.h>

#include "base/span.h"
#include "core/embedded.h"
#include "http/reply.h"

/* Whether `gzip` is among the codings and not refused by `;q=0`. */
static bool takes_gzip(const char *accept_encoding)
{
	struct span rest = span_str(accept_encoding), one, name;

	while (span_until(&rest, ',', 256, &one)) {
		one = span_trim(one);
		if (!span_until(&one, ';', 64, &name) ||
		    !span_is_nocase(span_trim(name), "gzip"))
			continue;
		one = span_trim(one);
		return !span_is(one, "q=0") && !span_is(one, "q=0.0") &&
		       !span_is(one, "q=0.00") && !span_is(one, "q=0.000");
	}
	return false;
}

/* Compared weakly (RFC 9110 section 13.1.2): W/ does not matter. */
static bool client_has(const struct exchange *x, const char *etag)
{
	struct span rest = span_str(x->headers.if_none_match), one;

	while (span_until(&rest, ',', 256, &one)) {
		one = span_trim(one);
		span_literal(&one, "W/");
		if (span_is(one, etag) || span_is(one, "*"))
			return true;
	}
	return false;
}

/* The compressed form is another sequence of bytes and needs its own tag. */
static const char *etag_of(const struct embedded_file *f, bool gzip,
			   struct arena *a)
{
	if (!gzip)
		return f->etag;
	return arena_printf(a, "%.*s-gz\"", (int)strlen(f->etag) - 1, f->etag);
}

static void send_file(struct exchange *x, const struct embedded_file *f)
{
	bool gzip = f->gzip && takes_gzip(x->headers.accept_encoding);
	const char *etag = etag_of(f, gzip, &x->arena);
	bool same = client_has(x, etag);

	reply_empty(x, same ? 304 : 200);
	x->reply.csp = f->csp;
	x->reply.cacheable = true;
	exchange_header(x, "ETag", etag);
	exchange_header(x, "Cache-Control", "public, max-age=0");
	exchange_header(x, "Vary", "Accept-Encoding");
	if (same)
		return;
	x->reply.content_type = f->type;
	x->reply.bytes = (const char *)(gzip ? f->gzip : f->bytes);
	x->reply.len = gzip ? f->gzip_len : f->len;
	if (gzip)
		exchange_header(x, "Content-Encoding", "gzip");
}

bool static_reads(struct exchange *x)
{
	const char *method = x->request.method;

	if (!strcmp(method, "GET") || !strcmp(method, "HEAD"))
		return true;
	if (!strcmp(method, "OPTIONS"))
		reply_empty(x, 204);
	else
		reply_status(x, 405, "Method Not Allowed");
	exchange_header(x, "Allow", "GET, HEAD, OPTIONS");
	return false;
}

bool static_reply(struct exchange *x)
{
	const struct embedded_file *f = embedded_find(x->request.path);

	if (f && static_reads(x))
		send_file(x, f);
	return f;
}

bool static_has(const char *path)
{
	return embedded_find(path) != NULL;
}
