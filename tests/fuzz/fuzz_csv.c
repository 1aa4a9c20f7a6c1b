/*
 * Any bytes as a CSV file. What is read is written, and reads as the same
 * cells, but for the apostrophe before those that a spreadsheet would
 * calculate.
 */
#include <assert.h>
#include <stdint.h>

#include "codec/csv.h"
#include "codec/format.h"

enum { ROWS = 200, CELLS = 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A header of commas first, so that the delimiter is told from it alone. */
static void write_table(const struct csv_table *table, struct sb *out)
{
	for (int i = 0; i <= CELLS; i++)
		csv_add(out, "h", i == 0);
	csv_end(out);
	for (size_t i = 0; i < table->len; i++) {
		csv_add(out, "row", true);
		for (size_t j = 0; j < table->rows[i].len; j++)
			csv_add(out, table->rows[i].items[j], false);
		csv_end(out);
	}
}

static void same_cells(const struct str_list *before,
		       const struct str_list *after)
{
	assert(after->len == before->len + 1);
	for (size_t i = 0; i < before->len; i++) {
		const char *was = before->items[i], *is = after->items[i + 1];

		assert(!strchr("=+-@\t\r", *is) || !*is);
		if (*was && strchr("=+-@\t\r", *was))
			assert(*is++ == '\'');
		assert(!strcmp(was, is));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct csv_table table = { 0 }, again = { 0 };
	struct sb out = sb_new(&a, 256);
	struct err err = { 0 };

	if (!csv_read((const char *)data, size, &a, ROWS, CELLS, &table, &err))
		return 0;
	assert(table.len <= ROWS);
	write_table(&table, &out);
	assert(csv_read(out.s, out.len, &a, ROWS + 1, CELLS + 1, &again, &err));
	assert(again.len == table.len + 1 && !again.more);
	for (size_t i = 0; i < table.len; i++)
		same_cells(&table.rows[i], &again.rows[i + 1]);
	return 0;
}
