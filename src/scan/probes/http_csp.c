#include "scan/probes/http_csp.h"

#include <stddef.h>
#include <string.h>

/* ---- taking apart ---- */

void csp_each_policy(const struct str_list *values,
		     bool (*take)(void *ctx, struct span policy), void *ctx)
{
	size_t count = 0;

	for (size_t i = 0; i < values->len; i++) {
		struct span s = span_str(values->items[i]), policy;

		while (count++ < CSP_POLICIES_MAX &&
		       span_until(&s, ',', SIZE_MAX, &policy))
			if (!take(ctx, span_trim(policy)))
				return;
	}
}

bool csp_next_directive(struct span *policy, struct span *ret_name,
			struct span *ret_list)
{
	struct span directive;

	while (span_until(policy, ';', SIZE_MAX, &directive)) {
		directive = span_trim(directive);
		if (!span_word(&directive, SIZE_MAX, ret_name))
			continue;
		*ret_list = directive;
		return true;
	}
	return false;
}

bool csp_next_source(struct span *list, struct span *ret)
{
	span_skip_blank(list);
	return span_word(list, SIZE_MAX, ret);
}

bool csp_is_nonce_or_hash(struct span source)
{
	return span_starts_nocase(source, "'nonce-") ||
	       span_starts_nocase(source, "'sha256-") ||
	       span_starts_nocase(source, "'sha384-") ||
	       span_starts_nocase(source, "'sha512-");
}

/* ---- as browsers read it ---- */

struct sources {
	bool stated;
	bool strict; /* a nonce or a hash */
	bool dynamic, inline_ok, eval_ok, anywhere;
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

static void take_sources(struct span list, struct sources *ret)
{
	struct span word;

	if (ret->stated)
		return; /* a directive that is repeated does not count */
	ret->stated = true;
	while (csp_next_source(&list, &word)) {
		ret->strict |= csp_is_nonce_or_hash(word);
		ret->dynamic |= span_is_nocase(word, "'strict-dynamic'");
		ret->inline_ok |= span_is_nocase(word, "'unsafe-inline'");
		ret->eval_ok |= span_is_nocase(word, "'unsafe-eval'");
		ret->anywhere |= is_anywhere(word);
	}
}

struct policy {
	struct sources rest, scripts, elements, attributes, frames;
};

static void read_policy(struct span text, struct policy *ret)
{
	static const struct {
		const char *name;
		size_t offset;
	} known[] = {
		{ "default-src", offsetof(struct policy, rest) },
		{ "script-src", offsetof(struct policy, scripts) },
		{ "script-src-elem", offsetof(struct policy, elements) },
		{ "script-src-attr", offsetof(struct policy, attributes) },
		{ "frame-ancestors", offsetof(struct policy, frames) },
	};
	struct span name, list;

	*ret = (struct policy){ 0 };
	while (csp_next_directive(&text, &name, &list))
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (span_is_nocase(name, known[i].name))
				take_sources(list, (void *)((char *)ret +
							    known[i].offset));
}

/* A nonce, a hash and 'strict-dynamic' switch 'unsafe-inline' off. */
static bool lets_inline(const struct sources *s)
{
	return !s->stated || (s->inline_ok && !s->strict && !s->dynamic);
}

/* The directive that decides: the narrower one, where it is stated. */
static const struct sources *either(const struct sources *narrow,
				    const struct sources *wide)
{
	return narrow->stated ? narrow : wide;
}

static unsigned int weaknesses_of(const struct policy *p)
{
	const struct sources *scripts = either(&p->scripts, &p->rest);
	const struct sources *elements = either(&p->elements, scripts);
	const struct sources *attributes = either(&p->attributes, scripts);
	unsigned int ret = 0;

	if (!elements->stated)
		ret |= CSP_UNRESTRICTED;
	if (lets_inline(elements) || lets_inline(attributes))
		ret |= CSP_INLINE;
	if (!elements->stated || (elements->anywhere && !elements->dynamic))
		ret |= CSP_ANYWHERE;
	if (!scripts->stated || scripts->eval_ok)
		ret |= CSP_EVAL;
	return ret;
}

struct reading {
	struct csp *ret;
	bool meta;
};

static bool read_one(void *ctx, struct span text)
{
	struct reading *r = ctx;
	struct policy policy;
	unsigned int weak;

	read_policy(text, &policy);
	weak = weaknesses_of(&policy);
	r->ret->weaknesses = r->ret->stated ? r->ret->weaknesses & weak : weak;
	r->ret->stated = true;
	if (!r->meta && policy.frames.stated && !policy.frames.anywhere)
		r->ret->restricts_frames = true;
	return true;
}

void csp_read(const struct csp_input *in, struct csp *ret)
{
	struct reading headers = { ret, false }, metas = { ret, true };

	*ret = (struct csp){ 0 };
	csp_each_policy(&in->headers, read_one, &headers);
	csp_each_policy(&in->metas, read_one, &metas);
}

struct str_list csp_words(unsigned int weaknesses, struct arena *a)
{
	static const struct {
		unsigned int weakness;
		const char *words;
	} known[] = {
		{ CSP_UNRESTRICTED, "no script-src and no default-src" },
		{ CSP_INLINE, "'unsafe-inline'" },
		{ CSP_ANYWHERE, "scripts from anywhere" },
		{ CSP_EVAL, "'unsafe-eval'" },
	};
	struct str_list ret = { arena_array(a, 4, sizeof(char *)), 0 };

	for (size_t i = 0; i < 4; i++) {
		if (!(weaknesses & known[i].weakness))
			continue;
		ret.items[ret.len++] = known[i].words;
		if (!i)
			break; /* the rest goes without saying */
	}
	return ret;
}
