#include "scan/probes/cookies.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/span.h"

/* "name=value" or "name"; both without blanks around them. */
static void split(struct span s, struct span *name, struct span *value)
{
	const char *equals = memchr(s.p, '=', span_len(s));

	*name = span_trim((struct span){ s.p, equals ? equals : s.end });
	*value = span_trim((struct span){ equals ? equals + 1 : s.end, s.end });
}

static const char *same_site_word(struct span value)
{
	static const char *const words[] = { "Strict", "Lax", "None" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (span_is_nocase(value, words[i]))
			return words[i];
	return NULL;
}

/*
 * "Thu, 01 Jan 1970 00:00:00 GMT": the year alone tells a deletion from a
 * date that matters, except on the day itself.
 */
static bool is_past(struct span date, int64_t now)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	uint64_t numbers[2] = { 0 }; /* day, year */
	int month = 0, count = 0;
	char text[CLOCK_TEXT];
	int64_t when;

	while (date.p < date.end && count < 2) {
		uint64_t n;

		if (span_number(&date, 9999, &n)) {
			numbers[count++] = n;
			continue;
		}
		for (int m = 0; m < 12 && !month; m++) {
			char name[4] = { months[3 * m], months[3 * m + 1],
					 months[3 * m + 2], '\0' };

			if (count && span_starts_nocase(date, name))
				month = m + 1;
		}
		date.p++;
	}
	if (count < 2 || !month)
		return false;
	if (numbers[1] < 100)
		numbers[1] += numbers[1] < 70 ? 2000 : 1900;
	snprintf(text, sizeof(text), "%04d-%02d-%02dT00:00:00Z",
		 (int)numbers[1], month, (int)(numbers[0] % 100));
	return clock_parse(text, &when) && when + CLOCK_DAY <= now;
}

/* Zero, or negative: delta-seconds may have a sign here. */
static bool is_zero_age(struct span value)
{
	uint64_t age;

	if (span_starts_nocase(value, "-"))
		return true;
	return span_number(&value, UINT64_MAX / 16, &age) && !age;
}

struct attributes {
	bool has_max_age, expired;
};

/* A leading dot means nothing any more; of several attributes the last. */
static const char *domain_text(struct span value, struct arena *a)
{
	char *text;

	if (value.p < value.end && *value.p == '.')
		value.p++;
	text = span_dup(a, value);
	for (char *p = text; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	return *text ? text : NULL;
}

static void take_attribute(struct cookie *c, struct attributes *seen,
			   struct span attribute, int64_t now, struct arena *a)
{
	struct span name, value;

	split(attribute, &name, &value);
	if (span_is_nocase(name, "secure"))
		c->secure = true;
	else if (span_is_nocase(name, "httponly"))
		c->http_only = true;
	else if (span_is_nocase(name, "domain"))
		c->domain = domain_text(value, a);
	else if (span_is_nocase(name, "path"))
		c->path = value.p < value.end && *value.p == '/'
				  ? span_dup(a, value)
				  : NULL;
	else if (span_is_nocase(name, "samesite")) {
		c->same_site = same_site_word(value);
		c->bad_same_site |= !c->same_site;
	} else if (span_is_nocase(name, "max-age")) {
		seen->has_max_age = true; /* wins over Expires */
		c->deleted = is_zero_age(value);
	} else if (span_is_nocase(name, "expires")) {
		seen->expired = is_past(value, now);
	}
}

bool cookie_parse(const char *line, int64_t now, struct arena *a,
		  struct cookie *ret)
{
	struct span s = span_str(line), pair, attribute, name, value;
	struct attributes seen = { 0 };
	struct cookie c = { 0 };

	if (!span_until(&s, ';', SIZE_MAX, &pair))
		return false;
	split(pair, &name, &value);
	if (name.p == name.end || span_len(name) > COOKIE_NAME_MAX ||
	    !memchr(pair.p, '=', span_len(pair)))
		return false;
	c.name = span_dup(a, name);
	c.masked = s.p < s.end ? arena_printf(a, "%s=***; %s", c.name,
					      span_dup(a, span_trim(s)))
			       : arena_printf(a, "%s=***", c.name);
	while (span_until(&s, ';', SIZE_MAX, &attribute))
		take_attribute(&c, &seen, attribute, now, a);
	if (!seen.has_max_age)
		c.deleted = seen.expired;
	*ret = c;
	return true;
}

bool cookie_is_same_site(const struct cookie *c)
{
	if (!c->same_site)
		return false;
	return strcmp(c->same_site, "None") != 0 || c->secure;
}

static bool starts(const struct cookie *c, const char *prefix)
{
	return !strncasecmp(c->name, prefix, strlen(prefix));
}

bool cookie_has_prefix(const struct cookie *c)
{
	return starts(c, "__Host-") || starts(c, "__Secure-");
}

bool cookie_keeps_prefix(const struct cookie *c)
{
	if (starts(c, "__Host-"))
		return c->secure && !c->domain && c->path &&
		       !strcmp(c->path, "/");
	return !starts(c, "__Secure-") || c->secure;
}

bool cookie_is_session(const struct cookie *c)
{
	return strcasestr(c->name, "sess") || strcasestr(c->name, "login");
}

bool cookie_is_csrf(const struct cookie *c)
{
	return strcasestr(c->name, "csrf") != NULL;
}
