#include "scan/result_member.h"

/* {piva_found, piva_value, privacy_policy_found, piva_valid}, for Italy */
static bool italian(const struct fact_list *facts, int port, const char *name,
		    struct sb *out)
{
	if (!fact_find(facts, name, port))
		return false;
	sb_add(out, "{\"piva_found\":");
	member_or_false(facts, port, name, out);
	sb_add(out, ",\"piva_value\":");
	member_or_null(facts, port, "legal.vat_number", out);
	sb_add(out, ",\"piva_valid\":");
	member_or_null(facts, port, "legal.vat_valid", out);
	sb_add(out, ",\"privacy_policy_found\":");
	member_or_false(facts, port, "legal.privacy_link", out);
	sb_addc(out, '}');
	return true;
}

static bool banner(const struct fact_list *facts, int port, const char *name,
		   struct sb *out)
{
	const struct fact *marks = fact_find(facts, name, port);

	if (!marks)
		return false;
	sb_addf(out, "{\"banner_detected\":%s,\"matched_keywords\":",
		marks->list.len ? "true" : "false");
	member_list(&marks->list, out);
	sb_addc(out, '}');
	return true;
}

/* No browser renders the page: what scripts add is not seen. */
static bool method(const struct fact_list *facts, int port, const char *name,
		   struct sb *out)
{
	if (!fact_find(facts, name, port))
		return false;
	codec_write_string(out, "static");
	return true;
}

/* Other law than NIS2, which no score and no matrix knows of. */
static bool is_nis2(const struct fact_list *facts, int port, const char *name,
		    struct sb *out)
{
	if (!fact_find(facts, name, port))
		return false;
	sb_add(out, "false");
	return true;
}

const struct member result_legal_members[] = {
	{ "url", "legal.url", member_plain },
	{ "country", "legal.country", member_plain },
	{ "nis2", "legal.country", is_nis2 },
	{ "privacy_link_found", "legal.privacy_link", member_plain },
	{ "privacy_link", "legal.privacy_url", member_plain },
	{ "provider_link_found", "legal.provider_link", member_plain },
	{ "provider_link", "legal.provider_url", member_plain },
	{ "trackers", "legal.trackers", member_plain },
	{ "italian_compliance", "legal.vat_shown", italian },
	{ "cookie_banner", "legal.consent_marks", banner },
	{ "method", "legal.url", method },
	{ 0 }
};

bool member_legal(const struct fact_list *facts, int port, const char *name,
		  struct sb *out)
{
	if (!fact_find(facts, name, port))
		return false;
	member_object(result_legal_members, facts, port, out);
	return true;
}
