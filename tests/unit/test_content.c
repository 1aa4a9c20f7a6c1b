/*
 * What web servers give away, without a network: security.txt (RFC 9116),
 * secrets in pages, and the files that are told by what is in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "core/embedded.h"
#include "gen/data_types.h"
#include "scan/pattern.h"
#include "scan/probes/secrets_find.h"
#include "scan/probes/security_txt_parse.h"
#include "scan/probes/software_find.h"
#include "table.h"

static const char *joined(const struct str_list *list, struct arena *a)
{
	struct sb out = sb_new(a, 64);

	for (size_t i = 0; i < list->len; i++)
		sb_addf(&out, "%s%s", i ? "; " : "", list->items[i]);
	return out.s;
}

/* ---- security.txt ---- */

#define GOOD "Contact: mailto:a@example.net\nExpires: 2026-06-01T00:00:00Z\n"

static const struct txt_case {
	const char *name, *body, *contacts, *errors;
	bool is_signed;
} txt_cases[] = {
	{ "txt: as it should be", GOOD, "mailto:a@example.net", "" },
	{ "txt: line ends of Windows, comments, unknown fields",
	  "# ours\r\n\r\nContact: tel:+390000\r\nHiring: https://x.example/\r\n"
	  "Expires: 2026-06-01T00:00:00+02:00",
	  "tel:+390000", "" },
	{ "txt: names of fields in any case",
	  "CONTACT:https://example.net/c\nexpires: 2026-06-01T00:00:00Z\n",
	  "https://example.net/c", "" },
	{ "txt: several contacts", GOOD "Contact: https://example.net/\n",
	  "mailto:a@example.net; https://example.net/", "" },
	{ "txt: no contact", "Expires: 2026-06-01T00:00:00Z\n", "",
	  "there is no Contact" },
	{ "txt: an empty contact is none",
	  "Contact: \nExpires: 2026-06-01T00:00:00Z\n", "",
	  "Contact is no URI (mailto:, https:, tel:); there is no Contact" },
	{ "txt: a contact that is no URI",
	  "Contact: a@example.net\nExpires: 2026-06-01T00:00:00Z\n",
	  "a@example.net", "Contact is no URI (mailto:, https:, tel:)" },
	{ "txt: a contact over http",
	  "Contact: http://example.net/\nExpires: 2026-06-01T00:00:00Z\n",
	  "http://example.net/", "Contact is an http address" },
	{ "txt: W13: no date", "Contact: mailto:a@example.net\n",
	  "mailto:a@example.net", "there is no Expires" },
	{ "txt: a date that is none",
	  "Contact: mailto:a@example.net\nExpires: next year\n",
	  "mailto:a@example.net", "Expires is no date of RFC 3339" },
	{ "txt: two dates", GOOD "Expires: 2026-07-01T00:00:00Z\n",
	  "mailto:a@example.net", "there are several Expires" },
	{ "txt: a date far ahead",
	  "Contact: mailto:a@example.net\nExpires: 2036-06-01T00:00:00Z\n",
	  "mailto:a@example.net", "Expires is more than a year ahead" },
	{ "txt: languages twice",
	  GOOD "Preferred-Languages: en\nPreferred-Languages: it\n",
	  "mailto:a@example.net", "there are several Preferred-Languages" },
	{ "txt: Canonical names it",
	  GOOD "Canonical: https://example.net/.well-known/security.txt\n",
	  "mailto:a@example.net", "" },
	{ "txt: Canonical names another",
	  GOOD "Canonical: https://example.org/.well-known/security.txt\n",
	  "mailto:a@example.net", "Canonical does not name this address" },
	{ "txt: neither a field nor a comment", GOOD "hello\n",
	  "mailto:a@example.net", "a line is neither a field nor a comment" },
	{ "txt: W13: a page is none", "<!doctype html><p>Not found</p>", "",
	  "a line is neither a field nor a comment; there is no Contact; "
	  "there is no Expires" },
	{ "txt: signed",
	  "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" GOOD
	  "- - dashes: x\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n=abcd\n"
	  "-----END PGP SIGNATURE-----\n",
	  "mailto:a@example.net", "", true },
	{ "txt: a signature without its end",
	  "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" GOOD
	  "-----BEGIN PGP SIGNATURE-----\n\niQ==\n",
	  "mailto:a@example.net", "the signature is cut off" },
};

static void txt_is_read(void **state)
{
	const struct txt_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct security_txt txt;
	int64_t now;

	assert_true(clock_parse("2026-01-02T00:00:00Z", &now));
	security_txt_parse(span_str(c->body),
			   "https://example.net/.well-known/security.txt", now,
			   &a, &txt);
	assert_string_equal(joined(&txt.contacts, &a), c->contacts);
	assert_string_equal(joined(&txt.errors, &a), c->errors);
	assert_int_equal(txt.has_signature, c->is_signed);
}

/* ---- secrets ---- */

/* Made of two halves, so that no scanner takes this file for a leak. */
#define AKIA   \
	"AKIA" \
	"Q3EGRI7XH2PL5TZM"
#define GHP    \
	"ghp_" \
	"16C7e42F292c6912E7710c838347Ae178B4a"
#define AIZA   \
	"AIza" \
	"SyD3kfUq8Lr0eX2mVn7PzT5bWcYh1JgKoQs"

static const struct secret_case {
	const char *name, *text, *found; /* "type mask; …" */
} secret_cases[] = {
	{ "secret: a key of AWS", "var k='" AKIA "';",
	  "leaked aws_access_key_id AKIA…ZM (20 characters)" },
	{ "secret: W9: the example of the documentation is none",
	  "AKIAIOSFODNN7EXAMPLE", "" },
	{ "secret: a longer word is none", "x" AKIA "QQ", "" },
	{ "secret: a token of GitHub", GHP,
	  "leaked github_classic_pat ghp_…4a (40 characters)" },
	{ "secret: W9: a key for browsers is only suspected", AIZA,
	  "suspected google_api_key AIza…Qs (39 characters)" },
	{ "secret: W47: the same one twice is one", AKIA " " AKIA,
	  "leaked aws_access_key_id AKIA…ZM (20 characters)" },
	{ "secret: W9: words behind api_key are none",
	  "api_key = 'aaaaaaaaaaaaaaaaaaaaaaaa'", "" },
	{ "secret: what looks drawn by lot behind api_key",
	  "api_key: \"q8Zr3Lx0Vn7PzT5bWcYh1JgK\"",
	  "suspected generic_api_key q8Zr…gK (24 characters)" },
	{ "secret: words are none", "<p>Our API keys are safe.</p>", "" },
};

static void secret_is_found(void **state)
{
	const struct secret_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct secrets *s = NULL;
	const struct secret *items;
	struct sb out = sb_new(&a, 64);
	struct err err = { 0 };
	size_t len = 0;

	if (!secrets_open("salt", &a, &s, &err))
		fail_msg("%s", err.msg);
	secrets_find(s, span_str(c->text), "here");
	items = secrets_found(s, &len);
	for (size_t i = 0; i < len; i++)
		sb_addf(&out, "%s%s %s %s", i ? "; " : "",
			secret_pattern_gravity_names[items[i].gravity],
			items[i].type, items[i].masked);
	assert_string_equal(out.s, c->found);
}

/* W24: a value is known again under its salt, and under no other. */
static void the_hash_is_of_value_and_salt(void **state)
{
	_arena_ struct arena a = { 0 };
	const char *hashes[3];
	const char *salts[] = { "one", "one", "two" };

	for (size_t i = 0; i < 3; i++) {
		struct secrets *s = NULL;
		size_t len = 0;

		assert_true(secrets_open(salts[i], &a, &s, NULL));
		secrets_find(s, span_str(i ? AKIA : "k=" AKIA), "here");
		hashes[i] = secrets_found(s, &len)->hash;
		assert_int_equal(len, 1);
		assert_null(strstr(hashes[i], "AKIA"));
	}
	assert_string_equal(hashes[0], hashes[1]);
	assert_string_not_equal(hashes[0], hashes[2]);
}

/* ---- files by what is in them ---- */

static const struct file_case {
	const char *name, *path, *body;
	bool is_it;
} file_cases[] = {
	{ "file: settings", "/.env", "APP_KEY=base64:x\nDB_PASSWORD=y\n",
	  true },
	{ "file: settings behind comments", "/.env",
	  "# ours\n\nexport A=1\n\n# b\nB = 'x y'\n", true },
	{ "file: W5: a page with an equals sign", "/.env",
	  "<html lang=en><p>a=b</p>", false },
	{ "file: W5: text with an equals sign", "/.env",
	  "We are sorry: x=1 was not found", false },
	{ "file: a branch", "/.git/HEAD", "ref: refs/heads/main\n", true },
	{ "file: a commit", "/.git/HEAD",
	  "0123456789abcdef0123456789abcdef01234567\n", true },
	{ "file: W5: a page about git", "/.git/HEAD",
	  "see ref: refs/heads/main", false },
	{ "file: the settings of git", "/.git/config",
	  "[core]\n\tbare = false\n", true },
	{ "file: keys of AWS", "/.aws/credentials",
	  "[default]\naws_access_key_id = x\n", true },
	{ "file: a private key", "/.ssh/id_rsa",
	  "-----BEGIN OPENSSH PRIVATE KEY-----\nb3\n", true },
	{ "file: passwords of Apache", "/.htpasswd", "a:$apr1$x$y\n", true },
	{ "file: a line with a colon", "/.htpasswd", "Note: nothing here\n",
	  false },
	{ "file: a dump", "/dump.sql", "-- x\nCREATE TABLE t (a int);\n",
	  true },
	{ "file: phpinfo", "/phpinfo.php",
	  "<html><head><title>PHP 8.2.7 - phpinfo()</title>", true },
	{ "file: a page of PHP", "/phpinfo.php", "<title>phpinfo</title>",
	  false },
};

static const struct sensitive_files *files(struct arena *a)
{
	struct sensitive_files *ret = arena_alloc(a, sizeof(*ret));

	assert_true(embedded_read("data/sensitive_files.json",
				  &sensitive_files_type, a, ret, NULL));
	return ret;
}

static void file_is_told(void **state)
{
	const struct file_case *c = *state;
	_arena_ struct arena a = { 0 };
	const struct sensitive_files *known = files(&a);
	struct pattern *p = NULL;

	for (size_t i = 0; i < known->files.len; i++)
		if (!strcmp(known->files.items[i].path, c->path))
			assert_true(pattern_make(known->files.items[i].pattern,
						 &a, &p, NULL));
	assert_non_null(p);
	assert_int_equal(pattern_matches(p, span_str(c->body)), c->is_it);
}

/* ---- software ---- */

static const struct software_case {
	const char *name, *text, *found; /* "NAME VERSION DAY" or "-" */
	bool packaged;
} software_cases[] = {
	{ "software: PHP", "PHP/7.4.3", "PHP 7.4.3 2022-11-28" },
	{ "software: W97: versions are numbers", "nginx/1.9.15",
	  "nginx 1.9.15 2018-04-17" },
	{ "software: of today", "nginx/1.28.0", "nginx 1.28.0 -" },
	{ "software: several in a header", "Apache/2.2.15 OpenSSL/1.0.1e",
	  "Apache HTTP Server 2.2.15 2017-07-11; OpenSSL 1.0.1 2016-12-31" },
	{ "software: W97: of a distribution", "Apache/2.2.15 (Debian)",
	  "Apache HTTP Server 2.2.15 2017-07-11", true },
	{ "software: W95: without a version", "nginx", "" },
	{ "software: a script", "/js/angular-1.8.2.min.js",
	  "AngularJS 1.8.2 2021-12-31" },
	{ "software: MariaDB is no MySQL", "mysql 10.3.39-MariaDB-0+deb10u1",
	  "MariaDB 10.3.39 2023-05-25", true },
	{ "software: MySQL", "mysql 5.7.44", "MySQL 5.7.44 2023-10-31" },
};

static void software_is_told(void **state)
{
	const struct software_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct software_found found[SOFTWARE_MAX];
	struct software_table *t = NULL;
	struct sb out = sb_new(&a, 64);
	struct err err = { 0 };
	size_t len;

	if (!software_open(&a, &t, &err))
		fail_msg("%s", err.msg);
	len = software_find(t, span_str(c->text), found, 0);
	for (size_t i = 0; i < len; i++) {
		char day[CLOCK_TEXT] = "-";

		if (found[i].dated)
			clock_text(found[i].ended, day);
		sb_addf(&out, "%s%s %s %.10s", i ? "; " : "", found[i].name,
			found[i].version, day);
	}
	assert_string_equal(out.s, c->found);
	assert_int_equal(software_is_packaged(span_str(c->text)), c->packaged);
}

static void every_pattern_compiles(void **state)
{
	_arena_ struct arena a = { 0 };
	const struct sensitive_files *known = files(&a);

	for (size_t i = 0; i < known->files.len; i++) {
		struct pattern *p = NULL;
		struct err err = { 0 };

		if (!pattern_make(known->files.items[i].pattern, &a, &p, &err))
			fail_msg("%s: %s", known->files.items[i].path, err.msg);
	}
}

/* Steps are bounded: nothing is found, and soon. */
static void a_search_without_end_ends(void **state)
{
	_arena_ struct arena a = { 0 };
	char *text = arena_bytes(&a, 100001);
	struct pattern *p = NULL;
	int64_t start = clock_tick();

	memset(text, 'a', 100000);
	assert_true(pattern_make("(a+)+$b", &a, &p, NULL));
	assert_false(pattern_matches(p, span_of(text, 100000)));
	assert_true(clock_tick() - start < 5 * CLOCK_SECOND);
	assert_false(pattern_make("(", &a, &p, NULL));
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(txt_cases) + COUNT(secret_cases) +
				       COUNT(file_cases) +
				       COUNT(software_cases) + 3];
	size_t n = 0;

	ADD(txt_cases, txt_is_read);
	ADD(secret_cases, secret_is_found);
	ADD(file_cases, file_is_told);
	ADD(software_cases, software_is_told);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(
		the_hash_is_of_value_and_salt);
	tests[n++] =
		(struct CMUnitTest)cmocka_unit_test(every_pattern_compiles);
	tests[n++] =
		(struct CMUnitTest)cmocka_unit_test(a_search_without_end_ends);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
