/*
 * The dossier of one scan, byte for byte, in every format and language
 * (tests/golden/). After a change that is meant, NIS2_UPDATE=1 writes the new
 * ones; look at them before they are committed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "core/catalog.h"
#include "core/matrix.h"
#include "core/summary.h"
#include "report/report.h"
#include "catalog_fixture.h"
#include "table.h"

#define NOW INT64_C(1772355600000000) /* 2026-03-01T09:00:00Z */

#define SCAN_ID "018f0000-0000-7000-8000-000000000001"
#define FINDING(n) "018f0000-0000-7000-8000-0000000001" n

/* Out of order on purpose, one accepted, one from a check that is gone. */
static struct finding findings[] = {
	{ .id = FINDING("05"),
	  .check_id = "csp_missing",
	  .severity = SEVERITY_LOW,
	  .message = "Content-Security-Policy Header missing on port 443",
	  .target = "www.example.com",
	  .technical_detail = "{\"port\":443,\"value\":\"200\"}" },
	{ .id = FINDING("01"),
	  .check_id = "port_smb",
	  .severity = SEVERITY_CRITICAL,
	  .message = "SMB (Server Message Block) Port (445) is EXPOSED",
	  .target = "192.0.2.10",
	  .technical_detail = "{\"port\":445,\"value\":\"SMB 3.1.1\"}" },
	{ .id = FINDING("02"),
	  .check_id = "tls_weak_versions",
	  .severity = SEVERITY_HIGH,
	  .message = "Weak TLS Versions Supported on port 443",
	  .target = "www.example.com",
	  .technical_detail = "{\"port\":443,\"value\":\"TLSv1.0, TLSv1.1\"}" },
	{ .id = FINDING("04"),
	  .check_id = "cookie_secure",
	  .severity = SEVERITY_LOW,
	  .message = "Cookie Missing 'Secure' Flag",
	  .target = "www.example.com:443",
	  .status = FINDING_STATUS_ACCEPTED_RISK,
	  .technical_detail = "{\"port\":443,\"items\":[\"<sid>\",\"lang\"]}" },
	{ .id = FINDING("03"),
	  .check_id = "gone",
	  .severity = SEVERITY_MEDIUM,
	  .message = "A label of an older release",
	  .target = "[2001:db8::1]:8443",
	  .technical_detail = "{}" },
};

static struct scan_result results[] = {
	{ .target = "192.0.2.0/28", .ip = "192.0.2.10", .is_alive = true },
	{ .target = "www.example.com", .ip = "198.51.100.7", .is_alive = true },
	{ .target = "silent.example.com", .ip = "" },
};

static int64_t smb_ports[] = { 445 };
static int64_t web_ports[] = { 80, 443 };

/* What a row has besides, from its check. */
static void complete(struct finding *f)
{
	const struct check *c = catalog_check(f->check_id);

	f->category = c ? c->category : "OLD CATEGORY";
	f->scan_id = SCAN_ID;
	f->fingerprint = "";
	f->first_seen_at = f->last_seen_at = NOW - CLOCK_DAY;
	f->occurrences = 1;
	if (!c)
		return;
	f->reference = c->reference;
	f->compliance_article = c->compliance_article;
	f->cvss_vector = c->cvss_vector;
	f->has_cvss_base_score = c->cvss_vector != NULL;
	f->cvss_base_score = c->cvss_vector ? 7.4 : 0;
}

static char *sample_matrix(const char *locale, struct arena *a)
{
	static const char json[] =
		"{\"run\":[\"port_smb\",\"tls_weak_versions\",\"csp_missing\","
		"\"cookie_secure\"],\"failed\":["
		"{\"id\":\"port_smb\",\"severity\":\"CRITICAL\",\"findings\":1}"
		","
		"{\"id\":\"csp_missing\",\"severity\":\"LOW\",\"findings\":1}]"
		"}";
	struct matrix_sum m = { 0 };

	assert_true(matrix_add_json(&m, json, a, NULL));
	return matrix_json(&m, locale, a);
}

/* The one scan of this file; its lists are static. */
static void sample(const char *locale, struct arena *a, struct scan *scan,
		   struct finding_list *list)
{
	*list = (struct finding_list){ findings, COUNT(findings) };
	results[0].open_ports = (struct int_list){ smb_ports, 1 };
	results[1].open_ports = (struct int_list){ web_ports, 2 };
	for (size_t i = 0; i < COUNT(findings); i++)
		complete(&findings[i]);
	*scan = (struct scan){
		.id = SCAN_ID,
		.name = "Perimeter <March> & \"friends\"",
		.status = SCAN_STATUS_COMPLETED,
		.has_total_score = true,
		.total_score = 62,
		.hosts_scanned = 3,
		.hosts_alive = 2,
		.findings_critical = 1,
		.findings_high = 1,
		.findings_medium = 1,
		.findings_low = 2,
		.has_completed_at = true,
		.completed_at = NOW - 90 * CLOCK_SECOND,
		.has_duration_seconds = true,
		.duration_seconds = 47,
		.compliance_matrix = sample_matrix(locale, a),
		.executive_summary = "<p>As it was stored.</p>",
	};
}

static char *written(const struct report_input *in, const char *format,
		     struct arena *a)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	char *copy;

	if (!report_write(in, writer_find(format), out, &err))
		fail_msg("%s: %s", format, err.msg);
	fclose(out);
	copy = arena_strdup(a, text);
	free(text);
	return copy;
}

static void compare(const char *path, const char *text, struct arena *a)
{
	char *golden = NULL;
	struct err err = { 0 };
	size_t at = 0;

	if (getenv("NIS2_UPDATE"))
		assert_true(file_write(path, text, strlen(text), 0644, NULL));
	if (!file_read(path, 1 << 20, a, &golden, NULL, &err))
		fail_msg("%s: %s", path, err.msg);
	while (text[at] && text[at] == golden[at])
		at++;
	if (text[at] != golden[at])
		fail_msg("%s differs at byte %zu: '%.60s' is now '%.60s'", path,
			 at, golden + at, text + at);
}

static void the_dossier_is_what_it_was(void **state)
{
	static const char *const formats[] = { "html", "json" };
	const char *const *locales = catalog_locales();

	for (int l = 0; locales[l]; l++)
		for (size_t f = 0; f < COUNT(formats); f++) {
			_arena_ struct arena a = { 0 };
			struct scan scan;
			struct finding_list list;
			struct scan_result_list hosts = { results,
							  COUNT(results) };
			struct report_input in = {
				.scan = &scan,
				.findings = &list,
				.results = &hosts,
				.organization = "M\xc3\xbcller & S\xc3\xb6hne",
				.locale = locales[l],
				.now = NOW,
			};

			sample(locales[l], &a, &scan, &list);
			compare(arena_printf(&a,
					     "%s/tests/golden/dossier.%s.%s",
					     getenv("NIS2_SOURCE"), locales[l],
					     formats[f]),
				written(&in, formats[f], &a), &a);
		}
}

/* A scan that reached nobody: no score is claimed, nothing is left empty. */
static void a_scan_without_an_answer_says_so(void **state)
{
	_arena_ struct arena a = { 0 };
	struct scan scan = {
		.id = SCAN_ID,
		.name = "Nobody",
		.status = SCAN_STATUS_COMPLETED,
		.created_at = NOW,
	};
	struct finding_list none = { NULL, 0 };
	struct scan_result_list nobody = { NULL, 0 };
	struct report_input in = {
		.scan = &scan,
		.findings = &none,
		.results = &nobody,
		.locale = "pt",
		.now = NOW,
	};
	char *html = written(&in, "html", &a);
	char *json = written(&in, "json", &a);

	assert_non_null(strstr(html, "<html lang=\"en\">"));
	assert_non_null(strstr(html, "Not assessed: no host answered"));
	assert_non_null(strstr(html, "No findings."));
	assert_non_null(strstr(html, "<td colspan=\"4\">No hosts.</td>"));
	assert_null(strstr(html, "out of 100"));
	assert_null(strstr(html, "aria-label=\"Coverage"));
	assert_non_null(strstr(json, "\"total_score\": null"));
	assert_non_null(strstr(json, "\"compliance_matrix\": {}"));
	assert_non_null(strstr(json, "\"executive_summary\": \"\""));
}

/* The matrix of another program, or a broken one, is not shown as ours. */
static void a_matrix_of_another_form_is_left_out(void **state)
{
	_arena_ struct arena a = { 0 };
	struct scan scan;
	struct finding_list list;
	struct scan_result_list hosts = { results, COUNT(results) };
	struct report_input in = {
		.scan = &scan,
		.findings = &list,
		.results = &hosts,
		.locale = "en",
		.now = NOW,
	};

	sample("en", &a, &scan, &list);
	scan.compliance_matrix = "{\"a) Risk\":\"Automated\"}";
	assert_null(strstr(written(&in, "html", &a), "class=\"strip\""));
	assert_non_null(strstr(written(&in, "json", &a), "\"a) Risk\""));
}

static void a_disk_that_is_full_is_told(void **state)
{
	_arena_ struct arena a = { 0 };
	struct scan scan;
	struct finding_list list;
	struct scan_result_list hosts = { results, COUNT(results) };
	struct report_input in = { &scan, &list, &hosts, "", "en", NOW };
	FILE *full = fopen("/dev/full", "w");
	struct err err = { 0 };

	sample("en", &a, &scan, &list);
	assert_false(report_write(&in, writer_find("html"), full, &err));
	assert_int_equal(err.kind, ERR_INTERNAL);
	fclose(full);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_dossier_is_what_it_was),
		cmocka_unit_test(a_scan_without_an_answer_says_so),
		cmocka_unit_test(a_matrix_of_another_form_is_left_out),
		cmocka_unit_test(a_disk_that_is_full_is_told),
	};

	return cmocka_run_group_tests_name("report", tests, catalog_setup,
					   catalog_teardown);
}
