#include <string.h>
#include <strings.h>

#include "base/span.h"
#include "scan/probes/http.h"

/* ---- Strict-Transport-Security ---- */

/* A number, also in quotes; what is larger than 100 years is 100 years. */
static bool parse_age(struct span s, int64_t *ret)
{
	const uint64_t century = UINT64_C(3153600000);
	uint64_t n = 0;

	span_literal(&s, "\"");
	if (s.p == s.end || *s.p < '0' || *s.p > '9')
		return false;
	if (!span_number(&s, century, &n)) {
		n = century;
		while (s.p < s.end && *s.p >= '0' && *s.p <= '9')
			s.p++;
	}
	span_literal(&s, "\"");
	*ret = (int64_t)n;
	return span_len(span_trim(s)) == 0;
}

bool http_parse_hsts(const char *value, struct hsts *ret)
{
	struct span s = span_str(value), directive, name;
	struct hsts hsts = { 0 };
	bool has_age = false;

	while (span_until(&s, ';', WEB_LINE_MAX, &directive)) {
		directive = span_trim(directive);
		if (!span_until(&directive, '=', WEB_LINE_MAX, &name))
			continue;
		name = span_trim(name);
		if (span_is_nocase(name, "includesubdomains"))
			hsts.include_subdomains = true;
		else if (span_is_nocase(name, "preload"))
			hsts.preload = true;
		else if (!span_is_nocase(name, "max-age"))
			continue;
		else if (has_age ||
			 !parse_age(span_trim(directive), &hsts.max_age))
			return false;
		else
			has_age = true;
	}
	*ret = hsts;
	return has_age;
}

/* ---- others ---- */

bool http_is_of_site(int status)
{
	return (status >= 200 && status < 400) || status == 401 ||
	       status == 403;
}

struct str_list http_values(const struct web_answer *w, const char *name,
			    struct arena *a)
{
	struct str_list ret = {
		arena_array(a, w->field_count + 1, sizeof(char *)), 0
	};

	for (size_t i = 0; i < w->field_count; i++)
		if (!strcasecmp(w->fields[i].name, name))
			ret.items[ret.len++] = w->fields[i].value;
	return ret;
}

struct str_list http_meta_policies(const struct html_page *page,
				   struct arena *a)
{
	struct str_list ret = { arena_array(a, page->len + 1, sizeof(char *)),
				0 };

	for (size_t i = 0; i < page->len; i++) {
		const struct html_element *e = &page->items[i];
		const char *kind = html_attribute(e, "http-equiv");
		const char *content = html_attribute(e, "content");

		if (!strcmp(e->tag, "meta") && kind && content && *content &&
		    span_is_nocase(span_trim(span_str(kind)),
				   "Content-Security-Policy"))
			ret.items[ret.len++] = content;
	}
	return ret;
}

const char *http_referrer_policy(const char *value)
{
	static const char *const known[] = {
		"no-referrer", "no-referrer-when-downgrade",
		"origin",      "origin-when-cross-origin",
		"same-origin", "strict-origin",
		"unsafe-url",  "strict-origin-when-cross-origin",
	};
	struct span s = span_str(value), word;
	const char *last = NULL;

	while (span_until(&s, ',', WEB_LINE_MAX, &word))
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (span_is_nocase(span_trim(word), known[i]))
				last = known[i];
	return last;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool http_tells_version(const char *value)
{
	for (const char *p = value; *p; p++)
		if (is_digit(*p) && p > value &&
		    (p[-1] == '/' || (p[-1] == ' ' && p[1] == '.') ||
		     (p[-1] == '.' && p - 1 > value && is_digit(p[-2]))))
			return true;
	return false;
}

static bool same_host(struct span host, const char *name)
{
	if (span_is_nocase(host, name))
		return true;
	if (span_starts_nocase(host, "www.")) {
		host.p += 4;
		return span_is_nocase(host, name);
	}
	return !strncasecmp(name, "www.", 4) && span_is_nocase(host, name + 4);
}

bool http_goes_to_https(const struct web_answer *answer, const char *name)
{
	const char *location = web_header(answer, "Location");
	struct span s = span_str(location ? location : "");
	const char *end;
	int status = answer->status;

	if (status != 301 && status != 302 && status != 303 && status != 307 &&
	    status != 308)
		return false;
	if (!span_starts_nocase(s, "https://"))
		return false;
	s.p += strlen("https://");
	for (end = s.p; end < s.end && !strchr("/?#:", *end); end++)
		;
	if (end == s.p)
		return false;
	return !name || same_host((struct span){ s.p, end }, name);
}
