/*
 * The checks of DNS and mail: for each the fact that makes a finding of it,
 * with severity, label and target, and the one that does not. Findings of a
 * domain are called after the domain (W46), those of a name after the name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "catalog_fixture.h"
#include "core/judge.h"
#include "table.h"

struct scene {
	const char *name;
	const char *facts;    /* JSON lines, as a probe sends them */
	const char *findings; /* "SEVERITY MESSAGE @ TARGET", a line each */
};

#define LINE(name, rest) "{\"f\":\"" name "\",\"port\":0," rest "}\n"
#define YES(name) LINE(name, "\"yes\":true")
#define NO(name) LINE(name, "\"yes\":false")
#define YES_OF(name) LINE(name, "\"item\":\"s1\",\"yes\":true")
#define NO_OF(name) LINE(name, "\"item\":\"s1\",\"yes\":false")
#define NUMBER(name, value) LINE(name, "\"number\":" value)
#define NUMBER_OF(name, value) LINE(name, "\"item\":\"s1\",\"number\":" value)
#define TIME(name, value) LINE(name, "\"time\":\"" value "\"")
#define LIST(name, items) LINE(name, "\"list\":[" items "]")

static const struct scene scenes[] = {
	{ "dns_axfr", YES("dns.axfr"),
	  "CRITICAL DNS Zone Transfer (AXFR) Allowed @ example.net\n" },
	{ "dns_axfr: in order", NO("dns.axfr"), "" },
	{ "dnssec_missing", NO("dns.dnssec_signed"),
	  "MEDIUM DNSSEC Not Enabled @ example.net\n" },
	{ "dnssec_missing: in order", YES("dns.dnssec_signed"), "" },
	{ "dnssec_bogus", YES("dns.dnssec_bogus"),
	  "HIGH DNSSEC Validation Fails @ example.net\n" },
	{ "dnssec_bogus: in order", NO("dns.dnssec_bogus"), "" },
	{ "dnssec_weak_algorithm",
	  YES("dns.dnssec_signed")
		  LIST("dns.dnssec_weak_algorithms", "\"one\""),
	  "MEDIUM Weak DNSSEC Algorithm @ example.net\n" },
	{ "dnssec_weak_algorithm: in order",
	  YES("dns.dnssec_signed") LIST("dns.dnssec_weak_algorithms", ""), "" },
	{ "dnssec_short_key",
	  YES("dns.dnssec_signed") NUMBER("dns.dnssec_rsa_bits", "2047"),
	  "LOW Short RSA Key in DNSSEC @ example.net\n" },
	{ "dnssec_short_key: in order",
	  YES("dns.dnssec_signed") NUMBER("dns.dnssec_rsa_bits", "2048"), "" },
	{ "dnssec_weak_digest", YES("dns.ds_weak"),
	  "LOW DS Record with SHA-1 Only @ example.net\n" },
	{ "dnssec_weak_digest: in order", NO("dns.ds_weak"), "" },
	{ "dnssec_expiring",
	  YES("dns.dnssec_signed") YES("dns.rrsig_near_expiry"),
	  "MEDIUM DNSSEC Signatures About to Expire @ example.net\n" },
	{ "dnssec_expiring: in order",
	  YES("dns.dnssec_signed") NO("dns.rrsig_near_expiry"), "" },
	{ "nsec3_iterations",
	  YES("dns.dnssec_signed") NUMBER("dns.nsec3_iterations", "1"),
	  "LOW NSEC3 with Additional Iterations @ example.net\n" },
	{ "nsec3_iterations: in order",
	  YES("dns.dnssec_signed") NUMBER("dns.nsec3_iterations", "0"), "" },
	{ "domain_expired",
	  TIME("registration.expires", "2026-01-01T00:00:00Z"),
	  "CRITICAL Domain Registration Expired @ example.net\n" },
	{ "domain_expires_7",
	  TIME("registration.expires", "2026-01-05T00:00:00Z"),
	  "HIGH Domain Expiring Soon (7 days) @ example.net\n" },
	{ "domain_expires_30",
	  TIME("registration.expires", "2026-01-20T00:00:00Z"),
	  "HIGH Domain Expiring Soon (30 days) @ example.net\n" },
	{ "domain_expires_60",
	  TIME("registration.expires", "2026-02-20T00:00:00Z"),
	  "LOW Domain Expiring Soon (60 days) @ example.net\n" },
	{ "domain_expires: in order",
	  TIME("registration.expires", "2027-01-05T00:00:00Z"), "" },
	{ "domain_data", NO("registration.complete"),
	  "LOW Incomplete Domain Registration Data @ example.net\n" },
	{ "domain_data: in order", YES("registration.complete"), "" },
	{ "domain_lock", NO("registration.locked"),
	  "INFO Domain Without Transfer Lock @ example.net\n" },
	{ "domain_lock: in order", YES("registration.locked"), "" },
	{ "ns_single", NUMBER("dns.ns_count", "1"),
	  "MEDIUM Single Name Server @ example.net\n" },
	{ "ns_single: in order", NUMBER("dns.ns_count", "2"), "" },
	{ "ns_one_network", NUMBER("dns.ns_networks", "1"),
	  "LOW Name Servers in One Network @ example.net\n" },
	{ "ns_one_network: in order", NUMBER("dns.ns_networks", "2"), "" },
	{ "ns_lame", LIST("dns.ns_lame", "\"one\""),
	  "MEDIUM Lame Delegation @ example.net\n" },
	{ "ns_lame: in order", LIST("dns.ns_lame", ""), "" },
	{ "ns_silent", LIST("dns.ns_silent", "\"one\""),
	  "LOW Name Server Does Not Answer @ example.net\n" },
	{ "ns_silent: in order", LIST("dns.ns_silent", ""), "" },
	{ "ns_records", LIST("dns.ns_problems", "\"one\""),
	  "LOW Name Server Records Not in Order @ example.net\n" },
	{ "ns_records: in order", LIST("dns.ns_problems", ""), "" },
	{ "ns_open_recursion", LIST("dns.open_recursion", "\"one\""),
	  "MEDIUM Open DNS Recursion @ example.net\n" },
	{ "ns_open_recursion: in order", LIST("dns.open_recursion", ""), "" },
	{ "ns_version", LIST("dns.ns_version", "\"one\""),
	  "LOW Name Server Tells Its Version @ example.net\n" },
	{ "ns_version: in order", LIST("dns.ns_version", ""), "" },
	{ "soa_serials", YES("dns.soa_serials_differ"),
	  "LOW Name Servers with Different Zone Serials @ example.net\n" },
	{ "soa_serials: in order", NO("dns.soa_serials_differ"), "" },
	{ "caa_missing", NO("dns.caa_present"),
	  "LOW CAA Record Missing @ example.net\n" },
	{ "caa_missing: in order", YES("dns.caa_present"), "" },
	{ "caa_invalid", LIST("dns.caa_errors", "\"one\""),
	  "LOW CAA Records Not Effective @ example.net\n" },
	{ "caa_invalid: in order", LIST("dns.caa_errors", ""), "" },
	{ "cname_dangling", YES("dns.cname_dangling"),
	  "MEDIUM Dangling CNAME Record @ www.example.net\n" },
	{ "cname_dangling: in order", NO("dns.cname_dangling"), "" },
	{ "cname_takeover", YES("dns.cname_takeover"),
	  "HIGH Subdomain Takeover Possible (Dangling CNAME) @ "
	  "www.example.net\n" },
	{ "cname_takeover: in order", NO("dns.cname_takeover"), "" },
	{ "ipv6_missing", NO("dns.web_ipv6"),
	  "INFO IPv6 Not Available @ www.example.net\n" },
	{ "ipv6_missing: in order", YES("dns.web_ipv6"), "" },
	{ "spf_missing", YES("mail.used") NO("mail.spf_present"),
	  "MEDIUM SPF Record Missing @ example.net\n" },
	{ "spf_missing: in order", YES("mail.used") YES("mail.spf_present"),
	  "" },
	{ "spf_unused", YES("mail.unused") NO("mail.spf_denies"),
	  "LOW SPF Advised for a Domain without Mail @ example.net\n" },
	{ "spf_unused: in order", YES("mail.unused") YES("mail.spf_denies"),
	  "" },
	{ "spf_invalid", LIST("mail.spf_errors", "\"one\""),
	  "MEDIUM SPF Record Not Valid @ example.net\n" },
	{ "spf_invalid: in order", LIST("mail.spf_errors", ""), "" },
	{ "spf_lookups", NUMBER("mail.spf_lookups", "11"),
	  "MEDIUM SPF Needs Too Many DNS Lookups @ example.net\n" },
	{ "spf_lookups: in order", NUMBER("mail.spf_lookups", "10"), "" },
	{ "spf_allows_all", YES("mail.spf_allows_all"),
	  "HIGH SPF Allows Any Sender (+all) @ example.net\n" },
	{ "spf_allows_all: in order", NO("mail.spf_allows_all"), "" },
	{ "spf_neutral", YES("mail.spf_neutral"),
	  "LOW SPF Says Nothing about Other Senders @ example.net\n" },
	{ "spf_neutral: in order", NO("mail.spf_neutral"), "" },
	{ "spf_ptr", YES("mail.spf_ptr"),
	  "LOW SPF Uses the ptr Mechanism @ example.net\n" },
	{ "spf_ptr: in order", NO("mail.spf_ptr"), "" },
	{ "spf_missing_name", NO("mail.name_spf_present"),
	  "MEDIUM SPF Record Missing on a Mail Subdomain @ www.example.net\n" },
	{ "spf_missing_name: in order", YES("mail.name_spf_present"), "" },
	{ "dmarc_missing", YES("mail.used") NO("mail.dmarc_present"),
	  "MEDIUM DMARC Record Missing @ example.net\n" },
	{ "dmarc_missing: in order", YES("mail.used") YES("mail.dmarc_present"),
	  "" },
	{ "dmarc_unused", YES("mail.unused") NO("mail.dmarc_present"),
	  "LOW DMARC Advised for a Domain without Mail @ example.net\n" },
	{ "dmarc_unused: in order",
	  YES("mail.unused") YES("mail.dmarc_present"), "" },
	{ "dmarc_invalid", LIST("mail.dmarc_errors", "\"one\""),
	  "LOW DMARC Record with Errors @ example.net\n" },
	{ "dmarc_invalid: in order", LIST("mail.dmarc_errors", ""), "" },
	{ "dmarc_not_enforced", NO("mail.dmarc_enforced"),
	  "MEDIUM DMARC Policy Not Enforced @ example.net\n" },
	{ "dmarc_not_enforced: in order", YES("mail.dmarc_enforced"), "" },
	{ "dmarc_partial",
	  YES("mail.dmarc_enforced") LIST("mail.dmarc_gaps", "\"one\""),
	  "LOW DMARC Policy with Gaps @ example.net\n" },
	{ "dmarc_partial: in order",
	  YES("mail.dmarc_enforced") LIST("mail.dmarc_gaps", ""), "" },
	{ "dmarc_no_reports", NO("mail.dmarc_reports"),
	  "LOW DMARC without Aggregate Reports @ example.net\n" },
	{ "dmarc_no_reports: in order", YES("mail.dmarc_reports"), "" },
	{ "dkim_absent", YES("mail.used") YES("mail.dkim_absent"),
	  "LOW DKIM Not Set Up @ example.net\n" },
	{ "dkim_absent: in order", YES("mail.used") NO("mail.dkim_absent"),
	  "" },
	{ "dkim_short_key", NUMBER_OF("mail.dkim_rsa_bits", "1023"),
	  "HIGH DKIM Key Can Be Broken @ example.net\n" },
	{ "dkim_short_key: in order", NUMBER_OF("mail.dkim_rsa_bits", "2048"),
	  "" },
	{ "dkim_key_2048", NUMBER_OF("mail.dkim_rsa_bits", "2047"),
	  "LOW DKIM Key Shorter Than 2048 Bits @ example.net\n" },
	{ "dkim_key_2048: in order", NUMBER_OF("mail.dkim_rsa_bits", "2048"),
	  "" },
	{ "dkim_testing", YES_OF("mail.dkim_testing"),
	  "LOW DKIM in Test Mode @ example.net\n" },
	{ "dkim_testing: in order", NO_OF("mail.dkim_testing"), "" },
	{ "dkim_broken", YES_OF("mail.dkim_broken"),
	  "LOW DKIM Key Record Not Valid @ example.net\n" },
	{ "dkim_broken: in order", NO_OF("mail.dkim_broken"), "" },
	{ "mx_records", LIST("mail.mx_problems", "\"one\""),
	  "LOW Mail Server Records Not in Order @ example.net\n" },
	{ "mx_records: in order", LIST("mail.mx_problems", ""), "" },
	{ "mx_no_starttls", LIST("mail.mx_no_starttls", "\"one\""),
	  "MEDIUM Mail Server without STARTTLS @ example.net\n" },
	{ "mx_no_starttls: in order", LIST("mail.mx_no_starttls", ""), "" },
	{ "transport_unsecured", NO("mail.transport_secured"),
	  "LOW No MTA-STS or DANE for Incoming Mail @ example.net\n" },
	{ "transport_unsecured: in order", YES("mail.transport_secured"), "" },
	{ "mta_sts_invalid", LIST("mail.mta_sts_errors", "\"one\""),
	  "MEDIUM MTA-STS Not Valid @ example.net\n" },
	{ "mta_sts_invalid: in order", LIST("mail.mta_sts_errors", ""), "" },
	{ "mta_sts_not_enforced", NO("mail.mta_sts_enforced"),
	  "LOW MTA-STS Not Enforced @ example.net\n" },
	{ "mta_sts_not_enforced: in order", YES("mail.mta_sts_enforced"), "" },
	{ "tls_rpt_missing", YES("mail.receives") NO("mail.tls_rpt"),
	  "INFO TLS-RPT Record Missing @ example.net\n" },
	{ "tls_rpt_missing: in order", YES("mail.receives") YES("mail.tls_rpt"),
	  "" },
	{ "dane_invalid", LIST("mail.dane_invalid", "\"one\""),
	  "HIGH DANE (TLSA) Does Not Match the Mail Server @ example.net\n" },
	{ "dane_invalid: in order", LIST("mail.dane_invalid", ""), "" },
	{ "dane_insecure", LIST("mail.dane_insecure", "\"one\""),
	  "LOW DANE (TLSA) without Effect @ example.net\n" },
	{ "dane_insecure: in order", LIST("mail.dane_insecure", ""), "" },
	{ "the better reason is the only one: expired and bogus",
	  YES("dns.dnssec_signed") YES("dns.dnssec_bogus")
		  YES("dns.rrsig_near_expiry"),
	  "HIGH DNSSEC Validation Fails @ example.net\n" },
	{ "one name server is not also one network",
	  NUMBER("dns.ns_count", "1") NUMBER("dns.ns_networks", "1"),
	  "MEDIUM Single Name Server @ example.net\n" },
	{ "a name to take is not also a name that dangles",
	  YES("dns.cname_dangling") YES("dns.cname_takeover"),
	  "HIGH Subdomain Takeover Possible (Dangling CNAME) @ "
	  "www.example.net\n" },
	{ "W8: without mail a missing SPF record is advice",
	  NO("mail.used") YES("mail.unused") NO("mail.spf_present")
		  NO("mail.spf_denies") NO("mail.dmarc_present"),
	  "LOW DMARC Advised for a Domain without Mail @ example.net\n"
	  "LOW SPF Advised for a Domain without Mail @ example.net\n" },
	{ "with mail it is a gap, and no advice besides",
	  YES("mail.used") NO("mail.unused") NO("mail.spf_present")
		  NO("mail.spf_denies") NO("mail.dmarc_present"),
	  "MEDIUM DMARC Record Missing @ example.net\n"
	  "MEDIUM SPF Record Missing @ example.net\n" },
	{ "what could not be asked is neither finding nor pass", "", "" },
};

static void read_facts(const char *text, struct fact_list *f)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		struct err err = { 0 };
		struct fact fact;

		if (!fact_read(text, len, f->arena, &fact, &err))
			fail_msg("%s", err.msg);
		fact_add(f, &fact);
		text += len + 1;
	}
}

static void scene_is_judged(void **state)
{
	const struct scene *s = *state;
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };
	struct judge_input in = { .name = "www.example.net",
				  .ip = "192.0.2.7",
				  .facts = &facts,
				  .checks = catalog_checks(),
				  .now = INT64_C(
					  1767312000000000) }; /* 2026-01-02 */
	struct sb out = sb_new(&a, 256);
	struct judgement j;

	fact_text(&facts, "dns.domain", 0, "example.net");
	read_facts(s->facts, &facts);
	judge_host(&in, &a, &j);
	for (size_t i = 0; i < j.verdicts.len; i++) {
		const struct verdict *v = &j.verdicts.items[i];

		sb_addf(&out, "%s %s @ %s\n", check_severity_names[v->severity],
			v->message, v->target);
	}
	assert_string_equal(out.s, s->findings);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(scenes)];
	size_t n = 0;

	ADD(scenes, scene_is_judged);
	return cmocka_run_group_tests(tests, catalog_setup, catalog_teardown);
}
