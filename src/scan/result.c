#include "scan/result.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "codec/codec.h"
#include "scan/result_member.h"

/* ---- one fact as it is ---- */

void member_list(const struct str_list *list, struct sb *out)
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

static void write_value(const struct fact *f, struct sb *out)
{
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
		member_list(&f->list, out);
		break;
	}
}

bool member_plain(const struct fact_list *facts, int port, const char *name,
		  struct sb *out)
{
	const struct fact *f = fact_find(facts, name, port);

	if (f)
		write_value(f, out);
	return f != NULL;
}

bool member_or_null(const struct fact_list *facts, int port, const char *name,
		    struct sb *out)
{
	if (!member_plain(facts, port, name, out))
		sb_add(out, "null");
	return true;
}

bool member_is_true(const struct fact_list *facts, const char *name, int port)
{
	const struct fact *f = fact_find(facts, name, port);

	return f && f->yes;
}

/* Written only when it holds. */
bool member_only_true(const struct fact_list *facts, int port, const char *name,
		      struct sb *out)
{
	return member_is_true(facts, name, port) &&
	       member_plain(facts, port, name, out);
}

bool member_or_false(const struct fact_list *facts, int port, const char *name,
		     struct sb *out)
{
	sb_add(out, member_is_true(facts, name, port) ? "true" : "false");
	return true;
}

bool member_or_unknown(const struct fact_list *facts, int port,
		       const char *name, struct sb *out)
{
	if (!member_plain(facts, port, name, out))
		codec_write_string(out, "unknown");
	return true;
}

/* The next one behind `at` that was stated of an item, or NULL. */
static const struct fact *next_item(const struct fact_list *facts, int port,
				    const char *name, size_t *at)
{
	while (*at < facts->len) {
		const struct fact *f = &facts->items[(*at)++];

		if (f->port == port && f->item && !strcmp(f->name, name))
			return f;
	}
	return NULL;
}

bool member_items(const struct fact_list *facts, int port, const char *name,
		  struct sb *out)
{
	const struct fact *f;
	size_t at = 0, n = 0;

	for (; (f = next_item(facts, port, name, &at)); n++) {
		sb_addc(out, n ? ',' : '[');
		codec_write_string(out, f->item);
	}
	if (n)
		sb_addc(out, ']');
	return n > 0;
}

bool member_by_item(const struct fact_list *facts, int port, const char *name,
		    struct sb *out)
{
	const struct fact *f;
	size_t at = 0, n = 0;

	for (; (f = next_item(facts, port, name, &at)); n++) {
		sb_addc(out, n ? ',' : '{');
		codec_write_string(out, f->item);
		sb_addc(out, ':');
		write_value(f, out);
	}
	if (n)
		sb_addc(out, '}');
	return n > 0;
}

/* ---- objects ---- */

void member_object(const struct member *members, const struct fact_list *facts,
		   int port, struct sb *out)
{
	const char *between = "";

	sb_addc(out, '{');
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
		sb_addf(&out, "\"%d\":", port);
		member_object(members, facts, port, &out);
	}
	sb_addc(&out, '}');
	return out.s;
}

/* About the name; {} where the group was not looked at. */
static const char *of_name(const struct fact_list *facts, const char *marker,
			   const struct member *members, struct arena *a)
{
	struct sb out = sb_new(a, 1024);

	if (!fact_find(facts, marker, 0))
		return "{}";
	member_object(members, facts, 0, &out);
	return out.s;
}

void result_make(const struct fact_list *facts, struct arena *a,
		 struct result_info *ret)
{
	*ret = (struct result_info){
		.http_info = by_port(facts, "http.", result_http_members, a),
		.tls_info = by_port(facts, "tls.", result_tls_members, a),
		.dns_info = of_name(facts, "dns.domain", result_dns_members, a),
		.legal_info = by_port(facts, "legal.", result_legal_members, a),
		.resilience_info = of_name(facts, "dns.domain",
					   result_resilience_members, a),
		.whois_info = of_name(facts, "registration.domain",
				      result_whois_members, a),
		.services_info =
			by_port(facts, "service.", result_service_members, a),
		.secrets_found = result_secrets(facts, a),
	};
}
