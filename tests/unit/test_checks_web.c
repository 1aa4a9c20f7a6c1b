/*
 * The checks of headers, cookies and scripts: facts as they travel, and the
 * findings of the real catalogue.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/catalog.h"
#include "core/judge.h"
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
#define PAGE "{\"f\":\"http.page\"," PORT ",\"yes\":true}"

static const struct scene scenes[] = {
	{ "weak_policy",
	  { PAGE, "{\"f\":\"http.csp_weaknesses\"," PORT
		  ",\"list\":[\"'unsafe-inline'\",\"'unsafe-eval'\"]}" },
	  "csp_weak",
	  "LOW Content-Security-Policy is weak on port 443 @ a.example",
	  true },
	{ "strict_policy",
	  { PAGE, "{\"f\":\"http.csp_weaknesses\"," PORT ",\"list\":[]}" },
	  "csp_weak",
	  NULL,
	  true },
	{ "no_policy_is_not_a_weak_one", { PAGE }, "csp_weak", NULL, false },
	{ "scripts_of_others_are_one_finding",
	  { PAGE,
	    "{\"f\":\"sri.pinned\"," PORT
	    ",\"item\":\"//c.example/a.js\",\"yes\":false}",
	    "{\"f\":\"sri.pinned\"," PORT
	    ",\"item\":\"//c.example/b.js\",\"yes\":false}",
	    "{\"f\":\"sri.pinned\"," PORT
	    ",\"item\":\"//c.example/c.js\",\"yes\":true}" },
	  "sri_missing",
	  "MEDIUM Subresource Integrity (SRI) Missing @ a.example:443 "
	  "[\"//c.example/a.js\",\"//c.example/b.js\"]",
	  true },
	{ "pinned_scripts_pass",
	  { PAGE, "{\"f\":\"sri.pinned\"," PORT
		  ",\"item\":\"//c.example/c.js\",\"yes\":true}" },
	  "sri_missing",
	  NULL,
	  true },
	{ "open_to_every_site",
	  { "{\"f\":\"http.cors_open\"," PORT ",\"yes\":true}",
	    "{\"f\":\"http.cors_origin\"," PORT
	    ",\"text\":\"https://origin.invalid\"}" },
	  "cors_open",
	  "HIGH CORS Allows Any Origin With Credentials @ a.example:443",
	  true },
	{ "closed_to_strangers",
	  { "{\"f\":\"http.cors_open\"," PORT ",\"yes\":false}" },
	  "cors_open",
	  NULL,
	  true },
	{ "cookies_that_break_their_prefix",
	  { "{\"f\":\"cookie.prefix\"," PORT
	    ",\"item\":\"__Host-a\",\"yes\":false}" },
	  "cookie_prefix",
	  "LOW Cookie Prefix Not Honoured @ a.example:443 [\"__Host-a\"]",
	  true },
	{ "cookies_that_keep_their_prefix",
	  { "{\"f\":\"cookie.prefix\"," PORT
	    ",\"item\":\"__Host-a\",\"yes\":true}" },
	  "cookie_prefix",
	  NULL,
	  true },
	/* W47: three cookies of a port cost once. */
	{ "cookies_of_a_port_are_one_finding",
	  { "{\"f\":\"cookie.httponly\"," PORT ",\"item\":\"a\",\"yes\":false}",
	    "{\"f\":\"cookie.httponly\"," PORT ",\"item\":\"b\",\"yes\":false}",
	    "{\"f\":\"cookie.httponly\"," PORT
	    ",\"item\":\"c\",\"yes\":true}" },
	  "cookie_httponly",
	  "LOW Cookie Missing 'HttpOnly' Flag @ a.example:443 [\"a\",\"b\"]",
	  true },
	/* W96: what a server says of an error is not the site. */
	{ "no_hsts_on_an_error",
	  { "{\"f\":\"http.status\"," PORT ",\"number\":502}",
	    "{\"f\":\"http.site\"," PORT ",\"yes\":false}",
	    "{\"f\":\"tls.tested\"," PORT ",\"yes\":true}" },
	  "hsts_missing",
	  NULL,
	  false },
	{ "no_hsts_on_a_page",
	  { "{\"f\":\"http.status\"," PORT ",\"number\":200}",
	    "{\"f\":\"http.site\"," PORT ",\"yes\":true}",
	    "{\"f\":\"tls.tested\"," PORT ",\"yes\":true}" },
	  "hsts_missing",
	  "MEDIUM HSTS Header missing on port 443 @ a.example",
	  true },
	/* W4: a redirect to https is in order, and so is nothing but errors. */
	{ "redirect_is_in_order",
	  { "{\"f\":\"http.status\",\"port\":80,\"number\":301}",
	    "{\"f\":\"http.redirects_to_https\",\"port\":80,\"yes\":true}" },
	  "http_no_https_redirect",
	  NULL,
	  true },
	{ "error_on_80_is_in_order",
	  { "{\"f\":\"http.status\",\"port\":80,\"number\":404}" },
	  "http_no_https_redirect",
	  NULL,
	  false },
	{ "env_is_found",
	  { "{\"f\":\"files.env\"," PORT ",\"list\":[\"one\"]}" },
	  "file_env",
	  "CRITICAL Sensitive File Exposed (/.env) @ a.example:443",
	  true },
	{ "env_in_order",
	  { "{\"f\":\"files.env\"," PORT ",\"list\":[]}" },
	  "file_env",
	  NULL,
	  true },
	{ "git_is_found",
	  { "{\"f\":\"files.git\"," PORT ",\"list\":[\"one\"]}" },
	  "file_git",
	  "CRITICAL Sensitive File Exposed (/.git/HEAD) @ a.example:443",
	  true },
	{ "git_in_order",
	  { "{\"f\":\"files.git\"," PORT ",\"list\":[]}" },
	  "file_git",
	  NULL,
	  true },
	{ "credentials_is_found",
	  { "{\"f\":\"files.credentials\"," PORT ",\"list\":[\"one\"]}" },
	  "file_credentials",
	  "CRITICAL Sensitive File Exposed (credentials) @ a.example:443",
	  true },
	{ "credentials_in_order",
	  { "{\"f\":\"files.credentials\"," PORT ",\"list\":[]}" },
	  "file_credentials",
	  NULL,
	  true },
	{ "repository_is_found",
	  { "{\"f\":\"files.repository\"," PORT ",\"list\":[\"one\"]}" },
	  "file_repository",
	  "HIGH Sensitive File Exposed (repository) @ a.example:443",
	  true },
	{ "repository_in_order",
	  { "{\"f\":\"files.repository\"," PORT ",\"list\":[]}" },
	  "file_repository",
	  NULL,
	  true },
	{ "backup_is_found",
	  { "{\"f\":\"files.backup\"," PORT ",\"list\":[\"one\"]}" },
	  "file_backup",
	  "HIGH Sensitive File Exposed (backup) @ a.example:443",
	  true },
	{ "backup_in_order",
	  { "{\"f\":\"files.backup\"," PORT ",\"list\":[]}" },
	  "file_backup",
	  NULL,
	  true },
	{ "internals_is_found",
	  { "{\"f\":\"files.internals\"," PORT ",\"list\":[\"one\"]}" },
	  "file_internals",
	  "MEDIUM Sensitive File Exposed (server internals) @ a.example:443",
	  true },
	{ "internals_in_order",
	  { "{\"f\":\"files.internals\"," PORT ",\"list\":[]}" },
	  "file_internals",
	  NULL,
	  true },
	{ "panels_is_found",
	  { "{\"f\":\"files.panels\"," PORT ",\"list\":[\"one\"]}" },
	  "admin_panel",
	  "LOW Administration Panel Reachable @ a.example:443",
	  true },
	{ "panels_in_order",
	  { "{\"f\":\"files.panels\"," PORT ",\"list\":[]}" },
	  "admin_panel",
	  NULL,
	  true },
	{ "active_mixed_content_is_found",
	  { "{\"f\":\"content.mixed_active\"," PORT ",\"list\":[\"one\"]}" },
	  "mixed_content",
	  "MEDIUM Active Mixed Content on port 443 @ a.example",
	  true },
	{ "active_mixed_content_in_order",
	  { "{\"f\":\"content.mixed_active\"," PORT ",\"list\":[]}" },
	  "mixed_content",
	  NULL,
	  true },
	{ "passive_mixed_content_is_found",
	  { "{\"f\":\"content.mixed_passive\"," PORT ",\"list\":[\"one\"]}" },
	  "mixed_content_passive",
	  "LOW Passive Mixed Content on port 443 @ a.example",
	  true },
	{ "passive_mixed_content_in_order",
	  { "{\"f\":\"content.mixed_passive\"," PORT ",\"list\":[]}" },
	  "mixed_content_passive",
	  NULL,
	  true },
	{ "security_txt_errors_is_found",
	  { "{\"f\":\"security_txt.errors\"," PORT ",\"list\":[\"one\"]}" },
	  "security_txt_invalid",
	  "LOW Security.txt Not Valid @ a.example",
	  true },
	{ "security_txt_errors_in_order",
	  { "{\"f\":\"security_txt.errors\"," PORT ",\"list\":[]}" },
	  "security_txt_invalid",
	  NULL,
	  true },
	{ "a_part_of_a_repository_that_is_open_as_a_whole",
	  { "{\"f\":\"files.git\"," PORT ",\"list\":[\"/.git/HEAD\"]}",
	    "{\"f\":\"files.repository\"," PORT
	    ",\"list\":[\"/.git/config\"]}" },
	  "file_repository",
	  NULL,
	  true },
	{ "a_listing_is_found",
	  { "{\"f\":\"content.listing\"," PORT ",\"yes\":true}" },
	  "directory_listing",
	  "MEDIUM Directory Listing Enabled @ a.example:443",
	  true },
	{ "a_listing_in_order",
	  { "{\"f\":\"content.listing\"," PORT ",\"yes\":false}" },
	  "directory_listing",
	  NULL,
	  true },
	{ "a_default_page_is_found",
	  { "{\"f\":\"content.default_page\"," PORT ",\"yes\":true}" },
	  "default_page",
	  "INFO Default Page of the Web Server @ a.example:443",
	  true },
	{ "a_default_page_in_order",
	  { "{\"f\":\"content.default_page\"," PORT ",\"yes\":false}" },
	  "default_page",
	  NULL,
	  true },
	{ "trace_is_found",
	  { "{\"f\":\"content.trace\"," PORT ",\"yes\":true}" },
	  "http_trace",
	  "LOW HTTP TRACE Method Allowed @ a.example:443",
	  true },
	{ "trace_in_order",
	  { "{\"f\":\"content.trace\"," PORT ",\"yes\":false}" },
	  "http_trace",
	  NULL,
	  true },
	{ "w47_secrets_leaked_of_a_port_are_one_finding",
	  { "{\"f\":\"secret.leaked\"," PORT ",\"item\":\"k a\",\"yes\":true}",
	    "{\"f\":\"secret.leaked\"," PORT
	    ",\"item\":\"k b\",\"yes\":true}" },
	  "secret_leaked",
	  "CRITICAL Leaked Secret Detected @ a.example:443 [\"k a\",\"k b\"]",
	  true },
	{ "no_secret_leaked",
	  { "{\"f\":\"secret.leaked\"," PORT ",\"yes\":false}" },
	  "secret_leaked",
	  NULL,
	  true },
	{ "w47_secrets_limited_of_a_port_are_one_finding",
	  { "{\"f\":\"secret.limited\"," PORT ",\"item\":\"k a\",\"yes\":true}",
	    "{\"f\":\"secret.limited\"," PORT
	    ",\"item\":\"k b\",\"yes\":true}" },
	  "secret_limited",
	  "HIGH Leaked Secret Detected (short-lived or limited) @ "
	  "a.example:443 [\"k a\",\"k b\"]",
	  true },
	{ "no_secret_limited",
	  { "{\"f\":\"secret.limited\"," PORT ",\"yes\":false}" },
	  "secret_limited",
	  NULL,
	  true },
	{ "w47_secrets_suspected_of_a_port_are_one_finding",
	  { "{\"f\":\"secret.suspected\"," PORT
	    ",\"item\":\"k a\",\"yes\":true}",
	    "{\"f\":\"secret.suspected\"," PORT
	    ",\"item\":\"k b\",\"yes\":true}" },
	  "secret_suspected",
	  "LOW Possible Secret in a Page @ a.example:443 [\"k a\",\"k b\"]",
	  true },
	{ "no_secret_suspected",
	  { "{\"f\":\"secret.suspected\"," PORT ",\"yes\":false}" },
	  "secret_suspected",
	  NULL,
	  true },
	{ "a_security_txt_out_of_date",
	  { "{\"f\":\"security_txt.expires\"," PORT
	    ",\"time\":\"2026-01-01T00:00:00Z\"}" },
	  "security_txt_expired",
	  "LOW Security.txt Expired @ a.example",
	  true },
	{ "a_security_txt_that_holds",
	  { "{\"f\":\"security_txt.expires\"," PORT
	    ",\"time\":\"2026-01-03T00:00:00Z\"}" },
	  "security_txt_expired",
	  NULL,
	  true },
	{ "w97_fixes_ended_long_ago",
	  { "{\"f\":\"software.end\"," PORT
	    ",\"item\":\"PHP 7.4\",\"time\":\"2022-11-28T00:00:00Z\"}",
	    "{\"f\":\"software.end\"," PORT
	    ",\"item\":\"PHP 8.1\",\"time\":\"2025-12-31T00:00:00Z\"}" },
	  "software_eol",
	  "HIGH Obsolete/EOL Software Detected @ a.example:443 [\"PHP 7.4\"]",
	  true },
	{ "w97_each_version_by_its_own_date",
	  { "{\"f\":\"software.end\"," PORT
	    ",\"item\":\"PHP 7.4\",\"time\":\"2022-11-28T00:00:00Z\"}",
	    "{\"f\":\"software.end\"," PORT
	    ",\"item\":\"PHP 8.1\",\"time\":\"2025-12-31T00:00:00Z\"}" },
	  "software_eol_recent",
	  "MEDIUM Obsolete/EOL Software Detected (ended within a year) @ "
	  "a.example:443 [\"PHP 8.1\"]",
	  true },
	{ "fixes_end_soon",
	  { "{\"f\":\"software.end\"," PORT
	    ",\"item\":\"x 1\",\"time\":\"2026-03-01T00:00:00Z\"}" },
	  "software_eol_soon",
	  "LOW Software Support Ends Soon @ a.example:443 [\"x 1\"]",
	  true },
	{ "fixes_end_later",
	  { "{\"f\":\"software.end\"," PORT
	    ",\"item\":\"x 1\",\"time\":\"2027-03-01T00:00:00Z\"}" },
	  "software_eol_soon",
	  NULL,
	  true },
	{ "w97_a_distribution_mends_by_itself",
	  { "{\"f\":\"software.packaged_end\"," PORT
	    ",\"item\":\"x 1\",\"time\":\"2020-03-01T00:00:00Z\"}" },
	  "software_eol_packaged",
	  "INFO Software of a Distribution Past Its Project Support @ "
	  "a.example:443 [\"x 1\"]",
	  true },
	{ "w97_and_that_is_all",
	  { "{\"f\":\"software.packaged_end\"," PORT
	    ",\"item\":\"x 1\",\"time\":\"2020-03-01T00:00:00Z\"}" },
	  "software_eol",
	  NULL,
	  false },
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

int main(void)
{
	static struct CMUnitTest tests[COUNT(scenes)];
	size_t n = 0;

	ADD(scenes, scene_is_judged);
	return cmocka_run_group_tests(tests, catalog_setup, catalog_teardown);
}
