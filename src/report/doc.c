#include "report/doc.h"

#include <string.h>

struct doc *doc_new(struct arena *a, const char *locale)
{
	struct doc *d = arena_alloc(a, sizeof(*d));

	d->arena = a;
	d->locale = locale;
	return d;
}

static struct doc_node *add(struct doc *d, enum doc_kind kind, const char *text)
{
	struct doc_node *n = arena_alloc(d->arena, sizeof(*n));

	n->kind = kind;
	n->text = text;
	if (d->last)
		d->last->next = n;
	else
		d->first = n;
	d->last = n;
	return n;
}

static struct doc_node *add_rows(struct doc *d, enum doc_kind kind,
				 const char *text, int columns)
{
	struct doc_node *n = add(d, kind, text);

	n->columns = columns;
	return n;
}

void doc_heading(struct doc *d, int level, const char *text)
{
	add(d, DOC_HEADING, text)->level = level;
}

struct doc_node *doc_paragraph(struct doc *d, const char *text)
{
	return add(d, DOC_PARAGRAPH, text);
}

struct doc_node *doc_key_values(struct doc *d)
{
	return add_rows(d, DOC_KEY_VALUES, NULL, 2);
}

struct doc_node *doc_tiles(struct doc *d)
{
	return add_rows(d, DOC_TILES, NULL, 2);
}

struct doc_node *doc_list(struct doc *d)
{
	return add_rows(d, DOC_LIST, NULL, 1);
}

struct doc_node *doc_strip(struct doc *d, const char *label)
{
	return add_rows(d, DOC_STRIP, label, 2);
}

struct doc_node *doc_table(struct doc *d, const char *caption, int columns,
			   const char *const *heads)
{
	struct doc_node *n = add_rows(d, DOC_TABLE, caption, columns);
	const char **copy =
		arena_array(d->arena, (size_t)columns, sizeof(*copy));

	memcpy(copy, heads, (size_t)columns * sizeof(*copy));
	n->heads = copy;
	return n;
}

struct doc_row *doc_row(struct doc *d, struct doc_node *node,
			const struct doc_text *cells)
{
	struct doc_row *row = arena_alloc(d->arena, sizeof(*row));
	size_t size = (size_t)node->columns * sizeof(*cells);

	row->cells = arena_alloc(d->arena, size);
	memcpy(row->cells, cells, size);
	if (node->last_row)
		node->last_row->next = row;
	else
		node->rows = row;
	node->last_row = row;
	node->row_count++;
	return row;
}

struct doc_node *doc_donut(struct doc *d, const char *label, int64_t value,
			   int64_t max, enum doc_mark mark, const char *alt)
{
	struct doc_node *n = doc_bar(
		d, label, 1, &(struct doc_slice){ label, value, mark }, alt);

	n->chart = CHART_DONUT;
	n->max = max;
	return n;
}

struct doc_node *doc_bar(struct doc *d, const char *label, size_t count,
			 const struct doc_slice *slices, const char *alt)
{
	struct doc_node *n = add(d, DOC_CHART, label);

	n->chart = CHART_BAR;
	n->alt = alt;
	n->slices = arena_array(d->arena, count, sizeof(*slices));
	memcpy(n->slices, slices, count * sizeof(*slices));
	n->slice_count = count;
	for (size_t i = 0; i < count; i++)
		n->max += slices[i].value;
	return n;
}

void doc_page_break(struct doc *d)
{
	add(d, DOC_PAGE_BREAK, NULL);
}
