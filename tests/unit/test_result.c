/* Facts become the members of a result on the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "scan/result.h"
#include "table.h"

/* Facts as lines, as they travel, and what they must become. */
static const struct result_case {
	const char *name;
	const char *facts[12];
	const char *http, *tls;
} cases[] = {
	{ "nothing_seen", { NULL }, "{}", "{}" },
	{ "an_answer",
	  { "{\"f\":\"http.status\",\"port\":80,\"number\":301}",
	    "{\"f\":\"http.headers\",\"port\":80,\"list\":[\"Server: "
	    "nginx\",\"Location: https://a/\"]}",
	    "{\"f\":\"http.location\",\"port\":80,\"text\":\"https://a/\"}",
	    "{\"f\":\"http.missing_headers\",\"port\":80,\"list\":["
	    "\"X-Frame-Options\"]}" },
	  "{\"80\":{\"status\":301,\"headers\":{\"Server\":\"nginx\","
	  "\"Location\":\"https://a/\"},\"redirects\":[],"
	  "\"redirect_location\":\"https://a/\","
	  "\"missing_headers\":[\"X-Frame-Options\"],"
	  "\"cookies_analysis\":[]}}",
	  "{}" },
	{ "a_repeated_header_keeps_its_first_value",
	  { "{\"f\":\"http.headers\",\"port\":80,\"list\":[\"A: 1\",\"A: "
	    "2\",\"B: x: y\",\"C: \"]}" },
	  "{\"80\":{\"headers\":{\"A\":\"1\",\"B\":\"x: y\",\"C\":\"\"}}}",
	  "{}" },
	{ "ports_in_order",
	  { "{\"f\":\"http.error\",\"port\":8080,\"text\":\"late\"}",
	    "{\"f\":\"http.error\",\"port\":443,\"text\":\"\\\"q\\\"\"}" },
	  "{\"443\":{\"error\":\"\\\"q\\\"\"},\"8080\":{\"error\":\"late\"}}",
	  "{}" },
	{ "cookies_have_their_flags",
	  { "{\"f\":\"http.status\",\"port\":443,\"number\":200}",
	    "{\"f\":\"cookie.secure\",\"port\":443,\"item\":\"a\",\"yes\":"
	    "true}",
	    "{\"f\":\"cookie.httponly\",\"port\":443,\"item\":\"a\",\"yes\":"
	    "false}",
	    "{\"f\":\"cookie.line\",\"port\":443,\"item\":\"a\",\"text\":\"a="
	    "***; Secure\"}",
	    "{\"f\":\"cookie.line\",\"port\":443,\"item\":\"b\",\"text\":\"b="
	    "***\"}" },
	  "{\"443\":{\"status\":200,\"redirects\":[],\"cookies_analysis\":["
	  "{\"raw\":\"a=***; Secure\",\"secure\":true,\"httponly\":false,"
	  "\"samesite\":false},{\"raw\":\"b=***\",\"secure\":false,"
	  "\"httponly\":false,\"samesite\":false}]}}",
	  "{}" },
	{ "a_security_txt_that_is_there",
	  { "{\"f\":\"http.security_txt\",\"port\":443,\"yes\":true}",
	    "{\"f\":\"http.security_txt_path\",\"port\":443,\"text\":\"/s\"}" },
	  "{\"443\":{\"security_txt_found\":true,\"security_txt_url\":\"/s\"}}",
	  "{}" },
	{ "a_security_txt_that_is_not",
	  { "{\"f\":\"http.security_txt\",\"port\":443,\"yes\":false}" },
	  "{\"443\":{}}",
	  "{}" },
	{ "headers_that_tell_of_software",
	  { "{\"f\":\"http.headers\",\"port\":80,\"list\":[\"x-powered-by: "
	    "PHP/8\",\"X-Generator: W 6\"]}" },
	  "{\"80\":{\"headers\":{\"x-powered-by\":\"PHP/8\",\"X-Generator\":"
	  "\"W 6\"},\"tech_stack\":[\"Powered-By: PHP/8\",\"Generator: W "
	  "6\"]}}",
	  "{}" },
	{ "a_certificate_in_order",
	  { "{\"f\":\"tls.version\",\"port\":443,\"text\":\"TLSv1.3\"}",
	    "{\"f\":\"tls.cipher\",\"port\":443,\"text\":\"X\"}",
	    "{\"f\":\"tls.weak_versions\",\"port\":443,\"list\":[]}",
	    "{\"f\":\"cert.trusted\",\"port\":443,\"yes\":true}",
	    "{\"f\":\"cert.name_match\",\"port\":443,\"yes\":true}",
	    "{\"f\":\"cert.expired\",\"port\":443,\"yes\":false}",
	    "{\"f\":\"cert.not_after\",\"port\":443,\"time\":\"2027-01-02T03:"
	    "04:05Z\"}" },
	  "{}",
	  "{\"443\":{\"valid\":true,\"version\":\"TLSv1.3\",\"expired\":false,"
	  "\"expiry_date\":\"2027-01-02T03:04:05Z\",\"cipher\":\"X\","
	  "\"weak_versions\":[]}}" },
	{ "a_certificate_for_another_name",
	  { "{\"f\":\"tls.version\",\"port\":8443,\"text\":\"TLSv1.2\"}",
	    "{\"f\":\"cert.trusted\",\"port\":8443,\"yes\":true}",
	    "{\"f\":\"cert.name_match\",\"port\":8443,\"yes\":false}" },
	  "{}",
	  "{\"8443\":{\"valid\":false,\"version\":\"TLSv1.2\",\"expired\":"
	  "false,\"expiry_date\":null}}" },
	{ "an_expired_certificate",
	  { "{\"f\":\"tls.version\",\"port\":443,\"text\":\"TLSv1.2\"}",
	    "{\"f\":\"cert.trusted\",\"port\":443,\"yes\":true}",
	    "{\"f\":\"cert.expired\",\"port\":443,\"yes\":true}" },
	  "{}",
	  "{\"443\":{\"valid\":false,\"version\":\"TLSv1.2\",\"expired\":true,"
	  "\"expiry_date\":null}}" },
	{ "no_tls_at_all",
	  { "{\"f\":\"tls.tested\",\"port\":443,\"yes\":false}",
	    "{\"f\":\"tls.error\",\"port\":443,\"text\":\"timed out\"}" },
	  "{}",
	  "{\"443\":{\"valid\":false,\"version\":\"unknown\",\"expired\":false,"
	  "\"expiry_date\":null,\"error\":\"timed out\"}}" },
};

static void becomes(void **state)
{
	const struct result_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct fact facts[12];
	struct fact_list list = { .items = facts, .arena = &a };
	struct result_info info;
	struct err err = { 0 };

	for (; c->facts[list.len]; list.len++)
		if (!fact_read(c->facts[list.len], strlen(c->facts[list.len]),
			       &a, &facts[list.len], &err))
			fail_msg("%s: %s", err.msg, c->facts[list.len]);
	result_make(&list, &a, &info);
	assert_string_equal(info.http_info, c->http);
	assert_string_equal(info.tls_info, c->tls);
	assert_string_equal(info.dns_info, "{}");
	assert_string_equal(info.secrets_found, "[]");
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(cases)];
	size_t n = 0;

	ADD(cases, becomes);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
