#include "core/finding.h"

#include <inttypes.h>
#include <string.h>

#include "base/span.h"
#include "core/fact.h"

/* "a, b, c", and how many more there are. */
static const char *list_items(const struct check_evidence *e,
			      const char *locale, struct arena *a)
{
	struct sb out = sb_new(a, 64);
	int64_t more = e->has_total ? e->total - (int64_t)e->items.len : 0;

	for (size_t i = 0; i < e->items.len; i++)
		sb_addf(&out, "%s%s", i ? ", " : "", e->items.items[i]);
	if (more > 0) {
		const char *text =
			catalog_count_text(locale, "checks", "and_more", more);
		char *count = arena_printf(a, "%" PRId64, more);

		sb_addc(&out, ' ');
		sb_add(&out,
		       catalog_render(a, text,
				      (struct catalog_value[]){
					      { "count", count }, { NULL } }));
	}
	return out.s;
}

/* A text without escapes: `"…"`; the cursor passes it. */
static bool plain_text(struct span *s, struct arena *a, const char **ret)
{
	struct span text = { 0 };

	if (!span_literal(s, "\"") ||
	    !span_until(s, '"', FACT_TEXT_MAX, &text) ||
	    memchr(text.p, '\\', span_len(text)))
		return false;
	*ret = span_dup(a, text);
	return true;
}

/*
 * Evidence as the judge mostly writes it, {"port":443} with or without a plain
 * "value". A page has fifty of them, and the codec takes twenty times as long;
 * whatever looks different is the codec's.
 */
static bool read_plain(const char *evidence, struct arena *a,
		       struct check_evidence *ret)
{
	struct span s = span_str(evidence);
	uint64_t port = 0;

	if (!span_literal(&s, "{\"port\":") || !span_number(&s, 65535, &port))
		return false;
	ret->port = (int64_t)port;
	if (span_literal(&s, ",\"value\":") && !plain_text(&s, a, &ret->value))
		return false;
	return span_is(s, "}");
}

static void read_evidence(const char *evidence, struct arena *a,
			  struct check_evidence *ret)
{
	struct check_evidence plain = { 0 };

	if (!evidence)
		return;
	if (read_plain(evidence, a, &plain))
		*ret = plain;
	/* What does not read was altered by hand: show none of it. */
	else if (!codec_read(&check_evidence_type, evidence, strlen(evidence),
			     "evidence", a, ret, NULL, NULL))
		*ret = (struct check_evidence){ 0 };
}

/* What was seen: the only text of a check that has placeholders. */
static const char *detail_of(const char *template, const char *locale,
			     const char *evidence, struct arena *a)
{
	const char *none = catalog_text(locale, "checks", "no_value");
	struct check_evidence e = { 0 };

	if (!strchr(template, '{'))
		return template;
	read_evidence(evidence, a, &e);
	return catalog_render(
		a, template,
		(struct catalog_value[]){
			{ "port", arena_printf(a, "%" PRId64, e.port) },
			{ "value", e.value ? e.value : none },
			{ "items",
			  e.items.len ? list_items(&e, locale, a) : "" },
			{ NULL },
		});
}

bool finding_texts(const char *check_id, const char *evidence,
		   const char *locale, struct arena *a,
		   struct finding_texts *ret)
{
	const struct check *check = catalog_check(check_id);
	const struct check_texts *texts;

	*ret = (struct finding_texts){ "", "", "", "" };
	if (!check)
		return false;
	texts = catalog_check_texts(locale, check);
	ret->title = texts->title;
	ret->rationale = texts->rationale;
	ret->detail = detail_of(texts->detail, locale, evidence, a);
	ret->remediation = texts->remediation;
	return true;
}

void finding_localize(struct finding *f, const char *locale, struct arena *a)
{
	const struct check *check = catalog_check(f->check_id);
	struct finding_texts texts;

	f->scored = !check || check->scored;
	if (!finding_texts(f->check_id, f->technical_detail, locale, a,
			   &texts)) {
		f->title = f->message;
		f->rationale = f->technical_detail = f->remediation = NULL;
		return;
	}
	f->title = texts.title;
	f->rationale = texts.rationale;
	f->technical_detail = texts.detail;
	f->remediation = texts.remediation;
}
