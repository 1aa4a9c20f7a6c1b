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
};

static void judge_scene(const struct scene *s, struct arena *a,
			struct judgement *ret)
{
	struct fact_list facts = { .arena = a };
	struct judge_input in = { .name = "a.example",
				  .ip = "192.0.2.7",
				  .facts = &facts,
				  .checks = catalog_checks() };

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
