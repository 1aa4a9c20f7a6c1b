#include "scan/probes/http_sri.h"

#include <string.h>
#include <strings.h>

#include "base/span.h"
#include "scan/probes/html_source.h"

bool sri_is_pin(const char *integrity)
{
	struct span s = span_str(integrity), word;

	for (span_skip_blank(&s); span_word(&s, SIZE_MAX, &word);
	     span_skip_blank(&s))
		if ((span_starts_nocase(word, "sha256-") ||
		     span_starts_nocase(word, "sha384-") ||
		     span_starts_nocase(word, "sha512-")) &&
		    span_len(word) > 7)
			return true;
	return false;
}

/* ---- the Observatory's result ---- */

/* The worse of two, in the order of the algorithm. */
static const char *const order[] = {
	"sri-implemented-and-all-scripts-loaded-securely",
	"sri-implemented-and-external-scripts-loaded-securely",
	"sri-implemented-but-external-scripts-not-loaded-securely",
	"sri-not-implemented-but-external-scripts-loaded-securely",
	"sri-not-implemented-and-external-scripts-not-loaded-securely",
};

struct tally {
	int worst; /* index of `order`; -1: nothing yet */
	size_t scripts;
	bool foreign;
};

static void count_script(struct tally *t, const struct html_source *s,
			 const char *integrity, bool https)
{
	bool pinned = integrity && *integrity;
	int now = -1;

	if (s->place == PLACE_OWN || s->place == PLACE_SAME_SITE) {
		bool secure = s->place == PLACE_OWN ? https : s->https;

		if (pinned && secure && t->worst < 0)
			t->worst = 0;
		return;
	}
	t->foreign = true;
	if (pinned && !s->https)
		now = 2;
	else if (!pinned)
		now = s->https ? 3 : 4;
	if (now > t->worst)
		t->worst = now;
}

static const char *verdict_of(const struct tally *t)
{
	if (!t->scripts)
		return "sri-not-implemented-but-no-scripts-loaded";
	if (t->worst >= 0)
		return order[t->worst];
	return t->foreign ? order[1]
			  : "sri-not-implemented-but-all-scripts-loaded-from-"
			    "secure-origin";
}

/* ---- what a visitor's browser loads ---- */

static void list(struct str_list *l, const char *text)
{
	for (size_t i = 0; i < l->len; i++)
		if (!strcmp(l->items[i], text))
			return;
	if (l->len < SRI_LISTED_MAX)
		l->items[l->len++] = text;
}

static bool is_sheet(const struct html_element *e)
{
	const char *rel = html_attribute(e, "rel");

	return !strcmp(e->tag, "link") && rel &&
	       span_find_nocase(span_str(rel), "stylesheet");
}

static void look_at(const struct html_element *e, const char *src,
		    const struct html_source *s, const char *host,
		    struct sri *ret)
{
	const char *integrity = html_attribute(e, "integrity");

	if (!s->host || html_same_site(s->host, host))
		return;
	ret->external++;
	list(integrity && sri_is_pin(integrity) ? &ret->pinned : &ret->unpinned,
	     src);
}

/* Browsers take blanks and line ends away around an address. */
static const char *trimmed(const char *text, struct arena *a)
{
	return text ? span_dup(a, span_trim(span_str(text))) : NULL;
}

void sri_read(const struct html_page *page, const char *host, bool https,
	      struct arena *a, struct sri *ret)
{
	struct tally t = { .worst = -1 };
	const char *base;

	*ret = (struct sri){ .result =
				     "sri-not-implemented-response-not-html" };
	if (!page)
		return;
	base = html_base_of(page);
	ret->unpinned.items = arena_array(a, SRI_LISTED_MAX, sizeof(char *));
	ret->pinned.items = arena_array(a, SRI_LISTED_MAX, sizeof(char *));
	for (size_t i = 0; i < page->len; i++) {
		const struct html_element *e = &page->items[i];
		bool script = !strcmp(e->tag, "script");
		const char *src;
		struct html_source s;

		t.scripts += script;
		if (!script && !is_sheet(e))
			continue;
		src = trimmed(html_attribute(e, script ? "src" : "href"), a);
		if (!src || !*src)
			continue;
		s = html_source_of(src, base, host, a);
		look_at(e, src, &s, host, ret);
		if (script)
			count_script(&t, &s, html_attribute(e, "integrity"),
				     https);
	}
	ret->result = verdict_of(&t);
}
