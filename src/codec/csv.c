#include "codec/csv.h"

#include <csv.h>
#include <string.h>

#include "codec/format.h"

/* What the library's callbacks collect. */
struct collector {
	struct arena *arena;
	struct csv_table *table;
	const char **cells; /* of the row at hand */
	size_t cell_count, max_cells;
	size_t row_cap, max_rows;
	size_t wide_row; /* the first with too many cells, counted from 1 */
};

static void take_cell(void *text, size_t len, void *arg)
{
	struct collector *c = arg;

	if (c->table->more || c->wide_row)
		return;
	if (c->cell_count == c->max_cells)
		c->wide_row = c->table->len + 1;
	else
		c->cells[c->cell_count++] = arena_strndup(c->arena, text, len);
}

static void grow_rows(struct collector *c)
{
	size_t cap = c->row_cap ? c->row_cap * 2 : 64;
	struct str_list *rows = arena_array(c->arena, cap, sizeof(*rows));

	if (c->table->len)
		memcpy(rows, c->table->rows, c->table->len * sizeof(*rows));
	c->table->rows = rows;
	c->row_cap = cap;
}

static void take_row(int end, void *arg)
{
	struct collector *c = arg;
	struct str_list *row;

	(void)end;
	if (c->table->more || c->wide_row)
		return;
	if (c->table->len == c->max_rows) {
		c->table->more = true;
		return;
	}
	if (c->table->len == c->row_cap)
		grow_rows(c);
	row = &c->table->rows[c->table->len++];
	row->items = arena_array(c->arena, c->cell_count ? c->cell_count : 1,
				 sizeof(*row->items));
	memcpy(row->items, c->cells, c->cell_count * sizeof(*row->items));
	row->len = c->cell_count;
	c->cell_count = 0;
}

/* `;` if the first line has more of it than of `,` outside of quotes. */
static char find_delimiter(const char *bytes, size_t len)
{
	size_t commas = 0, semicolons = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '"')
			quoted = !quoted;
		else if (!quoted && (bytes[i] == '\n' || bytes[i] == '\r') &&
			 commas + semicolons)
			break;
		else if (!quoted && bytes[i] == ',')
			commas++;
		else if (!quoted && bytes[i] == ';')
			semicolons++;
	}
	return semicolons > commas ? ';' : ',';
}

/*
 * Feeds the library in pieces, so that it stops soon after the last row.
 * Returns what is wrong with the text, or NULL.
 */
static const char *collect(struct csv_parser *p, const char *bytes, size_t len,
			   struct collector *c)
{
	enum { PIECE = 65536 };

	while (len && !c->table->more && !c->wide_row) {
		size_t n = len < PIECE ? len : PIECE;

		if (csv_parse(p, bytes, n, take_cell, take_row, c) != n)
			return "has a misplaced quote";
		bytes += n;
		len -= n;
	}
	if (!len && csv_fini(p, take_cell, take_row, c))
		return "ends inside a quoted value";
	return NULL;
}

static bool parse(const char *bytes, size_t len, struct collector *c,
		  struct err *err)
{
	const char *fault;
	struct csv_parser p;

	if (csv_init(&p, CSV_STRICT | CSV_STRICT_FINI))
		return err_set(err, ERR_INTERNAL, "CSV cannot be read");
	csv_set_blk_size(&p, 4096);
	csv_set_delim(&p, (unsigned char)find_delimiter(bytes, len));
	fault = collect(&p, bytes, len, c);
	csv_free(&p);
	if (c->wide_row)
		return err_set(err, ERR_REFUSED,
			       "Row %zu has more than %zu columns", c->wide_row,
			       c->max_cells);
	if (fault)
		return err_set(err, ERR_REFUSED, "Row %zu %s",
			       c->table->len + 1, fault);
	return true;
}

bool csv_read(const char *bytes, size_t len, struct arena *a, size_t max_rows,
	      size_t max_cells, struct csv_table *ret, struct err *err)
{
	struct csv_table table = { 0 };
	struct collector c = { .arena = a,
			       .table = &table,
			       .max_rows = max_rows,
			       .max_cells = max_cells };

	if (!format_utf8(bytes, len))
		return err_set(err, ERR_REFUSED, "File must be UTF-8 encoded");
	if (len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3)) {
		bytes += 3;
		len -= 3;
	}
	c.cells = arena_array(a, max_cells, sizeof(*c.cells));
	if (!parse(bytes, len, &c, err))
		return false;
	*ret = table;
	return true;
}

int csv_column(const struct csv_table *table, const char *name)
{
	if (!table->len)
		return -1;
	for (size_t i = 0; i < table->rows[0].len; i++)
		if (!strcmp(table->rows[0].items[i], name))
			return (int)i;
	return -1;
}

const char *csv_cell(const struct csv_table *table, size_t row, int column)
{
	const struct str_list *cells = &table->rows[row];

	if (column < 0 || (size_t)column >= cells->len)
		return "";
	return cells->items[column];
}

/* ---- writing */

/* Quotes also keep blanks at the ends, which readers like to trim. */
static bool needs_quotes(const char *text, size_t len)
{
	return strpbrk(text, "\",\r\n") || (len && strchr(" \t", text[0])) ||
	       (len && strchr(" \t", text[len - 1]));
}

void csv_add(struct sb *out, const char *text, bool first)
{
	bool quotes;

	if (!first)
		sb_addc(out, ',');
	if (!text)
		return;
	quotes = needs_quotes(text, strlen(text));
	if (quotes)
		sb_addc(out, '"');
	if (*text && strchr("=+-@\t\r", *text))
		sb_addc(out, '\'');
	for (; *text; text++) {
		if (*text == '"')
			sb_addc(out, '"');
		sb_addc(out, *text);
	}
	if (quotes)
		sb_addc(out, '"');
}

void csv_end(struct sb *out)
{
	sb_add(out, "\r\n");
}
