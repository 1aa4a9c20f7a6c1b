/*
 * What a stranger's server says, in the formats that are not HTML: it makes no
 * markup, no cell, no line and no element of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/catalog.h"
#include "report/report.h"
#include "catalog_fixture.h"
#include "table.h"

#define HOSTILE "a|b\n# c `d` <script>e</script> *f* [g](http://h) \x01 ]]>"

static struct finding findings[] = {
	{ .id = "1",
	  .check_id = "gone",
	  .category = "OLD",
	  .severity = SEVERITY_HIGH,
	  .message = HOSTILE,
	  .target = HOSTILE,
	  .fingerprint = "f1" },
	{ .id = "2",
	  .check_id = "hsts_missing",
	  .category = "RESILIENCE",
	  .severity = SEVERITY_MEDIUM,
	  .status = FINDING_STATUS_ACCEPTED_RISK,
	  .message = "m",
	  .target = "2001:db8::1",
	  .technical_detail = "{\"port\":443}",
	  .fingerprint = "f2" },
};

static struct scan_result results[] = {
	{ .target = HOSTILE, .ip = "192.0.2.1", .is_alive = true },
};

static const char *written(const char *format, const struct scan *scan,
			   bool incomplete, size_t count, struct arena *a)
{
	struct finding_list list = { findings, count };
	struct scan_result_list hosts = { results, COUNT(results) };
	struct report_input in = { .scan = scan,
				   .findings = &list,
				   .results = &hosts,
				   .locale = "en",
				   .incomplete = incomplete };
	struct err err = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	const char *copy;

	if (!report_write(&in, writer_find(format), out, &err))
		fail_msg("%s: %s", format, err.msg);
	fclose(out);
	copy = arena_strdup(a, text);
	free(text);
	return copy;
}

static const struct scan scored = {
	.id = "s", .name = HOSTILE, .has_total_score = true, .total_score = 50
};

/* W87: a value stays in its cell, and none of it is markup. */
static void test_markdown_escapes_every_text(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *text = written("markdown", &scored, false, 2, &a);

	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "\n# c"));
	assert_null(strstr(text, "a|b"));
	assert_non_null(strstr(
		text, "a\\|b \\# c \\`d\\` &lt;script&gt;e&lt;/script&gt; "
		      "\\*f\\* \\[g\\](http\\://h)"));
}

static void test_junit_has_no_character_that_xml_refuses(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *text = written("junit", &scored, false, 2, &a);

	assert_null(strchr(text, '\x01'));
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "]]>"));
	assert_non_null(strstr(text, "<skipped message=\"accepted_risk\"/>"));
	assert_non_null(strstr(text, "classname=\"OLD\""));
	assert_non_null(strstr(text,
			       "<testsuite name=\"2001:db8::1\" tests=\"1\" "
			       "failures=\"0\" errors=\"0\" skipped=\"1\""));
	assert_non_null(strstr(text, "<failure type=\"HIGH\""));
}

/* W1, W80: nobody may read a scan that saw nothing as a success. */
static void test_junit_of_nothing_is_an_error(void **state)
{
	_arena_ struct arena a = { 0 };
	const struct scan silent = { .id = "s", .name = "n" };

	assert_non_null(strstr(written("junit", &silent, false, 0, &a),
			       "tests=\"1\" failures=\"0\" errors=\"1\""));
	assert_non_null(strstr(written("junit", &scored, true, 0, &a),
			       "tests=\"1\" failures=\"0\" errors=\"1\""));
	assert_non_null(
		strstr(written("junit", &scored, false, 0, &a), "tests=\"0\""));
}

static void test_sarif_points_at_machines(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *text = written("sarif", &scored, false, 2, &a);

	assert_non_null(strstr(text, "\"uri\":\"//[2001:db8::1]\""));
	assert_non_null(strstr(text, "\"uri\":\"//a%7Cb%0A%23%20c"));
	assert_non_null(strstr(text, "\"partialFingerprints\":"
				     "{\"nis2Finding/v1\":\"f2\"}"));
	assert_non_null(strstr(text, "\"suppressions\":[{"));
	assert_non_null(strstr(text, "\"ruleId\":\"gone\",\"ruleIndex\":0,"
				     "\"level\":\"error\""));
	assert_non_null(strstr(text, "\"executionSuccessful\":true"));
	assert_non_null(strstr(written("sarif", &scored, true, 2, &a),
			       "\"executionSuccessful\":false"));
}

/* W82, W1: the name and the id are in the file; what was not assessed is null.
 */
static void test_json_tells_what_it_is_about(void **state)
{
	_arena_ struct arena a = { 0 };
	const struct scan silent = { .id = "s1", .name = "Perimeter" };
	const char *text = written("scan-json", &silent, true, 0, &a);

	assert_non_null(strstr(text, "\"project_name\": \"Perimeter\""));
	assert_non_null(strstr(text, "\"scan_id\": \"s1\""));
	assert_non_null(strstr(text, "\"total_score\": null"));
	assert_non_null(strstr(text, "\"complete\": false"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_markdown_escapes_every_text),
		cmocka_unit_test(test_junit_has_no_character_that_xml_refuses),
		cmocka_unit_test(test_junit_of_nothing_is_an_error),
		cmocka_unit_test(test_sarif_points_at_machines),
		cmocka_unit_test(test_json_tells_what_it_is_about),
	};

	return cmocka_run_group_tests_name("report formats", tests,
					   catalog_setup, catalog_teardown);
}
