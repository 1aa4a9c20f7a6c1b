#include "core/judge.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "core/cvss.h"
#include "core/fingerprint.h"

/*
 * One place where a check failed. `fact` is what was judged, NULL where the
 * failure is that it is missing.
 */
struct failure {
	const struct check *check;
	int port;
	const char *item;
	const struct fact *fact;
};

/* More places than this on one host are not listed one by one. */
enum { FAILURES_MAX = 4096, VALUE_MAX = 1000, ITEM_MAX = 250 };

struct court {
	const struct judge_input *in;
	struct arena *arena;
	struct failure *failures;
	size_t count;
	struct judgement *ret;
};

/* ---- operators ---- */

/* Numbers by value, texts as versions are: "TLSv1.1" is below "TLSv1.2". */
static int compare(const struct fact *fact, const char *value)
{
	int64_t limit;

	if (fact->kind == FACT_TEXT)
		return strverscmp(fact->text, value);
	limit = strtoll(value, NULL, 10);
	return (fact->number > limit) - (fact->number < limit);
}

static bool is_ordered(const struct fact *fact)
{
	return fact->kind == FACT_TEXT || fact->kind == FACT_INT;
}

static bool contains(const struct fact *fact, const char *value)
{
	if (fact->kind == FACT_TEXT)
		return strstr(fact->text, value) != NULL;
	return fact->kind == FACT_LIST &&
	       codec_str_list_has(&fact->list, value);
}

static bool is_within(const struct fact *fact, const char *days, int64_t now)
{
	return fact->kind == FACT_TIME &&
	       fact->number - now < strtoll(days, NULL, 10) * CLOCK_DAY;
}

/*
 * Whether the stated fact is what the check looks for. A fact of a kind that
 * the operator does not know never is.
 */
static bool matches(const struct check *c, const struct fact *fact,
		    const struct court *court)
{
	const char *value = c->value ? c->value : "";

	switch (c->when) {
	case CHECK_WHEN_IS:
		return !strcmp(fact_words(fact, court->arena), value);
	case CHECK_WHEN_IS_NOT:
		return strcmp(fact_words(fact, court->arena), value) != 0;
	case CHECK_WHEN_IS_TRUE:
		return fact->kind == FACT_BOOL && fact->yes;
	case CHECK_WHEN_IS_FALSE:
		return fact->kind == FACT_BOOL && !fact->yes;
	case CHECK_WHEN_BELOW:
		return is_ordered(fact) && compare(fact, value) < 0;
	case CHECK_WHEN_ABOVE:
		return is_ordered(fact) && compare(fact, value) > 0;
	case CHECK_WHEN_NOT_EMPTY:
		return fact->kind != FACT_BOOL && fact_holds(fact);
	case CHECK_WHEN_CONTAINS:
		return contains(fact, value);
	case CHECK_WHEN_WITHIN_DAYS:
		return is_within(fact, value, court->in->now);
	case CHECK_WHEN_MISSING:
		break; /* judged by who did not find it */
	}
	return false;
}

/* ---- where a check applies ---- */

static bool port_allowed(const struct check *c, int port)
{
	if (!c->has_ports)
		return true;
	for (size_t i = 0; i < c->ports.len; i++)
		if (c->ports.items[i] == port)
			return true;
	return false;
}

/* A fact of the same port, of the same item or of none. */
static const struct fact *beside(const struct fact_list *facts,
				 const char *name, int port, const char *item)
{
	for (size_t i = 0; i < facts->len; i++) {
		const struct fact *f = &facts->items[i];

		if (f->port == port && !strcmp(f->name, name) &&
		    (!f->item || (item && !strcmp(f->item, item))))
			return f;
	}
	return NULL;
}

static bool states(const struct fact_list *facts, const char *name, int port,
		   const char *item)
{
	const struct fact *f = beside(facts, name, port, item);

	return f && fact_holds(f);
}

/*
 * What is known of the service that a check is about: the facts of the probe
 * that listened to it.
 */
enum service { SERVICE_UNKNOWN, SERVICE_MEANT, SERVICE_OTHER };

static enum service service_at(const struct check *c,
			       const struct fact_list *facts, int port)
{
	const struct fact *name = beside(facts, "service.name", port, NULL);

	if (!states(facts, "service.confirmed", port, NULL) || !name ||
	    name->kind != FACT_TEXT)
		return SERVICE_UNKNOWN;
	return strcmp(name->text, c->service) ? SERVICE_OTHER : SERVICE_MEANT;
}

/* Whether the check can be evaluated in that place at all. */
static bool applies(const struct check *c, const struct fact_list *facts,
		    int port, const char *item)
{
	if (!port_allowed(c, port))
		return false;
	for (size_t i = 0; c->has_requires && i < c->requires.len; i++)
		if (!states(facts, c->requires.items[i], port, item))
			return false;
	return !c->service || service_at(c, facts, port) != SERVICE_OTHER;
}

/* ---- one check ---- */

struct tally {
	size_t places;
	size_t first; /* failure of this check */
};

static void fail(struct court *court, const struct check *c, int port,
		 const char *item, const struct fact *fact)
{
	if (court->count == FAILURES_MAX)
		return;
	court->failures[court->count++] = (struct failure){
		.check = c,
		.port = port,
		.item = item,
		.fact = fact,
	};
}

/*
 * Looks at every place that states the fact; for "missing", at every place
 * that states the first requirement.
 */
static void look(struct court *court, const struct check *c, struct tally *t)
{
	const struct fact_list *facts = court->in->facts;
	bool missing = c->when == CHECK_WHEN_MISSING;
	const char *first = c->has_requires && c->requires.len > 0
				    ? c->requires.items[0]
				    : NULL;
	const char *name = missing && first ? first : c->fact;

	for (size_t i = 0; i < facts->len; i++) {
		const struct fact *f = &facts->items[i];
		const struct fact *judged = f;

		if (strcmp(f->name, name) ||
		    !applies(c, facts, f->port, f->item))
			continue;
		t->places++;
		if (missing)
			judged = beside(facts, c->fact, f->port, f->item);
		if (missing ? !judged : matches(c, judged, court))
			fail(court, c, f->port,
			     c->scope == CHECK_SCOPE_ITEM ? f->item : NULL,
			     judged);
	}
}

static void judge_check(struct court *court, const struct check *c)
{
	struct tally t = { .first = court->count };
	struct host_checks *checks = &court->ret->checks;

	look(court, c, &t);
	if (!t.places)
		return;
	checks->run.items[checks->run.len++] = c->id;
	if (c->scope != CHECK_SCOPE_HOST)
		return;
	/* One verdict about the host, and only when no place is in order. */
	if (court->count - t.first < t.places) {
		court->count = t.first;
	} else {
		court->count = t.first + 1;
		court->failures[t.first].port = 0;
	}
}

/* ---- verdicts ---- */

/* One of several on a port is better said only by what is about it. */
static bool same_item(const struct failure *a, const struct failure *b)
{
	return !a->item || !b->item || !strcmp(a->item, b->item);
}

/* Whether a check that is more exact failed in the same place. */
static bool is_said_better(const struct court *court, const struct failure *f)
{
	const struct check *c = f->check;

	for (size_t y = 0; c->has_yields_to && y < c->yields_to.len; y++)
		for (size_t i = 0; i < court->count; i++) {
			const struct failure *other = &court->failures[i];

			if ((other->port == f->port || !other->port) &&
			    same_item(other, f) &&
			    !strcmp(other->check->id, c->yields_to.items[y]))
				return true;
		}
	return false;
}

/* At most `max` bytes, not cut inside of a character. */
static char *shorten(struct arena *a, const char *text, size_t max)
{
	size_t len = strlen(text);

	if (len <= max)
		return arena_strdup(a, text);
	for (len = max; len && ((unsigned char)text[len] & 0xc0) == 0x80;)
		len--;
	return arena_printf(a, "%.*s…", (int)len, text);
}

/*
 * "mysql 8.0.36", or the version alone where it names the product too; NULL
 * where nobody knows what answered.
 */
static const char *shown_service(const struct court *court, int port)
{
	const struct fact_list *facts = court->in->facts;
	const struct fact *name = beside(facts, "service.name", port, NULL);
	const struct fact *version =
		beside(facts, "service.version", port, NULL);
	char *text;

	if (!states(facts, "service.confirmed", port, NULL) || !name)
		return NULL;
	text = fact_words(name, court->arena);
	if (version && version->kind == FACT_TEXT)
		text = strcasestr(version->text, text)
			       ? arena_strdup(court->arena, version->text)
			       : arena_printf(court->arena, "%s %s", text,
					      version->text);
	return shorten(court->arena, text, VALUE_MAX);
}

static const char *shown_value(const struct court *court,
			       const struct failure *f)
{
	const struct fact *fact = f->fact;

	if (f->check->service)
		return shown_service(court, f->port);
	if (f->check->shows)
		fact = beside(court->in->facts, f->check->shows, f->port,
			      f->item);
	if (!fact || (fact->kind == FACT_BOOL && !f->check->shows))
		return NULL;
	if (fact->kind == FACT_TIME) /* people want the day */
		return arena_strndup(court->arena,
				     fact_words(fact, court->arena), 10);
	return shorten(court->arena, fact_words(fact, court->arena), VALUE_MAX);
}

static enum check_severity severity_of(const struct court *court,
				       const struct failure *f)
{
	const struct check *c = f->check;

	if (!c->service || !c->has_severity_unconfirmed ||
	    service_at(c, court->in->facts, f->port) == SERVICE_MEANT)
		return c->severity;
	return c->severity_unconfirmed;
}

static char *target_of(const struct court *court, const struct failure *f)
{
	const struct judge_input *in = court->in;
	const char *host = in->name ? in->name : in->ip;
	const struct fact *domain = fact_find(in->facts, "dns.domain", 0);

	if (f->check->target == CHECK_TARGET_DOMAIN && domain)
		return fact_words(domain, court->arena);
	if (f->check->target != CHECK_TARGET_HOST_PORT || !f->port)
		return arena_strdup(court->arena, host);
	return arena_printf(court->arena,
			    strchr(host, ':') ? "[%s]:%d" : "%s:%d", host,
			    f->port);
}

static char *message_of(const struct court *court, const struct failure *f)
{
	struct catalog_value values[] = {
		{ "port", arena_printf(court->arena, "%d", f->port) },
		{ NULL },
	};

	return catalog_render(court->arena, f->check->message, values);
}

static struct verdict *verdict_find(struct verdict_list *list,
				    const struct verdict *like)
{
	for (size_t i = 0; i < list->len; i++) {
		struct verdict *v = &list->items[i];

		if (v->check == like->check &&
		    !strcmp(v->target, like->target) &&
		    !strcmp(v->message, like->message))
			return v;
	}
	return NULL;
}

/* The verdict that this failure belongs to; a new one, or one there is. */
static struct verdict *verdict_for(struct court *court, const struct failure *f,
				   struct check_evidence *evidence)
{
	struct verdict_list *list = &court->ret->verdicts;
	struct verdict v = {
		.check = f->check,
		.severity = severity_of(court, f),
		.port = f->port,
		.message = message_of(court, f),
		.target = target_of(court, f),
	};
	struct verdict *found = verdict_find(list, &v);

	if (found || list->len == JUDGE_VERDICTS_MAX)
		return found;
	v.has_cvss = cvss_base(v.check->cvss_vector, &v.cvss);
	v.fingerprint = fingerprint(court->arena, v.check->category, v.message,
				    v.target);
	evidence[list->len] = (struct check_evidence){
		.port = f->port,
		.has_port = f->port > 0,
		.value = shown_value(court, f),
	};
	list->items[list->len] = v;
	return &list->items[list->len++];
}

static void add_item(struct court *court, struct check_evidence *e,
		     const char *item)
{
	char *text = shorten(court->arena, item, ITEM_MAX);

	if (!e->items.items)
		e->items.items = arena_array(court->arena, JUDGE_ITEMS_MAX,
					     sizeof(char *));
	e->has_items = true;
	for (size_t i = 0; i < e->items.len; i++)
		if (!strcmp(e->items.items[i], text))
			return;
	if (e->items.len < JUDGE_ITEMS_MAX) {
		e->items.items[e->items.len++] = text;
	} else {
		e->total = (e->has_total ? e->total : JUDGE_ITEMS_MAX) + 1;
		e->has_total = true;
	}
}

static void make_verdicts(struct court *court)
{
	struct verdict_list *list = &court->ret->verdicts;
	struct check_evidence *evidence = arena_array(
		court->arena, JUDGE_VERDICTS_MAX, sizeof(*evidence));

	list->items = arena_array(court->arena, JUDGE_VERDICTS_MAX,
				  sizeof(*list->items));
	for (size_t i = 0; i < court->count; i++) {
		const struct failure *f = &court->failures[i];
		struct verdict *v;

		if (is_said_better(court, f))
			continue;
		v = verdict_for(court, f, evidence);
		if (v && f->item)
			add_item(court, &evidence[v - list->items], f->item);
	}
	for (size_t i = 0; i < list->len; i++) {
		struct sb json = sb_new(court->arena, 64);

		codec_write(&check_evidence_type, &evidence[i], &json);
		list->items[i].evidence = json.s;
	}
}

static int by_check(const void *a, const void *b)
{
	const struct verdict *x = a, *y = b;
	int order = strcmp(x->check->id, y->check->id);

	if (!order)
		order = (x->port > y->port) - (x->port < y->port);
	return order ? order : strcmp(x->target, y->target);
}

/* Counts by severity, and by check: verdicts are sorted by check. */
static void sum_up(struct judgement *j)
{
	struct host_failure_list *failed = &j->checks.failed;
	struct severity_counts scored = { 0 };

	assert(failed->items); /* has room for every check */
	for (size_t i = 0; i < j->verdicts.len; i++) {
		const struct verdict *v = &j->verdicts.items[i];
		struct host_failure *last =
			failed->len ? &failed->items[failed->len - 1] : NULL;

		j->counts.of[v->severity]++;
		scored.of[v->severity] += v->check->scored;
		if (last && !strcmp(last->id, v->check->id)) {
			last->findings++;
			if (v->severity < last->severity)
				last->severity = v->severity;
			continue;
		}
		failed->items[failed->len++] = (struct host_failure){
			.id = v->check->id,
			.severity = v->severity,
			.findings = 1,
		};
	}
	j->score = score_host(&scored);
}

void judge_host(const struct judge_input *in, struct arena *a,
		struct judgement *ret)
{
	struct court court = { .in = in, .arena = a, .ret = ret };
	size_t checks = in->checks->len;

	*ret = (struct judgement){ 0 };
	court.failures = arena_array(a, FAILURES_MAX, sizeof(*court.failures));
	ret->checks.run.items = arena_array(a, checks + 1, sizeof(char *));
	ret->checks.failed.items =
		arena_array(a, checks + 1, sizeof(struct host_failure));
	for (size_t i = 0; i < checks; i++)
		judge_check(&court, &in->checks->items[i]);
	make_verdicts(&court);
	qsort(ret->verdicts.items, ret->verdicts.len, sizeof(struct verdict),
	      by_check);
	sum_up(ret);
}

char *judge_checks_json(const struct judgement *j, struct arena *a)
{
	struct sb json = sb_new(a, 1024);

	codec_write(&host_checks_type, &j->checks, &json);
	return json.s;
}
