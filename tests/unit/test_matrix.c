/*
 * The matrix of Article 21(2): what may be said of a letter, and what not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/matrix.h"
#include "catalog_fixture.h"
#include "table.h"

/* What one host says, as judge_checks_json() writes it. */
static void add(struct matrix_sum *m, const char *json)
{
	_arena_ struct arena a = { 0 };
	struct err err = { 0 };

	if (!matrix_add_json(m, json, &a, &err))
		fail_msg("%s: %s", json, err.msg);
}

static const struct matrix_cell *cell(const struct matrix_sum *m, char letter,
				      struct arena *a)
{
	const struct matrix_cell *cells[MATRIX_LETTERS];
	struct matrix *made = arena_alloc(a, sizeof(*made));

	matrix_make(m, "en", a, made);
	matrix_cells(made, cells);
	return cells[letter - 'a'];
}

/* All checks of a letter, as one host that ran them without a finding. */
static void run_all(struct matrix_sum *m, char letter)
{
	const struct check_list *checks = catalog_checks();

	for (size_t i = 0; i < checks->len; i++)
		if (catalog_letter(checks->items[i].article) == letter)
			m->checks[i].run = true;
}

/* W17: green came from the method of a check, not from what it saw. */
static void nothing_evaluated_is_left_to_people(void **state)
{
	_arena_ struct arena a = { 0 };
	struct matrix_sum m = { 0 };

	for (char letter = 'a'; letter <= 'j'; letter++) {
		const struct matrix_cell *c = cell(&m, letter, &a);

		assert_string_equal(c->status, "Manual Verification Required");
		assert_int_equal(matrix_coverage(c->status), COVERAGE_MANUAL);
		assert_int_equal(c->checks_run, 0);
		assert_null(c->worst_severity);
		assert_int_equal(c->letter[0], letter);
	}
}

/* W17: findings decide, and the gravest of them. */
static void grave_findings_are_a_gap(void **state)
{
	_arena_ struct arena a = { 0 };
	struct matrix_sum m = { 0 };
	const struct matrix_cell *c;

	add(&m,
	    "{\"run\":[\"port_telnet\"],\"failed\":[{\"id\":\"port_telnet\","
	    "\"severity\":\"HIGH\",\"findings\":1}]}");
	c = cell(&m, 'h', &a);
	assert_string_equal(c->status, "Non-compliant (1 finding)");
	assert_int_equal(matrix_coverage(c->status), COVERAGE_GAP);
	assert_string_equal(c->worst_severity, "HIGH");

	add(&m, "{\"run\":[\"tls_weak_ciphers\"],\"failed\":["
		"{\"id\":\"tls_weak_ciphers\",\"severity\":\"MEDIUM\","
		"\"findings\":2},{\"id\":\"port_telnet\","
		"\"severity\":\"HIGH\",\"findings\":1}]}");
	c = cell(&m, 'h', &a);
	assert_string_equal(c->status, "Non-compliant (2 findings)");
	assert_int_equal(c->checks_failed, 2);
	assert_int_equal(c->evidence.len, 2);
	assert_string_equal(c->evidence.items[0], "Telnet is in use");
	/* Other letters know nothing of it. */
	assert_int_equal(cell(&m, 'i', &a)->checks_run, 0);
}

static void lesser_findings_are_minor_gaps(void **state)
{
	_arena_ struct arena a = { 0 };
	struct matrix_sum m = { 0 };
	const struct matrix_cell *c;

	add(&m, "{\"run\":[\"hsts_missing\"],\"failed\":["
		"{\"id\":\"hsts_missing\",\"severity\":\"MEDIUM\","
		"\"findings\":1}]}");
	c = cell(&m, 'g', &a);
	assert_string_equal(c->status, "Partially Automated (1 minor gap)");
	assert_int_equal(matrix_coverage(c->status), COVERAGE_PARTIAL);
	assert_string_equal(c->worst_severity, "MEDIUM");
}

/* That a server has no post-quantum group yet is worth knowing, and no gap. */
static void what_is_information_is_no_gap(void **state)
{
	_arena_ struct arena a = { 0 };
	struct matrix_sum m = { 0 };
	const struct matrix_cell *c;

	add(&m, "{\"run\":[\"tls_no_post_quantum\"],\"failed\":["
		"{\"id\":\"tls_no_post_quantum\",\"severity\":\"INFO\","
		"\"findings\":1}]}");
	c = cell(&m, 'h', &a);
	assert_non_null(strstr(c->status, "no gaps found"));
	assert_int_equal(c->checks_run, 1);
	assert_int_equal(c->checks_failed, 0);
	assert_int_equal(c->evidence.len, 0);
}

/* W18: the list of checks was the same when half of them were off. */
static void what_could_not_run_is_said(void **state)
{
	_arena_ struct arena a = { 0 };
	struct matrix_sum m = { 0 };
	const struct matrix_cell *c;

	add(&m, "{\"run\":[\"port_telnet\",\"port_ftp\"],\"failed\":[]}");
	c = cell(&m, 'h', &a);
	assert_int_equal(matrix_coverage(c->status), COVERAGE_PARTIAL);
	assert_non_null(strstr(c->status, "2 of "));
}

/* A technical letter passes; one that is mostly people's work never does. */
static void only_the_technical_letter_can_be_without_gaps(void **state)
{
	_arena_ struct arena a = { 0 };
	struct matrix_sum m = { 0 };

	for (char letter = 'a'; letter <= 'j'; letter++)
		run_all(&m, letter);
	for (char letter = 'a'; letter <= 'j'; letter++) {
		const struct matrix_cell *c = cell(&m, letter, &a);

		assert_int_equal(matrix_coverage(c->status) == COVERAGE_OK,
				 letter == 'h');
	}
	assert_string_equal(cell(&m, 'h', &a)->status,
			    "Automated (no gaps found)");
}

static void the_worst_of_several_hosts_counts(void **state)
{
	_arena_ struct arena a = { 0 };
	struct matrix_sum m = { 0 };

	add(&m, "{\"run\":[\"port_smb\"],\"failed\":[{\"id\":\"port_smb\","
		"\"severity\":\"HIGH\",\"findings\":1}]}");
	add(&m, "{\"run\":[\"port_smb\"],\"failed\":[{\"id\":\"port_smb\","
		"\"severity\":\"CRITICAL\",\"findings\":1}]}");
	add(&m, "{\"run\":[\"port_smb\"],\"failed\":[]}");
	assert_string_equal(cell(&m, 'i', &a)->worst_severity, "CRITICAL");
	assert_int_equal(cell(&m, 'i', &a)->checks_run, 1);
}

static void a_check_that_is_gone_does_no_harm(void **state)
{
	_arena_ struct arena a = { 0 };
	struct matrix_sum m = { 0 };

	add(&m, "{\"run\":[\"no_such_check\"],\"failed\":["
		"{\"id\":\"no_such_check\",\"severity\":\"CRITICAL\","
		"\"findings\":1}]}");
	nothing_evaluated_is_left_to_people(NULL);
	assert_string_equal(cell(&m, 'i', &a)->status,
			    "Manual Verification Required");
	assert_false(matrix_add_json(&m, "{\"run\":1}", &a, NULL));
}

/* W36: the pages could not read the shape, and showed "manual" ten times. */
static void the_json_has_the_ten_keys_of_the_contract(void **state)
{
	_arena_ struct arena a = { 0 };
	struct matrix_sum m = { 0 };
	char *json = matrix_json(&m, "it", &a);
	struct matrix back = { 0 };

	for (char letter = 'a'; letter <= 'j'; letter++)
		assert_non_null(strstr(
			json,
			arena_printf(&a, "\"art21_%c\":{\"status\":", letter)));
	assert_true(codec_read(&matrix_type, json, strlen(json), "m", &a, &back,
			       NULL, NULL));
	assert_string_equal(back.art21_b.description,
			    "Prevenire, rilevare, analizzare, contenere e "
			    "superare gli incidenti.");
}

struct status {
	const char *text;
	enum coverage coverage;
};

/* Scans of other programs are read too. */
static void status_texts_are_understood(void **state)
{
	static const struct status texts[] = {
		{ "Automated", COVERAGE_OK },
		{ "Verified", COVERAGE_OK },
		{ "Partially Automated (Secrets)", COVERAGE_PARTIAL },
		{ "Manual Verification Required", COVERAGE_MANUAL },
		{ "NON-COMPLIANT", COVERAGE_GAP },
		{ "not implemented", COVERAGE_GAP },
		{ "Failed", COVERAGE_GAP },
		{ "", COVERAGE_MANUAL },
		{ "something else", COVERAGE_MANUAL },
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(matrix_coverage(texts[i].text),
				 texts[i].coverage);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_evaluated_is_left_to_people),
		cmocka_unit_test(grave_findings_are_a_gap),
		cmocka_unit_test(lesser_findings_are_minor_gaps),
		cmocka_unit_test(what_is_information_is_no_gap),
		cmocka_unit_test(what_could_not_run_is_said),
		cmocka_unit_test(only_the_technical_letter_can_be_without_gaps),
		cmocka_unit_test(the_worst_of_several_hosts_counts),
		cmocka_unit_test(a_check_that_is_gone_does_no_harm),
		cmocka_unit_test(the_json_has_the_ten_keys_of_the_contract),
		cmocka_unit_test(status_texts_are_understood),
	};

	return cmocka_run_group_tests_name("matrix", tests, catalog_setup,
					   catalog_teardown);
}
