#include "scan/probes/spf.h"

#include <ctype.h>
#include <string.h>

#include "base/span.h"
#include "net/addr.h"
#include "scan/probes/tag_list.h"

enum { NAME_MAX_LEN = 253 };

/* What may follow the name of a mechanism. */
enum wants { NOTHING, DOMAIN, DOMAIN_OR_NOT, NETWORK };

static const struct mechanism {
	const char *name;
	enum spf_kind kind;
	enum wants wants;
	bool cidr;
} mechanisms[] = {
	{ "all", SPF_ALL, NOTHING, false },
	{ "include", SPF_INCLUDE, DOMAIN, false },
	{ "a", SPF_A, DOMAIN_OR_NOT, true },
	{ "mx", SPF_MX, DOMAIN_OR_NOT, true },
	{ "ptr", SPF_PTR, DOMAIN_OR_NOT, false },
	{ "ip4", SPF_IP4, NETWORK, true },
	{ "ip6", SPF_IP6, NETWORK, true },
	{ "exists", SPF_EXISTS, DOMAIN, false },
};

bool spf_is_record(const char *text)
{
	return !strncasecmp(text, "v=spf1", 6) && (!text[6] || text[6] == ' ');
}

/* ---- domain-spec (section 7.1) ---- */

/* The letters of a macro: %{i}, %{d2}, %{ir}, %{l-}. */
static bool macro_ok(struct span *s)
{
	struct span body;

	if (!span_until(s, '}', 32, &body) || s->p[-1] != '}' ||
	    !span_len(body) || !strchr("slodiphcrtvSLODIPHCRTV", *body.p))
		return false;
	for (body.p++; span_len(body) && isdigit((unsigned char)*body.p);)
		body.p++;
	if (span_len(body) && (*body.p == 'r' || *body.p == 'R'))
		body.p++;
	for (; span_len(body); body.p++)
		if (!strchr(".-+,/_=", *body.p))
			return false;
	return true;
}

/* Whether the macros are well-formed; `ret_macro`: there are some. */
static bool macros_ok(struct span s, bool *ret_macro)
{
	*ret_macro = false;
	while (span_len(s)) {
		char c = *s.p++;

		if (c <= ' ' || c > '~')
			return false;
		if (c != '%')
			continue;
		if (!span_len(s) || !strchr("{%_-", *s.p))
			return false;
		*ret_macro |= *s.p == '{';
		if (*s.p++ == '{' && !macro_ok(&s))
			return false;
	}
	return true;
}

/* It ends in a macro, or in a dot and a label that is no number. */
static bool end_ok(struct span s)
{
	const char *p;
	bool letter = false;

	if (span_len(s) && s.end[-1] == '}')
		return true;
	if (span_len(s) && s.end[-1] == '.')
		s.end--;
	for (p = s.end; p > s.p && p[-1] != '.'; p--) {
		if (!isalnum((unsigned char)p[-1]) && p[-1] != '-')
			return false;
		letter |= !isdigit((unsigned char)p[-1]);
	}
	return p > s.p && p < s.end && letter;
}

static bool domain_ok(struct span s, bool *ret_macro)
{
	return span_len(s) && span_len(s) <= NAME_MAX_LEN &&
	       macros_ok(s, ret_macro) && end_ok(s);
}

/* ---- prefix lengths ---- */

static bool prefix_ok(struct span *s, unsigned max)
{
	bool zero = span_len(*s) > 1 && *s->p == '0';
	uint64_t n;

	return !zero && span_number(s, max, &n);
}

/* "/24", "//64" or "/24//64". */
static bool prefixes_ok(struct span s)
{
	if (!span_literal(&s, "//")) {
		if (!span_literal(&s, "/") || !prefix_ok(&s, 32))
			return false;
		if (!span_len(s))
			return true;
		if (!span_literal(&s, "//"))
			return false;
	}
	return prefix_ok(&s, 128) && !span_len(s);
}

/* Cuts the prefix lengths off `s`; a slash in a macro is none. */
static bool cut_prefixes(struct span *s)
{
	int depth = 0;

	for (const char *p = s->p; p < s->end; p++) {
		depth += (*p == '{') - (*p == '}');
		if (*p != '/' || depth)
			continue;
		if (!prefixes_ok((struct span){ p, s->end }))
			return false;
		s->end = p;
		return true;
	}
	return true;
}

static bool network_ok(struct span s, int family)
{
	char text[CIDR_TEXT];
	struct span address;
	struct addr addr;

	if (!span_until(&s, '/', sizeof(text) - 1, &address))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)span_len(address), address.p);
	if (!addr_parse(text, &addr) || addr.family != family)
		return false;
	if (address.end == s.end)
		return true;
	return prefix_ok(&s, family == 4 ? 32 : 128) && !span_len(s);
}

/* ---- terms ---- */

static const struct mechanism *find(struct span name)
{
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(*mechanisms); i++)
		if (span_is_nocase(name, mechanisms[i].name))
			return &mechanisms[i];
	return NULL;
}

static const char *shown(struct span term, struct arena *a)
{
	return arena_printf(a, "%.*s",
			    span_len(term) > 60 ? 60 : (int)span_len(term),
			    term.p);
}

/* The part behind the colon; false when it is not what is wanted. */
static bool read_argument(const struct mechanism *m, struct span rest,
			  struct arena *a, struct spf_term *term)
{
	bool colon = span_literal(&rest, ":");

	if (m->wants == NETWORK)
		return colon && network_ok(rest, m->kind == SPF_IP4 ? 4 : 6);
	if (m->cidr && !cut_prefixes(&rest))
		return false;
	if (!colon)
		return !span_len(rest) && m->wants != DOMAIN;
	if (m->wants == NOTHING || !domain_ok(rest, &term->macro))
		return false;
	term->domain = span_dup(a, rest);
	return true;
}

static void add(struct spf *spf, const struct spf_term *term)
{
	if (spf->len < SPF_TERMS_MAX)
		spf->terms[spf->len++] = *term;
	spf->has_all |= term->kind == SPF_ALL;
}

static void read_mechanism(struct span whole, struct arena *a, struct spf *spf)
{
	struct spf_term term = { .qualifier = '+' };
	struct span s = whole, name;
	const struct mechanism *m;

	if (strchr("+-~?", *s.p))
		term.qualifier = *s.p++;
	name = s;
	while (s.p < s.end && *s.p != ':' && *s.p != '/')
		s.p++;
	name.end = s.p;
	m = find(name);
	if (!m) {
		record_error(&spf->errors, a, "unknown mechanism \"%s\"",
			     shown(whole, a));
		return;
	}
	term.kind = m->kind;
	if (read_argument(m, s, a, &term))
		add(spf, &term);
	else
		record_error(&spf->errors, a, "\"%s\" is not well-formed",
			     shown(whole, a));
}

struct seen {
	bool redirect, exp;
};

/* redirect= and exp= stand there once at most; others are passed over. */
static void read_modifier(struct span name, struct span value,
			  struct seen *seen, struct arena *a, struct spf *spf)
{
	struct spf_term term = { .kind = SPF_REDIRECT, .qualifier = '+' };
	bool redirect = span_is_nocase(name, "redirect"), macro = false;
	bool *before = redirect ? &seen->redirect : &seen->exp;
	bool known = redirect || span_is_nocase(name, "exp");

	if (!span_len(name) || !isalpha((unsigned char)*name.p) ||
	    !(known ? domain_ok(value, &macro) : macros_ok(value, &macro))) {
		record_error(&spf->errors, a, "\"%s=%s\" is not well-formed",
			     shown(name, a), shown(value, a));
		return;
	}
	if (known && *before)
		record_error(&spf->errors, a, "%s= stands there twice",
			     redirect ? "redirect" : "exp");
	if (known)
		*before = true;
	if (!redirect)
		return;
	term.domain = span_dup(a, value);
	term.macro = macro;
	add(spf, &term);
}

static void read_term(struct span term, struct seen *seen, struct arena *a,
		      struct spf *spf)
{
	const char *p = term.p;

	while (p < term.end && *p != ':' && *p != '/' && *p != '=')
		p++;
	if (p < term.end && *p == '=')
		read_modifier((struct span){ term.p, p },
			      (struct span){ p + 1, term.end }, seen, a, spf);
	else
		read_mechanism(term, a, spf);
}

void spf_parse(const char *text, struct arena *a, struct spf *ret)
{
	struct span s = span_str(text), term;
	struct seen seen = { 0 };

	*ret = (struct spf){ .errors = record_errors(a) };
	ret->terms = arena_array(a, SPF_TERMS_MAX, sizeof(*ret->terms));
	if (span_len(s) > RECORD_MAX)
		s.end = s.p + RECORD_MAX;
	s.p += 6;
	while (span_len(s)) {
		span_until(&s, ' ', span_len(s), &term);
		if (span_len(term))
			read_term(term, &seen, a, ret);
	}
	if (ret->len == SPF_TERMS_MAX)
		record_error(&ret->errors, a, "more than %d terms",
			     SPF_TERMS_MAX);
}
