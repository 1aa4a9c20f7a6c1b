#include "scan/result_member.h"

#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "core/observatory.h"

/* "Name: value" taken apart; the list keeps the order of the answer. */
static bool header_at(const struct str_list *list, size_t i, struct span *name,
		      const char **value)
{
	struct span s = span_str(list->items[i]);

	if (!span_until(&s, ':', SIZE_MAX, name))
		return false;
	span_skip_blank(&s);
	*value = s.p;
	return true;
}

static bool is_first(const struct str_list *list, size_t i, struct span name)
{
	struct span other;
	const char *value;

	for (size_t k = 0; k < i; k++)
		if (header_at(list, k, &other, &value) &&
		    span_len(other) == span_len(name) &&
		    !memcmp(other.p, name.p, span_len(name)))
			return false;
	return true;
}

/* {name: value}; a repeated header keeps its first value. */
static bool headers(const struct fact_list *facts, int port, const char *name,
		    struct sb *out)
{
	const struct fact *f = fact_find(facts, name, port);
	const char *between = "";

	if (!f)
		return false;
	sb_addc(out, '{');
	for (size_t i = 0; i < f->list.len; i++) {
		struct span key;
		const char *value;

		if (!header_at(&f->list, i, &key, &value) ||
		    !is_first(&f->list, i, key))
			continue;
		sb_add(out, between);
		codec_write_string(out, span_dup(out->arena, key));
		sb_addc(out, ':');
		codec_write_string(out, value);
		between = ",";
	}
	sb_addc(out, '}');
	return true;
}

/* Redirects are never followed, so there is none to list. */
static bool no_redirects(const struct fact_list *facts, int port,
			 const char *name, struct sb *out)
{
	if (!fact_find(facts, name, port))
		return false;
	sb_add(out, "[]");
	return true;
}

static bool cookie_flag(const struct fact_list *facts, int port,
			const char *name, const char *cookie)
{
	for (size_t i = 0; i < facts->len; i++) {
		const struct fact *f = &facts->items[i];

		if (f->port == port && f->item && !strcmp(f->name, name) &&
		    !strcmp(f->item, cookie))
			return f->yes;
	}
	return false;
}

static bool cookies(const struct fact_list *facts, int port, const char *name,
		    struct sb *out)
{
	static const char *const flags[] = { "secure", "httponly", "samesite" };
	const char *between = "";

	if (!fact_find(facts, "http.status", port))
		return false;
	sb_addc(out, '[');
	for (size_t i = 0; i < facts->len; i++) {
		const struct fact *f = &facts->items[i];

		if (f->port != port || !f->item || strcmp(f->name, name) != 0)
			continue;
		sb_addf(out, "%s{\"raw\":", between);
		codec_write_string(out, f->text);
		for (size_t k = 0; k < 3; k++) {
			char fact[32];

			snprintf(fact, sizeof(fact), "cookie.%s", flags[k]);
			sb_addf(out, ",\"%s\":%s", flags[k],
				cookie_flag(facts, port, fact, f->item)
					? "true"
					: "false");
		}
		sb_addc(out, '}');
		between = ",";
	}
	sb_addc(out, ']');
	return true;
}

/* What the headers tell of the software behind the server. */
static bool tech_stack(const struct fact_list *facts, int port,
		       const char *name, struct sb *out)
{
	static const char *const words[][2] = {
		{ "X-Powered-By", "Powered-By" },
		{ "X-AspNet-Version", "AspNet" },
		{ "X-Generator", "Generator" },
	};
	const struct fact *f = fact_find(facts, name, port);
	struct str_list list = { 0 };

	if (!f)
		return false;
	list.items =
		arena_array(out->arena, 3 * f->list.len + 1, sizeof(char *));
	for (size_t i = 0; i < f->list.len; i++)
		for (size_t k = 0; k < 3; k++) {
			struct span key;
			const char *value;

			if (header_at(&f->list, i, &key, &value) &&
			    span_is_nocase(key, words[k][0]))
				list.items[list.len++] =
					arena_printf(out->arena, "%s: %s",
						     words[k][1], value);
		}
	if (list.len)
		member_list(&list, out);
	return list.len > 0;
}

/* {score, grade, algorithm, tests: {NAME: {result, modifier}}} */
static bool observatory(const struct fact_list *facts, int port,
			const char *name, struct sb *out)
{
	struct observatory o;
	const char *between = "";

	if (!observatory_score(facts, port, &o))
		return false;
	sb_addf(out,
		"{\"score\":%d,\"grade\":\"%s\",\"algorithm\":%d,\"tests\":{",
		o.score, o.grade, OBSERVATORY_ALGORITHM);
	for (size_t i = 0; i < OBSERVATORY_TESTS; i++) {
		if (!o.tests[i].result)
			continue;
		sb_addf(out, "%s\"%s\":{\"result\":", between,
			observatory_tests[i].name);
		codec_write_string(out, o.tests[i].result);
		sb_addf(out, ",\"modifier\":%d}", o.tests[i].modifier);
		between = ",";
	}
	sb_add(out, "}}");
	return true;
}

/* {protected, providers, confidence}: a network before the server. */
static bool waf_cdn(const struct fact_list *facts, int port, const char *name,
		    struct sb *out)
{
	const struct fact *networks = fact_find(facts, name, port);

	if (!networks)
		return false;
	sb_addf(out, "{\"protected\":%s,\"providers\":",
		networks->list.len ? "true" : "false");
	member_list(&networks->list, out);
	sb_add(out, ",\"confidence\":");
	member_or_unknown(facts, port, "edge.confidence", out);
	sb_addc(out, '}');
	return true;
}

const struct member result_http_members[] = {
	{ "status", "http.status", member_plain },
	{ "headers", "http.headers", headers },
	{ "redirects", "http.status", no_redirects },
	{ "redirect_location", "http.location", member_plain },
	{ "missing_headers", "http.missing_headers", member_plain },
	{ "cookies_analysis", "cookie.line", cookies },
	{ "security_txt_found", "http.security_txt", member_only_true },
	{ "security_txt_url", "http.security_txt_path", member_plain },
	{ "security_txt_contacts", "security_txt.contacts", member_plain },
	{ "security_txt_expires", "security_txt.expires", member_plain },
	{ "security_txt_errors", "security_txt.errors", member_plain },
	{ "security_txt_policy", "security_txt.policy", member_plain },
	{ "security_txt_encryption", "security_txt.encryption", member_plain },
	{ "security_txt_signed", "security_txt.signed", member_plain },
	{ "powered_by", "http.powered_by", member_plain },
	{ "permissions_policy", "http.permissions_policy", member_plain },
	{ "hsts_include_subdomains", "http.hsts_include_subdomains",
	  member_plain },
	{ "hsts_preload", "http.hsts_preload", member_plain },
	{ "hsts_obeyed", "http.hsts_obeyed", member_plain },
	{ "scripts_of_others", "sri.external", member_plain },
	{ "tech_stack", "http.headers", tech_stack },
	{ "sensitive_files", "files.exposed", member_plain },
	{ "software", "software.seen", member_items },
	{ "panels", "files.panels", member_plain },
	{ "secrets", "secret.leaked", member_secrets },
	{ "mixed_content", "content.mixed_active", member_plain },
	{ "mixed_content_passive", "content.mixed_passive", member_plain },
	{ "third_parties", "content.third_parties", member_plain },
	{ "directory_listing", "content.listing", member_plain },
	{ "default_page", "content.default_page", member_plain },
	{ "trace", "content.trace", member_plain },
	{ "waf_cdn", "edge.networks", waf_cdn },
	{ "legal", "legal.url", member_legal },
	{ "observatory", NULL, observatory },
	{ "error", "http.error", member_plain },
	{ 0 }
};
