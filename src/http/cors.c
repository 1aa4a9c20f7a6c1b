#include "http/cors.h"

#include <string.h>

#include "base/span.h"
#include "http/reply.h"

#define METHODS "GET, POST, PUT, PATCH, DELETE, OPTIONS"
#define HEADERS                                                      \
	"Accept, Accept-Language, Authorization, Content-Language, " \
	"Content-Type, X-CSRF-Token, X-Organization-Id"

/* What scripts of those origins may read besides the usual headers. */
#define EXPOSED "RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"

/* Who runs the client with `npm run dev` has it there. */
#define DEVELOPMENT "http://localhost:3000,http://localhost:8077"

/* Longest origin or header name that is looked at. */
enum { WORD_MAX = 300 };

static bool listed(const char *list, struct span word, bool nocase)
{
	struct span rest = span_str(list), one;

	while (span_len(rest) && span_until(&rest, ',', WORD_MAX, &one)) {
		one = span_trim(one);
		if (span_len(one) == span_len(word) &&
		    !(nocase ? strncasecmp(one.p, word.p, span_len(one))
			     : strncmp(one.p, word.p, span_len(one))))
			return true;
	}
	return false;
}

bool cors_allows(const struct settings *settings, const char *origin)
{
	const char *list = settings->cors_origins;

	if (!*list && !settings_production(settings))
		list = DEVELOPMENT;
	return *origin && listed(list, span_str(origin), false);
}

static bool headers_allowed(const char *wanted)
{
	struct span rest = span_str(wanted ? wanted : ""), one;

	while (span_len(rest)) {
		if (!span_until(&rest, ',', WORD_MAX, &one))
			return false;
		one = span_trim(one);
		if (span_len(one) && !listed(HEADERS, one, true))
			return false;
	}
	return true;
}

static const char *refusal(const struct settings *settings,
			   const struct exchange *x)
{
	struct span method = span_str(x->headers.request_method);

	if (!cors_allows(settings, x->credentials.origin))
		return "Disallowed CORS origin";
	if (!listed(METHODS, method, false))
		return "Disallowed CORS method";
	if (!headers_allowed(x->headers.request_headers))
		return "Disallowed CORS headers";
	return NULL;
}

bool cors_preflight(const struct settings *settings, struct exchange *x)
{
	const char *why;

	if (strcmp(x->request.method, "OPTIONS") || !x->credentials.origin ||
	    !x->headers.request_method)
		return false;
	why = refusal(settings, x);
	reply_text(x, why ? 400 : 200, why ? why : "OK");
	if (!why) {
		exchange_header(x, "Access-Control-Allow-Methods", METHODS);
		exchange_header(x, "Access-Control-Allow-Headers", HEADERS);
		exchange_header(x, "Access-Control-Max-Age", "600");
	}
	return true;
}

void cors_headers(const struct settings *settings, struct exchange *x)
{
	const char *origin = x->credentials.origin;

	/*
	 * Caches must tell origins apart, also where one was refused. What is
	 * never stored and was asked for without one does not need it.
	 */
	if (origin || x->reply.cacheable)
		exchange_header(x, "Vary", "Origin");
	if (!origin)
		return;
	if (cors_allows(settings, origin)) {
		exchange_header(x, "Access-Control-Allow-Origin", origin);
		exchange_header(x, "Access-Control-Expose-Headers", EXPOSED);
	}
	exchange_header(x, "Access-Control-Allow-Credentials", "true");
}
