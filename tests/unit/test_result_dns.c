/*
 * dns_info of a scan result: made of what the probes of a name stated, always
 * with the members of the contract, and empty where nobody looked. And the
 * list of DKIM selectors, which a probe reads at run time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "core/embedded.h"
#include "gen/data_types.h"
#include "scan/result.h"

static void dns_info_is(const struct fact_list *facts, const char *wanted)
{
	_arena_ struct arena a = { 0 };
	struct result_info info = { 0 };

	result_make(facts, &a, &info);
	assert_string_equal(info.dns_info, wanted);
}

static void nobody_looked(void **state)
{
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };

	fact_bool(&facts, "port.open", 443, true);
	dns_info_is(&facts, "{}");
}

static void members_of_the_contract_are_always_there(void **state)
{
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };

	fact_text(&facts, "dns.domain", 0, "example.net");
	dns_info_is(&facts,
		    "{\"dnssec_enabled\":false,\"zone_transfer_exposed\":false,"
		    "\"nameservers\":[],"
		    "\"spf\":{\"present\":false,\"record\":null},"
		    "\"dmarc\":{\"present\":false,\"record\":null},"
		    "\"mx\":[],\"domain\":\"example.net\"}");
}

static void what_was_stated_is_shown(void **state)
{
	const char *ns[] = { "ns1.example.net.", "ns2.example.net." };
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };

	fact_text(&facts, "dns.domain", 0, "example.net");
	fact_text(&facts, "dns.dnssec", 0, "secure");
	fact_bool(&facts, "dns.axfr", 0, true);
	fact_strs(&facts, "dns.nameservers", 0, &(struct str_list){ ns, 2 });
	fact_text(&facts, "mail.spf", 0, "v=spf1 -all");
	fact_bool(&facts, "mail.null_mx", 0, true);
	dns_info_is(&facts,
		    "{\"dnssec_enabled\":true,\"zone_transfer_exposed\":true,"
		    "\"nameservers\":[\"ns1.example.net.\","
		    "\"ns2.example.net.\"],"
		    "\"spf\":{\"present\":true,\"record\":\"v=spf1 -all\"},"
		    "\"dmarc\":{\"present\":false,\"record\":null},"
		    "\"mx\":[],\"domain\":\"example.net\","
		    "\"dnssec\":\"secure\",\"null_mx\":true}");
}

/* Signatures that do not validate protect nobody. */
static void bogus_is_not_enabled(void **state)
{
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };
	struct result_info info = { 0 };

	fact_text(&facts, "dns.domain", 0, "example.net");
	fact_text(&facts, "dns.dnssec", 0, "bogus");
	result_make(&facts, &a, &info);
	assert_non_null(strstr(info.dns_info, "\"dnssec_enabled\":false"));
	assert_non_null(strstr(info.dns_info, "\"dnssec\":\"bogus\""));
}

static void the_selectors_can_be_read(void **state)
{
	const struct embedded_file *file =
		embedded_find("data/dkim_selectors.json");
	struct dkim_selectors list = { 0 };
	_arena_ struct arena a = { 0 };
	struct err err = { 0 };

	assert_non_null(file);
	if (!codec_read(&dkim_selectors_type, (const char *)file->bytes,
			file->len, "selectors", &a, &list, NULL, &err))
		fail_msg("%s", err.msg);
	assert_true(list.selectors.len > 20);
	for (size_t i = 0; i < list.selectors.len; i++)
		for (size_t n = 0; n < i; n++)
			assert_string_not_equal(list.selectors.items[i],
						list.selectors.items[n]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_looked),
		cmocka_unit_test(members_of_the_contract_are_always_there),
		cmocka_unit_test(what_was_stated_is_shown),
		cmocka_unit_test(bogus_is_not_enabled),
		cmocka_unit_test(the_selectors_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
