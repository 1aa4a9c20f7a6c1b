/*
 * The executive summary: what it says, what it leaves out, and that nothing
 * from outside becomes markup.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/catalog.h"
#include "core/summary.h"
#include "catalog_fixture.h"

static struct finding found(const char *check, enum severity severity,
			    const char *target)
{
	return (struct finding){
		.check_id = check,
		.severity = severity,
		.target = target,
		.status = FINDING_STATUS_OPEN,
	};
}

static char *summary(struct finding *findings, size_t len, const char *locale,
		     struct arena *a)
{
	struct finding_list list = { findings, len };
	struct summary_input in = {
		.has_score = true,
		.score = 45,
		.hosts = 3,
		.alive = 2,
		.findings = &list,
	};

	return summary_html(&in, locale, a);
}

static void is_in(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in: %s", part, text);
}

static void is_not_in(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' is in: %s", part, text);
}

static void score_and_numbers_are_said(void **state)
{
	_arena_ struct arena a = { 0 };
	struct finding f[] = {
		found("port_smb", SEVERITY_CRITICAL, "host.example"),
		found("port_telnet", SEVERITY_HIGH, "host.example"),
	};
	char *html = summary(f, 2, "en", &a);

	is_in(html, "<strong>Critical</strong> – 45 out of 100");
	is_in(html, "Hosts looked at: 3, of which answered: 2. Findings: 2, "
		    "of which critical: 1, high: 1.");
}

static void without_a_host_nothing_was_assessed(void **state)
{
	_arena_ struct arena a = { 0 };
	struct finding_list none = { NULL, 0 };
	struct summary_input in = { .hosts = 1, .findings = &none };
	char *html = summary_html(&in, "en", &a);

	is_in(html, "<strong>Not assessed</strong></p>");
	is_not_in(html, "out of 100");
	is_not_in(html, "<ol>");
	is_not_in(html, "<ul>");
}

static void risks_are_named_once_with_their_law(void **state)
{
	_arena_ struct arena a = { 0 };
	struct finding f[] = {
		found("port_smb", SEVERITY_CRITICAL, "a.example"),
		found("port_rdp", SEVERITY_CRITICAL, "a.example"),
		found("cert_expired", SEVERITY_HIGH, "a.example"),
	};
	char *html = summary(f, 3, "en", &a);

	is_in(html, "<ul><li><strong>Ransomware</strong>: ");
	is_in(html, "<strong>Interruption of services</strong>");
	is_in(html,
	      "<a href=\"https://eur-lex.europa.eu/eli/dir/2022/2555/oj\">"
	      "Art. 21.2.i (Access Control)</a>");
	is_not_in(strstr(html, "Ransomware") + 1, "<strong>Ransomware");
}

static void actions_come_gravest_first_with_their_targets(void **state)
{
	_arena_ struct arena a = { 0 };
	struct finding f[] = {
		found("csp_missing", SEVERITY_LOW, "a.example"),
		found("hsts_missing", SEVERITY_MEDIUM, "a.example"),
		found("hsts_missing", SEVERITY_MEDIUM, "b.example"),
		found("hsts_missing", SEVERITY_MEDIUM, "c.example"),
		found("hsts_missing", SEVERITY_MEDIUM, "d.example"),
		found("port_smb", SEVERITY_CRITICAL, "a.example"),
	};
	char *html = summary(f, 6, "en", &a);
	char *smb = strstr(html, "SMB file sharing is reachable");
	char *hsts = strstr(html, "HSTS is not set");
	char *csp = strstr(html, "No Content Security Policy");

	assert_true(smb && hsts && csp && smb < hsts && hsts < csp);
	is_in(smb, "(Immediate): ");
	is_in(smb, "<em>Target: a.example</em>");
	is_in(hsts, "(Strategic): ");
	is_in(hsts, "<em>Targets (4): a.example, b.example, …</em>");
}

static void what_was_accepted_is_no_action(void **state)
{
	_arena_ struct arena a = { 0 };
	struct finding f[] = {
		found("port_smb", SEVERITY_CRITICAL, "a.example"),
	};
	char *html;

	f[0].status = FINDING_STATUS_ACCEPTED_RISK;
	html = summary(f, 1, "en", &a);
	is_not_in(html, "<ol>");
	is_not_in(html, "<ul>");
	is_in(html, "critical: 1");
}

static void nothing_from_outside_becomes_markup(void **state)
{
	_arena_ struct arena a = { 0 };
	struct finding f[] = {
		found("port_smb", SEVERITY_CRITICAL,
		      "<script>alert('x')</script>\"&"),
		found("<b>no check</b>", SEVERITY_HIGH, "a.example"),
	};
	char *html = summary(f, 2, "en", &a);

	is_not_in(html, "<script");
	is_not_in(html, "<b>");
	is_in(html,
	      "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;");
}

/* The contract bounds the member: every check at once, long names, escapes. */
static void the_worst_case_fits(void **state)
{
	const char *const *locales = catalog_locales();
	const struct check_list *checks = catalog_checks();

	for (int l = 0; locales[l]; l++) {
		_arena_ struct arena a = { 0 };
		size_t len = checks->len * 4;
		struct finding *f = arena_array(&a, len, sizeof(*f));

		for (size_t i = 0; i < len; i++) {
			char *target = arena_printf(&a, "%zu%0252d", i, 0);

			f[i] = found(checks->items[i / 4].id, SEVERITY_CRITICAL,
				     target);
		}
		assert_true(strlen(summary(f, len, locales[l], &a)) < 20000);
	}
}

static void every_language_has_its_own_words(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *const *locales = catalog_locales();
	struct finding f[] = {
		found("port_smb", SEVERITY_CRITICAL, "a.example"),
	};
	const char *english = summary(f, 1, "en", &a);

	for (int l = 1; locales[l]; l++) {
		const char *html = summary(f, 1, locales[l], &a);

		assert_string_not_equal(html, english);
		is_not_in(html, "summary.");
		is_not_in(html, "risk.");
		is_not_in(html, "{");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(score_and_numbers_are_said),
		cmocka_unit_test(without_a_host_nothing_was_assessed),
		cmocka_unit_test(risks_are_named_once_with_their_law),
		cmocka_unit_test(actions_come_gravest_first_with_their_targets),
		cmocka_unit_test(what_was_accepted_is_no_action),
		cmocka_unit_test(nothing_from_outside_becomes_markup),
		cmocka_unit_test(the_worst_case_fits),
		cmocka_unit_test(every_language_has_its_own_words),
	};

	return cmocka_run_group_tests_name("summary", tests, catalog_setup,
					   catalog_teardown);
}
