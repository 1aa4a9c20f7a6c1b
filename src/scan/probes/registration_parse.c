#include "scan/probes/registration_parse.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "gen/wire_types.h"
#include "scan/pattern.h"

enum { KEY_MAX = 64, LINE_LONGEST = 1024 };

/* ---- dates ---- */

static int month_of(struct span word)
{
	static const char *const names[] = { "jan", "feb", "mar", "apr",
					     "may", "jun", "jul", "aug",
					     "sep", "oct", "nov", "dec" };

	for (int i = 0; i < 12; i++)
		if (span_starts_nocase(word, names[i]))
			return i + 1;
	return 0;
}

/* Three parts with one of these between: a number, or the name of a month. */
static int date_parts(struct span *s, uint64_t parts[3], size_t lens[3])
{
	int n = 0;

	while (n < 3 && s->p < s->end) {
		const char *start = s->p;

		if (!span_number(s, 99999999, &parts[n])) {
			while (s->p < s->end && (*s->p | 32) >= 'a' &&
			       (*s->p | 32) <= 'z')
				s->p++;
			parts[n] = (uint64_t)month_of(
				span_of(start, (size_t)(s->p - start)));
			if (!parts[n])
				return n;
		}
		lens[n++] = (size_t)(s->p - start);
		if (n < 3 && (s->p == s->end || !strchr("-./ ", *s->p)))
			return n;
		s->p += n < 3;
	}
	return n;
}

static bool from_parts(uint64_t y, uint64_t m, uint64_t d, const char *rest,
		       struct arena *a, int64_t *ret)
{
	if (y < 1970 || y > 9999)
		return false;
	return clock_parse(arena_printf(a, "%04d-%02d-%02dT%s", (int)y, (int)m,
					(int)d, rest),
			   ret);
}

/* "10:20:30Z", "10:20:30 UTC", "10:20:30+02": what clock_parse() reads. */
static const char *time_of(struct span s, struct arena *a)
{
	struct span time;
	const char *zone = "Z";

	while (s.p < s.end && strchr("Tt (", *s.p))
		s.p++;
	if (span_len(s) < 8 || s.p[2] != ':' || s.p[5] != ':' ||
	    !span_take(&s, 8, &time))
		return "00:00:00Z";
	if (s.p < s.end && *s.p == '.')
		while (++s.p < s.end && *s.p >= '0' && *s.p <= '9')
			;
	if (span_len(s) >= 3 && (*s.p == '+' || *s.p == '-')) {
		bool minutes = span_len(s) >= 5;
		const char *m = !minutes	? "00"
				: s.p[3] == ':' ? s.p + 4
						: s.p + 3;

		zone = arena_printf(a, "%.3s:%.2s", s.p, m);
	}
	return arena_printf(a, "%.8s%s", time.p, zone);
}

bool registration_date(struct span text, struct arena *a, int64_t *ret)
{
	struct span s = span_trim(text);
	uint64_t p[3] = { 0 };
	size_t lens[3] = { 0 };
	int n;

	if (span_len(s) > 64)
		return false;
	n = date_parts(&s, p, lens);
	if (n == 1 && lens[0] == 8) /* 20260301 */
		return from_parts(p[0] / 10000, p[0] / 100 % 100, p[0] % 100,
				  "00:00:00Z", a, ret);
	if (n != 3)
		return false;
	if (lens[0] == 4)
		return from_parts(p[0], p[1], p[2], time_of(s, a), a, ret);
	return lens[2] == 4 &&
	       from_parts(p[2], p[1], p[0], time_of(s, a), a, ret);
}

/* ---- what both have ---- */

static bool is_lock(const char *status)
{
	struct span s = span_str(status);

	return span_find_nocase(s, "transferProhibited") ||
	       span_find_nocase(s, "transfer prohibited") ||
	       span_find_nocase(s, "transferLocked");
}

static void add_status(struct registration *r, struct arena *a,
		       const char *status)
{
	if (!r->statuses.items)
		r->statuses.items = arena_array(a, REGISTRATION_STATUSES_MAX,
						sizeof(char *));
	if (r->statuses.len < REGISTRATION_STATUSES_MAX)
		r->statuses.items[r->statuses.len++] = status;
	r->locked |= is_lock(status);
}

/* ---- RDAP ---- */

/* The value of the first of `property` in a jCard, or NULL. */
static const char *card_text(const char *card, const char *property,
			     struct arena *a)
{
	struct pattern *p = NULL;
	struct span value;
	size_t end;

	if (!card ||
	    !pattern_make(arena_printf(a,
				       "\\[\\s*\"%s\"\\s*,\\s*\\{[^}]*\\}\\s*,"
				       "\\s*\"text\"\\s*,\\s*\"([^\"\\\\]+)",
				       property),
			  a, &p, NULL) ||
	    !pattern_find(p, span_str(card), 0, &value, &end))
		return NULL;
	return span_dup(a, value);
}

static bool has_role(const struct rdap_entity *e, const char *role)
{
	for (size_t i = 0; i < e->roles.len; i++)
		if (!strcasecmp(e->roles.items[i], role))
			return true;
	return false;
}

static void read_entity(const struct rdap_entity *e, struct arena *a,
			struct registration *ret)
{
	if (!ret->registrar && has_role(e, "registrar"))
		ret->registrar = card_text(e->vcardArray, "fn", a);
	if (ret->registrant || !has_role(e, "registrant"))
		return;
	ret->registrant = card_text(e->vcardArray, "org", a);
	if (!ret->registrant)
		ret->registrant = card_text(e->vcardArray, "fn", a);
}

static void read_event(const struct rdap_event *e, struct arena *a,
		       struct registration *ret)
{
	struct span date = span_str(e->eventDate);

	if (!strcasecmp(e->eventAction, "expiration"))
		ret->has_expires = registration_date(date, a, &ret->expires);
	else if (!strcasecmp(e->eventAction, "registration"))
		ret->has_created = registration_date(date, a, &ret->created);
}

bool registration_read_rdap(struct span body, struct arena *a,
			    struct registration *ret, struct err *err)
{
	struct rdap_domain d = { 0 };

	*ret = (struct registration){ 0 };
	if (!codec_read(&rdap_domain_type, body.p, span_len(body), "rdap", a,
			&d, NULL, err))
		return false;
	if (strcasecmp(d.objectClassName, "domain") != 0)
		return err_set(err, ERR_UPSTREAM, "not an answer of RDAP");
	for (size_t i = 0; i < d.events.len; i++)
		read_event(&d.events.items[i], a, ret);
	for (size_t i = 0; i < d.entities.len; i++)
		read_entity(&d.entities.items[i], a, ret);
	for (size_t i = 0; i < d.status.len; i++)
		add_status(ret, a, d.status.items[i]);
	return true;
}

/* ---- WHOIS ---- */

enum whois_field {
	WHOIS_EXPIRES,
	WHOIS_CREATED,
	WHOIS_REGISTRAR,
	WHOIS_REGISTRANT,
	WHOIS_STATUS,
	WHOIS_REFERRAL,
};

static const struct {
	const char *key;
	enum whois_field field;
} keys[] = {
	{ "registry expiry date", WHOIS_EXPIRES },
	{ "registrar registration expiration date", WHOIS_EXPIRES },
	{ "expiry date", WHOIS_EXPIRES },
	{ "expiration date", WHOIS_EXPIRES },
	{ "expire date", WHOIS_EXPIRES },
	{ "expires on", WHOIS_EXPIRES },
	{ "expires", WHOIS_EXPIRES },
	{ "paid-till", WHOIS_EXPIRES },
	{ "renewal date", WHOIS_EXPIRES },
	{ "expire", WHOIS_EXPIRES },
	{ "validity", WHOIS_EXPIRES },
	{ "creation date", WHOIS_CREATED },
	{ "created on", WHOIS_CREATED },
	{ "created", WHOIS_CREATED },
	{ "registered on", WHOIS_CREATED },
	{ "registered", WHOIS_CREATED },
	{ "registrar", WHOIS_REGISTRAR },
	{ "registrar name", WHOIS_REGISTRAR },
	{ "sponsoring registrar", WHOIS_REGISTRAR },
	{ "registrant organization", WHOIS_REGISTRANT },
	{ "registrant", WHOIS_REGISTRANT },
	{ "domain status", WHOIS_STATUS },
	{ "status", WHOIS_STATUS },
	{ "refer", WHOIS_REFERRAL },
	{ "whois", WHOIS_REFERRAL },
};

struct whois {
	struct registration *ret;
	struct arena *arena;
	enum whois_field section; /* whose lines follow, indented */
	bool in_section;
	bool any;
};

static bool field_of(struct span key, enum whois_field *ret)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (span_is_nocase(key, keys[i].key)) {
			*ret = keys[i].field;
			return true;
		}
	return false;
}

static void keep_text(const char **to, struct span value, struct arena *a)
{
	if (!*to && span_len(value))
		*to = span_dup(a, value);
}

/* Words behind the status are an address that explains it. */
static void keep_status(struct whois *w, struct span value)
{
	struct span word = value;
	const char *end = memchr(value.p, '(', span_len(value));

	if (span_find_nocase(value, "http"))
		word.end = span_find_nocase(value, "http");
	else if (end)
		word.end = end;
	word = span_trim(word);
	if (span_is_nocase(word, "free") || span_is_nocase(word, "available"))
		w->ret->missing = true;
	else if (span_len(word))
		add_status(w->ret, w->arena, span_dup(w->arena, word));
}

static void keep(struct whois *w, enum whois_field field, struct span value)
{
	struct registration *r = w->ret;

	w->any = true;
	switch (field) {
	case WHOIS_EXPIRES:
		if (!r->has_expires)
			r->has_expires =
				registration_date(value, w->arena, &r->expires);
		break;
	case WHOIS_CREATED:
		if (!r->has_created)
			r->has_created =
				registration_date(value, w->arena, &r->created);
		break;
	case WHOIS_REGISTRAR:
		keep_text(&r->registrar, value, w->arena);
		break;
	case WHOIS_REGISTRANT:
		keep_text(&r->registrant, value, w->arena);
		break;
	case WHOIS_STATUS:
		keep_status(w, value);
		break;
	case WHOIS_REFERRAL:
		keep_text(&r->referral, value, w->arena);
		break;
	}
}

/* Below "Registrar" stands its name, or "Organization: NAME". */
static void read_below(struct whois *w, struct span key, struct span value,
		       bool has_value)
{
	if (!has_value)
		keep(w, w->section, key);
	else if (span_is_nocase(key, "organization") ||
		 span_is_nocase(key, "name"))
		keep(w, w->section, value);
}

static void read_line(struct whois *w, struct span line)
{
	bool indented =
		line.p < line.end && (*line.p == ' ' || *line.p == '\t');
	struct span key, value = span_trim(line);
	enum whois_field field;
	bool has_value;

	if (!span_len(value) || strchr("%#>", *value.p)) {
		w->in_section &= span_len(value) > 0;
		return;
	}
	if (span_starts_nocase(value, "no match") ||
	    span_starts_nocase(value, "not found") ||
	    span_starts_nocase(value, "no entries found") ||
	    span_starts_nocase(value, "no data found") ||
	    span_starts_nocase(value, "domain not found"))
		w->ret->missing = w->any = true;
	span_until(&value, ':', LINE_LONGEST, &key);
	has_value = value.p > key.end;
	key = span_trim(key);
	value = span_trim(value);
	if (span_len(key) > KEY_MAX && has_value)
		return;
	/* A field of its own ends the section; "Status" does, too. */
	if (field_of(key, &field) && (has_value || !indented)) {
		w->in_section = !span_len(value);
		w->section = field;
		if (span_len(value))
			keep(w, field, value);
	} else if (w->in_section && indented) {
		read_below(w, key, value, has_value);
	}
}

bool registration_read_whois(struct span body, struct arena *a,
			     struct registration *ret)
{
	struct whois w = { .ret = ret, .arena = a };
	struct span line;

	*ret = (struct registration){ 0 };
	while (body.p < body.end) {
		if (!span_line(&body, REGISTRATION_BYTES_MAX, &line)) {
			line = body;
			body.p = body.end;
		}
		if (span_len(line) <= LINE_LONGEST)
			read_line(&w, line);
	}
	return w.any;
}
