/*
 * doc: a report before it has a format.
 *
 * A tree with few kinds of nodes. It says what things are (a severity, a
 * measure with a gap, a machine's name), never how they look: colours, fonts
 * and pages belong to the writers. Texts are plain, in the report's language,
 * and unescaped.
 *
 *	struct doc *d = doc_new(a, "it");
 *	doc_heading(d, 2, "Riepilogo");
 *	struct doc_node *t = doc_table(d, "Host", 2, heads);
 *	doc_row(t, (struct doc_text[]){ { "a" }, { "b", MARK_CODE } });
 *
 * Everything lives in the arena.
 */
#ifndef NIS2_REPORT_DOC_H
#define NIS2_REPORT_DOC_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* What a piece of text is. */
enum doc_mark {
	MARK_NONE,
	MARK_CRITICAL,
	MARK_HIGH,
	MARK_MEDIUM,
	MARK_LOW,
	MARK_INFO,
	MARK_OK,
	MARK_PARTIAL,
	MARK_MANUAL,
	MARK_GAP,
	MARK_CODE, /* a name or number of a machine */
	MARK_QUIET,
};

struct doc_text {
	const char *s; /* NULL is the empty text */
	enum doc_mark mark;
	const char *sub; /* said beneath it, smaller; NULL: nothing */
};

enum doc_kind {
	DOC_HEADING,
	DOC_PARAGRAPH,
	DOC_KEY_VALUES, /* pairs: label, value */
	DOC_TILES,	/* the same, as big numbers */
	DOC_TABLE,
	DOC_LIST,
	DOC_CHART,
	DOC_STRIP, /* small marked cells side by side: sign, meaning */
	DOC_PAGE_BREAK,
};

enum doc_chart { CHART_DONUT, CHART_BAR };

/* One value of a chart: a donut has one, out of `max`; a bar has several. */
struct doc_slice {
	const char *label;
	int64_t value;
	enum doc_mark mark;
};

struct doc_node {
	struct doc_node *next;
	enum doc_kind kind;
	int level;	  /* DOC_HEADING: 1 to 3 */
	const char *text; /* heading, paragraph, caption or label of a chart */
	enum doc_mark mark;

	/* DOC_TABLE, DOC_LIST, DOC_KEY_VALUES, DOC_TILES, DOC_STRIP. */
	int columns;
	const char *const *heads; /* DOC_TABLE */
	const char *empty;	  /* DOC_TABLE: said when it has no rows */
	struct doc_row *rows;
	struct doc_row *last_row;
	size_t row_count;

	/* DOC_CHART. */
	enum doc_chart chart;
	struct doc_slice *slices;
	size_t slice_count;
	int64_t max;
	const char *alt; /* the same in words */
};

struct doc_row {
	struct doc_row *next;
	struct doc_text *cells; /* `columns` of them */
};

struct doc {
	struct arena *arena;
	const char *locale;
	const char *title; /* of the window and the file: prefix and name */
	const char *eyebrow;
	const char *heading;
	const char *confidential;
	const char *author; /* the organisation */
	const char *description;
	const char *keywords;
	const char *generator;
	const char *generated; /* when, for people */
	const char *footer;
	struct doc_node *first;
	struct doc_node *last;
};

struct doc *doc_new(struct arena *a, const char *locale);

void doc_heading(struct doc *d, int level, const char *text);
struct doc_node *doc_paragraph(struct doc *d, const char *text);
struct doc_node *doc_key_values(struct doc *d);
struct doc_node *doc_tiles(struct doc *d);
struct doc_node *doc_list(struct doc *d);
struct doc_node *doc_strip(struct doc *d, const char *label);
/* `heads` is copied; `caption` may be NULL. */
struct doc_node *doc_table(struct doc *d, const char *caption, int columns,
			   const char *const *heads);
/* Appends `columns` cells, which are copied with their texts lent. */
struct doc_row *doc_row(struct doc *d, struct doc_node *node,
			const struct doc_text *cells);
struct doc_node *doc_donut(struct doc *d, const char *label, int64_t value,
			   int64_t max, enum doc_mark mark, const char *alt);
struct doc_node *doc_bar(struct doc *d, const char *label, size_t count,
			 const struct doc_slice *slices, const char *alt);
void doc_page_break(struct doc *d);

#endif
