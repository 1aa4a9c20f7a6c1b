/*
 * table: a row is a case. Rows are structs whose member `name` says what is
 * true of them; ADD makes a named test of each.
 *
 *	static struct CMUnitTest tests[COUNT(files) + COUNT(cells)];
 *	size_t n = 0;
 *
 *	ADD(files, is_file);
 *	ADD(cells, is_cell);
 *
 * cmocka's own header comes first.
 */
#ifndef NIS2_TESTS_TABLE_H
#define NIS2_TESTS_TABLE_H

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* To `tests`, of which `n` are filled. */
#define ADD(table, function)                                   \
	for (size_t i = 0; i < COUNT(table); i++)              \
		tests[n++] = (struct CMUnitTest)               \
		{                                              \
			(table)[i].name, function, NULL, NULL, \
				(void *)&(table)[i]            \
		}

#endif
