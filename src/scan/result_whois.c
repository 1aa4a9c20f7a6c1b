#include <inttypes.h>

#include "base/clock.h"
#include "scan/result_member.h"

/*
 * Days until the registration ends, from the time of the scan; whether that is
 * soon is said where findings are, this is for the wire (contract 20 §3.4).
 */
enum { WARNING_DAYS = 30 };

static bool days(const struct fact_list *facts, const char *name, int64_t *ret)
{
	const struct fact *f = fact_find(facts, name, 0);

	if (!f)
		return false;
	*ret = (f->number - clock_now()) / CLOCK_DAY;
	return true;
}

static bool days_remaining(const struct fact_list *facts, int port,
			   const char *name, struct sb *out)
{
	int64_t left;

	if (days(facts, name, &left))
		sb_addf(out, "%" PRId64, left);
	else
		sb_add(out, "null");
	return true;
}

static bool warning(const struct fact_list *facts, int port, const char *name,
		    struct sb *out)
{
	int64_t left;

	sb_add(out, days(facts, name, &left) && left < WARNING_DAYS ? "true"
								    : "false");
	return true;
}

const struct member result_whois_members[] = {
	{ "domain", "registration.domain", member_plain },
	{ "expiry_date", "registration.expires", member_or_null },
	{ "days_remaining", "registration.expires", days_remaining },
	{ "warning", "registration.expires", warning },
	{ "error", "registration.error", member_or_null },
	{ "registrar", "registration.registrar", member_or_null },
	{ "organization", "registration.registrant", member_or_null },
	{ "created", "registration.created", member_plain },
	{ "statuses", "registration.statuses", member_plain },
	{ "locked", "registration.locked", member_plain },
	{ "source", "registration.source", member_plain },
	{ 0 }
};
