/*
 * The checks of other law than the directive, which cost nothing, and of
 * networks before a server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/catalog.h"
#include "core/judge.h"
#include "core/matrix.h"
#include "catalog_fixture.h"
#include "table.h"

struct scene {
	const char *name;
	const char *facts[6];
	const char *check;   /* that is looked for */
	const char *finding; /* "SEVERITY MESSAGE @ TARGET [ITEMS]" or NULL */
	bool evaluated;	     /* without a finding it is a pass */
};

/* 2026-01-02 */
#define NOW INT64_C(1767312000000000)
#define PORT "\"port\":443"
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

static void judge_scene(const struct scene *s, struct arena *a,
			struct judgement *ret)
{
	struct fact_list facts = { .arena = a };
	struct judge_input in = { .name = "a.example",
				  .ip = "192.0.2.7",
				  .facts = &facts,
				  .checks = catalog_checks(),
				  .now = NOW };

	for (size_t i = 0; s->facts[i]; i++) {
		struct fact fact = { 0 };

		assert_true(fact_read(s->facts[i], strlen(s->facts[i]), a,
				      &fact, NULL));
		fact_add(&facts, &fact);
	}
	judge_host(&in, a, ret);
}

/* ["a","b"] of the evidence, behind a blank; "" where it has no items. */
static const char *items_of(const struct verdict *v, struct arena *a)
{
	const char *p = strstr(v->evidence, "\"items\":");

	return p ? arena_printf(a, " %.*s", (int)strcspn(p + 8, "]") + 1, p + 8)
		 : "";
}

static bool is_listed(const struct str_list *list, const char *id)
{
	for (size_t i = 0; i < list->len; i++)
		if (!strcmp(list->items[i], id))
			return true;
	return false;
}

static void scene_is_judged(void **state)
{
	const struct scene *s = *state;
	_arena_ struct arena a = { 0 };
	struct judgement j = { 0 };
	char *found = NULL;

	judge_scene(s, &a, &j);
	for (size_t i = 0; i < j.verdicts.len; i++) {
		const struct verdict *v = &j.verdicts.items[i];

		if (strcmp(v->check->id, s->check) != 0)
			continue;
		assert_null(found);
		found = arena_printf(&a, "%s %s @ %s%s",
				     check_severity_names[v->severity],
				     v->message, v->target, items_of(v, &a));
	}
	if (s->finding)
		assert_string_equal(found, s->finding);
	else
		assert_null(found);
	assert_int_equal(is_listed(&j.checks.run, s->check), s->evaluated);
}

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
