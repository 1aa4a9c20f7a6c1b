/*
 * catalog_fixture: the embedded catalogue, read before a group of tests and
 * given back after it.
 *
 *	return cmocka_run_group_tests(tests, catalog_setup, catalog_teardown);
 */
#ifndef NIS2_TESTS_CATALOG_FIXTURE_H
#define NIS2_TESTS_CATALOG_FIXTURE_H

#include "core/catalog.h"

static int catalog_setup(void **state)
{
	struct err err = { 0 };

	if (catalog_load(&err))
		return 0;
	print_error("%s\n", err.msg);
	return -1;
}

static int catalog_teardown(void **state)
{
	catalog_unload();
	return 0;
}

#endif
