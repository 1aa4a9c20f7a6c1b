/*
 * Base scores of CVSS 3.1: published ones, and every vector of the catalogue.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/catalog.h"
#include "core/cvss.h"
#include "catalog_fixture.h"
#include "table.h"

struct score {
	const char *vector; /* after CVSS:3.1/ */
	double score;
};

/* Vectors that stand with their scores in public records of vulnerabilities. */
static const struct score scores[] = {
	{ "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8 },
	{ "AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0 },
	{ "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N", 9.1 },
	{ "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5 },
	{ "AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N", 5.3 },
	{ "AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N", 3.7 },
	{ "AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:H", 8.2 },
	{ "AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N", 8.6 },
	{ "AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:L", 6.5 },
	{ "AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1 },
	{ "AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4 },
	{ "AV:N/AC:L/PR:H/UI:N/S:C/C:H/I:H/A:H", 9.1 },
	{ "AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8 },
	{ "AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 8.8 },
	{ "AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 6.8 },
	{ "AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1 },
	{ "AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:N", 5.9 },
	{ "AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0 },
	{ "AV:N/AC:L/PR:N/UI:N/S:C/C:N/I:N/A:N", 0.0 },
	{ "C:H/I:H/A:N/AV:N/S:U/AC:L/UI:N/PR:N", 9.1 },
};

static const char *const refused[] = {
	NULL,
	"",
	"CVSS:3.1",
	"CVSS:3.1/",
	"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N",
	"CVSS:3.1AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N",
	"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
	"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N/",
	"CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N",
	"CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N",
	"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N/E:P",
	"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:NN",
	"CVSS:3.1/AV:/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N",
	"CVSS:3.1/av:n/ac:l/pr:n/ui:n/s:u/c:h/i:h/a:n",
};

static void published_vectors_have_their_scores(void **state)
{
	for (size_t i = 0; i < COUNT(scores); i++) {
		_arena_ struct arena a = { 0 };
		char *vector =
			arena_printf(&a, "CVSS:3.1/%s", scores[i].vector);
		double score = -1;

		assert_true(cvss_base(vector, &score));
		if (score != scores[i].score)
			fail_msg("%s is %.17g", vector, score);
	}
}

static void what_is_no_base_vector_is_refused(void **state)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		double score = -1;

		if (cvss_base(refused[i], &score))
			fail_msg("accepted %s", refused[i]);
		assert_true(score == -1);
	}
}

/*
 * W91: a finding whose words and number disagree is not believed; the number
 * is computed from the vector.
 */
static void the_catalogue_agrees_with_its_vectors(void **state)
{
	/* Section 5 of the specification: none, low, medium, high, critical. */
	static const double least[] = {
		[CHECK_SEVERITY_CRITICAL] = 9.0, [CHECK_SEVERITY_HIGH] = 7.0,
		[CHECK_SEVERITY_MEDIUM] = 4.0,	 [CHECK_SEVERITY_LOW] = 0.1,
		[CHECK_SEVERITY_INFO] = 0.0,
	};
	const struct check_list *checks = catalog_checks();

	for (size_t i = 0; i < checks->len; i++) {
		const struct check *c = &checks->items[i];
		double score;

		if (!c->cvss_vector)
			continue;
		if (!cvss_base(c->cvss_vector, &score))
			fail_msg("%s: no vector", c->id);
		if (score < least[c->severity] ||
		    (c->severity && score >= least[c->severity - 1]))
			fail_msg("%s: %s but %.1f", c->id,
				 check_severity_names[c->severity], score);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors_have_their_scores),
		cmocka_unit_test(what_is_no_base_vector_is_refused),
		cmocka_unit_test(the_catalogue_agrees_with_its_vectors),
	};

	return cmocka_run_group_tests_name("cvss", tests, catalog_setup,
					   catalog_teardown);
}
