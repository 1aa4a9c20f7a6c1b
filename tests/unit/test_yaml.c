/* What is taken of YAML, and what is refused with its line and column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "codec/yaml.h"
#include "table.h"

static const struct refused {
	const char *name, *text, *message;
} refused[] = {
	{ "an anchor", "a: &x 1\n", "1:4: anchors" },
	{ "an anchored list", "a:\n - &x [1]\n", "2:4: anchors" },
	{ "an alias", "a: *x\n", "1:4: aliases" },
	{ "a merge key", "<<: {a: 1}\n", "1:1: merge keys" },
	{ "a tag", "a: !!python/object 1\n", "1:4: tags" },
	{ "a second document", "a: 1\n---\nb: 2\n", "2:1: a second" },
	{ "a key that comes twice", "a: 1\nb: 2\na: 3\n",
	  "3:1: the key 'a' comes twice" },
	{ "a list as a key", "? [a]\n: 1\n", "1:3: a key must be a word" },
	{ "a tab that indents", "a:\n\tb: 1\n", "2:1: " },
	{ "a bracket that stays open", "a: [1, 2\n", "2:1: " },
	{ "a NUL", "a: \"x\\0y\"\n", "1:4: a text cannot hold" },
	{ "what is no UTF-8", "a: \xff\n", "1:1: " },
	{ "deep nesting", "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]",
	  "1:9: nested too deeply" },
};

static void is_refused(void **state)
{
	const struct refused *r = *state;
	_arena_ struct arena a = { 0 };
	struct yaml_node *root = NULL;
	struct err err = { 0 };

	assert_false(yaml_read(r->text, strlen(r->text), &a, &root, &err));
	assert_int_equal(err.kind, ERR_INVALID);
	assert_memory_equal(err.msg, r->message, strlen(r->message));
}

static void a_tree_has_places(void **state)
{
	static const char text[] = "# first\na: 1\nlist:\n  - x\n  - \"2\"\n"
				   "map: {k: ~}\n";
	_arena_ struct arena a = { 0 };
	struct yaml_node *root = NULL;
	const struct yaml_node *n;
	struct err err = { 0 };

	assert_true(yaml_read(text, strlen(text), &a, &root, &err));
	assert_int_equal(root->kind, YAML_MAP);
	n = root->first;
	assert_string_equal(n->key, "a");
	assert_string_equal(n->text, "1");
	assert_int_equal(n->line, 2);
	n = n->next;
	assert_int_equal(n->kind, YAML_LIST);
	assert_false(n->first->quoted);
	assert_string_equal(n->first->next->text, "2");
	assert_true(n->first->next->quoted);
	assert_int_equal(n->first->next->line, 5);
	assert_int_equal(n->first->next->column, 5);
	n = n->next;
	assert_string_equal(n->first->key, "k");
	assert_true(yaml_is_null(n->first));
	assert_null(n->next);
}

static void an_empty_text_is_an_empty_mapping(void **state)
{
	_arena_ struct arena a = { 0 };
	struct yaml_node *root = NULL;
	struct err err = { 0 };

	assert_true(yaml_read("# nothing\n", 10, &a, &root, &err));
	assert_int_equal(root->kind, YAML_MAP);
	assert_null(root->first);
}

static void bounds_hold(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sb many = sb_new(&a, 1 << 20);
	struct yaml_node *root = NULL;
	struct err err = { 0 };

	while (many.len < YAML_BYTES - 3)
		sb_add(&many, "- \n");
	assert_false(yaml_read(many.s, many.len, &a, &root, &err));
	assert_non_null(strstr(err.msg, "too many values"));
	while (many.len <= YAML_BYTES)
		sb_add(&many, "- \n");
	assert_false(yaml_read(many.s, many.len, &a, &root, &err));
	assert_int_equal(err.kind, ERR_TOO_LARGE);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(refused) + 3];
	size_t n = 0;

	ADD(refused, is_refused);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_tree_has_places);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(
		an_empty_text_is_an_empty_mapping);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(bounds_hold);
	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
