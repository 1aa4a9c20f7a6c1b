/*
 * The catalogue: what is embedded can be read, texts are found in every
 * language, and placeholders are filled.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/catalog.h"
#include "core/finding.h"
#include "catalog_fixture.h"
#include "table.h"

static void checks_are_found_by_id(void **state)
{
	const struct check_list *checks = catalog_checks();

	assert_true(checks->len >= 30);
	for (size_t i = 0; i < checks->len; i++) {
		assert_ptr_equal(catalog_check(checks->items[i].id),
				 &checks->items[i]);
		if (i)
			assert_true(strcmp(checks->items[i - 1].id,
					   checks->items[i].id) < 0);
	}
	assert_null(catalog_check("no_such_check"));
	assert_null(catalog_check(NULL));
}

/* The labels that clients look for. */
static void labels_that_clients_know_are_kept(void **state)
{
	static const char *const labels[][2] = {
		{ "port_smb", "SMB (Server Message Block) Port (445) is "
			      "EXPOSED" },
		{ "port_rdp", "RDP (Remote Desktop) Port (3389) is EXPOSED" },
		{ "port_mysql", "MySQL Database Port (3306) is EXPOSED" },
		{ "port_postgresql",
		  "PostgreSQL Database Port (5432) is EXPOSED" },
		{ "port_redis",
		  "Redis Key-Value Store Port (6379) is EXPOSED" },
		{ "port_mongodb", "MongoDB Port (27017) is EXPOSED" },
		{ "port_telnet", "Telnet Port (23) is OPEN" },
		{ "port_ftp", "FTP Port (21) is OPEN" },
		{ "http_no_https_redirect",
		  "Port 80 does not force redirect to HTTPS" },
		{ "hsts_missing", "HSTS Header missing on port {port}" },
		{ "cookie_secure", "Cookie Missing 'Secure' Flag" },
		{ "cookie_httponly", "Cookie Missing 'HttpOnly' Flag" },
		{ "cert_expired", "SSL Certificate Expired on {port}" },
		{ "security_txt_missing", "Security.txt Missing" },
	};

	for (size_t i = 0; i < COUNT(labels); i++)
		assert_string_equal(catalog_check(labels[i][0])->message,
				    labels[i][1]);
}

static void categories_are_those_of_the_contract(void **state)
{
	const struct check_list *checks = catalog_checks();

	for (size_t i = 0; i < checks->len; i++) {
		_arena_ struct arena a = { 0 };
		const char *category = checks->items[i].category;
		char *key = arena_printf(&a, "category.%s", category);

		/* Each has a name in the reports. */
		if (catalog_text("en", "report", key) == key)
			fail_msg("%s", category);
	}
}

static void every_letter_has_its_article(void **state)
{
	for (char letter = 'a'; letter <= 'j'; letter++)
		assert_int_equal(catalog_article(letter)->letter[0], letter);
	assert_null(catalog_article('k'));
	assert_int_equal(catalog_letter("21.2.h"), 'h');
	assert_int_equal(catalog_letter("21.2.k"), 0);
	assert_int_equal(catalog_letter("21.2."), 0);
	assert_int_equal(catalog_letter("21.2.hh"), 0);
	assert_int_equal(catalog_letter("Art. 28"), 0);
	assert_int_equal(catalog_letter(NULL), 0);
}

struct spelling {
	const char *wanted, *name;
};

static void a_language_is_chosen_by_what_is_asked_for(void **state)
{
	static const struct spelling spellings[] = {
		{ "it", "it" },	     { "IT", "it" },
		{ "it-CH", "it" },   { "fr_FR.UTF-8", "fr" },
		{ "de@euro", "de" }, { "pt", "en" },
		{ "", "en" },	     { NULL, "en" },
		{ "i", "en" },	     { "ita", "en" },
		{ "es;q=1", "en" },
	};

	for (size_t i = 0; i < COUNT(spellings); i++)
		assert_string_equal(catalog_locale(spellings[i].wanted),
				    spellings[i].name);
}

static void there_are_five_languages(void **state)
{
	static const char *const names[] = { "en", "de", "es", "fr", "it" };
	const char *const *locales = catalog_locales();

	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(locales[i], names[i]);
	assert_null(locales[COUNT(names)]);
}

static void texts_are_found_or_fall_back(void **state)
{
	assert_string_equal(catalog_text("de", "report", "severity.HIGH"),
			    "Hoch");
	assert_string_equal(catalog_text("xx", "report", "severity.HIGH"),
			    "High");
	assert_string_equal(catalog_text("de", "report", "no.such.key"),
			    "no.such.key");
	assert_string_equal(
		catalog_count_text("it", "report", "summary.targets", 1),
		"Obiettivo");
	assert_string_equal(
		catalog_count_text("it", "report", "summary.targets", 2),
		"Obiettivi");
}

static void a_key_of_any_length_is_survived(void **state)
{
	char key[4096];

	memset(key, 'x', sizeof(key));
	key[sizeof(key) - 1] = '\0';
	assert_ptr_equal(catalog_text("en", "report", key), key);
}

struct template
{
	const char *text, *rendered;
};

static void placeholders_are_filled(void **state)
{
	static const struct template templates[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "{port}", "443" },
		{ "a {port} b {port}", "a 443 b 443" },
		{ "{none}", "" },
		{ "{unknown}", "{unknown}" },
		{ "{{port}", "{port}" },
		{ "open {port", "open {port" },
		{ "{", "{" },
		{ "{}", "{}" },
		{ "{quote}", "{port}" }, /* values are not looked at again */
	};
	const struct catalog_value values[] = {
		{ "port", "443" },
		{ "none", NULL },
		{ "quote", "{port}" },
		{ NULL },
	};
	_arena_ struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(templates); i++)
		assert_string_equal(
			catalog_render(&a, templates[i].text, values),
			templates[i].rendered);
}

static void a_finding_has_its_texts_in_each_language(void **state)
{
	const char *const *locales = catalog_locales();
	const struct check_list *checks = catalog_checks();

	for (int l = 0; locales[l]; l++)
		for (size_t i = 0; i < checks->len; i++) {
			_arena_ struct arena a = { 0 };
			struct finding_texts t;

			assert_true(
				finding_texts(checks->items[i].id,
					      "{\"port\":443,\"value\":\"V\","
					      "\"items\":[\"a\",\"b\"]}",
					      locales[l], &a, &t));
			if (strchr(t.detail, '{') || strchr(t.title, '{') ||
			    !*t.rationale || !*t.remediation)
				fail_msg("%s %s: %s", locales[l],
					 checks->items[i].id, t.detail);
		}
}

static void evidence_becomes_words(void **state)
{
	_arena_ struct arena a = { 0 };
	struct finding_texts t;

	finding_texts("cookie_secure",
		      "{\"port\":443,\"items\":[\"sid\",\"b\"],\"total\":7}",
		      "en", &a, &t);
	assert_string_equal(t.detail, "On port 443, cookies without Secure: "
				      "sid, b and 5 more.");
	finding_texts("port_smb", "{\"port\":445}", "de", &a, &t);
	assert_string_equal(t.detail, "TCP-Port 445 nimmt Verbindungen an. "
				      "Erkannter Dienst: nicht erkannt.");
}

static void evidence_that_does_not_read_is_left_out(void **state)
{
	static const char *const broken[] = {
		NULL, "", "nonsense", "[]", "{\"port\":\"x\"}", "{\"items\":{}}"
	};

	for (size_t i = 0; i < COUNT(broken); i++) {
		_arena_ struct arena a = { 0 };
		struct finding_texts t;

		assert_true(finding_texts("port_ftp", broken[i], "en", &a, &t));
		assert_string_equal(t.title, "FTP is in use");
	}
}

static void a_finding_outlives_its_check(void **state)
{
	_arena_ struct arena a = { 0 };
	struct finding f = {
		.check_id = "no_such_check",
		.message = "Old label",
		.technical_detail = "{\"port\":1}",
	};

	finding_localize(&f, "it", &a);
	assert_string_equal(f.title, "Old label");
	assert_null(f.technical_detail);
	assert_null(f.remediation);
}

/* ---- a catalogue of other files ---- */

static struct embedded_file file_of(const char *path, const char *text)
{
	return (struct embedded_file){
		.path = path,
		.bytes = (const unsigned char *)text,
		.len = strlen(text),
	};
}

#define BOOK                                                                   \
	"{\"source\":{\"url\":\"https://example.org\",\"licence\":\"x\","      \
	"\"checked_on\":\"2026-01-01\",\"certainty\":\"high\"},\"articles\":[" \
	"{\"letter\":\"a\",\"coverage\":\"none\"},"                            \
	"{\"letter\":\"b\",\"coverage\":\"none\"},"                            \
	"{\"letter\":\"c\",\"coverage\":\"none\"},"                            \
	"{\"letter\":\"d\",\"coverage\":\"none\"},"                            \
	"{\"letter\":\"e\",\"coverage\":\"part\"},"                            \
	"{\"letter\":\"f\",\"coverage\":\"none\"},"                            \
	"{\"letter\":\"g\",\"coverage\":\"part\"},"                            \
	"{\"letter\":\"h\",\"coverage\":\"technical\"},"                       \
	"{\"letter\":\"i\",\"coverage\":\"part\"},"                            \
	"{\"letter\":\"j\",\"coverage\":\"none\"}]}"

#define CHECK(article)                                               \
	"{\"fact\":\"x\",\"when\":\"is_true\",\"scope\":\"port\","   \
	"\"severity\":\"LOW\",\"category\":\"C\",\"message\":\"M\"," \
	"\"target\":\"host\",\"article\":\"" article "\","           \
	"\"reference\":\"r\",\"compliance_article\":\"c\","          \
	"\"cost\":\"Low\",\"effort\":\"Low\"}"

static void a_broken_catalogue_is_refused(void **state)
{
	static const char *const checks[] = {
		"",
		"{}",
		"{\"fact\":\"x\"}",
		CHECK("21.2.z"),
	};

	for (size_t i = 0; i < COUNT(checks); i++) {
		_arena_ struct arena a = { 0 };
		struct embedded_file files[] = {
			file_of("data/articles.json", BOOK),
			file_of("data/checks/mine.json", checks[i]),
			{ 0 },
		};
		struct catalog catalog = { 0 };
		struct err err = { 0 };

		assert_false(catalog_read(files, &a, &catalog, &err));
		assert_non_null(strstr(err.msg, "data/checks/mine.json"));
	}
}

static void a_catalogue_of_other_files_is_read(void **state)
{
	_arena_ struct arena a = { 0 };
	struct embedded_file files[] = {
		file_of("data/checks/.json", CHECK("21.2.h")),
		file_of("data/checks/b.json", CHECK("21.2.h")),
		file_of("data/checks/a.json", CHECK("21.2.g")),
		file_of("data/checks/readme.txt", "not a check"),
		file_of("data/articles.json", BOOK),
		{ 0 },
	};
	struct embedded_file none[] = { { 0 } };
	struct catalog catalog = { 0 };

	assert_true(catalog_read(files, &a, &catalog, NULL));
	assert_int_equal(catalog.checks.len, 3);
	assert_string_equal(catalog.checks.items[1].id, "a");
	assert_string_equal(catalog.checks.items[2].id, "b");
	assert_false(catalog_read(none, &a, &catalog, NULL));
}

/* ---- what is embedded ---- */

static void embedded_files_are_sorted_and_found(void **state)
{
	for (size_t i = 0; i < embedded_file_count; i++) {
		const struct embedded_file *f = &embedded_files[i];

		assert_ptr_equal(embedded_find(f->path), f);
		assert_true(f->etag[0] == '"' && strlen(f->etag) == 34);
		assert_int_equal(f->bytes[f->len], 0);
		if (f->gzip)
			assert_true(f->gzip[0] == 0x1f && f->gzip[1] == 0x8b);
	}
	assert_null(embedded_files[embedded_file_count].path);
	assert_null(embedded_find("/no/such/file"));
	assert_null(embedded_find(""));
	assert_non_null(embedded_find("/openapi.json"));
	assert_non_null(embedded_find("/docs"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_are_found_by_id),
		cmocka_unit_test(labels_that_clients_know_are_kept),
		cmocka_unit_test(categories_are_those_of_the_contract),
		cmocka_unit_test(every_letter_has_its_article),
		cmocka_unit_test(a_language_is_chosen_by_what_is_asked_for),
		cmocka_unit_test(there_are_five_languages),
		cmocka_unit_test(texts_are_found_or_fall_back),
		cmocka_unit_test(a_key_of_any_length_is_survived),
		cmocka_unit_test(placeholders_are_filled),
		cmocka_unit_test(a_finding_has_its_texts_in_each_language),
		cmocka_unit_test(evidence_becomes_words),
		cmocka_unit_test(evidence_that_does_not_read_is_left_out),
		cmocka_unit_test(a_finding_outlives_its_check),
		cmocka_unit_test(a_broken_catalogue_is_refused),
		cmocka_unit_test(a_catalogue_of_other_files_is_read),
		cmocka_unit_test(embedded_files_are_sorted_and_found),
	};

	return cmocka_run_group_tests_name("catalog", tests, catalog_setup,
					   catalog_teardown);
}
