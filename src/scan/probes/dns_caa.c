/*
 * dns_caa: CAA records and names that lead nowhere, without I/O.
 */
#include <ctype.h>
#include <string.h>

#include "net/dns_wire.h"
#include "scan/probes/dns.h"
#include "scan/probes/tag_list.h"

/*
 * Where NXDOMAIN means that the name is free: the customer's part of the name
 * is the name of a resource, first come first served.
 */
static const char *const claimable[] = {
	".azurewebsites.net.",	   ".cloudapp.net.",
	".cloudapp.azure.com.",	   ".trafficmanager.net.",
	".azureedge.net.",	   ".azurefd.net.",
	".blob.core.windows.net.", ".azure-api.net.",
	".azurecontainer.io.",	   ".redis.cache.windows.net.",
	".search.windows.net.",	   ".servicebus.windows.net.",
	".database.windows.net.",  ".elasticbeanstalk.com.",
};

bool dns_can_be_claimed(const char *name)
{
	size_t len = strlen(name);
	bool dot = len && name[len - 1] == '.';

	for (size_t i = 0; i < sizeof(claimable) / sizeof(*claimable); i++) {
		size_t end = strlen(claimable[i]) - !dot;

		if (len > end &&
		    !strncasecmp(name + len - end, claimable[i], end))
			return true;
	}
	return false;
}

enum caa_kind { CAA_ISSUER, CAA_URL, CAA_OTHER };

static const struct caa_tag {
	const char *name;
	enum caa_kind kind;
} caa_tags[] = {
	{ "issue", CAA_ISSUER },       { "issuewild", CAA_ISSUER },
	{ "issuemail", CAA_ISSUER },   { "issuevmc", CAA_ISSUER },
	{ "iodef", CAA_URL },	       { "contactemail", CAA_OTHER },
	{ "contactphone", CAA_OTHER },
};

static const struct caa_tag *find(const char *tag)
{
	for (size_t i = 0; i < sizeof(caa_tags) / sizeof(*caa_tags); i++)
		if (!strcmp(tag, caa_tags[i].name))
			return &caa_tags[i];
	return NULL;
}

/* A domain, or nothing, and parameters behind a semicolon (section 4.2). */
static bool issuer_ok(const char *value)
{
	struct span s = span_str(value), domain = s;

	span_until(&s, ';', span_len(s), &domain);
	domain = span_trim(domain);
	for (; span_len(domain); domain.p++)
		if (!isalnum((unsigned char)*domain.p) && *domain.p != '-' &&
		    *domain.p != '.')
			return false;
	return true;
}

static bool url_ok(const char *value)
{
	return !strncasecmp(value, "mailto:", 7) ||
	       !strncasecmp(value, "https://", 8) ||
	       !strncasecmp(value, "http://", 7);
}

void dns_caa_check(const struct dns_caa *set, size_t count, struct arena *a,
		   struct str_list *errors)
{
	bool issue = false;

	for (size_t i = 0; i < count; i++) {
		const struct caa_tag *known = find(set[i].tag);
		const char *value = set[i].value;

		issue |= !strcmp(set[i].tag, "issue");
		if (!known && set[i].critical)
			record_error(errors, a,
				     "%.20s: unknown and critical: no "
				     "authority may issue",
				     set[i].tag);
		else if (!known)
			record_error(errors, a, "%.20s: unknown", set[i].tag);
		else if (known->kind == CAA_ISSUER && !issuer_ok(value))
			record_error(errors, a, "%s: \"%.60s\" is no name",
				     known->name, value);
		else if (known->kind == CAA_URL && !url_ok(value))
			record_error(errors, a, "%s: \"%.60s\" is no URL",
				     known->name, value);
	}
	if (count && !issue)
		record_error(errors, a,
			     "issue: missing: any authority may "
			     "issue");
}
