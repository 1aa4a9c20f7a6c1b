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

/* ---- Content-Security-Policy ---- */

struct sources {
	bool stated;
	bool strict; /* a nonce, a hash, or 'strict-dynamic' */
	bool inline_ok, eval_ok, anywhere;
};

static bool is_anywhere(struct span source)
{
	static const char *const wide[] = { "*",     "http:",	 "https:",
					    "data:", "http://*", "https://*" };

	for (size_t i = 0; i < sizeof(wide) / sizeof(*wide); i++)
		if (span_is_nocase(source, wide[i]))
			return true;
	return false;
}

static void take_source(struct span word, struct sources *ret)
{
	if (span_is_nocase(word, "'unsafe-inline'"))
		ret->inline_ok = true;
	else if (span_is_nocase(word, "'unsafe-eval'"))
		ret->eval_ok = true;
	else if (span_is_nocase(word, "'strict-dynamic'") ||
		 span_starts_nocase(word, "'nonce-") ||
		 span_starts_nocase(word, "'sha256-") ||
		 span_starts_nocase(word, "'sha384-") ||
		 span_starts_nocase(word, "'sha512-"))
		ret->strict = true;
	else if (is_anywhere(word))
		ret->anywhere = true;
}

static void take_sources(struct span list, struct sources *ret)
{
	struct span word;

	if (ret->stated)
		return; /* a directive that is repeated does not count */
	ret->stated = true;
	for (span_skip_blank(&list); span_word(&list, WEB_LINE_MAX, &word);
	     span_skip_blank(&list))
		take_source(word, ret);
}

/* What lets foreign scripts in; NULL when nothing does. */
static const char *unsafe_word(const struct sources *s)
{
	if (!s->stated)
		return "no script-src and no default-src";
	if (s->inline_ok && !s->strict)
		return "'unsafe-inline'";
	if (s->anywhere && !s->strict)
		return "scripts from anywhere";
	if (s->eval_ok)
		return "'unsafe-eval'";
	return NULL;
}

static void take_policy(struct span policy, struct csp *ret, bool *ret_safe)
{
	struct sources scripts = { 0 }, rest = { 0 }, frames = { 0 };
	struct span directive, name;
	const char *unsafe;

	while (span_until(&policy, ';', WEB_LINE_MAX, &directive)) {
		directive = span_trim(directive);
		if (!span_word(&directive, WEB_LINE_MAX, &name))
			continue;
		if (span_is_nocase(name, "script-src"))
			take_sources(directive, &scripts);
		else if (span_is_nocase(name, "default-src"))
			take_sources(directive, &rest);
		else if (span_is_nocase(name, "frame-ancestors"))
			take_sources(directive, &frames);
	}
	unsafe = unsafe_word(scripts.stated ? &scripts : &rest);
	ret->restricts_frames |= frames.stated && !frames.anywhere;
	ret->restricts_scripts |= scripts.stated || rest.stated;
	*ret_safe |= !unsafe;
	if (unsafe && !ret->why_unsafe)
		ret->why_unsafe = unsafe;
}

/* Every policy has to agree, so one that is safe makes all of them safe. */
void http_parse_csp(const struct str_list *policies, struct csp *ret)
{
	bool safe = false;

	*ret = (struct csp){ 0 };
	for (size_t i = 0; i < policies->len; i++) {
		struct span s = span_str(policies->items[i]), policy;

		while (span_until(&s, ',', WEB_LINE_MAX, &policy))
			take_policy(policy, ret, &safe);
	}
	if (safe)
		ret->why_unsafe = NULL;
}

/* ---- others ---- */

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

bool http_is_security_txt(const struct web_answer *answer)
{
	const char *type = web_header(answer, "Content-Type");
	struct span s = span_of(answer->body, answer->body_len), line;

	if (answer->status != 200 || !type ||
	    !span_starts_nocase(span_str(type), "text/plain"))
		return false;
	while (s.p < s.end) {
		if (!span_line(&s, WEB_LINE_MAX, &line)) {
			line = s; /* the last one has no line end */
			s.p = s.end;
		}
		if (span_starts_nocase(line, "contact:") &&
		    span_len(span_trim((struct span){ line.p + 8, line.end })))
			return true;
	}
	return false;
}
