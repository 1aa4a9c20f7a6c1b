/*
 * The request line, the headers and a multipart body as a stranger may send
 * them: first line the target, then "Name: value" lines, an empty line, the
 * body. What is read must be of the length it says and stay what it is.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/span.h"
#include "http/cors.h"
#include "http/form.h"
#include "http/request.h"
#include "http/static.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_MAX_BYTES = 8192 };

static void read_headers(struct exchange *x, struct span *in)
{
	struct span line, name;

	while (span_line(in, LINE_MAX_BYTES, &line) && span_len(line)) {
		if (!span_until(&line, ':', 256, &name))
			continue;
		line = span_trim(line);
		request_header(x, name.p, span_len(name), line.p,
			       span_len(line));
	}
}

/* A decoded path holds no NUL, and decoding makes nothing longer. */
static void check_path(const struct exchange *x)
{
	assert(x->reply.status ||
	       strlen(x->request.path) <= strlen(x->raw_path));
	assert(strlen(x->query) <= QUERY_MAX_BYTES);
}

static void check_form(struct exchange *x, struct span body)
{
	struct upload file = { 0 };

	if (!x->headers.content_type ||
	    !form_file(x->headers.content_type, body.p, span_len(body), "file",
		       &x->arena, &file, NULL))
		return;
	assert(file.len <= span_len(body));
	assert(file.bytes[file.len] == '\0');
	assert(strlen(file.filename) <= 256);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct settings settings = {
		.environment = "production",
		.cors_origins = "https://app.example, https://b.example",
		.trusted_proxies = "127.0.0.0/8, 2001:db8::/32",
	};
	struct exchange x = { .reply.fd = -1, .request.id = "fuzz" };
	struct span in = span_of(data, size), target;

	if (span_line(&in, LINE_MAX_BYTES, &target)) {
		request_line(&x, span_dup(&x.arena, target));
		read_headers(&x, &in);
		request_finish(&x, "OPTIONS", "127.0.0.1", &settings);
		check_path(&x);
		assert(request_body_length(&x) >= 0);
		assert(strlen(x.request.ip) <= 45);
		if (!cors_preflight(&settings, &x) && !static_reply(&x))
			cors_headers(&settings, &x);
		check_form(&x, in);
	}
	arena_free(&x.arena);
	return 0;
}
