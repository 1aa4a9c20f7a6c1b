#include "http/request.h"

#include <string.h>

#include "base/span.h"
#include "http/address.h"
#include "http/reply.h"

/* What is kept, and what joins the values of a header that comes twice. */
/* What is kept of a User-Agent, in rows and in the log. */
enum { AGENT_MAX = 512 };

/* At most `max` bytes, and no half of a character at the end. */
static const char *cut(struct arena *a, const char *s, size_t max)
{
	size_t len = s ? strlen(s) : 0;

	if (len <= max)
		return s;
	while (max && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return arena_strndup(a, s, max);
}

static const struct {
	const char *name;
	size_t len;
	size_t offset;
	const char *join; /* NULL: the first counts */
} known[] = {
#define HEADER(text, member, join)                                         \
	{                                                                  \
		text, sizeof(text) - 1, offsetof(struct exchange, member), \
			join                                               \
	}
	HEADER("Host", headers.host, NULL),
	HEADER("Accept", headers.accept, ","),
	HEADER("Cookie", headers.cookie, "; "),
	HEADER("Origin", credentials.origin, NULL),
	HEADER("Forwarded", headers.forwarded, ","),
	HEADER("X-Real-IP", headers.forwarded, ","),
	HEADER("User-Agent", headers.user_agent, NULL),
	HEADER("Content-Type", headers.content_type, NULL),
	HEADER("X-CSRF-Token", credentials.csrf_header, NULL),
	HEADER("Authorization", credentials.authorization, NULL),
	HEADER("If-None-Match", headers.if_none_match, ","),
	HEADER("Content-Length", headers.content_length, NULL),
	HEADER("Sec-Fetch-Site", credentials.fetch_site, NULL),
	HEADER("Accept-Encoding", headers.accept_encoding, ","),
	HEADER("X-Forwarded-For", headers.forwarded_for, ","),
	HEADER("Transfer-Encoding", headers.transfer_encoding, ","),
	HEADER("Access-Control-Request-Method", headers.request_method, NULL),
	HEADER("Access-Control-Request-Headers", headers.request_headers, ","),
#undef HEADER
};

void request_line(struct exchange *x, const char *target)
{
	size_t path_len = strcspn(target, "?");
	const char *query = target[path_len] ? target + path_len + 1 : "";
	bool fits = path_len <= PATH_MAX_BYTES &&
		    strnlen(query, QUERY_MAX_BYTES + 1) <= QUERY_MAX_BYTES;
	char *path = arena_strndup(&x->arena, target, path_len);

	x->raw_path = path;
	x->query = fits ? arena_strdup(&x->arena, query) : "";
	if (fits && memchr(path, '%', path_len))
		path = exchange_unescape(&x->arena, path, path_len, false);
	x->request.path = path ? path : "";
	if (!fits)
		reply_status(x, 414, "URI Too Long");
}

void request_header(struct exchange *x, const char *name, size_t name_len,
		    const char *value, size_t value_len)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		const char **to = (const char **)((char *)x + known[i].offset);

		if (known[i].len != name_len ||
		    strncasecmp(known[i].name, name, name_len))
			continue;
		if (!*to)
			*to = arena_strndup(&x->arena, value, value_len);
		else if (known[i].join)
			*to = arena_printf(&x->arena, "%s%s%.*s", *to,
					   known[i].join, (int)value_len,
					   value);
		return;
	}
}

/* Of cookies of one name the first counts: it has the longest path. */
static void take_cookie(struct exchange *x, struct span name, struct span value)
{
	const char **to =
		span_is(name, "access_token")	 ? &x->request.access_cookie
		: span_is(name, "refresh_token") ? &x->request.refresh_cookie
		: span_is(name, "csrf_token")	 ? &x->request.csrf_cookie
		: span_is(name, "sso_state")	 ? &x->request.sso_cookie
						 : NULL;

	if (!to || *to)
		return;
	if (span_len(value) >= 2 && *value.p == '"' && value.end[-1] == '"') {
		value.p++;
		value.end--;
	}
	*to = span_dup(&x->arena, value);
}

static void take_cookies(struct exchange *x)
{
	struct span rest = span_str(x->headers.cookie), pair, name;

	while (span_until(&rest, ';', SIZE_MAX, &pair)) {
		pair = span_trim(pair);
		if (span_until(&pair, '=', 64, &name))
			take_cookie(x, span_trim(name), span_trim(pair));
	}
}

void request_finish(struct exchange *x, const char *method, const char *peer,
		    const struct settings *settings)
{
	x->peer = peer;
	x->request.method = arena_strdup(&x->arena, method);
	x->request.user_agent =
		cut(&x->arena, x->headers.user_agent, AGENT_MAX);
	x->request.ip = address_client(peer, x->headers.forwarded_for,
				       settings->trusted_proxies, &x->arena);
	if (x->headers.cookie)
		take_cookies(x);
	x->credentials.access_cookie = x->request.access_cookie;
	x->credentials.csrf_cookie = x->request.csrf_cookie;
}

int64_t request_body_length(const struct exchange *x)
{
	struct span s = span_str(x->headers.content_length);
	uint64_t len = 0;

	if (!x->headers.content_length)
		return 0;
	if (!span_number(&s, INT64_MAX - 1, &len) || span_len(s))
		return INT64_MAX;
	return (int64_t)len;
}

bool request_is_chunked(const struct exchange *x)
{
	return x->headers.transfer_encoding != NULL;
}

bool request_is_local(const struct exchange *x)
{
	return address_is_loopback(x->peer) && !x->headers.forwarded &&
	       !x->headers.forwarded_for;
}
