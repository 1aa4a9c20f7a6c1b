#include "scan/probes/legal_find.h"

#include <string.h>
#include <strings.h>

#include "core/vat.h"
#include "net/domain.h"
#include "scan/pattern.h"
#include "scan/probes/html_source.h"

struct look {
	const struct site_duties *duties;
	const struct provider_duty *provider; /* of the country, or NULL */
	struct html_page html;
	struct span body;
	bool cut;
	struct arena *arena;
	struct legal_found *ret;
};

/* ---- which page ---- */

/* "example.co.uk": a short label before a country's is a registry's. */
static bool is_three(const char *name)
{
	const char *middle = strchr(name, '.'), *last;

	last = middle ? strchr(middle + 1, '.') : NULL;
	return last && !strchr(last + 1, '.') && strlen(last + 1) == 2 &&
	       last - middle - 1 <= 3;
}

bool legal_is_main(const char *name, struct arena *a)
{
	if (!strncasecmp(name, "www.", 4))
		return true;
	return !strcasecmp(name, domain_of(name, a)) || is_three(name);
}

/* ---- links ---- */

static bool says(const struct html_element *link, const struct str_list *words)
{
	const char *href = html_attribute(link, "href");

	for (size_t i = 0; i < words->len; i++)
		if (strcasestr(link->text, words->items[i]) ||
		    (href && strcasestr(href, words->items[i])))
			return true;
	return false;
}

static bool is_link(const struct html_element *e)
{
	const char *href = html_attribute(e, "href");

	return !strcmp(e->tag, "a") && href && *href;
}

static enum legal_seen find_link(const struct look *l,
				 const struct str_list *words,
				 const char **ret_link)
{
	for (size_t i = 0; i < l->html.len; i++) {
		const struct html_element *e = &l->html.items[i];

		if (!is_link(e) || !says(e, words))
			continue;
		*ret_link = html_attribute(e, "href");
		return LEGAL_PRESENT;
	}
	return l->cut || l->html.cut ? LEGAL_UNKNOWN : LEGAL_ABSENT;
}

static bool has_links(const struct look *l)
{
	for (size_t i = 0; i < l->html.len; i++)
		if (is_link(&l->html.items[i]))
			return true;
	return false;
}

/* ---- the VAT number ---- */

static bool find_vat(const struct look *l, struct err *err)
{
	struct pattern *p = NULL;
	struct span number;
	size_t end = 0;

	if (!l->provider || !l->provider->vat)
		return true;
	if (!pattern_make(l->provider->vat, l->arena, &p, err))
		return err_wrap(err, "VAT number of %s", l->provider->country);
	l->ret->vat = l->cut ? LEGAL_UNKNOWN : LEGAL_ABSENT;
	if (!pattern_find(p, l->body, 0, &number, &end))
		return true;
	l->ret->vat = LEGAL_PRESENT;
	l->ret->vat_number = span_dup(l->arena, number);
	l->ret->vat_valid = vat_is_italian(l->ret->vat_number);
	return true;
}

/* ---- who is followed, and whether they are asked ---- */

/* "t.example" is of "example", "facebook.com/tr" of that path alone. */
static bool is_of(const char *src, const char *host, const char *domain)
{
	size_t name = strlen(host), own = strcspn(domain, "/");
	const char *path = strstr(src, "//") + 2;

	if (name < own || strncasecmp(host + name - own, domain, own) != 0 ||
	    (name > own && host[name - own - 1] != '.'))
		return false;
	path += strcspn(path, "/?#");
	return !strncmp(path, domain + own, strlen(domain + own));
}

/* What a browser runs or fetches at once; "text/plain" waits for a yes. */
static const char *loaded_at_once(const struct html_element *e)
{
	const char *type = html_attribute(e, "type");

	if (strcmp(e->tag, "script") != 0 && strcmp(e->tag, "img") != 0 &&
	    strcmp(e->tag, "iframe") != 0)
		return NULL;
	if (type && *type && !strcasestr(type, "javascript") &&
	    strcasecmp(type, "module") != 0)
		return NULL;
	return html_attribute(e, "src");
}

static void keep(struct str_list *list, const char *text)
{
	if (list->len < LEGAL_LIST_MAX && !codec_str_list_has(list, text))
		list->items[list->len++] = text;
}

static void find_trackers(const struct look *l)
{
	const struct str_list *known = &l->duties->trackers;

	for (size_t i = 0; i < l->html.len; i++) {
		const char *src = loaded_at_once(&l->html.items[i]);
		struct html_source from = { 0 };

		if (src && strstr(src, "//"))
			from = html_source_of(src, "", "", l->arena);
		for (size_t k = 0; from.host && k < known->len; k++)
			if (is_of(src, from.host, known->items[k]))
				keep(&l->ret->trackers, known->items[k]);
	}
}

static void find_consent(const struct look *l)
{
	const struct str_list *marks = &l->duties->consent_marks;

	for (size_t i = 0; i < marks->len; i++)
		if (span_find_nocase(l->body, marks->items[i]))
			keep(&l->ret->consent, marks->items[i]);
}

/* ---- all of it ---- */

static const struct provider_duty *provider_of(const struct site_duties *duties,
					       const char *country)
{
	for (size_t i = 0; i < duties->providers.len; i++)
		if (!strcmp(duties->providers.items[i].country, country))
			return &duties->providers.items[i];
	return NULL;
}

static struct str_list room(struct arena *a)
{
	return (struct str_list){ arena_array(a, LEGAL_LIST_MAX,
					      sizeof(char *)) };
}

bool legal_find(const struct site_duties *duties, const char *country,
		struct span body, bool cut, struct arena *a,
		struct legal_found *ret, struct err *err)
{
	struct look l = {
		.duties = duties,
		.provider = provider_of(duties, country),
		.body = body,
		.cut = cut,
		.arena = a,
		.ret = ret,
	};

	*ret = (struct legal_found){ .trackers = room(a), .consent = room(a) };
	if (!codec_str_list_has(&duties->countries, country))
		return false;
	html_parse(body, a, &l.html);
	if (!has_links(&l))
		return false;
	ret->privacy =
		find_link(&l, &duties->privacy_words, &ret->privacy_link);
	if (l.provider && l.provider->words.len)
		ret->provider =
			find_link(&l, &l.provider->words, &ret->provider_link);
	find_trackers(&l);
	find_consent(&l);
	return find_vat(&l, err);
}
