/*
 * A document as Markdown (CommonMark with the tables of GitHub). What stands
 * in a document may come from a stranger's server, so every text is escaped:
 * it makes no element, no link, no cell and no line of its own.
 */
#include <inttypes.h>
#include <string.h>

#include "report/report.h"

static bool is_control(const char *p)
{
	unsigned char c = (unsigned char)*p;

	return c < ' ' || c == 0x7f;
}

/* A name that readers would make a link of by themselves. */
static bool begins_link(const char *start, const char *p)
{
	if (*p == ':')
		return !strncmp(p, "://", 3);
	return *p == '.' && p - start >= 3 && !strncasecmp(p - 3, "www", 3);
}

/* What makes a list, a rule or a heading of a line that begins with it. */
static size_t add_line_start(struct sb *out, const char *s)
{
	size_t digits = strspn(s, "0123456789");

	if (*s && strchr("-+=", *s)) {
		sb_addc(out, '\\');
		return 0;
	}
	if (!digits || !s[digits] || !strchr(".)", s[digits]))
		return 0;
	sb_addn(out, s, digits);
	sb_addc(out, '\\');
	return digits;
}

static void add_text(struct sb *out, const char *s)
{
	const char *start = s ? s : "";

	for (const char *p = start + add_line_start(out, start); *p; p++) {
		if (is_control(p))
			sb_addc(out, ' ');
		else if (*p == '<')
			sb_add(out, "&lt;");
		else if (*p == '>')
			sb_add(out, "&gt;");
		else if (*p == '&')
			sb_add(out, "&amp;");
		else if (strchr("\\`*_[]|~#$@", *p) || begins_link(start, p))
			sb_addf(out, "\\%c", *p);
		else
			sb_addc(out, *p);
	}
}

/* What cannot stand between two marks of code is a text like any other. */
static void add_code(struct sb *out, const char *s)
{
	for (const char *p = s; *p; p++)
		if (is_control(p) || strchr("`|\\", *p)) {
			add_text(out, s);
			return;
		}
	sb_addf(out, *s ? "`%s`" : "%s", s);
}

static void add_piece(struct sb *out, const struct doc_text *t)
{
	if (t->mark == MARK_CODE && t->s)
		add_code(out, t->s);
	else
		add_text(out, t->s);
	if (!t->sub || !*t->sub)
		return;
	sb_add(out, t->s && *t->s ? "<br>" : "");
	add_text(out, t->sub);
}

static void add_pairs(struct sb *out, const struct doc_node *n)
{
	for (const struct doc_row *r = n->rows; r; r = r->next) {
		sb_add(out, "- **");
		add_text(out, r->cells[0].s);
		sb_add(out, "** ");
		add_piece(out, &r->cells[1]);
		sb_addc(out, '\n');
	}
}

static void add_list(struct sb *out, const struct doc_node *n)
{
	for (const struct doc_row *r = n->rows; r; r = r->next) {
		sb_add(out, "- ");
		add_piece(out, &r->cells[0]);
		sb_addc(out, '\n');
	}
}

static void add_table(struct sb *out, const struct doc_node *n)
{
	if (!n->rows && n->empty) {
		add_text(out, n->empty);
		sb_addc(out, '\n');
		return;
	}
	for (int i = 0; i < n->columns; i++) {
		sb_add(out, "| ");
		add_text(out, n->heads[i]);
		sb_addc(out, ' ');
	}
	sb_add(out, "|\n");
	for (int i = 0; i < n->columns; i++)
		sb_add(out, "| --- ");
	sb_add(out, "|\n");
	for (const struct doc_row *r = n->rows; r; r = r->next) {
		for (int i = 0; i < n->columns; i++) {
			sb_add(out, "| ");
			add_piece(out, &r->cells[i]);
			sb_addc(out, ' ');
		}
		sb_add(out, "|\n");
	}
}

static void add_chart(struct sb *out, const struct doc_node *n)
{
	sb_add(out, "**");
	add_text(out, n->alt);
	sb_add(out, "**\n");
}

static void add_node(struct sb *out, const struct doc_node *n)
{
	switch (n->kind) {
	case DOC_HEADING:
		for (int i = 0; i < n->level; i++)
			sb_addc(out, '#');
		sb_addc(out, ' ');
		add_text(out, n->text);
		sb_addc(out, '\n');
		break;
	case DOC_PARAGRAPH:
		add_text(out, n->text);
		sb_addc(out, '\n');
		break;
	case DOC_KEY_VALUES:
	case DOC_TILES:
	case DOC_STRIP:
		add_pairs(out, n);
		break;
	case DOC_TABLE:
		add_table(out, n);
		break;
	case DOC_LIST:
		add_list(out, n);
		break;
	case DOC_CHART:
		add_chart(out, n);
		break;
	case DOC_PAGE_BREAK:
		sb_add(out, "***\n");
		break;
	}
	sb_addc(out, '\n');
}

static bool write(const struct report_input *in, const struct doc *doc,
		  struct arena *a, FILE *out, struct err *err)
{
	struct sb text = sb_new(a, 1 << 16);

	sb_add(&text, "# ");
	add_text(&text, doc->heading);
	sb_add(&text, "\n\n> ");
	add_text(&text, doc->confidential);
	sb_add(&text, "\n\n");
	for (const struct doc_node *n = doc->first; n; n = n->next)
		add_node(&text, n);
	sb_add(&text, "***\n\n");
	add_text(&text, doc->footer);
	sb_addc(&text, '\n');
	if (text.truncated)
		return err_set(err, ERR_TOO_LARGE, "the report is too large");
	fwrite(text.s, 1, text.len, out);
	return true;
}

const struct writer writer_markdown = {
	.name = "markdown",
	.content_type = "text/markdown",
	.served_as = "text/markdown; charset=utf-8",
	.extension = "md",
	.needs_doc = true,
	.write = write,
};
