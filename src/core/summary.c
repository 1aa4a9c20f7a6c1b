#include "core/summary.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "core/catalog.h"
#include "core/finding.h"
#include "core/score.h"

/* Both enums are the five words of the wire, worst first. */
static_assert((int)CHECK_SEVERITY_INFO == (int)SEVERITY_INFO,
	      "severities of the catalogue and of the contract");

enum { RISKS = CHECK_RISK_TRUST + 1, ACTIONS_MAX = 10, TARGETS_SHOWN = 3 };

/* Targets are names and addresses: longer than this they are not read. */
enum { TARGET_MAX = 80 };

struct writer_state {
	const struct summary_input *in;
	const char *locale;
	struct arena *arena;
	struct sb *out;
};

/* What is to be done about one check, wherever it failed. */
struct action {
	const struct check *check;
	enum severity severity;
	int64_t targets;
	const char *first[TARGETS_SHOWN];
	const char *last; /* findings of one target mostly follow each other */
};

void html_escape(struct sb *out, const char *text)
{
	for (; text && *text; text++)
		switch (*text) {
		case '&':
			sb_add(out, "&amp;");
			break;
		case '<':
			sb_add(out, "&lt;");
			break;
		case '>':
			sb_add(out, "&gt;");
			break;
		case '"':
			sb_add(out, "&quot;");
			break;
		case '\'':
			sb_add(out, "&#39;");
			break;
		default:
			sb_addc(out, *text);
		}
}

static const char *text(const struct writer_state *w, const char *key)
{
	return catalog_text(w->locale, "report", key);
}

static char *number(const struct writer_state *w, int64_t n)
{
	return arena_printf(w->arena, "%" PRId64, n);
}

static void add_escaped(struct writer_state *w, const char *before,
			const char *s, const char *after)
{
	sb_add(w->out, before);
	html_escape(w->out, s);
	sb_add(w->out, after);
}

/* What somebody decided to live with is neither a risk nor a thing to do. */
static bool is_open(const struct finding *f)
{
	return f->status != FINDING_STATUS_ACCEPTED_RISK &&
	       f->status != FINDING_STATUS_RESOLVED;
}

static void add_status(struct writer_state *w)
{
	static const char *const keys[] = {
		[SCORE_CRITICAL] = "band.critical",
		[SCORE_IMPROVE] = "band.improve",
		[SCORE_GOOD] = "band.good",
		[SCORE_NONE] = "band.none",
	};
	const struct summary_input *in = w->in;
	enum score_band band = score_band(in->has_score, in->score);
	int64_t critical = 0, high = 0;

	for (size_t i = 0; i < in->findings->len; i++) {
		critical +=
			in->findings->items[i].severity == SEVERITY_CRITICAL;
		high += in->findings->items[i].severity == SEVERITY_HIGH;
	}
	add_escaped(w, "<p><strong>", text(w, keys[band]), "</strong>");
	if (in->has_score)
		add_escaped(w, " – ",
			    catalog_render(
				    w->arena, text(w, "summary.score"),
				    (struct catalog_value[]){
					    { "score", number(w, in->score) },
					    { NULL } }),
			    "");
	add_escaped(w, "</p><p>",
		    catalog_render(
			    w->arena, text(w, "summary.counts"),
			    (struct catalog_value[]){
				    { "hosts", number(w, in->hosts) },
				    { "alive", number(w, in->alive) },
				    { "findings",
				      number(w, (int64_t)in->findings->len) },
				    { "critical", number(w, critical) },
				    { "high", number(w, high) },
				    { NULL } }),
		    "</p>");
}

static void add_risk(struct writer_state *w, int risk,
		     const struct check *first)
{
	const char *name = check_risk_names[risk];

	add_escaped(w, "<li><strong>",
		    text(w, arena_printf(w->arena, "risk.%s.title", name)),
		    "</strong>");
	add_escaped(w, text(w, "colon"),
		    text(w, arena_printf(w->arena, "risk.%s.impact", name)),
		    "");
	add_escaped(w, " (<a href=\"", catalog_law_url(), "\">");
	add_escaped(w, "", first->compliance_article, "</a>)</li>");
}

static void add_risks(struct writer_state *w)
{
	const struct check *first[RISKS] = { NULL };
	bool any = false;

	for (size_t i = 0; i < w->in->findings->len; i++) {
		const struct finding *f = &w->in->findings->items[i];
		const struct check *c = catalog_check(f->check_id);

		if (!c || !c->has_risk || !is_open(f))
			continue;
		any = true;
		if (!first[c->risk])
			first[c->risk] = c;
	}
	if (!any)
		return;
	add_escaped(w, "<h4>", text(w, "summary.risks"), "</h4><ul>");
	for (int r = 0; r < RISKS; r++)
		if (first[r])
			add_risk(w, r, first[r]);
	sb_add(w->out, "</ul>");
}

static struct action *action_for(struct action *actions, size_t *count,
				 const struct check *c, enum severity severity)
{
	for (size_t i = 0; i < *count; i++)
		if (actions[i].check == c && actions[i].severity == severity)
			return &actions[i];
	actions[*count] = (struct action){ .check = c, .severity = severity };
	return &actions[(*count)++];
}

static void add_target(struct action *action, const char *target)
{
	for (int i = 0; i < action->targets && i < TARGETS_SHOWN; i++)
		if (!strcmp(action->first[i], target))
			return;
	if (action->last && !strcmp(action->last, target))
		return;
	if (action->targets < TARGETS_SHOWN)
		action->first[action->targets] = target;
	action->last = target;
	action->targets++;
}

static int by_severity(const void *a, const void *b)
{
	const struct action *x = a, *y = b;
	int order = (x->severity > y->severity) - (x->severity < y->severity);

	return order ? order : strcmp(x->check->id, y->check->id);
}

/* The things to do, gravest first. */
static size_t collect_actions(struct writer_state *w, struct action **ret)
{
	size_t room = catalog_checks()->len * SEVERITIES;
	struct action *actions = arena_array(w->arena, room, sizeof(*actions));
	size_t count = 0;

	for (size_t i = 0; i < w->in->findings->len; i++) {
		const struct finding *f = &w->in->findings->items[i];
		const struct check *c = catalog_check(f->check_id);

		if (c && is_open(f))
			add_target(action_for(actions, &count, c, f->severity),
				   f->target);
	}
	qsort(actions, count, sizeof(*actions), by_severity);
	*ret = actions;
	return count;
}

/* "a, b, c", or "5: a, b, …". */
static void add_targets(struct writer_state *w, const struct action *action)
{
	int shown = action->targets > TARGETS_SHOWN ? 2 : (int)action->targets;

	add_escaped(w, " <em>",
		    catalog_count_text(w->locale, "report", "summary.targets",
				       action->targets),
		    "");
	if (action->targets > TARGETS_SHOWN)
		sb_addf(w->out, " (%" PRId64 ")", action->targets);
	for (int i = 0; i < shown; i++)
		add_escaped(
			w, i ? ", " : text(w, "colon"),
			arena_strndup(w->arena, action->first[i], TARGET_MAX),
			"");
	sb_add(w->out, action->targets > TARGETS_SHOWN ? ", …</em>" : "</em>");
}

static void add_action(struct writer_state *w, const struct action *action)
{
	const char *id = action->check->id;
	bool immediate = action->severity <= SEVERITY_HIGH;

	add_escaped(w, "<li><strong>",
		    catalog_text(w->locale, "checks",
				 arena_printf(w->arena, "%s.title", id)),
		    "</strong> (");
	add_escaped(
		w, "",
		text(w, immediate ? "summary.immediate" : "summary.strategic"),
		")");
	add_escaped(w, text(w, "colon"),
		    catalog_text(w->locale, "checks",
				 arena_printf(w->arena, "%s.remediation", id)),
		    "");
	add_targets(w, action);
	sb_add(w->out, "</li>");
}

static void add_actions(struct writer_state *w)
{
	struct action *actions;
	size_t count = collect_actions(w, &actions);

	if (!count)
		return;
	add_escaped(w, "<h4>", text(w, "summary.actions"), "</h4><ol>");
	for (size_t i = 0; i < count && i < ACTIONS_MAX; i++)
		add_action(w, &actions[i]);
	sb_add(w->out, "</ol>");
}

char *summary_html(const struct summary_input *in, const char *locale,
		   struct arena *a)
{
	struct sb out = sb_new(a, 4096);
	struct writer_state w = {
		.in = in,
		.locale = locale,
		.arena = a,
		.out = &out,
	};

	add_status(&w);
	add_risks(&w);
	add_actions(&w);
	add_escaped(&w, "<p><em>", text(&w, "summary.caveat"), "</em></p>");
	return out.s;
}
