#include "scan/probes/mta_sts.h"

#include <ctype.h>
#include <string.h>

#include "scan/probes/tag_list.h"

enum { ID_MAX = 32, LINE_MAX_LEN = 512 };
#define MAX_AGE_MAX 31557600 /* a year, section 3.2 */
#define MAX_AGE_MIN 86400    /* a shorter one protects little */

/* ---- records ---- */

bool sts_is_record(const char *text)
{
	return record_is(text, "v=STSv1");
}

bool rpt_is_record(const char *text)
{
	return record_is(text, "v=TLSRPTv1");
}

bool bimi_is_record(const char *text)
{
	return record_is(text, "v=BIMI1");
}

const char *sts_record_id(const char *text, struct arena *a,
			  struct str_list *errors)
{
	struct tag_list tags;
	const char *id;

	tag_list_parse(span_str(text), a, &tags, errors);
	id = tag_find(&tags, "id");
	if (!id || !*id || strlen(id) > ID_MAX) {
		record_error(errors, a, "the id is missing or too long");
		return NULL;
	}
	for (const char *p = id; *p; p++)
		if (!isalnum((unsigned char)*p)) {
			record_error(errors, a,
				     "the id is not letters and digits");
			return NULL;
		}
	return id;
}

void rpt_check(const char *text, struct arena *a, struct str_list *errors)
{
	struct span s = { 0 }, one;
	struct tag_list tags;
	const char *rua;

	tag_list_parse(span_str(text), a, &tags, errors);
	rua = tag_find(&tags, "rua");
	if (!rua || !*rua) {
		record_error(errors, a, "rua= is missing");
		return;
	}
	s = span_str(rua);
	while (span_until(&s, ',', span_len(s), &one)) {
		one = span_trim(one);
		if (!span_starts_nocase(one, "mailto:") &&
		    !span_starts_nocase(one, "https://"))
			record_error(errors, a, "rua: \"%.60s\" is no address",
				     span_dup(a, one));
	}
}

/* ---- the policy ---- */

struct reading {
	struct sts_policy *policy;
	struct arena *arena;
	bool version, mode, age;
};

static bool pattern_ok(const char *name)
{
	size_t len = strlen(name);

	if (!strncmp(name, "*.", 2))
		name += 2;
	if (!*name || len > 253)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '-' &&
		    *name != '.')
			return false;
	return true;
}

static void read_mode(struct reading *r, const char *value)
{
	static const char *const modes[] = { "enforce", "testing", "none" };

	for (size_t i = 0; i < 3; i++)
		if (!strcmp(value, modes[i]))
			r->policy->mode = modes[i];
	if (!r->policy->mode)
		record_error(&r->policy->errors, r->arena,
			     "mode: %.30s is not known", value);
}

static void read_age(struct reading *r, const char *value)
{
	struct span s = span_str(value);
	uint64_t n = 0;

	if (!span_number(&s, MAX_AGE_MAX, &n) || span_len(s))
		record_error(&r->policy->errors, r->arena,
			     "max_age: %.30s is not 0 to %d", value,
			     MAX_AGE_MAX);
	else
		r->policy->max_age = (int64_t)n;
}

static void read_mx(struct reading *r, const char *value)
{
	struct str_list *mx = &r->policy->mx;

	if (!pattern_ok(value))
		record_error(&r->policy->errors, r->arena,
			     "mx: %.60s is no name", value);
	else if (mx->len < STS_MX_MAX)
		mx->items[mx->len++] = value;
}

/* The first of a key counts; unknown keys are for later. */
static void read_field(struct reading *r, const char *key, const char *value)
{
	if (!strcmp(key, "version") && !r->version) {
		r->version = true;
		if (strcmp(value, "STSv1"))
			record_error(&r->policy->errors, r->arena,
				     "version: %.30s is not STSv1", value);
	} else if (!strcmp(key, "mode") && !r->mode) {
		r->mode = true;
		read_mode(r, value);
	} else if (!strcmp(key, "max_age") && !r->age) {
		r->age = true;
		read_age(r, value);
	} else if (!strcmp(key, "mx")) {
		read_mx(r, value);
	}
}

static void read_line(struct reading *r, struct span line)
{
	struct span key;

	if (!span_len(span_trim(line)))
		return;
	if (span_len(line) > LINE_MAX_LEN ||
	    !memchr(line.p, ':', span_len(line))) {
		record_error(&r->policy->errors, r->arena,
			     "\"%.40s\" is no line of a policy",
			     arena_strndup(r->arena, line.p,
					   span_len(line) > 40
						   ? 40
						   : span_len(line)));
		return;
	}
	span_until(&line, ':', span_len(line), &key);
	read_field(r, span_dup(r->arena, span_trim(key)),
		   span_dup(r->arena, span_trim(line)));
}

void sts_policy_parse(struct span body, struct arena *a, struct sts_policy *ret)
{
	struct reading r = { .policy = ret, .arena = a };
	struct span line;

	*ret = (struct sts_policy){ .max_age = -1, .errors = record_errors(a) };
	ret->mx.items = arena_array(a, STS_MX_MAX, sizeof(const char *));
	if (span_len(body) > STS_POLICY_MAX)
		body.end = body.p + STS_POLICY_MAX;
	while (span_until(&body, '\n', span_len(body), &line))
		read_line(&r, line);
	if (!r.version)
		record_error(&ret->errors, a, "version is missing");
	if (!r.mode)
		record_error(&ret->errors, a, "mode is missing");
	if (!r.age)
		record_error(&ret->errors, a, "max_age is missing");
	if (!ret->mx.len && ret->mode && strcmp(ret->mode, "none"))
		record_error(&ret->errors, a, "mx is missing");
	if (ret->max_age >= 0 && ret->max_age < MAX_AGE_MIN)
		record_error(&ret->errors, a, "max_age is less than a day");
}

bool sts_allows(const struct sts_policy *policy, const char *host)
{
	size_t len = strlen(host);

	if (len && host[len - 1] == '.')
		len--;
	for (size_t i = 0; i < policy->mx.len; i++) {
		const char *p = policy->mx.items[i];
		const char *dot = memchr(host, '.', len);

		if (!strncasecmp(p, host, len) && !p[len])
			return true;
		if (!strncmp(p, "*.", 2) && dot &&
		    strlen(p + 1) == len - (size_t)(dot - host) &&
		    !strncasecmp(p + 1, dot, strlen(p + 1)))
			return true;
	}
	return false;
}
