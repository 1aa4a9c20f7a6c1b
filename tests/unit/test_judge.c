/*
 * The judge: facts in, findings out. A case is a list of fact lines and the
 * findings they must give; the catalogue is the real one, so that a change of
 * a check shows here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "core/catalog.h"
#include "core/judge.h"
#include "catalog_fixture.h"
#include "fact_text.h"
#include "table.h"

#define NOW INT64_C(1772355600000000) /* 2026-03-01T09:00:00Z */

struct scene {
	const char *name;
	const char *facts;    /* "PORT NAME[/ITEM] VALUE", a line each */
	const char *findings; /* "SEVERITY MESSAGE @ TARGET", a line each */
};

static void judge_text(const char *facts, const char *name, struct arena *a,
		       struct judgement *ret)
{
	struct fact_list f = { .arena = a };
	struct judge_input in = {
		.name = name,
		.ip = "192.0.2.7",
		.facts = &f,
		.checks = catalog_checks(),
		.now = NOW,
	};

	read_facts(facts, &f);
	judge_host(&in, a, ret);
}

static char *findings_of(const struct judgement *j, struct arena *a)
{
	struct sb out = sb_new(a, 256);

	for (size_t i = 0; i < j->verdicts.len; i++) {
		const struct verdict *v = &j->verdicts.items[i];

		sb_addf(&out, "%s %s @ %s\n", check_severity_names[v->severity],
			v->message, v->target);
	}
	return out.s;
}

static const struct scene scenes[] = {
	{ "nothing stated, nothing found", "", "" },
	{ "a closed port is in order", "445 port.open no", "" },
	{ "an open port of a service that answered",
	  "445 port.open yes\n445 service.name smb\n445 service.confirmed yes",
	  "CRITICAL SMB (Server Message Block) Port (445) is EXPOSED "
	  "@ host.example\n" },
	{ "an open port where nobody answered is less certain",
	  "3306 port.open yes\n3306 service.name mysql\n"
	  "3306 service.confirmed no",
	  "HIGH MySQL Database Port (3306) is EXPOSED @ host.example\n" },
	{ "an open port with another service on it is not that finding",
	  "3306 port.open yes\n3306 service.name ssh\n"
	  "3306 service.confirmed yes",
	  "" },
	{ "a port that nobody calls dangerous", "22 port.open yes", "" },
	{ "telnet", "23 port.open yes",
	  "HIGH Telnet Port (23) is OPEN @ host.example\n" },
	{ "ftp", "21 port.open yes",
	  "MEDIUM FTP Port (21) is OPEN @ host.example\n" },
	{ "redis without a password is two findings",
	  "6379 port.open yes\n6379 service.name redis\n"
	  "6379 service.confirmed yes\n6379 service.no_auth yes",
	  "CRITICAL Redis Key-Value Store Port (6379) is EXPOSED "
	  "@ host.example\n"
	  "CRITICAL Redis without Authentication on port 6379 "
	  "@ host.example\n" },
	{ "redis with a password is one",
	  "6379 port.open yes\n6379 service.name redis\n"
	  "6379 service.confirmed yes\n6379 service.no_auth no",
	  "CRITICAL Redis Key-Value Store Port (6379) is EXPOSED "
	  "@ host.example\n" },
	{ "port 80 without a way to https",
	  "80 http.status 200\n80 http.redirects_to_https no",
	  "LOW Port 80 does not force redirect to HTTPS @ host.example\n" },
	{ "port 80 that leads to https",
	  "80 http.status 301\n80 http.redirects_to_https yes", "" },
	{ "another plain port is not asked to redirect",
	  "8080 http.status 200\n8080 http.redirects_to_https no", "" },
	{ "HSTS is wanted over TLS", "443 http.site yes\n443 tls.tested yes",
	  "MEDIUM HSTS Header missing on port 443 @ host.example\n" },
	{ "and on every TLS port",
	  "443 http.site yes\n443 tls.tested yes\n"
	  "443 http.hsts max-age=31536000\n443 http.hsts_max_age 31536000\n"
	  "9443 http.site yes\n9443 tls.tested yes",
	  "MEDIUM HSTS Header missing on port 9443 @ host.example\n" },
	{ "but not over plain http", "80 http.status 200", "" },
	{ "nor where HTTP did not answer", "443 tls.tested yes", "" },
	{ "HSTS of a day is too short",
	  "443 http.status 200\n443 tls.tested yes\n"
	  "443 http.hsts max-age=86400\n443 http.hsts_max_age 86400",
	  "LOW HSTS max-age too short on port 443 @ host.example\n" },
	{ "a page without any protection",
	  "443 http.page yes\n443 http.frame_protection no\n"
	  "443 http.nosniff no",
	  "LOW Content-Security-Policy Header missing on port 443 "
	  "@ host.example\n"
	  "MEDIUM Clickjacking Protection missing on port 443 "
	  "@ host.example\n"
	  "LOW X-Content-Type-Options Header missing on port 443 "
	  "@ host.example\n"
	  "LOW Referrer-Policy Header missing on port 443 "
	  "@ host.example\n" },
	{ "a page with all of it",
	  "443 http.page yes\n443 http.csp default-src 'self'\n"
	  "443 http.frame_protection yes\n443 http.nosniff yes\n"
	  "443 http.referrer_policy no-referrer",
	  "" },
	{ "a redirect shows no page", "443 http.page no", "" },
	{ "several cookies of a port are one finding",
	  "443 tls.tested yes\n443 cookie.secure/sid no\n"
	  "443 cookie.secure/lang no\n443 cookie.secure/good yes",
	  "LOW Cookie Missing 'Secure' Flag @ host.example:443\n" },
	{ "cookies of two ports are two",
	  "443 cookie.httponly/sid no\n8443 cookie.httponly/sid no",
	  "LOW Cookie Missing 'HttpOnly' Flag @ host.example:443\n"
	  "LOW Cookie Missing 'HttpOnly' Flag @ host.example:8443\n" },
	{ "Secure means nothing over plain http", "80 cookie.secure/sid no",
	  "" },
	{ "SameSite", "80 cookie.samesite/sid no",
	  "LOW Cookie Missing 'SameSite' Attribute @ host.example:80\n" },
	{ "TLS 1.1 was the best", "443 tls.tested yes\n443 tls.version TLSv1.1",
	  "HIGH Obsolete TLS Version Negotiated on port 443 "
	  "@ host.example\n" },
	{ "so was TLS 1.0", "443 tls.tested yes\n443 tls.version TLSv1",
	  "HIGH Obsolete TLS Version Negotiated on port 443 "
	  "@ host.example\n" },
	{ "and SSL 3", "443 tls.tested yes\n443 tls.version SSLv3",
	  "HIGH Obsolete TLS Version Negotiated on port 443 "
	  "@ host.example\n" },
	{ "TLS 1.2 is fine", "443 tls.tested yes\n443 tls.version TLSv1.2",
	  "" },
	{ "TLS 1.3 too",
	  "443 tls.tested yes\n443 tls.version TLSv1.3\n"
	  "443 tls.weak_versions []\n443 tls.weak_ciphers []",
	  "" },
	{ "old versions and suites that are still taken",
	  "443 tls.tested yes\n443 tls.version TLSv1.3\n"
	  "443 tls.weak_versions [TLSv1.0,TLSv1.1]\n"
	  "443 tls.broken_ciphers [DES-CBC3-SHA]",
	  "MEDIUM Weak Cipher Suites Supported on port 443 "
	  "@ host.example\n"
	  "HIGH Weak TLS Versions Supported on port 443 "
	  "@ host.example\n" },
	{ "what was not tested is no finding",
	  "443 tls.tested no\n443 tls.weak_versions [TLSv1.0]", "" },
	{ "an expired certificate is not also about to expire",
	  "443 cert.expired yes\n443 cert.days_left -3",
	  "HIGH SSL Certificate Expired on 443 @ host.example\n" },
	{ "a week left", "443 cert.expired no\n443 cert.days_left 7",
	  "HIGH SSL Certificate Expiring Soon on 443 @ host.example\n" },
	{ "eight days left", "443 cert.expired no\n443 cert.days_left 8",
	  "MEDIUM SSL Certificate Expiring Soon on 443 @ host.example\n" },
	{ "thirty days left", "443 cert.expired no\n443 cert.days_left 30",
	  "MEDIUM SSL Certificate Expiring Soon on 443 @ host.example\n" },
	{ "a month and a day left",
	  "443 cert.expired no\n443 cert.days_left 31", "" },
	{ "not valid yet", "443 cert.not_yet_valid yes",
	  "HIGH SSL Certificate Not Yet Valid on 443 @ host.example\n" },
	{ "self-signed says why it is not trusted",
	  "443 cert.self_signed yes\n443 cert.trusted no\n"
	  "443 cert.chain_complete no",
	  "MEDIUM Self-Signed SSL/TLS Certificate on 443 "
	  "@ host.example\n" },
	{ "so does a chain with a hole",
	  "443 cert.self_signed no\n443 cert.trusted no\n"
	  "443 cert.chain_complete no",
	  "MEDIUM Incomplete SSL/TLS Certificate Chain on 443 "
	  "@ host.example\n" },
	{ "an authority that nobody knows",
	  "443 cert.self_signed no\n443 cert.trusted no\n"
	  "443 cert.chain_complete yes",
	  "MEDIUM SSL/TLS Certificate Verification Failed on 443 "
	  "@ host.example\n" },
	{ "a better reason on another port is no reason here",
	  "443 cert.trusted no\n8443 cert.self_signed yes",
	  "MEDIUM Self-Signed SSL/TLS Certificate on 8443 "
	  "@ host.example\n"
	  "MEDIUM SSL/TLS Certificate Verification Failed on 443 "
	  "@ host.example\n" },
	{ "another name, a short key, a weak signature",
	  "443 cert.name_match no\n443 cert.weak_key yes\n"
	  "443 cert.weak_signature yes",
	  "MEDIUM SSL/TLS Certificate Name Mismatch on 443 "
	  "@ host.example\n"
	  "HIGH Weak Key in SSL/TLS Certificate on 443 @ host.example\n"
	  "MEDIUM Weak Signature of SSL/TLS Certificate on 443 "
	  "@ host.example\n" },
	{ "security.txt is missing once, whatever the ports",
	  "80 http.status 200\n80 http.security_txt no\n"
	  "443 http.status 200\n443 tls.tested yes\n443 http.hsts x\n"
	  "443 http.security_txt no",
	  "LOW Security.txt Missing @ host.example\n" },
	{ "security.txt on one port is enough",
	  "80 http.status 200\n80 http.security_txt no\n"
	  "443 http.status 200\n443 tls.tested yes\n443 http.hsts x\n"
	  "443 http.security_txt yes",
	  "" },
	{ "a version is shown",
	  "80 http.status 200\n80 http.version_leak yes\n"
	  "80 http.versions_shown Server: nginx/1.22.1",
	  "LOW Information Leakage (Server Version) @ host.example:80\n" },
	{ "a fact of the wrong kind proves nothing",
	  "443 cert.expired 1\n443 cert.days_left soon\n"
	  "443 http.page yes\n443 http.csp 1\n443 http.referrer_policy 1\n"
	  "443 http.nosniff maybe",
	  "" },
};

static void scene_is_judged(void **state)
{
	const struct scene *s = *state;
	_arena_ struct arena a = { 0 };
	struct judgement j;

	judge_text(s->facts, "host.example", &a, &j);
	assert_string_equal(findings_of(&j, &a), s->findings);
}

static const struct verdict *only(const struct judgement *j)
{
	assert_int_equal(j->verdicts.len, 1);
	return &j->verdicts.items[0];
}

static void an_address_target_is_called_by_its_address(void **state)
{
	_arena_ struct arena a = { 0 };
	struct judgement j;

	judge_text("443 cookie.httponly/sid no", NULL, &a, &j);
	assert_string_equal(only(&j)->target, "192.0.2.7:443");
	judge_text("443 cookie.httponly/sid no", "2001:db8::1", &a, &j);
	assert_string_equal(only(&j)->target, "[2001:db8::1]:443");
}

/* SHA-256 of "ENCRYPTION:Obsolete TLS …:host.example", by another program. */
static void the_fingerprint_is_that_of_the_contract(void **state)
{
	_arena_ struct arena a = { 0 };
	struct judgement j;

	judge_text("443 tls.tested yes\n443 tls.version TLSv1", "host.example",
		   &a, &j);
	assert_string_equal(only(&j)->fingerprint,
			    "ce9121b0cbc2940e66e1a8e336c55b93ae8e19fefd49710fa1"
			    "2657ae27ad1d47");
}

static void evidence_lists_what_failed(void **state)
{
	_arena_ struct arena a = { 0 };
	struct judgement j;

	judge_text("443 cookie.httponly/sid no\n443 cookie.httponly/a no\n"
		   "443 cookie.httponly/sid no",
		   "host.example", &a, &j);
	assert_string_equal(only(&j)->evidence,
			    "{\"port\":443,\"items\":[\"sid\",\"a\"]}");
	judge_text("443 tls.tested yes\n"
		   "443 tls.weak_versions [SSLv3,TLSv1.0]",
		   "host.example", &a, &j);
	assert_string_equal(only(&j)->evidence,
			    "{\"port\":443,\"value\":\"SSLv3, TLSv1.0\"}");
	judge_text("445 port.open yes\n445 service.name smb\n"
		   "445 service.version SMB 3.1.1\n445 service.confirmed yes",
		   "host.example", &a, &j);
	assert_string_equal(only(&j)->evidence,
			    "{\"port\":445,\"value\":\"SMB 3.1.1\"}");
	judge_text("3306 port.open yes\n3306 service.name mysql\n"
		   "3306 service.version 8.0.36\n3306 service.confirmed yes",
		   "host.example", &a, &j);
	assert_string_equal(only(&j)->evidence,
			    "{\"port\":3306,\"value\":\"mysql 8.0.36\"}");
	judge_text("445 port.open yes\n445 service.name smb\n"
		   "445 service.confirmed no",
		   "host.example", &a, &j);
	assert_string_equal(only(&j)->evidence, "{\"port\":445}");
}

static void evidence_has_bounds(void **state)
{
	_arena_ struct arena a = { 0 };
	struct fact_list f = { .arena = &a };
	struct judge_input in = {
		.name = "host.example",
		.ip = "192.0.2.7",
		.facts = &f,
		.checks = catalog_checks(),
		.now = NOW,
	};
	struct check_evidence e = { 0 };
	struct judgement j;

	for (int i = 0; i < 100; i++) {
		char *name =
			arena_printf(&a, "%03d%0*d", i, i < 2 ? 3000 : 1, 0);

		fact_bool(&f, "cookie.httponly", 443, false);
		fact_item(&f, name);
	}
	judge_host(&in, &a, &j);
	assert_true(codec_read(&check_evidence_type, only(&j)->evidence,
			       strlen(only(&j)->evidence), "evidence", &a, &e,
			       NULL, NULL));
	assert_int_equal(e.items.len, JUDGE_ITEMS_MAX);
	assert_int_equal(e.total, 100);
}

static void dates_are_shown_as_days(void **state)
{
	_arena_ struct arena a = { 0 };
	struct fact_list f = { .arena = &a };
	struct judge_input in = {
		.ip = "192.0.2.7",
		.facts = &f,
		.checks = catalog_checks(),
		.now = NOW,
	};
	struct judgement j;

	fact_bool(&f, "cert.expired", 443, true);
	fact_time(&f, "cert.not_after", 443, NOW - CLOCK_DAY);
	judge_host(&in, &a, &j);
	assert_string_equal(only(&j)->evidence,
			    "{\"port\":443,\"value\":\"2026-02-28\"}");
}

static void score_and_vector_belong_together(void **state)
{
	_arena_ struct arena a = { 0 };
	struct judgement j;

	judge_text("23 port.open yes", "host.example", &a, &j);
	assert_true(only(&j)->has_cvss);
	assert_true(only(&j)->cvss == 7.5);
	assert_int_equal(j.score, 80);
	assert_int_equal(j.counts.of[CHECK_SEVERITY_HIGH], 1);
	judge_text("80 http.status 200\n80 http.security_txt no",
		   "host.example", &a, &j);
	assert_false(only(&j)->has_cvss);
	assert_int_equal(j.score, 95);
}

static void what_was_evaluated_is_told_apart(void **state)
{
	_arena_ struct arena a = { 0 };
	struct judgement j;

	judge_text("23 port.open yes\n21 port.open no\n"
		   "443 http.page yes\n443 http.csp x\n443 http.nosniff no\n"
		   "8443 http.page yes\n8443 http.csp x\n8443 http.nosniff no\n"
		   "443 http.referrer_policy x\n8443 http.referrer_policy x",
		   "host.example", &a, &j);
	assert_string_equal(
		judge_checks_json(&j, &a),
		"{\"run\":[\"csp_missing\",\"nosniff_missing\",\"port_ftp\","
		"\"port_telnet\",\"referrer_policy_missing\"],"
		"\"failed\":[{\"id\":\"nosniff_missing\",\"severity\":\"LOW\","
		"\"findings\":2},{\"id\":\"port_telnet\","
		"\"severity\":\"HIGH\",\"findings\":1}]}");
}

/* ---- operators that the catalogue does not use at present ---- */

struct rule {
	enum check_when when;
	const char *value;
	const char *fact;
	bool fails;
};

static void operators_compare_as_documented(void **state)
{
	static const struct rule rules[] = {
		{ CHECK_WHEN_IS, "ssh", "1 x ssh", true },
		{ CHECK_WHEN_IS, "ssh", "1 x SSH", false },
		{ CHECK_WHEN_IS, "7", "1 x 7", true },
		{ CHECK_WHEN_IS_NOT, "7", "1 x 8", true },
		{ CHECK_WHEN_IS_NOT, "7", "1 x 7", false },
		{ CHECK_WHEN_ABOVE, "10", "1 x 11", true },
		{ CHECK_WHEN_ABOVE, "10", "1 x 10", false },
		{ CHECK_WHEN_ABOVE, "1.9", "1 x 1.10", true },
		{ CHECK_WHEN_BELOW, "10", "1 x -1", true },
		{ CHECK_WHEN_BELOW, "10", "1 x 10", false },
		{ CHECK_WHEN_BELOW, "10", "1 x yes", false },
		{ CHECK_WHEN_CONTAINS, "b", "1 x [a,b]", true },
		{ CHECK_WHEN_CONTAINS, "b", "1 x [a,bb]", false },
		{ CHECK_WHEN_CONTAINS, "ell", "1 x hello", true },
		{ CHECK_WHEN_CONTAINS, "1", "1 x 1", false },
		{ CHECK_WHEN_NOT_EMPTY, NULL, "1 x [a]", true },
		{ CHECK_WHEN_NOT_EMPTY, NULL, "1 x []", false },
		{ CHECK_WHEN_NOT_EMPTY, NULL, "1 x yes", false },
		{ CHECK_WHEN_WITHIN_DAYS, "7", "1 x 5", false },
	};

	for (size_t i = 0; i < COUNT(rules); i++) {
		_arena_ struct arena a = { 0 };
		struct check check = {
			.id = "rule",
			.fact = "x",
			.when = rules[i].when,
			.value = rules[i].value,
			.scope = CHECK_SCOPE_PORT,
			.category = "C",
			.message = "M",
			.article = "21.2.h",
		};
		struct check_list checks = { &check, 1 };
		struct fact_list f = { .arena = &a };
		struct judge_input in = { NULL, "192.0.2.7", &f, &checks, NOW };
		struct judgement j;

		read_facts(rules[i].fact, &f);
		judge_host(&in, &a, &j);
		if (j.verdicts.len != rules[i].fails)
			fail_msg("%s %s: '%s'", check_when_names[check.when],
				 check.value, rules[i].fact);
		assert_int_equal(j.checks.run.len, 1);
	}
}

static void days_are_counted_from_the_given_time(void **state)
{
	_arena_ struct arena a = { 0 };
	struct check check = {
		.id = "rule",
		.fact = "x",
		.when = CHECK_WHEN_WITHIN_DAYS,
		.value = "7",
		.scope = CHECK_SCOPE_PORT,
		.category = "C",
		.message = "M",
		.article = "21.2.h",
	};
	struct check_list checks = { &check, 1 };

	for (int days = 6; days <= 7; days++) {
		struct fact_list f = { .arena = &a };
		struct judge_input in = { NULL, "192.0.2.7", &f, &checks, NOW };
		struct judgement j;

		fact_time(&f, "x", 1, NOW + days * CLOCK_DAY);
		judge_host(&in, &a, &j);
		assert_int_equal(j.verdicts.len, days < 7);
	}
}

int main(void)
{
	static const struct CMUnitTest single[] = {
		cmocka_unit_test(an_address_target_is_called_by_its_address),
		cmocka_unit_test(the_fingerprint_is_that_of_the_contract),
		cmocka_unit_test(evidence_lists_what_failed),
		cmocka_unit_test(evidence_has_bounds),
		cmocka_unit_test(dates_are_shown_as_days),
		cmocka_unit_test(score_and_vector_belong_together),
		cmocka_unit_test(what_was_evaluated_is_told_apart),
		cmocka_unit_test(operators_compare_as_documented),
		cmocka_unit_test(days_are_counted_from_the_given_time),
	};
	static struct CMUnitTest tests[COUNT(scenes) + COUNT(single)];
	size_t n = 0;

	ADD(scenes, scene_is_judged);
	for (size_t i = 0; i < COUNT(single); i++)
		tests[n++] = single[i];
	return _cmocka_run_group_tests("judge", tests, n, catalog_setup,
				       catalog_teardown);
}
