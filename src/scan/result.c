#include "scan/result.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/span.h"
#include "codec/codec.h"

/* One member of a port's object; not written when the function says so. */
struct member {
	const char *key;
	const char *fact; /* that it is made of, or NULL */
	bool (*write)(const struct fact_list *facts, int port, const char *fact,
		      struct sb *out);
};

/* ---- one fact as it is ---- */

static void write_list(const struct str_list *list, struct sb *out)
{
	sb_addc(out, '[');
	for (size_t i = 0; i < list->len; i++) {
		if (i)
			sb_addc(out, ',');
		codec_write_string(out, list->items[i]);
	}
	sb_addc(out, ']');
}

static void write_time(int64_t time, struct sb *out)
{
	char text[CLOCK_TEXT];

	clock_text(time, text);
	codec_write_string(out, text);
}

static bool plain(const struct fact_list *facts, int port, const char *name,
		  struct sb *out)
{
	const struct fact *f = fact_find(facts, name, port);

	if (!f)
		return false;
	switch (f->kind) {
	case FACT_BOOL:
		sb_add(out, f->yes ? "true" : "false");
		break;
	case FACT_INT:
		sb_addf(out, "%" PRId64, f->number);
		break;
	case FACT_TIME:
		write_time(f->number, out);
		break;
	case FACT_TEXT:
		codec_write_string(out, f->text);
		break;
	case FACT_LIST:
		write_list(&f->list, out);
		break;
	}
	return true;
}

static bool or_null(const struct fact_list *facts, int port, const char *name,
		    struct sb *out)
{
	if (!plain(facts, port, name, out))
		sb_add(out, "null");
	return true;
}

static bool is_true(const struct fact_list *facts, const char *name, int port)
{
	const struct fact *f = fact_find(facts, name, port);

	return f && f->yes;
}

/* Written only when it holds. */
static bool only_true(const struct fact_list *facts, int port, const char *name,
		      struct sb *out)
{
	return is_true(facts, name, port) && plain(facts, port, name, out);
}

static bool or_false(const struct fact_list *facts, int port, const char *name,
		     struct sb *out)
{
	sb_add(out, is_true(facts, name, port) ? "true" : "false");
	return true;
}

/* ---- HTTP ---- */

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
		write_list(&list, out);
	return list.len > 0;
}

/* ---- TLS ---- */

/* A client of today, that trusts what we trust, would accept it. */
static bool certificate_ok(const struct fact_list *facts, int port,
			   const char *name, struct sb *out)
{
	const struct fact *match = fact_find(facts, "cert.name_match", port);
	bool ok = is_true(facts, name, port) && (!match || match->yes) &&
		  !is_true(facts, "cert.expired", port) &&
		  !is_true(facts, "cert.not_yet_valid", port);

	sb_add(out, ok ? "true" : "false");
	return true;
}

static bool or_unknown(const struct fact_list *facts, int port,
		       const char *name, struct sb *out)
{
	if (!plain(facts, port, name, out))
		codec_write_string(out, "unknown");
	return true;
}

/* ---- the tables ---- */

static const struct member http_members[] = {
	{ "status", "http.status", plain },
	{ "headers", "http.headers", headers },
	{ "redirects", "http.status", no_redirects },
	{ "redirect_location", "http.location", plain },
	{ "missing_headers", "http.missing_headers", plain },
	{ "cookies_analysis", "cookie.line", cookies },
	{ "security_txt_found", "http.security_txt", only_true },
	{ "security_txt_url", "http.security_txt_path", plain },
	{ "tech_stack", "http.headers", tech_stack },
	{ "error", "http.error", plain },
	{ 0 }
};

static const struct member tls_members[] = {
	{ "valid", "cert.trusted", certificate_ok },
	{ "version", "tls.version", or_unknown },
	{ "expired", "cert.expired", or_false },
	{ "expiry_date", "cert.not_after", or_null },
	{ "cipher", "tls.cipher", plain },
	{ "versions", "tls.versions", plain },
	{ "weak_versions", "tls.weak_versions", plain },
	{ "issuer", "cert.issuer", plain },
	{ "trust_error", "cert.trust_error", plain },
	{ "error", "tls.error", plain },
	{ 0 }
};

static void write_port(const struct member *members,
		       const struct fact_list *facts, int port, struct sb *out)
{
	const char *between = "";

	sb_addf(out, "\"%d\":{", port);
	for (; members->key; members++) {
		size_t before = out->len;
		bool written;

		sb_addf(out, "%s\"%s\":", between, members->key);
		written = members->write(facts, port, members->fact, out);
		if (written) {
			between = ",";
			continue;
		}
		out->len = before;
		out->s[before] = '\0';
	}
	sb_addc(out, '}');
}

/* The lowest port above `after` that has facts of the group; 0: none. */
static int next_port(const struct fact_list *facts, const char *group,
		     int after)
{
	int best = 0;

	for (size_t i = 0; i < facts->len; i++) {
		const struct fact *f = &facts->items[i];

		if (f->port > after && (!best || f->port < best) &&
		    !strncmp(f->name, group, strlen(group)))
			best = f->port;
	}
	return best;
}

static const char *by_port(const struct fact_list *facts, const char *group,
			   const struct member *members, struct arena *a)
{
	struct sb out = sb_new(a, 1024);
	int port = 0;

	sb_addc(&out, '{');
	while ((port = next_port(facts, group, port))) {
		if (out.len > 1)
			sb_addc(&out, ',');
		write_port(members, facts, port, &out);
	}
	sb_addc(&out, '}');
	return out.s;
}

void result_make(const struct fact_list *facts, struct arena *a,
		 struct result_info *ret)
{
	*ret = (struct result_info){
		.http_info = by_port(facts, "http.", http_members, a),
		.tls_info = by_port(facts, "tls.", tls_members, a),
		.dns_info = "{}",
		.legal_info = "{}",
		.resilience_info = "{}",
		.whois_info = "{}",
		.secrets_found = "[]",
	};
}
