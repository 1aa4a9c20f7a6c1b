/*
 * check_scene: facts of a host as they travel, and what one check makes of
 * them; a row of a table is a case.
 *
 *	ADD(scenes, scene_is_judged);
 *
 * cmocka's own header comes first.
 */
#ifndef NIS2_TESTS_CHECK_SCENE_H
#define NIS2_TESTS_CHECK_SCENE_H

#include <string.h>

#include "catalog_fixture.h"
#include "core/judge.h"
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

#endif
