#include "scan/probes/dmarc.h"

#include <ctype.h>
#include <string.h>

#include "scan/probes/tag_list.h"

bool dmarc_is_record(const char *text)
{
	return record_is(text, "v=DMARC1");
}

static const char *policy_of(const char *value)
{
	static const char *const words[] = { "none", "quarantine", "reject" };

	for (size_t i = 0; value && i < 3; i++)
		if (!strcasecmp(value, words[i]))
			return words[i];
	return NULL;
}

/* Another policy than the three is an error; `fallback` then. */
static const char *read_policy(const struct tag_list *tags, const char *name,
			       const char *fallback, struct arena *a,
			       struct dmarc *d)
{
	const char *value = tag_find(tags, name);
	const char *policy = policy_of(value);

	if (value && !policy)
		record_error(&d->errors, a,
			     "%s=%.30s is not none, quarantine or reject", name,
			     value);
	return policy ? policy : fallback;
}

/* mailto:local@domain with an optional limit of size, or another scheme. */
static bool uri_ok(struct span s)
{
	const char *colon = memchr(s.p, ':', span_len(s));
	const char *at = memrchr(s.p, '@', span_len(s));

	if (!colon || colon == s.p)
		return false;
	for (const char *p = s.p; p < s.end; p++)
		if (isspace((unsigned char)*p) || !isprint((unsigned char)*p))
			return false;
	if (!span_is_nocase((struct span){ s.p, colon }, "mailto"))
		return colon + 1 < s.end;
	return at && at > colon + 1 && at + 1 < s.end;
}

const char *dmarc_mail_domain(const char *uri, struct arena *a)
{
	const char *at = strrchr(uri, '@');

	if (strncasecmp(uri, "mailto:", 7) || !at)
		return NULL;
	return arena_strndup(a, at + 1, strcspn(at + 1, "!?"));
}

static void read_uris(const struct tag_list *tags, const char *name,
		      struct arena *a, struct str_list *ret,
		      struct str_list *errors)
{
	const char *value = tag_find(tags, name);
	struct span s = span_str(value ? value : ""), one;

	ret->items = arena_array(a, DMARC_URIS_MAX, sizeof(const char *));
	ret->len = 0;
	while (span_until(&s, ',', span_len(s), &one)) {
		one = span_trim(one);
		if (!uri_ok(one))
			record_error(errors, a, "%s: \"%.60s\" is no URI", name,
				     span_dup(a, one));
		else if (ret->len < DMARC_URIS_MAX)
			ret->items[ret->len++] = span_dup(a, one);
	}
}

/* One of these letters or words; what else is said is ignored by receivers. */
static void check_word(const struct tag_list *tags, const char *name,
		       const char *const *words, struct arena *a,
		       struct dmarc *d)
{
	const char *value = tag_find(tags, name);

	if (!value)
		return;
	for (; *words; words++)
		if (!strcasecmp(value, *words))
			return;
	record_error(&d->errors, a, "%s=%.30s is not known", name, value);
}

static void read_pct(const struct tag_list *tags, struct arena *a,
		     struct dmarc *d)
{
	const char *value = tag_find(tags, "pct");
	struct span s = span_str(value ? value : "100");
	uint64_t n = 100;

	if (!span_number(&s, 100, &n) || span_len(s)) {
		record_error(&d->errors, a, "pct=%.20s is not 0 to 100", value);
		n = 100;
	}
	d->pct = (int)n;
}

/* Without a policy a record with addresses for reports means "none". */
static void read_policies(const struct tag_list *tags, struct arena *a,
			  struct dmarc *d)
{
	const char *p = tag_find(tags, "p");

	d->policy = read_policy(tags, "p", NULL, a, d);
	if (!p)
		record_error(&d->errors, a, "the policy (p=) is missing");
	d->valid = d->policy || d->rua.len;
	if (!d->policy)
		d->policy = "none";
	d->subdomain = read_policy(tags, "sp", d->policy, a, d);
	read_policy(tags, "np", NULL, a, d);
}

void dmarc_parse(const char *text, struct arena *a, struct dmarc *ret)
{
	static const char *const alignment[] = { "r", "s", NULL };
	static const char *const yes_no[] = { "y", "n", NULL };
	static const char *const psd[] = { "y", "n", "u", NULL };
	struct tag_list tags;
	const char *t;

	*ret = (struct dmarc){ .errors = record_errors(a) };
	tag_list_parse(span_str(text), a, &tags, &ret->errors);
	read_uris(&tags, "rua", a, &ret->rua, &ret->errors);
	read_uris(&tags, "ruf", a, &ret->ruf, &ret->errors);
	read_policies(&tags, a, ret);
	read_pct(&tags, a, ret);
	check_word(&tags, "adkim", alignment, a, ret);
	check_word(&tags, "aspf", alignment, a, ret);
	check_word(&tags, "psd", psd, a, ret);
	check_word(&tags, "t", yes_no, a, ret);
	t = tag_find(&tags, "t");
	ret->testing = t && !strcasecmp(t, "y");
}
