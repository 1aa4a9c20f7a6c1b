#include "scan/result_member.h"

/* What the wire calls near; the findings have tiers of their own. */
enum { WARNING_DAYS = 30 };

static bool warning(const struct fact_list *facts, int port, const char *name,
		    struct sb *out)
{
	const struct fact *f = fact_find(facts, name, port);

	sb_add(out, f && f->number < WARNING_DAYS ? "true" : "false");
	return true;
}

const struct member result_whois_members[] = {
	{ "domain", "registration.domain", member_plain },
	{ "expiry_date", "registration.expires", member_or_null },
	{ "days_remaining", "registration.days", member_or_null },
	{ "warning", "registration.days", warning },
	{ "error", "registration.error", member_or_null },
	{ "registrar", "registration.registrar", member_or_null },
	{ "organization", "registration.registrant", member_or_null },
	{ "created", "registration.created", member_plain },
	{ "statuses", "registration.statuses", member_plain },
	{ "locked", "registration.locked", member_plain },
	{ "source", "registration.source", member_plain },
	{ 0 }
};
