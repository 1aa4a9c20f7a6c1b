/*
 * What no single value shows: secrets that are none, and switches that belong
 * to a desk and not to a server that others rely on.
 */
#include "base/settings.h"

#include <string.h>
#include <strings.h>

#include "base/span.h"

enum { SECRET_LEN = 32, SECRET_DISTINCT = 10 };

struct check {
	const struct settings *s;
	struct sb *out;
	int problems;
};

static void problem(struct check *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void problem(struct check *c, const char *fmt, ...)
{
	_arena_ struct arena a = { 0 };
	va_list ap;

	va_start(ap, fmt);
	sb_add(c->out, arena_vprintf(&a, fmt, ap));
	va_end(ap);
	sb_addc(c->out, '\n');
	c->problems++;
}

/* Words of example files; a random secret has one by chance once in millions.
 */
static bool is_placeholder(const char *secret)
{
	static const char *const words[] = {
		"change",   "replace",	"generate",    "placeholder",
		"example",  "your-",	"your_",       "secret",
		"password", "insecure", "development", NULL
	};

	for (int i = 0; words[i]; i++)
		if (span_find_nocase(span_str(secret), words[i]))
			return true;
	return false;
}

static int distinct(const char *s)
{
	bool seen[256] = { false };
	int n = 0;

	for (; *s; s++) {
		n += !seen[(unsigned char)*s];
		seen[(unsigned char)*s] = true;
	}
	return n;
}

/* The same piece over and over: "abcabcabc". */
static bool repeats(const char *s)
{
	size_t len = strlen(s);

	for (size_t period = 1; period <= len / 2; period++)
		if (!memcmp(s, s + period, len - period))
			return true;
	return false;
}

/* Mostly steps of one, as in "0123456789abcdef". */
static bool counts(const char *s)
{
	size_t steps = 0, len = strlen(s);

	for (size_t i = 1; i < len; i++)
		steps += s[i] - s[i - 1] == 1 || s[i - 1] - s[i] == 1;
	return steps > len / 2;
}

static void check_secret(struct check *c, const char *name, const char *value)
{
	if (!*value)
		problem(c, "%s is not set", name);
	else if (is_placeholder(value))
		problem(c,
			"%s is a placeholder; make one with "
			"'openssl rand -base64 32'",
			name);
	else if (strlen(value) < SECRET_LEN)
		problem(c, "%s is shorter than %d characters", name,
			SECRET_LEN);
	else if (distinct(value) < SECRET_DISTINCT || repeats(value) ||
		 counts(value))
		problem(c,
			"%s is easy to guess; make one with "
			"'openssl rand -base64 32'",
			name);
}

/* scheme://host[:port], as a browser sends it. */
static bool is_origin(struct span s)
{
	if (!span_literal(&s, "https://") && !span_literal(&s, "http://"))
		return false;
	if (!span_len(s))
		return false;
	for (; s.p < s.end; s.p++)
		if (*s.p <= ' ' || strchr("/*?#@", *s.p))
			return false;
	return true;
}

static void check_origins(struct check *c)
{
	struct span rest = span_str(c->s->cors_origins), item;
	bool any = false;

	while (span_until(&rest, ',', SIZE_MAX, &item)) {
		item = span_trim(item);
		if (!span_len(item))
			continue;
		any = true;
		if (span_is(item, "*"))
			problem(c, "CORS_ORIGINS is *: any site could act for "
				   "whoever is signed in");
		else if (!is_origin(item))
			problem(c,
				"CORS_ORIGINS: '%.*s' is not an origin such "
				"as https://nis2.example.org",
				(int)span_len(item), item.p);
	}
	if (!any && settings_production(c->s))
		problem(c, "CORS_ORIGINS is not set");
}

/* A network of everybody would let any client choose its own address. */
static void check_proxies(struct check *c)
{
	struct span rest = span_str(c->s->trusted_proxies), item;

	while (span_until(&rest, ',', SIZE_MAX, &item)) {
		item = span_trim(item);
		if (span_len(item) > 2 && !strncmp(item.end - 2, "/0", 2))
			problem(c, "TRUSTED_PROXIES: %.*s trusts everybody",
				(int)span_len(item), item.p);
	}
}

/* An address, or a name and an address in < >, on one line. */
static bool is_sender(const char *from)
{
	const char *at = strchr(from, '@');

	for (const char *p = from; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return at && at > from && at[1] && !strchr(at + 1, '@');
}

static void check_mail(struct check *c)
{
	if (!is_sender(c->s->smtp_from))
		problem(c, "SMTP_FROM is not an address such as "
			   "nis2@example.org");
	if (c->s->smtp_ssl && c->s->smtp_starttls)
		problem(c, "SMTP_SSL and SMTP_STARTTLS are both on: a "
			   "connection has one of them");
	if (settings_production(c->s) && *c->s->smtp_host && *c->s->smtp_user &&
	    !c->s->smtp_starttls && !c->s->smtp_ssl)
		problem(c, "SMTP_STARTTLS and SMTP_SSL are off: SMTP_PASSWORD "
			   "would travel in clear");
}

/* http://localhost is how a desk looks, also in production mode. */
static bool is_loopback(struct span url)
{
	static const char *const hosts[] = { "localhost", "127.0.0.1", "[::1]",
					     NULL };

	if (!span_literal(&url, "http://"))
		return false;
	for (int i = 0; hosts[i]; i++) {
		struct span rest = url;

		if (span_literal(&rest, hosts[i]) &&
		    (!span_len(rest) || strchr(":/", *rest.p)))
			return true;
	}
	return false;
}

static void check_production(struct check *c)
{
	struct span url = span_str(c->s->public_url);

	if (span_starts_nocase(url, "http://") && !is_loopback(url))
		problem(c, "PUBLIC_URL is http: links in mails and sessions "
			   "would travel in clear");
	if (!c->s->rate_limits)
		problem(c, "RATE_LIMITS is off, which is for tests only");
	if (!c->s->cookie_secure)
		problem(c, "COOKIE_SECURE is off: sessions would travel in "
			   "clear");
}

/* An origin, and perhaps the folder below it that a proxy gives us. */
/* Whoever guesses it reads how busy the installation is. */
static void check_metrics_token(struct check *c)
{
	size_t len = strlen(c->s->metrics_token);

	if (len && len < 16)
		problem(c, "METRICS_TOKEN is shorter than 16 characters");
}

static bool is_url(struct span s)
{
	const char *path = span_find_nocase(s, "://");
	const char *slash;

	if (!path)
		return false;
	slash = memchr(path + 3, '/', (size_t)(s.end - path - 3));
	return is_origin((struct span){ s.p, slash ? slash : s.end });
}

/* RFC 9116, 2.5.3: an address that says how it is to be used. */
static void check_contact(struct check *c)
{
	static const char *const starts[] = { "mailto:", "https://",
					      "tel:", NULL };
	struct span all = span_str(c->s->security_contact);
	bool known = !span_len(all);

	for (int i = 0; starts[i]; i++)
		known |= span_starts_nocase(all, starts[i]);
	for (; known && all.p < all.end; all.p++)
		known = *all.p > ' ' && *all.p != 127;
	if (!known)
		problem(c, "SECURITY_CONTACT is not an address such as "
			   "mailto:security@nis2.example.org");
}

int settings_warnings(const struct settings *s, struct sb *out)
{
	struct check c = { s, out, 0 };

	if (settings_production(s) && !*s->smtp_host)
		problem(&c, "SMTP_HOST is not set: nobody gets mail, it is "
			    "written to files in DATA_DIR/mail");
	return c.problems;
}

int settings_problems(const struct settings *s, struct sb *out)
{
	struct check c = { s, out, 0 };

	if (strcmp(s->environment, "production") != 0 &&
	    strcmp(s->environment, "development") != 0)
		problem(&c,
			"ENVIRONMENT is '%.40s', which is neither "
			"production nor development",
			s->environment);
	check_secret(&c, "JWT_SECRET", s->jwt_secret);
	check_secret(&c, "DATA_ENCRYPTION_KEY", s->data_key);
	check_origins(&c);
	check_proxies(&c);
	check_mail(&c);
	check_contact(&c);
	check_metrics_token(&c);
	if (!is_url(span_str(s->public_url)))
		problem(&c,
			"PUBLIC_URL: '%.100s' is not an address such as "
			"https://nis2.example.org",
			s->public_url);
	if (settings_production(s))
		check_production(&c);
	return c.problems;
}
