#include "scan/probes/security_txt_parse.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "scan/probes/tag_list.h"

enum { LINE_MAX_BYTES = 2048 };

#define PGP_BEGIN "-----BEGIN PGP SIGNED MESSAGE-----"
#define PGP_SIGNATURE "-----BEGIN PGP SIGNATURE-----"
#define PGP_END "-----END PGP SIGNATURE-----"

struct reader {
	struct security_txt *txt;
	struct arena *arena;
	int64_t now;
	size_t expires, languages; /* how often each stands there */
	bool armored, signature, complete;
	bool armor_head; /* "Hash: SHA512" up to the empty line */
};

/* Also the last line, which need not have an end. */
static bool next_line(struct span *s, struct span *line)
{
	if (s->p >= s->end)
		return false;
	if (span_line(s, SECURITY_TXT_MAX, line))
		return true;
	*line = *s;
	s->p = s->end;
	return true;
}

static void keep(struct str_list *list, struct arena *a, struct span value)
{
	if (!list->items)
		list->items =
			arena_array(a, SECURITY_TXT_LISTED_MAX, sizeof(char *));
	if (list->len < SECURITY_TXT_LISTED_MAX)
		list->items[list->len++] = span_dup(a, value);
}

/* ---- the fields (section 2.5) ---- */

/* A URI; one of the web must be https (section 2.5.3). */
static void read_contact(struct reader *r, struct span value)
{
	struct span scheme, rest = value;

	if (span_starts_nocase(value, "http://"))
		record_error(&r->txt->errors, r->arena,
			     "Contact is an http address");
	else if (!span_until(&rest, ':', 32, &scheme) || rest.p == rest.end ||
		 rest.p[-1] != ':')
		record_error(&r->txt->errors, r->arena,
			     "Contact is no URI (mailto:, https:, tel:)");
	if (span_len(value))
		keep(&r->txt->contacts, r->arena, value);
}

static void read_expires(struct reader *r, struct span value)
{
	r->expires++;
	if (r->txt->has_expires)
		return;
	r->txt->has_expires =
		clock_parse(span_dup(r->arena, value), &r->txt->expires);
	if (!r->txt->has_expires)
		record_error(&r->txt->errors, r->arena,
			     "Expires is no date of RFC 3339");
	else if (r->txt->expires > r->now + 366 * CLOCK_DAY)
		record_error(&r->txt->errors, r->arena,
			     "Expires is more than a year ahead");
}

static void read_languages(struct reader *r, struct span value)
{
	r->languages++;
}

static void read_canonical(struct reader *r, struct span value)
{
	keep(&r->txt->canonical, r->arena, value);
}

static void read_policy(struct reader *r, struct span value)
{
	r->txt->has_policy = true;
}

static void read_encryption(struct reader *r, struct span value)
{
	r->txt->has_encryption = true;
	if (span_starts_nocase(value, "http://"))
		record_error(&r->txt->errors, r->arena,
			     "Encryption is an http address");
}

static void read_field(struct reader *r, struct span name, struct span value)
{
	static const struct {
		const char *name;
		void (*read)(struct reader *r, struct span value);
	} fields[] = {
		{ "Contact", read_contact },
		{ "Expires", read_expires },
		{ "Preferred-Languages", read_languages },
		{ "Canonical", read_canonical },
		{ "Policy", read_policy },
		{ "Encryption", read_encryption },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (span_is_nocase(name, fields[i].name))
			fields[i].read(r, value);
}

/* ---- lines ---- */

/* The armor of RFC 9580 section 7; true when the line is part of it. */
static bool is_armor(struct reader *r, struct span line)
{
	if (span_is(line, PGP_BEGIN)) {
		r->armored = r->armor_head = true;
		return true;
	}
	if (r->armored && span_is(line, PGP_SIGNATURE))
		r->signature = true;
	if (r->signature && span_is(line, PGP_END))
		r->complete = true;
	if (r->armor_head && !span_len(line))
		r->armor_head = false;
	else if (!r->armor_head)
		return r->signature;
	return true;
}

static void read_line(struct reader *r, struct span line)
{
	struct span name, value = line;

	line = span_trim(line);
	if (is_armor(r, line) || !span_len(line) || *line.p == '#')
		return;
	if (r->armored && span_len(line) > 2 && !memcmp(line.p, "- ", 2))
		line.p += 2; /* dash-escaped */
	value = line;
	if (span_len(line) > LINE_MAX_BYTES ||
	    !span_until(&value, ':', 64, &name) || value.p[-1] != ':') {
		record_error(&r->txt->errors, r->arena,
			     "a line is neither a field nor a comment");
		return;
	}
	read_field(r, span_trim(name), span_trim(value));
}

/* ---- the whole ---- */

static bool names_itself(const struct security_txt *txt, const char *url)
{
	for (size_t i = 0; i < txt->canonical.len; i++)
		if (!strcasecmp(txt->canonical.items[i], url))
			return true;
	return false;
}

void security_txt_parse(struct span body, const char *url, int64_t now,
			struct arena *a, struct security_txt *ret)
{
	struct reader r = { .txt = ret, .arena = a, .now = now };
	struct span line;

	*ret = (struct security_txt){ .errors = record_errors(a) };
	while (next_line(&body, &line))
		read_line(&r, line);
	ret->has_signature = r.complete;
	if (r.armored && !r.complete)
		record_error(&ret->errors, a, "the signature is cut off");
	if (!ret->contacts.len)
		record_error(&ret->errors, a, "there is no Contact");
	if (!r.expires)
		record_error(&ret->errors, a, "there is no Expires");
	else if (r.expires > 1)
		record_error(&ret->errors, a, "there are several Expires");
	if (r.languages > 1)
		record_error(&ret->errors, a,
			     "there are several Preferred-Languages");
	if (ret->canonical.len && !names_itself(ret, url))
		record_error(&ret->errors, a,
			     "Canonical does not name this address");
}
