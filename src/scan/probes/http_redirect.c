#include "scan/probes/http_redirect.h"

#include <string.h>

#include "base/span.h"

/* ---- addresses ---- */

static bool is_clean(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return false;
	return strlen(text) <= REDIRECT_URL_MAX;
}

static const char *lower(struct span s, struct arena *a)
{
	char *text = span_dup(a, s);

	for (char *p = text; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	return text;
}

static bool take_host(struct span *s, struct arena *a, struct redirect_url *ret)
{
	const char *end = s->p;

	if (span_literal(s, "[")) {
		end = memchr(s->p, ']', span_len(*s));
		if (!end)
			return false;
		ret->is_ipv6 = true;
	} else {
		while (end < s->end && !strchr(":/?#", *end))
			end++;
	}
	ret->host = lower((struct span){ s->p, end }, a);
	s->p = end + ret->is_ipv6;
	return *ret->host && !strpbrk(ret->host, "@\\");
}

/* What follows "//". */
static bool take_authority(struct span s, struct arena *a,
			   struct redirect_url *ret)
{
	uint64_t port = ret->https ? 443 : 80;

	if (!take_host(&s, a, ret))
		return false;
	if (span_literal(&s, ":") && s.p < s.end && !strchr("/?#", *s.p) &&
	    (!span_number(&s, 65535, &port) || !port))
		return false;
	if (s.p < s.end && !strchr("/?#", *s.p))
		return false;
	ret->port = (int)port;
	ret->path =
		arena_printf(a, "%s%.*s", s.p < s.end && *s.p == '/' ? "" : "/",
			     (int)strcspn(s.p, "#"), s.p);
	return true;
}

/* The path of `from` up to its last slash, and the relative one behind. */
static const char *join(const char *path, const char *relative, struct arena *a)
{
	size_t dir = strcspn(path, "?");
	size_t len = strcspn(relative, "#");

	if (*relative != '?' && len)
		while (dir && path[dir - 1] != '/')
			dir--;
	if (*relative == '/')
		dir = 0;
	return arena_printf(a, "%.*s%.*s", (int)dir, path, (int)len, relative);
}

bool redirect_parse(const char *location, const struct redirect_url *from,
		    struct arena *a, struct redirect_url *ret)
{
	struct redirect_url url = { .https = from && from->https };
	struct span s = span_str(location);

	if (!is_clean(location))
		return false;
	if (span_starts_nocase(s, "https:") || span_starts_nocase(s, "http:")) {
		url.https = (s.p[4] | 0x20) == 's';
		s.p += url.https ? 6 : 5;
		if (!span_literal(&s, "//"))
			return false;
	} else if (!from ||
		   (s.p[0] && strcspn(s.p, ":") < strcspn(s.p, "/?#"))) {
		return false; /* mailto: and the like */
	} else if (!span_literal(&s, "//")) {
		url = *from;
		url.path = join(from->path, location, a);
		*ret = url;
		return true;
	}
	if (!take_authority(s, a, &url))
		return false;
	*ret = url;
	return true;
}

/* ---- the verdict ---- */

const char *redirect_verdict(const struct redirect_route *r)
{
	if (!r->len)
		return "redirection-not-needed-no-http";
	if (r->bad_certificate)
		return "redirection-invalid-cert";
	if (r->len == 1)
		return "redirection-missing";
	if (!r->urls[r->len - 1].https)
		return "redirection-not-to-https";
	if (!r->urls[1].https)
		return "redirection-not-to-https-on-initial-redirection";
	if (strcmp(r->urls[0].host, r->urls[1].host) != 0)
		return "redirection-off-host-from-http";
	return "redirection-to-https";
}
