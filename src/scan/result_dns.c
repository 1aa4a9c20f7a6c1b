#include <string.h>

#include "scan/result_member.h"

/* [] where nothing was stated: the member is always there. */
static bool list_or_empty(const struct fact_list *facts, int port,
			  const char *name, struct sb *out)
{
	if (!member_plain(facts, port, name, out))
		sb_add(out, "[]");
	return true;
}

/* Signed, and the signatures are valid. */
static bool dnssec_enabled(const struct fact_list *facts, int port,
			   const char *name, struct sb *out)
{
	const struct fact *f = fact_find(facts, name, port);

	sb_add(out, f && !strcmp(f->text, "secure") ? "true" : "false");
	return true;
}

/* {"present":true,"record":"v=spf1 -all"} */
static bool record(const struct fact_list *facts, int port, const char *name,
		   struct sb *out)
{
	const struct fact *f = fact_find(facts, name, port);

	sb_addf(out, "{\"present\":%s,\"record\":", f ? "true" : "false");
	member_or_null(facts, port, name, out);
	sb_addc(out, '}');
	return true;
}

const struct member result_dns_members[] = {
	{ "dnssec_enabled", "dns.dnssec", dnssec_enabled },
	{ "zone_transfer_exposed", "dns.axfr", member_or_false },
	{ "nameservers", "dns.nameservers", list_or_empty },
	{ "spf", "mail.spf", record },
	{ "dmarc", "mail.dmarc", record },
	{ "mx", "mail.mx", list_or_empty },
	{ "domain", "dns.domain", member_plain },
	{ "dnssec", "dns.dnssec", member_plain },
	{ "dnssec_why", "dns.dnssec_why", member_plain },
	{ "dnssec_algorithms", "dns.dnssec_algorithms", member_plain },
	{ "ds_digests", "dns.ds_digests", member_plain },
	{ "rrsig_expires", "dns.rrsig_expires", member_plain },
	{ "nsec3_iterations", "dns.nsec3_iterations", member_plain },
	{ "cname", "dns.cname", member_plain },
	{ "caa", "dns.caa", member_plain },
	{ "ns_lame", "dns.ns_lame", member_plain },
	{ "open_recursion", "dns.open_recursion", member_plain },
	{ "wildcard", "dns.wildcard", member_plain },
	{ "spf_lookups", "mail.spf_lookups", member_plain },
	{ "spf_errors", "mail.spf_errors", member_plain },
	{ "dmarc_policy", "mail.dmarc_policy", member_plain },
	{ "dmarc_subdomain_policy", "mail.dmarc_subdomain_policy",
	  member_plain },
	{ "dkim_selectors", "mail.dkim_selectors", member_plain },
	{ "null_mx", "mail.null_mx", member_plain },
	{ "mta_sts_mode", "mail.mta_sts_mode", member_plain },
	{ "tls_rpt", "mail.tls_rpt", member_plain },
	{ "dane", "mail.dane", member_plain },
	{ "exists", "dns.exists", member_plain },
	{ "caa_at", "dns.caa_at", member_plain },
	{ "nsec3_opt_out", "dns.nsec3_opt_out", member_plain },
	{ "nsec3_salt", "dns.nsec3_salt", member_plain },
	{ "soa_mname", "dns.soa_mname", member_plain },
	{ "soa_rname", "dns.soa_rname", member_plain },
	{ "soa_serial", "dns.soa_serial", member_plain },
	{ "soa_refresh", "dns.soa_refresh", member_plain },
	{ "soa_retry", "dns.soa_retry", member_plain },
	{ "soa_expire", "dns.soa_expire", member_plain },
	{ "soa_minimum", "dns.soa_minimum", member_plain },
	{ "spf_all", "mail.spf_all", member_plain },
	{ "spf_voids", "mail.spf_voids", member_plain },
	{ "dmarc_pct", "mail.dmarc_pct", member_plain },
	{ "dmarc_rua", "mail.dmarc_rua", member_plain },
	{ "name_dmarc_policy", "mail.name_dmarc_policy", member_plain },
	{ "dkim_key_types", "mail.dkim_key_type", member_by_item },
	{ "dkim_revoked", "mail.dkim_revoked", member_by_item },
	{ "dkim_errors", "mail.dkim_errors", member_by_item },
	{ "mx_tested", "mail.mx_tested", member_plain },
	{ "dane_servers", "mail.dane_servers", member_plain },
	{ "mta_sts", "mail.mta_sts", member_plain },
	{ "mta_sts_id", "mail.mta_sts_id", member_plain },
	{ "mta_sts_max_age", "mail.mta_sts_max_age", member_plain },
	{ "tls_rpt_errors", "mail.tls_rpt_errors", member_plain },
	{ "bimi", "mail.bimi", member_plain },
	{ 0 }
};
