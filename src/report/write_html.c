/*
 * A document as one HTML file that needs nothing else: no script, no font, no
 * picture from anywhere. Its style is data/report.css. Everything that a mark
 * says in colour is said in words too.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/embedded.h"
#include "core/summary.h"
#include "report/report.h"

/* What is written leaves for the file in pieces of this size. */
enum { PIECE = 1 << 16 };

struct page {
	const struct doc *doc;
	struct sb out;
	FILE *file;
};

static const char *const mark_classes[] = {
	[MARK_NONE] = "",	  [MARK_CRITICAL] = "critical",
	[MARK_HIGH] = "high",	  [MARK_MEDIUM] = "medium",
	[MARK_LOW] = "low",	  [MARK_INFO] = "info",
	[MARK_OK] = "ok",	  [MARK_PARTIAL] = "partial",
	[MARK_MANUAL] = "manual", [MARK_GAP] = "gap",
	[MARK_CODE] = "code",	  [MARK_QUIET] = "quiet",
};

static void flush(struct page *p)
{
	fwrite(p->out.s, 1, p->out.len, p->file);
	p->out.len = 0;
	p->out.s[0] = '\0';
}

static void add(struct page *p, const char *s)
{
	sb_add(&p->out, s);
	if (p->out.len >= PIECE)
		flush(p);
}

/* Markup around a text that is escaped. */
static void add_text(struct page *p, const char *before, const char *s,
		     const char *after)
{
	sb_add(&p->out, before);
	html_escape(&p->out, s);
	add(p, after);
}

static void add_meta(struct page *p, const char *name, const char *content)
{
	add_text(p, "<meta name=\"", name, "\" content=\"");
	add_text(p, "", content, "\">\n");
}

static void add_style(struct page *p)
{
	const struct embedded_file *css = embedded_find("data/report.css");

	add(p, "<style>\n");
	if (css)
		add(p, (const char *)css->bytes);
	add(p, "</style>\n");
}

static void add_head(struct page *p)
{
	const struct doc *d = p->doc;

	add_text(p, "<!DOCTYPE html>\n<html lang=\"", d->locale,
		 "\">\n<head>\n<meta charset=\"utf-8\">\n");
	/* It is opened from a disk too, where nobody sends headers. */
	add(p, "<meta http-equiv=\"Content-Security-Policy\" content=\""
	       "default-src 'none'; style-src 'unsafe-inline'\">\n"
	       "<meta name=\"viewport\" content=\"width=device-width, "
	       "initial-scale=1\">\n"
	       "<meta name=\"color-scheme\" content=\"light dark\">\n");
	add_text(p, "<title>", d->title, "</title>\n");
	add_meta(p, "author", d->author);
	add_meta(p, "description", d->description);
	add_meta(p, "keywords", d->keywords);
	add_meta(p, "generator", d->generator);
	add_style(p);
	add(p, "</head>\n<body>\n<main>\n<header>\n");
	add_text(p, "<p class=\"eyebrow\">", d->eyebrow, "</p>\n");
	add_text(p, "<h1>", d->heading, "</h1>\n");
	add_text(p, "<p class=\"confidential\">", d->confidential,
		 "</p>\n</header>\n");
}

/* ---- pieces of text ---- */

static bool is_badge(enum doc_mark mark)
{
	return mark >= MARK_CRITICAL && mark <= MARK_GAP;
}

static void add_cell_text(struct page *p, const struct doc_text *t)
{
	const char *s = t->s ? t->s : "";

	if (t->mark == MARK_CODE) {
		add_text(p, "<code>", s, "</code>");
	} else if (is_badge(t->mark)) {
		add_text(p, "<span class=\"badge ", mark_classes[t->mark],
			 "\">");
		add_text(p, "", s, "</span>");
	} else if (t->mark == MARK_QUIET) {
		add_text(p, "<span class=\"quiet\">", s, "</span>");
	} else {
		add_text(p, "", s, "");
	}
	if (t->sub && *t->sub)
		add_text(p, "<small>", t->sub, "</small>");
}

static void add_heading(struct page *p, const struct doc_node *n)
{
	sb_addf(&p->out, "<h%d>", n->level);
	html_escape(&p->out, n->text);
	sb_addf(&p->out, "</h%d>\n", n->level);
}

static void add_paragraph(struct page *p, const struct doc_node *n)
{
	add_text(p, "<p class=\"", mark_classes[n->mark], "\">");
	add_text(p, "", n->text, "</p>\n");
}

/* ---- nodes with rows ---- */

static void add_pairs(struct page *p, const struct doc_node *n)
{
	bool tiles = n->kind == DOC_TILES;

	add(p, tiles ? "<dl class=\"tiles\">\n" : "<dl class=\"pairs\">\n");
	for (const struct doc_row *r = n->rows; r; r = r->next) {
		add_text(p, "<div><dt>", r->cells[0].s, "</dt><dd class=\"");
		add_text(p, "", mark_classes[r->cells[1].mark], "\">");
		add_text(p, "", r->cells[1].s, "</dd></div>\n");
	}
	add(p, "</dl>\n");
}

static void add_list(struct page *p, const struct doc_node *n)
{
	add(p, "<ul>\n");
	for (const struct doc_row *r = n->rows; r; r = r->next) {
		add(p, "<li>");
		add_cell_text(p, &r->cells[0]);
		add(p, "</li>\n");
	}
	add(p, "</ul>\n");
}

static void add_strip(struct page *p, const struct doc_node *n)
{
	add_text(p, "<ol class=\"strip\" aria-label=\"", n->text, "\">\n");
	for (const struct doc_row *r = n->rows; r; r = r->next) {
		add_text(p, "<li class=\"", mark_classes[r->cells[1].mark],
			 "\">");
		add_text(p, "<strong>", r->cells[0].s, "</strong>");
		add_text(p, "<span>", r->cells[1].s, "</span></li>\n");
	}
	add(p, "</ol>\n");
}

static void add_table_head(struct page *p, const struct doc_node *n)
{
	add(p, "<div class=\"wide\"><table>\n");
	if (n->text)
		add_text(p, "<caption>", n->text, "</caption>\n");
	add(p, "<thead><tr>");
	for (int i = 0; i < n->columns; i++)
		add_text(p, "<th scope=\"col\">", n->heads[i], "</th>");
	add(p, "</tr></thead>\n<tbody>\n");
}

/* A number needs no room: its column is as narrow as its head. */
static bool is_number(const char *s)
{
	return s && *s && !s[strspn(s, "0123456789")];
}

static void add_table(struct page *p, const struct doc_node *n)
{
	add_table_head(p, n);
	for (const struct doc_row *r = n->rows; r; r = r->next) {
		add(p, "<tr>");
		for (int i = 0; i < n->columns; i++) {
			add(p, is_number(r->cells[i].s) ? "<td class=\"n\">"
							: "<td>");
			add_cell_text(p, &r->cells[i]);
			add(p, "</td>");
		}
		add(p, "</tr>\n");
	}
	if (!n->rows && n->empty) {
		sb_addf(&p->out, "<tr><td colspan=\"%d\">", n->columns);
		add_text(p, "", n->empty, "</td></tr>\n");
	}
	add(p, "</tbody>\n</table></div>\n");
}

/* ---- charts ---- */

static void add_donut(struct page *p, const struct doc_node *n)
{
	const struct doc_slice *s = &n->slices[0];
	double radius = 54, whole = 2 * M_PI * radius;
	double part = n->max ? whole * (double)s->value / (double)n->max : 0;

	add_text(p, "<figure class=\"donut ", mark_classes[s->mark], "\">\n");
	add_text(p, "<svg viewBox=\"0 0 140 140\" role=\"img\" aria-label=\"",
		 n->alt, "\">");
	add(p, "<circle class=\"track\" cx=\"70\" cy=\"70\" r=\"54\"/>");
	sb_addf(&p->out,
		"<circle class=\"value\" cx=\"70\" cy=\"70\" r=\"54\" "
		"stroke-dasharray=\"%.2f %.2f\" "
		"transform=\"rotate(-90 70 70)\"/>",
		part, whole);
	sb_addf(&p->out,
		"<text x=\"70\" y=\"78\" class=\"figure\">%" PRId64 "</text>"
		"<text x=\"70\" y=\"98\" class=\"of\">/ %" PRId64 "</text>",
		s->value, n->max);
	add_text(p, "</svg>\n<figcaption>", n->text,
		 "</figcaption>\n</figure>\n");
}

/* Drawn over 1000 units, so that every part of a percent is a whole one. */
static void add_bar(struct page *p, const struct doc_node *n)
{
	int64_t before = 0;

	add(p, "<figure class=\"bar\">\n");
	add_text(p,
		 "<svg viewBox=\"0 0 1000 24\" preserveAspectRatio=\"none\" "
		 "role=\"img\" aria-label=\"",
		 n->alt, "\">");
	for (size_t i = 0; n->max && i < n->slice_count; i++) {
		const struct doc_slice *s = &n->slices[i];

		if (!s->value)
			continue;
		sb_addf(&p->out,
			"<rect class=\"%s\" x=\"%" PRId64 "\" y=\"0\" "
			"width=\"%" PRId64 "\" height=\"24\"/>",
			mark_classes[s->mark], before * 1000 / n->max,
			(before + s->value) * 1000 / n->max -
				before * 1000 / n->max);
		before += s->value;
	}
	add(p, "</svg>\n<figcaption>");
	for (size_t i = 0; i < n->slice_count; i++) {
		add_text(p, "<span class=\"key ",
			 mark_classes[n->slices[i].mark], "\">");
		add_text(p, "", n->slices[i].label, "");
		sb_addf(&p->out, " %" PRId64 "</span>\n", n->slices[i].value);
	}
	add(p, "</figcaption>\n</figure>\n");
}

static void add_node(struct page *p, const struct doc_node *n)
{
	switch (n->kind) {
	case DOC_HEADING:
		add_heading(p, n);
		break;
	case DOC_PARAGRAPH:
		add_paragraph(p, n);
		break;
	case DOC_KEY_VALUES:
	case DOC_TILES:
		add_pairs(p, n);
		break;
	case DOC_TABLE:
		add_table(p, n);
		break;
	case DOC_LIST:
		add_list(p, n);
		break;
	case DOC_CHART:
		if (n->chart == CHART_DONUT)
			add_donut(p, n);
		else
			add_bar(p, n);
		break;
	case DOC_STRIP:
		add_strip(p, n);
		break;
	case DOC_PAGE_BREAK:
		add(p, "<hr class=\"page\">\n");
		break;
	}
}

static bool write(const struct report_input *in, const struct doc *doc,
		  struct arena *a, FILE *out, struct err *err)
{
	struct page p = { .doc = doc,
			  .out = sb_new(a, PIECE * 2),
			  .file = out };

	add_head(&p);
	for (const struct doc_node *n = doc->first; n; n = n->next)
		add_node(&p, n);
	add_text(&p, "<footer>", doc->footer,
		 "</footer>\n</main>\n</body>\n</html>\n");
	flush(&p);
	return true;
}

const struct writer writer_html = {
	.name = "html",
	.content_type = "text/html",
	.served_as = "text/html; charset=utf-8",
	.extension = "html",
	.needs_doc = true,
	.write = write,
};
