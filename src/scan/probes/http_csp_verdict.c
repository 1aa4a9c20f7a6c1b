/*
 * The Observatory's view of Content Security Policies: all of them joined into
 * one, then a list of questions of which the first that is answered decides.
 */
#include <string.h>

#include "scan/probes/http_csp.h"

enum { POLICY_MIN = 6 }; /* shorter ones are taken for broken */

struct source {
	const char *text; /* in lower case */
	size_t policy;
	bool keep;
};

struct directive {
	const char *name; /* in lower case */
	struct source *items;
	size_t len;
	size_t seen; /* 1 + the policy that had it last */
};

struct joint {
	struct arena *arena;
	size_t policies, total;
	struct directive *items;
	size_t len;
	bool broken;	/* a policy that is none, or a repeated directive */
	bool duplicate; /* of report-uri or report-to, which is forgiven */
};

static char *lower(struct arena *a, struct span s)
{
	char *text = span_dup(a, s);

	for (char *p = text; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	return text;
}

static struct directive *find(const struct joint *j, const char *name)
{
	for (size_t i = 0; i < j->len; i++)
		if (!strcmp(j->items[i].name, name))
			return &j->items[i];
	return NULL;
}

/* ---- joining ---- */

/* "https://a/" covers "https://a/b"; without the slash only itself. */
static bool covers(const char *wide, const char *source)
{
	size_t len = strlen(wide);

	if (!len || !strcmp(wide, source))
		return true;
	return wide[len - 1] == '/' && !strncmp(wide, source, len);
}

/*
 * Sources stand in order, so that what covers another is its neighbour. In one
 * policy the longer of two is superfluous; of two policies both must have it.
 */
static void compare_neighbours(struct source *items, size_t len)
{
	for (size_t i = 1; i < len; i++) {
		const struct source *before = &items[i - 1];
		struct source *s = &items[i];

		if (s->policy == before->policy &&
		    !strncmp(s->text, before->text, strlen(before->text)))
			s->keep = false;
		if (s->policy != before->policy &&
		    covers(before->text, s->text))
			s->keep = true;
	}
}

static void insert(struct source *items, size_t *len, struct source s)
{
	size_t at = (*len)++;

	for (; at && strcmp(items[at - 1].text, s.text) > 0; at--)
		items[at] = items[at - 1];
	items[at] = s;
}

static void take_list(struct joint *j, struct directive *d, struct span list)
{
	struct source *items =
		arena_array(j->arena, 2 * CSP_SOURCES_MAX + 1, sizeof(*items));
	size_t len = 0, kept = 0, own = 0;
	bool first = j->policies == 0;
	const char *end = d->name + strlen(d->name);
	struct span word;

	for (size_t i = 0; !first && i < d->len && i < CSP_SOURCES_MAX; i++)
		items[len++] = d->items[i];
	while (own < CSP_SOURCES_MAX && csp_next_source(&list, &word)) {
		insert(items, &len,
		       (struct source){ lower(j->arena, word), j->policies,
					first });
		own++;
	}
	if (!own && end - d->name > 4 && !strcmp(end - 4, "-src"))
		insert(items, &len,
		       (struct source){ "'none'", j->policies, first });
	compare_neighbours(items, len);
	for (size_t i = 0; i < len; i++)
		if (items[i].keep)
			items[kept++] = items[i];
	/* With more to come, only what they repeat stays. */
	for (size_t i = 0; first && j->total > 1 && i < kept; i++)
		items[i].keep = false;
	d->items = items;
	d->len = kept;
}

static struct directive *add(struct joint *j, const char *name)
{
	if (j->len == CSP_DIRECTIVES_MAX)
		return NULL;
	j->items[j->len] = (struct directive){ .name = name };
	return &j->items[j->len++];
}

static bool may_repeat(const char *name)
{
	return !strcmp(name, "report-uri") || !strcmp(name, "report-to");
}

static bool take_policy(void *ctx, struct span text)
{
	struct joint *j = ctx;
	struct span name, list;

	if (span_len(text) < POLICY_MIN)
		j->broken = true;
	while (!j->broken && csp_next_directive(&text, &name, &list)) {
		const char *word = lower(j->arena, name);
		struct directive *d = find(j, word);

		if (d && d->seen == j->policies + 1) {
			j->duplicate |= may_repeat(word);
			j->broken |= !may_repeat(word);
		}
		if (!d)
			d = add(j, word);
		if (!d || j->broken)
			break;
		d->seen = j->policies + 1;
		take_list(j, d, list);
	}
	j->policies++;
	return !j->broken;
}

static bool count_policy(void *ctx, struct span text)
{
	size_t *count = ctx;

	return ++*count > 0;
}

static void join(const struct str_list *first, const struct str_list *second,
		 struct arena *a, struct joint *ret)
{
	*ret = (struct joint){ .arena = a };
	ret->items =
		arena_array(a, CSP_DIRECTIVES_MAX, sizeof(struct directive));
	csp_each_policy(first, count_policy, &ret->total);
	csp_each_policy(second, count_policy, &ret->total);
	csp_each_policy(first, take_policy, ret);
	if (!ret->broken)
		csp_each_policy(second, take_policy, ret);
}

/* ---- asking ---- */

/* What one directive lets through; of none, everything. */
struct view {
	bool inline_or_data, broad, eval, nonce, dynamic, insecure;
	bool only_none;
};

static bool is_broad(const char *source)
{
	static const char *const broad[] = {
		"ftp:",	    "http:",	  "https:",    "*",
		"http://*", "http://*.*", "https://*", "https://*.*"
	};

	for (size_t i = 0; i < sizeof(broad) / sizeof(*broad); i++)
		if (!strcmp(source, broad[i]))
			return true;
	return false;
}

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool is_insecure(const char *source)
{
	return starts(source, "http:") || starts(source, "ftp:");
}

/* Begins as a broad source does, so that 'strict-dynamic' switches it off. */
static bool has_broad_start(const char *source)
{
	return is_insecure(source) || starts(source, "https:") ||
	       *source == '*';
}

static const struct view everything = { .broad = true };

/* Of scripts: script-src, or default-src where there is no such. */
static bool is_of_scripts(const struct joint *j, const struct directive *d)
{
	return d == find(j, "script-src") ||
	       (!find(j, "script-src") && d == find(j, "default-src"));
}

static struct view look(const struct joint *j, const struct directive *d)
{
	struct view v = { .only_none = d->len <= 1 };
	bool off = false;

	for (size_t i = 0; i < d->len; i++) {
		const char *s = d->items[i].text;

		v.nonce |= csp_is_nonce_or_hash(span_str(s));
		v.dynamic |= !strcmp(s, "'strict-dynamic'");
	}
	off = v.nonce && v.dynamic && is_of_scripts(j, d);
	for (size_t i = 0; i < d->len; i++) {
		const char *s = d->items[i].text;

		v.only_none &= !strcmp(s, "'none'");
		v.eval |= !strcmp(s, "'unsafe-eval'");
		v.inline_or_data |= !strcmp(s, "data:") ||
				    (!strcmp(s, "'unsafe-inline'") && !v.nonce);
		if (off && has_broad_start(s))
			continue;
		v.broad |= is_broad(s);
		v.insecure |= is_insecure(s);
	}
	return v;
}

static struct view view_of(const struct joint *j, const char *name)
{
	const struct directive *d = find(j, name);

	if (!d)
		d = find(j, "default-src");
	return d ? look(j, d) : everything;
}

static bool is_passive(const char *name)
{
	return !strcmp(name, "img-src") || !strcmp(name, "media-src");
}

/* Active content over http: any directive but those of images and media. */
static bool lets_active(const struct joint *j)
{
	for (size_t i = 0; i < j->len; i++)
		if (!is_passive(j->items[i].name) &&
		    look(j, &j->items[i]).insecure)
			return true;
	return false;
}

static const char *verdict_of(const struct joint *j, bool https)
{
	struct view scripts = view_of(j, "script-src");
	struct view objects = view_of(j, "object-src");
	struct view styles = view_of(j, "style-src");
	struct view rest = view_of(j, "default-src");
	bool from_none = find(j, "default-src") && rest.only_none;

	if (scripts.dynamic && !scripts.nonce)
		return "csp-header-invalid";
	if (scripts.inline_or_data || scripts.broad || objects.broad)
		return "csp-implemented-with-unsafe-inline";
	if (https && lets_active(j))
		return "csp-implemented-with-insecure-scheme";
	if (scripts.eval || styles.eval)
		return "csp-implemented-with-unsafe-eval";
	if (j->duplicate)
		return "csp-implemented-but-duplicate-directives";
	if (https && (view_of(j, "img-src").insecure ||
		      view_of(j, "media-src").insecure))
		return "csp-implemented-with-insecure-scheme-in-passive-"
		       "content-only";
	if (styles.inline_or_data || styles.broad)
		return "csp-implemented-with-unsafe-inline-in-style-src-only";
	return from_none ? "csp-implemented-with-no-unsafe-default-src-none"
			 : "csp-implemented-with-no-unsafe";
}

/* A meta element may not set these; alone they make no policy. */
static bool counts_in_meta(const char *name)
{
	return strcmp(name, "frame-ancestors") && strcmp(name, "report-uri") &&
	       strcmp(name, "sandbox");
}

static bool says_anything(const struct csp_input *in, struct arena *a)
{
	const struct str_list none = { 0 };
	struct joint headers, metas;

	join(&in->headers, &none, a, &headers);
	if (!headers.broken && headers.len)
		return true;
	join(&in->metas, &none, a, &metas);
	for (size_t i = 0; !metas.broken && i < metas.len; i++)
		if (counts_in_meta(metas.items[i].name))
			return true;
	return false;
}

const char *csp_verdict(const struct csp_input *in, struct arena *a,
			bool *ret_frames)
{
	struct joint all;

	*ret_frames = false;
	join(&in->headers, &in->metas, a, &all);
	if (all.broken)
		return "csp-header-invalid";
	if (!says_anything(in, a))
		return in->report_only
			       ? "csp-not-implemented-but-reporting-enabled"
			       : "csp-not-implemented";
	*ret_frames = find(&all, "frame-ancestors") != NULL;
	return verdict_of(&all, in->https);
}
