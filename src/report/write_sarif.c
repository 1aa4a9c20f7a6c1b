/*
 * The findings as SARIF 2.1.0 (OASIS Standard, 27 March 2020), for what
 * collects the results of analysers. A check is a rule; the fingerprint, which
 * is the same in every scan, is the result's; a machine stands where others
 * have a file, as the network-path reference "//www.example.com:443"
 * (RFC 3986 section 4.2).
 */
#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "core/catalog.h"
#include "core/cvss.h"
#include "report/report.h"

struct rules {
	const char **ids;
	size_t len;
};

static size_t rule_of(struct rules *rules, const char *id)
{
	size_t i = 0;

	while (i < rules->len && strcmp(rules->ids[i], id) != 0)
		i++;
	if (i == rules->len)
		rules->ids[rules->len++] = id;
	return i;
}

static const char *level_of(enum severity severity)
{
	if (severity <= SEVERITY_HIGH)
		return "error";
	return severity == SEVERITY_MEDIUM ? "warning" : "note";
}

static void member(struct sb *out, const char *key, const char *text)
{
	sb_addf(out, ",\"%s\":", key);
	codec_write_string(out, text);
}

static void text_member(struct sb *out, const char *key, const char *text)
{
	sb_addf(out, ",\"%s\":{\"text\":", key);
	codec_write_string(out, text && *text ? text : "-");
	sb_addc(out, '}');
}

/* ---- rules ---- */

/* "security-severity" is how dashboards rank: the CVSS score as text. */
static void rule_properties(const struct check *check, struct sb *out)
{
	double score = 0;

	sb_add(out, ",\"properties\":{\"tags\":[\"security\",\"nis2\",");
	codec_write_string(out, check->compliance_article);
	sb_addc(out, ']');
	if (check->cvss_vector && cvss_base(check->cvss_vector, &score)) {
		sb_addf(out, ",\"security-severity\":\"%.1f\"", score);
		member(out, "cvss-vector", check->cvss_vector);
	}
	member(out, "reference", check->reference);
	sb_addc(out, '}');
}

static void write_rule(const char *id, const char *locale, struct arena *a,
		       struct sb *out)
{
	const struct check *check = catalog_check(id);
	const struct check_texts *texts;

	sb_add(out, "{\"id\":");
	codec_write_string(out, id);
	if (check) {
		texts = catalog_check_texts(locale, check);
		text_member(out, "shortDescription", texts->title);
		text_member(out, "fullDescription", texts->rationale);
		text_member(out, "help",
			    arena_printf(a, "%s\n\n%s", texts->rationale,
					 texts->remediation));
		sb_addf(out, ",\"defaultConfiguration\":{\"level\":\"%s\"}",
			level_of((enum severity)check->severity));
		rule_properties(check, out);
	}
	sb_addc(out, '}');
}

/* ---- results ---- */

/* What is no host and port is encoded; an IPv6 address gets its brackets. */
static const char *uri_of(const char *target, struct arena *a)
{
	const char *colon = strchr(target, ':');
	bool bare = colon && strchr(colon + 1, ':') && *target != '[';
	struct sb out = sb_new(a, strlen(target) + 8);

	sb_add(&out, bare ? "//[" : "//");
	for (const char *p = target; *p; p++) {
		if (isalnum((unsigned char)*p) || strchr("-._~:[]", *p))
			sb_addc(&out, *p);
		else
			sb_addf(&out, "%%%02X", (unsigned char)*p);
	}
	sb_add(&out, bare ? "]" : "");
	return out.s;
}

static void write_location(const struct finding *f, struct arena *a,
			   struct sb *out)
{
	sb_add(out, ",\"locations\":[{\"physicalLocation\":"
		    "{\"artifactLocation\":{\"uri\":");
	codec_write_string(out, uri_of(f->target, a));
	sb_add(out, "}},\"logicalLocations\":[{\"fullyQualifiedName\":");
	codec_write_string(out, f->target);
	sb_add(out, ",\"kind\":\"resource\"}]}]");
}

static void write_result(const struct finding *f, size_t rule, struct arena *a,
			 struct sb *out)
{
	sb_add(out, "{\"ruleId\":");
	codec_write_string(out, f->check_id);
	sb_addf(out, ",\"ruleIndex\":%zu,\"level\":\"%s\"", rule,
		level_of(f->severity));
	text_member(out, "message",
		    f->technical_detail && *f->technical_detail
			    ? f->technical_detail
			    : f->message);
	write_location(f, a, out);
	if (f->fingerprint && *f->fingerprint) {
		sb_add(out, ",\"partialFingerprints\":{\"nis2Finding/v1\":");
		codec_write_string(out, f->fingerprint);
		sb_addc(out, '}');
	}
	if (f->status == FINDING_STATUS_ACCEPTED_RISK)
		sb_add(out, ",\"suppressions\":[{\"kind\":\"external\","
			    "\"status\":\"accepted\"}]");
	sb_addf(out, ",\"properties\":{\"severity\":\"%s\"",
		severity_names[f->severity]);
	member(out, "category", f->category);
	member(out, "label", f->message);
	sb_add(out, "}}");
}

/* ---- the file ---- */

static void write_run(const struct report_input *in, struct sb *out)
{
	char time[CLOCK_TEXT];

	sb_add(out, ",\"automationDetails\":{\"id\":");
	codec_write_string(out, arena_printf(out->arena, "nis2/%s/%s",
					     in->scan->name, in->scan->id));
	sb_addf(out, "},\"invocations\":[{\"executionSuccessful\":%s",
		in->incomplete ? "false" : "true");
	if (in->scan->has_started_at) {
		clock_text(in->scan->started_at, time);
		member(out, "startTimeUtc", time);
	}
	if (in->scan->has_completed_at) {
		clock_text(in->scan->completed_at, time);
		member(out, "endTimeUtc", time);
	}
	sb_add(out, "}]");
}

static bool write(const struct report_input *in, const struct doc *doc,
		  struct arena *a, FILE *out, struct err *err)
{
	const char *locale = catalog_locale(in->locale);
	struct finding_list list = report_findings(in, locale, a);
	struct sb json = sb_new(a, 1 << 16), results = sb_new(a, 1 << 16);
	struct rules rules = { arena_array(a, list.len + 1, sizeof(char *)) };

	for (size_t i = 0; i < list.len; i++) {
		const struct finding *f = &list.items[i];

		sb_add(&results, i ? "," : "");
		write_result(f, rule_of(&rules, f->check_id), a, &results);
	}
	sb_add(&json,
	       "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\","
	       "\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{"
	       "\"name\":\"nis2\",\"version\":\"" NIS2_VERSION "\","
	       "\"semanticVersion\":\"" NIS2_VERSION "\",\"rules\":[");
	for (size_t i = 0; i < rules.len; i++) {
		sb_add(&json, i ? "," : "");
		write_rule(rules.ids[i], locale, a, &json);
	}
	sb_add(&json, "]}}");
	write_run(in, &json);
	sb_addf(&json, ",\"columnKind\":\"utf16CodeUnits\",\"results\":[");
	sb_addn(&json, results.s, results.len);
	sb_add(&json, "]}]}\n");
	if (json.truncated || results.truncated)
		return err_set(err, ERR_TOO_LARGE, "the report is too large");
	fwrite(json.s, 1, json.len, out);
	return true;
}

const struct writer writer_sarif = {
	.name = "sarif",
	.content_type = "application/sarif+json",
	.served_as = "application/sarif+json",
	.extension = "sarif",
	.write = write,
};
