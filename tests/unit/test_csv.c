/*
 * CSV as spreadsheets write it, and cells that no spreadsheet calculates.
 * A table is shown as its cells in brackets, a row a line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "codec/csv.h"
#include "table.h"

static const char *show(struct arena *a, const struct csv_table *table)
{
	struct sb out = sb_new(a, 64);

	for (size_t i = 0; i < table->len; i++) {
		for (size_t j = 0; j < table->rows[i].len; j++)
			sb_addf(&out, "[%s]", table->rows[i].items[j]);
		sb_addc(&out, '\n');
	}
	if (table->more)
		sb_add(&out, "more");
	return out.s;
}

struct file {
	const char *name;
	const char *bytes;
	const char *table; /* NULL: refused */
	const char *msg;
};

static const struct file files[] = {
	{ "nothing", "", "" },
	{ "a header alone", "name,tags", "[name][tags]\n" },
	{ "LF", "a,b\n1,2\n", "[a][b]\n[1][2]\n" },
	{ "CR LF", "a,b\r\n1,2\r\n", "[a][b]\n[1][2]\n" },
	{ "no line end at the end", "a,b\n1,2", "[a][b]\n[1][2]\n" },
	{ "a byte order mark",
	  "\xef\xbb\xbf"
	  "a,b\n1,2\n",
	  "[a][b]\n[1][2]\n" },
	{ "semicolons", "a;b\n1,5;2\n", "[a][b]\n[1,5][2]\n" },
	{ "semicolons only in the rows", "a,b\n1,x;y;z\n",
	  "[a][b]\n[1][x;y;z]\n" },
	{ "a quoted header decides nothing", "\"a;b;c\",d\n1,2\n",
	  "[a;b;c][d]\n[1][2]\n" },
	{ "quotes", "a,b\n\"x,\"\"y\"\"\",\"two\nlines\"\n",
	  "[a][b]\n[x,\"y\"][two\nlines]\n" },
	{ "empty cells", "a,b,c\n,,\n\"\",x,\n",
	  "[a][b][c]\n[][][]\n[][x][]\n" },
	{ "blank lines are no rows", "\na,b\n\n\r\n1,2\n\n",
	  "[a][b]\n[1][2]\n" },
	{ "short rows are short", "a,b,c\n1\n", "[a][b][c]\n[1]\n" },
	{ "letters of all languages", "a,b\n\xc3\xa9,\xe2\x82\xac\n",
	  "[a][b]\n[\xc3\xa9][\xe2\x82\xac]\n" },
	{ "as many rows as are wanted", "a\n1\n2\n3\n",
	  "[a]\n[1]\n[2]\n[3]\n" },
	{ "more rows than are wanted", "a\n1\n2\n3\n4\n5\n",
	  "[a]\n[1]\n[2]\n[3]\nmore" },
	{ "blank lines at the end are not more", "a\n1\n2\n3\n\n\n",
	  "[a]\n[1]\n[2]\n[3]\n" },
	{ "as many cells as are wanted", "1,2,3,4\n", "[1][2][3][4]\n" },
	{ "more cells than are wanted", "a\n1,2,3,4,5\n", NULL,
	  "Row 2 has more than 4 columns" },
	{ "Latin-1", "a\ncaf\xe9\n", NULL, "File must be UTF-8 encoded" },
	{ "a quote in the middle", "a\n1\nx\"y\n", NULL,
	  "Row 3 has a misplaced quote" },
	{ "text after a quote", "a\n\"x\"y\n", NULL,
	  "Row 2 has a misplaced quote" },
	{ "an open quote at the end", "a\n\"1\n", NULL,
	  "Row 2 ends inside a quoted value" },
};

static void is_file(void **state)
{
	const struct file *c = *state;
	_arena_ struct arena a = { 0 };
	struct csv_table table = { 0 };
	struct err err = { 0 };
	bool ok = csv_read(c->bytes, strlen(c->bytes), &a, 4, 4, &table, &err);

	if (!c->table) {
		assert_false(ok);
		assert_int_equal(err.kind, ERR_REFUSED);
		assert_string_equal(err.msg, c->msg);
		return;
	}
	if (!ok)
		fail_msg("%s", err.msg);
	assert_string_equal(show(&a, &table), c->table);
}

struct cell {
	const char *name;
	const char *text;
	const char *csv;
};

static const struct cell cells[] = {
	{ "plain", "abc", "abc" },
	{ "nothing", "", "" },
	{ "null", NULL, "" },
	{ "a comma", "a,b", "\"a,b\"" },
	{ "a quote", "a\"b", "\"a\"\"b\"" },
	{ "a line end", "a\r\nb", "\"a\r\nb\"" },
	{ "a semicolon needs nothing", "a;b", "a;b" },
	{ "blanks at the ends", " a", "\" a\"" },
	{ "a formula", "=1+1", "'=1+1" },
	{ "a formula with a comma", "=SUM(1,2)", "\"'=SUM(1,2)\"" },
	{ "a plus", "+39 06", "'+39 06" },
	{ "a minus", "-1", "'-1" },
	{ "an at", "@SUM", "'@SUM" },
	{ "a tab", "\t=1", "\"'\t=1\"" },
	{ "a carriage return", "\r=1", "\"'\r=1\"" },
	{ "a sign inside is harmless", "a=b", "a=b" },
};

static void is_cell(void **state)
{
	const struct cell *c = *state;
	_arena_ struct arena a = { 0 };
	struct sb out = sb_new(&a, 16);

	csv_add(&out, c->text, true);
	assert_string_equal(out.s, c->csv);
}

static void a_row_has_commas_and_an_end(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sb out = sb_new(&a, 16);

	csv_add(&out, "a", true);
	csv_add(&out, NULL, false);
	csv_add(&out, "b", false);
	csv_end(&out);
	assert_string_equal(out.s, "a,,b\r\n");
}

static void columns_are_found_by_name(void **state)
{
	static const char bytes[] = "name,tags\nx\ny,t\n";
	_arena_ struct arena a = { 0 };
	struct csv_table table = { 0 }, none = { 0 };
	struct err err = { 0 };

	assert_true(csv_read(bytes, strlen(bytes), &a, 9, 9, &table, &err));
	assert_int_equal(csv_column(&table, "tags"), 1);
	assert_int_equal(csv_column(&table, "Tags"), -1);
	assert_int_equal(csv_column(&none, "tags"), -1);
	assert_string_equal(csv_cell(&table, 2, 1), "t");
	assert_string_equal(csv_cell(&table, 1, 1), "");
	assert_string_equal(csv_cell(&table, 1, -1), "");
}

/* Reading goes on in pieces: a cell may lie across two of them. */
static void a_large_file_is_read_in_pieces(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sb file = sb_new(&a, 1 << 20);
	struct csv_table table = { 0 };
	struct err err = { 0 };

	sb_add(&file, "n,text\n");
	for (int i = 0; i < 20000; i++)
		sb_addf(&file, "%d,\"some text, \"\"quoted\"\" %d\"\n", i, i);
	assert_true(csv_read(file.s, file.len, &a, 20001, 2, &table, &err));
	assert_int_equal(table.len, 20001);
	assert_false(table.more);
	for (int i = 0; i < 20000; i++) {
		char text[64];

		snprintf(text, sizeof(text), "some text, \"quoted\" %d", i);
		assert_string_equal(csv_cell(&table, (size_t)i + 1, 1), text);
	}
}

int main(void)
{
	static const struct CMUnitTest single[] = {
		cmocka_unit_test(a_row_has_commas_and_an_end),
		cmocka_unit_test(columns_are_found_by_name),
		cmocka_unit_test(a_large_file_is_read_in_pieces),
	};
	static struct CMUnitTest
		tests[COUNT(files) + COUNT(cells) + COUNT(single)];
	size_t n = 0;

	ADD(files, is_file);
	ADD(cells, is_cell);
	for (size_t i = 0; i < COUNT(single); i++)
		tests[n++] = single[i];
	return _cmocka_run_group_tests("csv", tests, n, NULL, NULL);
}
