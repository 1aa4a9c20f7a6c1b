/*
 * csv: comma separated values (RFC 4180), in and out.
 *
 * Reading takes what spreadsheets write: a byte order mark, CR LF or LF, `;`
 * instead of `,` (told by the header line), quoted cells with anything in
 * them. Blank lines are no rows. The text must be UTF-8.
 *
 * Writing guards against formula injection: a cell that a spreadsheet would
 * calculate gets a leading apostrophe.
 */
#ifndef NIS2_CODEC_CSV_H
#define NIS2_CODEC_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "codec/codec.h"

struct csv_table {
	struct str_list *rows; /* the header is the first; "" for empty cells */
	size_t len;
	bool more; /* there were more than `max_rows` */
};

/*
 * At most `max_rows` rows (the header counts) are read, the rest is left.
 * ERR_REFUSED when the text is not UTF-8, a quote is misplaced or open at the
 * end, or a row has more than `max_cells` cells.
 */
bool csv_read(const char *bytes, size_t len, struct arena *a, size_t max_rows,
	      size_t max_cells, struct csv_table *ret, struct err *err);

/* The column of that name in the header, or -1. */
int csv_column(const struct csv_table *table, const char *name);

/* A cell of a row, "" when the row is too short or `column` is -1. */
const char *csv_cell(const struct csv_table *table, size_t row, int column);

/* Appends a cell (NULL is empty), after a comma unless it is the first. */
void csv_add(struct sb *out, const char *text, bool first);
/* Ends a row. */
void csv_end(struct sb *out);

#endif
