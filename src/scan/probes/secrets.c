/*
 * secrets: keys and tokens in the page and in the scripts of the same server
 * that it loads. Only masks and keyed hashes are stated.
 */
#include <string.h>

#include "scan/html.h"
#include "scan/page.h"
#include "scan/plan.h"
#include "scan/probes/secrets_find.h"

enum { SCRIPTS_MAX = 5, SCRIPT_MAX = 512 * 1024, GRAVITIES = 3 };

static const char *const facts_of[GRAVITIES] = {
	[SECRET_PATTERN_GRAVITY_LEAKED] = "secret.leaked",
	[SECRET_PATTERN_GRAVITY_LIMITED] = "secret.limited",
	[SECRET_PATTERN_GRAVITY_SUSPECTED] = "secret.suspected",
};

static void look_at_script(struct probe_run *run, const struct web_page *page,
			   const char *src, struct secrets *found)
{
	const char *path = page_own_reference(src, page->path, page_host(run),
					      run->port, page->tls, run->arena);
	_arena_ struct arena scratch = { 0 };
	struct probe_run alone = *run;
	struct web_answer answer = { 0 };
	struct err ignored = { 0 };

	alone.arena = &scratch;
	/* One that is not to be had gives nothing away. */
	if (path && page_ask(&alone, path, SCRIPT_MAX, &answer, &ignored) &&
	    answer.status == 200)
		secrets_find(found, span_of(answer.body, answer.body_len),
			     page_url(run, page->tls, path));
}

static void look_at_scripts(struct probe_run *run, const struct web_page *page,
			    struct secrets *found)
{
	struct html_page html = { 0 };
	int count = 0;

	html_parse(span_of(page->answer.body, page->answer.body_len),
		   run->arena, &html);
	for (size_t i = 0; i < html.len && count < SCRIPTS_MAX; i++) {
		const char *src =
			strcmp(html.items[i].tag, "script")
				? NULL
				: html_attribute(&html.items[i], "src");

		if (!src || !*src)
			continue;
		look_at_script(run, page, src, found);
		count++;
	}
}

/* [type, source, mask, position, hash] */
static void state_one(const struct secret *s, struct probe_run *run)
{
	const char *parts[] = { s->type, s->source, s->masked,
				arena_printf(run->arena, "%zu", s->position),
				s->hash ? s->hash : "" };
	struct str_list list = { parts, 5 };
	const char *words = arena_printf(run->arena, "%s %s in %s", s->type,
					 s->masked, s->source);

	fact_strs(run->facts, "secret.found", run->port, &list);
	fact_item(run->facts, words);
	fact_bool(run->facts, facts_of[s->gravity], run->port, true);
	fact_item(run->facts, words);
}

static void state(const struct secrets *found, struct probe_run *run)
{
	bool any[GRAVITIES] = { false };
	const struct secret *items;
	size_t len = 0;

	items = secrets_found(found, &len);
	for (size_t i = 0; i < len; i++) {
		any[items[i].gravity] = true;
		state_one(&items[i], run);
	}
	for (size_t i = 0; i < GRAVITIES; i++)
		if (!any[i])
			fact_bool(run->facts, facts_of[i], run->port, false);
}

static bool run_secrets(struct probe_run *run, struct err *err)
{
	const struct web_page *page = NULL;
	struct secrets *found = NULL;
	struct err ignored = { 0 };

	/* That there is no answer at all says the probe `http`. */
	if (!page_get(run, &page, &ignored))
		return true;
	if (!secrets_open(run->plan->salt, run->arena, &found, err))
		return false;
	secrets_find(found, span_of(page->answer.body, page->answer.body_len),
		     page_url(run, page->tls, page->path));
	if (page->is_html)
		look_at_scripts(run, page, found);
	state(found, run);
	return true;
}

const struct probe probe_secrets = {
	.name = "secrets",
	.about = "Keys and tokens in pages and their scripts",
	.feature = PROBE_WEB,
	.any_port = true,
	.thorough = true,
	.requests = SCRIPTS_MAX,
	.facts =
		(const struct fact_def[]){
			{ "secret.found", FACT_LIST,
			  "Item: one. Type, address, mask, position, hash" },
			{ "secret.leaked", FACT_BOOL,
			  "Item: one that opens an account" },
			{ "secret.limited", FACT_BOOL,
			  "Item: one that is short-lived or opens little" },
			{ "secret.suspected", FACT_BOOL,
			  "Item: one that may be meant to be public" },
			{ 0 } },
	.run = run_secrets,
};
