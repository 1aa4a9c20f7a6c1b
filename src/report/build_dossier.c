/*
 * The dossier of a scan: what was seen, what it means
 * for the measures of Article 21(2), what to do, and what was looked at.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "core/finding.h"
#include "core/matrix.h"
#include "core/score.h"
#include "report/report.h"

/* What every section needs. */
struct build {
	const struct report_input *in;
	struct doc *doc;
	struct arena *arena;
	const char *locale;
};

static const char *text(const struct build *b, const char *key)
{
	return catalog_text(b->locale, "report", key);
}

static char *number(const struct build *b, int64_t n)
{
	return arena_printf(b->arena, "%" PRId64, n);
}

static char *fill(const struct build *b, const char *key,
		  const struct catalog_value *values)
{
	return catalog_render(b->arena, text(b, key), values);
}

static char *fill_count(const struct build *b, const char *key, int64_t count)
{
	return fill(b, key,
		    (struct catalog_value[]){ { "count", number(b, count) },
					      { NULL } });
}

/* "2026-03-01 09:00 UTC": never localised, so that it can be compared. */
static char *day_and_time(struct arena *a, int64_t time)
{
	char t[CLOCK_TEXT];

	clock_text(time, t);
	return arena_printf(a, "%.10s %.5s UTC", t, t + 11);
}

static const char *severity_text(const struct build *b, enum severity severity)
{
	return text(b, arena_printf(b->arena, "severity.%s",
				    severity_names[severity]));
}

static enum doc_mark severity_mark(enum severity severity)
{
	static const enum doc_mark marks[] = {
		[SEVERITY_CRITICAL] = MARK_CRITICAL,
		[SEVERITY_HIGH] = MARK_HIGH,
		[SEVERITY_MEDIUM] = MARK_MEDIUM,
		[SEVERITY_LOW] = MARK_LOW,
		[SEVERITY_INFO] = MARK_INFO,
	};

	return marks[severity];
}

static bool has_organization(const struct report_input *in)
{
	return in->organization && *in->organization;
}

/* ---- 1: cover ---- */

static void fill_head(const struct build *b)
{
	const struct report_input *in = b->in;
	struct doc *d = b->doc;

	d->eyebrow = REPORT_GENERATOR;
	d->generator = REPORT_GENERATOR;
	d->heading = text(b, "title.heading");
	d->title = arena_printf(b->arena, "%s%s%s", text(b, "title.prefix"),
				text(b, "colon"), in->scan->name);
	d->author = has_organization(in) ? in->organization : REPORT_GENERATOR;
	d->description = fill(
		b, "description",
		(struct catalog_value[]){
			{ "title", d->heading },
			{ "organization", has_organization(in)
						  ? in->organization
						  : text(b, "not_available") },
			{ "scan", in->scan->name },
			{ NULL } });
	d->keywords = text(b, "keywords");
	d->confidential = text(b, "cover.confidential");
	d->generated = day_and_time(b->arena, in->now);
	d->footer = fill(
		b, "footer",
		(struct catalog_value[]){ { "generator", REPORT_GENERATOR },
					  { "date", d->generated },
					  { NULL } });
}

static void add_cover(const struct build *b)
{
	const struct scan *scan = b->in->scan;
	struct doc_node *pairs = doc_key_values(b->doc);
	int64_t date =
		scan->has_completed_at ? scan->completed_at : scan->created_at;

	if (has_organization(b->in))
		doc_row(b->doc, pairs,
			(struct doc_text[]){ { text(b, "cover.organization") },
					     { b->in->organization } });
	doc_row(b->doc, pairs,
		(struct doc_text[]){ { text(b, "cover.scan") },
				     { scan->name } });
	doc_row(b->doc, pairs,
		(struct doc_text[]){ { text(b, "cover.date") },
				     { day_and_time(b->arena, date) } });
	doc_row(b->doc, pairs,
		(struct doc_text[]){
			{ text(b, "cover.duration") },
			{ scan->has_duration_seconds
				  ? fill_count(b, "cover.seconds",
					       scan->duration_seconds)
				  : text(b, "not_available") } });
	if (b->in->evidence_sha256)
		doc_row(b->doc, pairs,
			(struct doc_text[]){ { text(b, "cover.evidence") },
					     { b->in->evidence_sha256 } });
	if (b->in->incomplete)
		doc_paragraph(b->doc, text(b, "cover.incomplete"))->mark =
			MARK_HIGH;
}

/* ---- 2: score ---- */

static enum doc_mark score_mark(int64_t score)
{
	if (score > 80)
		return MARK_OK;
	return score > 60 ? MARK_MEDIUM : MARK_CRITICAL;
}

static void add_score(const struct build *b)
{
	const struct scan *scan = b->in->scan;
	char *alt;

	if (!scan->has_total_score) {
		doc_paragraph(b->doc, text(b, "score.none"))->mark =
			MARK_MANUAL;
		return;
	}
	alt = fill(
		b, "score.alt",
		(struct catalog_value[]){
			{ "score", number(b, scan->total_score) }, { NULL } });
	doc_donut(b->doc, text(b, "score.label"), scan->total_score, 100,
		  score_mark(scan->total_score), alt);
}

static void add_tile(const struct build *b, struct doc_node *tiles,
		     const char *label, int64_t value, enum doc_mark mark)
{
	doc_row(b->doc, tiles,
		(struct doc_text[]){
			{ label },
			{ number(b, value), value ? mark : MARK_NONE } });
}

static void add_result(const struct build *b)
{
	const struct scan *s = b->in->scan;
	struct doc_node *tiles;

	doc_heading(b->doc, 2, text(b, "section.score"));
	add_score(b);
	tiles = doc_tiles(b->doc);
	add_tile(b, tiles, text(b, "tile.hosts_scanned"), s->hosts_scanned,
		 MARK_NONE);
	add_tile(b, tiles, text(b, "tile.hosts_alive"), s->hosts_alive,
		 MARK_NONE);
	add_tile(b, tiles, severity_text(b, SEVERITY_CRITICAL),
		 s->findings_critical, MARK_CRITICAL);
	add_tile(b, tiles, severity_text(b, SEVERITY_HIGH), s->findings_high,
		 MARK_HIGH);
	add_tile(b, tiles, severity_text(b, SEVERITY_MEDIUM),
		 s->findings_medium, MARK_MEDIUM);
	add_tile(b, tiles, severity_text(b, SEVERITY_LOW), s->findings_low,
		 MARK_LOW);
}

/* ---- 4: executive summary ---- */

static char *score_sentence(const struct build *b)
{
	static const char *const bands[] = {
		[SCORE_CRITICAL] = "band.critical",
		[SCORE_IMPROVE] = "band.improve",
		[SCORE_GOOD] = "band.good",
	};
	const struct scan *s = b->in->scan;
	enum score_band band = score_band(s->has_total_score, s->total_score);

	if (band == SCORE_NONE)
		return arena_strdup(b->arena,
				    text(b, "summary.paragraph_none"));
	return fill(b, "summary.paragraph_score",
		    (struct catalog_value[]){
			    { "score", number(b, s->total_score) },
			    { "band", text(b, bands[band]) },
			    { NULL } });
}

static void add_summary(const struct build *b)
{
	const struct scan *s = b->in->scan;

	doc_heading(b->doc, 2, text(b, "section.summary"));
	doc_paragraph(b->doc, score_sentence(b));
	doc_paragraph(
		b->doc,
		fill(b, "summary.paragraph_counts",
		     (struct catalog_value[]){
			     { "critical", number(b, s->findings_critical) },
			     { "high", number(b, s->findings_high) },
			     { "medium", number(b, s->findings_medium) },
			     { "low", number(b, s->findings_low) },
			     { "alive", number(b, s->hosts_alive) },
			     { "hosts", number(b, s->hosts_scanned) },
			     { NULL } }));
	doc_paragraph(b->doc, text(b, "summary.caveat"));
}

/* ---- 5: the measures ---- */

static struct doc_text coverage_pill(const struct build *b, const char *status)
{
	static const struct {
		const char *key;
		enum doc_mark mark;
	} pills[] = {
		[COVERAGE_OK] = { "coverage.ok", MARK_OK },
		[COVERAGE_PARTIAL] = { "coverage.partial", MARK_PARTIAL },
		[COVERAGE_MANUAL] = { "coverage.manual", MARK_MANUAL },
		[COVERAGE_GAP] = { "coverage.gap", MARK_GAP },
	};
	enum coverage c = matrix_coverage(status);

	return (struct doc_text){ text(b, pills[c].key), pills[c].mark, NULL };
}

static void add_measures(const struct build *b,
			 const struct matrix_cell *const cells[])
{
	const char *heads[] = { text(b, "matrix.measure"),
				text(b, "matrix.coverage"),
				text(b, "matrix.checks"),
				text(b, "matrix.failed") };
	struct doc_node *table =
		doc_table(b->doc, text(b, "section.matrix"), 4, heads);

	for (int i = 0; i < MATRIX_LETTERS; i++) {
		const struct matrix_cell *c = cells[i];
		char *stem = arena_printf(b->arena, "article.%c", 'a' + i);
		char *title = arena_printf(b->arena, "%s.title", stem);
		char *about = arena_printf(b->arena, "%s.description", stem);

		doc_row(b->doc, table,
			(struct doc_text[]){
				{ arena_printf(b->arena, "%c) %s", 'a' + i,
					       text(b, title)),
				  MARK_NONE, text(b, about) },
				coverage_pill(b, c->status),
				{ number(b, c->checks_run) },
				{ number(b, c->checks_failed) } });
	}
}

static void add_matrix(const struct build *b)
{
	const char *json = b->in->scan->compliance_matrix;
	const struct matrix_cell *cells[MATRIX_LETTERS];
	struct doc_node *strip;
	struct matrix matrix = { 0 };

	/* A scan that was not finished has none; nor has one of another form.
	 */
	if (!json || !codec_read(&matrix_type, json, strlen(json), "matrix",
				 b->arena, &matrix, NULL, NULL))
		return;
	matrix_cells(&matrix, cells);
	doc_heading(b->doc, 2, text(b, "section.matrix"));
	doc_paragraph(b->doc, text(b, "matrix.note"));
	strip = doc_strip(b->doc, text(b, "matrix.strip"));
	for (int i = 0; i < MATRIX_LETTERS; i++) {
		struct doc_text pill = coverage_pill(b, cells[i]->status);

		doc_row(b->doc, strip,
			(struct doc_text[]){
				{ arena_printf(b->arena, "%c", 'a' + i) },
				pill });
	}
	add_measures(b, cells);
}

/* ---- 10: findings ---- */

static void add_severity_bar(const struct build *b,
			     const struct finding_list *list)
{
	struct doc_slice slices[SEVERITIES] = { 0 };
	struct sb alt = sb_new(b->arena, 64);

	for (int s = 0; s < SEVERITIES; s++) {
		slices[s].label = severity_text(b, (enum severity)s);
		slices[s].mark = severity_mark((enum severity)s);
	}
	for (size_t i = 0; i < list->len; i++)
		slices[list->items[i].severity].value++;
	sb_addf(&alt, "%s%s", text(b, "findings.chart"), text(b, "colon"));
	for (int s = 0; s < SEVERITIES; s++)
		sb_addf(&alt, "%s%s %" PRId64, s ? ", " : "", slices[s].label,
			slices[s].value);
	doc_bar(b->doc, text(b, "findings.chart"), SEVERITIES, slices, alt.s);
}

static const char *category_text(const struct build *b, const char *category)
{
	char *key = arena_printf(b->arena, "category.%s", category);
	const char *found = text(b, key);

	/* A category of another release is shown as it is. */
	return found == key ? category : found;
}

/*
 * "Art. 21.2.h" of "Art. 21.2.h (Cryptography)": the topic is English. What is
 * of other law says so.
 */
static const char *article_of(const struct build *b, const struct finding *f)
{
	const char *article = f->compliance_article;

	if (!f->scored)
		return text(b, "findings.not_scored");

	return article ? arena_strndup(b->arena, article, strcspn(article, "("))
		       : NULL;
}

static void add_finding(const struct build *b, struct doc_node *table,
			const struct finding *f)
{
	char *status = arena_printf(b->arena, "status.%s",
				    finding_status_names[f->status]);

	doc_row(b->doc, table,
		(struct doc_text[]){
			{ severity_text(b, f->severity),
			  severity_mark(f->severity),
			  f->has_cvss_base_score
				  ? arena_printf(b->arena, "CVSS %.1f",
						 f->cvss_base_score)
				  : NULL },
			{ category_text(b, f->category), MARK_NONE,
			  article_of(b, f) },
			{ f->title, MARK_NONE, f->technical_detail },
			{ f->target, MARK_CODE,
			  f->status == FINDING_STATUS_OPEN ? NULL
							   : text(b, status) },
			{ f->remediation ? f->remediation : "–" } });
}

static void add_findings(const struct build *b)
{
	struct finding_list list = report_findings(b->in, b->locale, b->arena);
	const char *heads[] = { text(b, "findings.severity"),
				text(b, "findings.category"),
				text(b, "findings.finding"),
				text(b, "findings.target"),
				text(b, "findings.remediation") };
	char *title = fill_count(b, "section.findings", (int64_t)list.len);
	struct doc_node *table;

	doc_heading(b->doc, 2, title);
	if (!list.len) {
		doc_paragraph(b->doc, text(b, "findings.none"));
		return;
	}
	add_severity_bar(b, &list);
	table = doc_table(b->doc, title, 5, heads);
	for (size_t i = 0; i < list.len; i++)
		add_finding(b, table, &list.items[i]);
}

/* ---- 11: hosts ---- */

static char *ports_of(const struct build *b, const struct scan_result *r)
{
	struct sb out = sb_new(b->arena, 32);

	for (size_t i = 0; i < r->open_ports.len; i++)
		sb_addf(&out, "%s%" PRId64, i ? ", " : "",
			r->open_ports.items[i]);
	if (!out.len)
		sb_add(&out, "–");
	return out.s;
}

static void add_assets(const struct build *b)
{
	const struct scan_result_list *results = b->in->results;
	const char *heads[] = { text(b, "assets.target"), text(b, "assets.ip"),
				text(b, "assets.state"),
				text(b, "assets.ports") };
	char *title = fill_count(b, "section.assets", (int64_t)results->len);
	struct doc_node *table;

	doc_heading(b->doc, 2, title);
	table = doc_table(b->doc, title, 4, heads);
	table->empty = text(b, "assets.none");
	for (size_t i = 0; i < results->len; i++) {
		const struct scan_result *r = &results->items[i];

		doc_row(b->doc, table,
			(struct doc_text[]){
				{ r->target },
				{ *r->ip ? r->ip : "–", MARK_CODE, NULL },
				{ text(b, r->is_alive ? "state.alive"
						      : "state.silent"),
				  r->is_alive ? MARK_NONE : MARK_QUIET, NULL },
				{ ports_of(b, r) } });
	}
}

static void build(const struct report_input *in, struct doc *doc)
{
	struct build b = {
		.in = in,
		.doc = doc,
		.arena = doc->arena,
		.locale = doc->locale,
	};

	fill_head(&b);
	add_cover(&b);
	add_result(&b);
	add_summary(&b);
	add_matrix(&b);
	add_findings(&b);
	add_assets(&b);
	doc_heading(doc, 2, text(&b, "section.note"));
	doc_paragraph(doc, text(&b, "note"));
}

const struct report report_dossier = {
	.name = "dossier",
	.build = build,
};
