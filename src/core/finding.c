#include "core/finding.h"

#include <inttypes.h>
#include <string.h>

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

static const char *text_of(const char *locale, const char *check_id,
			   const char *part, struct arena *a)
{
	return catalog_text(locale, "checks",
			    arena_printf(a, "%s.%s", check_id, part));
}

/* What was seen: the only text of a check that has placeholders. */
static const char *detail_of(const char *locale, const char *check_id,
			     const struct check_evidence *e, struct arena *a)
{
	const char *none = catalog_text(locale, "checks", "no_value");
	struct catalog_value values[] = {
		{ "port", arena_printf(a, "%" PRId64, e->port) },
		{ "value", e->value ? e->value : none },
		{ "items", list_items(e, locale, a) },
		{ NULL },
	};

	return catalog_render(a, text_of(locale, check_id, "detail", a),
			      values);
}

bool finding_texts(const char *check_id, const char *evidence,
		   const char *locale, struct arena *a,
		   struct finding_texts *ret)
{
	struct check_evidence e = { 0 };

	*ret = (struct finding_texts){ "", "", "", "" };
	if (!catalog_check(check_id))
		return false;
	/* Evidence that does not read was altered by hand: show none of it. */
	if (!evidence ||
	    !codec_read(&check_evidence_type, evidence, strlen(evidence),
			"evidence", a, &e, NULL, NULL))
		e = (struct check_evidence){ 0 };
	ret->title = text_of(locale, check_id, "title", a);
	ret->rationale = text_of(locale, check_id, "rationale", a);
	ret->detail = detail_of(locale, check_id, &e, a);
	ret->remediation = text_of(locale, check_id, "remediation", a);
	return true;
}

void finding_localize(struct finding *f, const char *locale, struct arena *a)
{
	struct finding_texts texts;

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
