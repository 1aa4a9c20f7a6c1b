/*
 * The checks of other law than the directive, which cost nothing, and of
 * networks before a server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check_scene.h"
#include "core/matrix.h"

#define IN_ITALY "{\"f\":\"legal.country\"," PORT ",\"text\":\"IT\"}"

static const struct scene scenes[] = {
	{ "no_notice_on_personal_data",
	  { IN_ITALY, "{\"f\":\"legal.privacy_link\"," PORT ",\"yes\":false}" },
	  "legal_privacy",
	  "MEDIUM Privacy Policy Link Not Found @ a.example",
	  true },
	{ "a_notice_passes",
	  { IN_ITALY, "{\"f\":\"legal.privacy_link\"," PORT ",\"yes\":true}" },
	  "legal_privacy",
	  NULL,
	  true },
	{ "W93_without_a_country_nothing_is_asked",
	  { "{\"f\":\"legal.privacy_link\"," PORT ",\"yes\":false}" },
	  "legal_privacy",
	  NULL,
	  false },
	{ "no_number_of_the_company",
	  { IN_ITALY, "{\"f\":\"legal.vat_shown\"," PORT ",\"yes\":false}" },
	  "legal_vat",
	  "LOW Italian P.IVA Not Found @ a.example",
	  true },
	{ "W93_no_number_where_the_country_asks_for_none",
	  { IN_ITALY },
	  "legal_vat",
	  NULL,
	  false },
	{ "one_port_that_shows_it_is_enough",
	  { IN_ITALY, "{\"f\":\"legal.country\",\"port\":80,\"text\":\"IT\"}",
	    "{\"f\":\"legal.vat_shown\"," PORT ",\"yes\":true}",
	    "{\"f\":\"legal.vat_shown\",\"port\":80,\"yes\":false}" },
	  "legal_vat",
	  NULL,
	  true },
	{ "nobody_says_who_it_is",
	  { IN_ITALY,
	    "{\"f\":\"legal.provider_link\"," PORT ",\"yes\":false}" },
	  "legal_provider",
	  "LOW Provider Identification Link Not Found @ a.example",
	  true },
	{ "followed_unasked",
	  { IN_ITALY, "{\"f\":\"legal.trackers_unasked\"," PORT
		      ",\"list\":[\"t.example\"]}" },
	  "legal_cookies",
	  "MEDIUM Cookie Consent Banner Not Detected @ a.example",
	  true },
	{ "followed_by_nobody",
	  { IN_ITALY,
	    "{\"f\":\"legal.trackers_unasked\"," PORT ",\"list\":[]}" },
	  "legal_cookies",
	  NULL,
	  true },
	{ "W94_a_network_in_front",
	  { "{\"f\":\"edge.networks\"," PORT ",\"list\":[\"cloudflare\"]}" },
	  "edge_network",
	  "INFO Content Delivery Network Or Web Application Firewall In Front "
	  "@ a.example",
	  true },
	{ "none_in_front",
	  { "{\"f\":\"edge.networks\"," PORT ",\"list\":[]}" },
	  "edge_network",
	  NULL,
	  true },
};

/* W93: what other law asks costs no point and fails no measure. */
static void other_law_costs_nothing(void **state)
{
	static const struct scene other = {
		.facts = { IN_ITALY,
			   "{\"f\":\"legal.privacy_link\"," PORT
			   ",\"yes\":false}",
			   "{\"f\":\"legal.vat_shown\"," PORT
			   ",\"yes\":false}" },
	};
	_arena_ struct arena a = { 0 };
	struct judgement j = { 0 };
	struct matrix_sum sum = { 0 };
	struct matrix matrix;
	const struct matrix_cell *cells[MATRIX_LETTERS];

	(void)state;
	judge_scene(&other, &a, &j);
	assert_int_equal(j.verdicts.len, 2);
	assert_int_equal(j.counts.of[CHECK_SEVERITY_MEDIUM], 1);
	assert_int_equal(j.score, 100);
	matrix_add(&sum, &j.checks);
	matrix_make(&sum, "en", &a, &matrix);
	matrix_cells(&matrix, cells);
	for (int i = 0; i < MATRIX_LETTERS; i++) {
		assert_int_equal(cells[i]->checks_run, 0);
		assert_int_equal(cells[i]->checks_failed, 0);
	}
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(scenes) + 1];
	size_t n = 0;

	ADD(scenes, scene_is_judged);
	tests[n] = (struct CMUnitTest)cmocka_unit_test(other_law_costs_nothing);
	return cmocka_run_group_tests(tests, catalog_setup, catalog_teardown);
}
