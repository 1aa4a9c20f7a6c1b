#include "store/redis_url.h"

#include <string.h>

#include "base/span.h"

#define HOST_LETTERS                               \
	"abcdefghijklmnopqrstuvwxyz0123456789-._:" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"

enum { PART_MAX = 512, PATH_LENGTH_MAX = 107, DATABASE_MAX = 65535 };

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decoded; NULL when it is malformed, too long, or has a NUL. */
static char *decode(struct span s, struct arena *a)
{
	struct sb out = sb_new(a, span_len(s) + 1);

	if (span_len(s) > PART_MAX)
		return NULL;
	for (; s.p < s.end; s.p++) {
		int high, low;

		if (*s.p != '%') {
			sb_addc(&out, *s.p);
			continue;
		}
		if (span_len(s) < 3 || (high = digit(s.p[1])) < 0 ||
		    (low = digit(s.p[2])) < 0 || !(high | low))
			return NULL;
		sb_addc(&out, (char)(high << 4 | low));
		s.p += 2;
	}
	return out.s;
}

/* [[user]:password@]; without it the cursor stays. */
static bool take_login(struct span *s, struct arena *a, struct redis_url *ret)
{
	const char *slash = memchr(s->p, '/', span_len(*s));
	const char *end = slash ? slash : s->end;
	const char *at = memrchr(s->p, '@', (size_t)(end - s->p));
	const char *colon, *user;

	if (!at)
		return true;
	colon = memchr(s->p, ':', (size_t)(at - s->p));
	if (!colon)
		return false;
	user = decode((struct span){ s->p, colon }, a);
	ret->user = user && *user ? user : NULL;
	ret->password = decode((struct span){ colon + 1, at }, a);
	s->p = at + 1;
	return user && ret->password;
}

static bool take_host(struct span *s, struct arena *a, struct redis_url *ret)
{
	struct span host = { s->p, s->p };
	uint64_t port = 6379;

	if (span_literal(s, "[")) {
		if (!span_until(s, ']', 64, &host) || s->p[-1] != ']')
			return false;
	} else {
		while (s->p < s->end && *s->p != ':' && *s->p != '/')
			s->p++;
		host.end = s->p;
	}
	if (span_literal(s, ":") && !span_number(s, 65535, &port))
		return false;
	ret->host = span_dup(a, host);
	ret->port = (int)port;
	ret->where = arena_printf(a, "%s:%d", ret->host, ret->port);
	return span_len(host) > 0 && span_len(host) < 256 &&
	       strspn(ret->host, HOST_LETTERS) == span_len(host) && port > 0;
}

/* What is left is a number, if anything. */
static bool take_database(struct span *s, struct redis_url *ret)
{
	uint64_t database = 0;

	if (span_len(*s) && !span_number(s, DATABASE_MAX, &database))
		return false;
	ret->database = (int)database;
	return !span_len(*s);
}

static bool take_path(struct span *s, struct arena *a, struct redis_url *ret)
{
	struct span path;

	if (!span_until(s, '?', PATH_LENGTH_MAX, &path) || !span_len(path) ||
	    *path.p != '/')
		return false;
	ret->path = ret->where = decode(path, a);
	if (!ret->path)
		return false;
	return !span_len(*s) || (span_literal(s, "db=") && span_len(*s) &&
				 take_database(s, ret));
}

bool redis_url_parse(const char *url, struct arena *a, struct redis_url *ret,
		     struct err *err)
{
	struct span s = span_str(url);
	bool ok;

	*ret = (struct redis_url){ 0 };
	if (span_starts_nocase(s, "rediss:"))
		return err_set(err, ERR_INVALID,
			       "REDIS_URL: TLS (rediss://) is not there; use a "
			       "Unix socket, a private network or a tunnel");
	if (span_literal(&s, "unix:")) {
		if (!span_literal(&s, "///"))
			ok = !span_literal(&s, "//") || take_login(&s, a, ret);
		else
			s.p--, ok = true;
		ok = ok && take_path(&s, a, ret);
	} else {
		ok = span_literal(&s, "redis://") && take_login(&s, a, ret) &&
		     take_host(&s, a, ret) &&
		     (!span_len(s) || span_literal(&s, "/")) &&
		     take_database(&s, ret);
	}
	return ok || err_set(err, ERR_INVALID,
			     "REDIS_URL is not redis://[user:password@]host"
			     "[:port][/database] or unix:/path");
}
