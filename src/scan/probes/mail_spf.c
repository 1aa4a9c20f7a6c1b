/*
 * mail_spf: what an SPF record costs and allows, with all that it includes
 * (RFC 7208 section 4.6.4). Level by level, so that the questions of a level
 * are asked at once. It is counted as if no mechanism matched: some sender
 * will get that far.
 */
#include <string.h>

#include "net/dns_wire.h"
#include "scan/probes/mail.h"
#include "scan/probes/tag_list.h"

/* Far beyond what is allowed: the rest changes nothing. */
enum { RECORDS_MAX = 24, ASKS_MAX = 64 };

struct record {
	const char *domain, *text;
	bool decides; /* its "all" is that of the whole: the first, redirects */
};

/* A question on the way; what it is for. */
struct want {
	enum spf_kind kind;
	const char *domain;
	bool decides;
};

struct walk {
	struct names *n;
	struct spf_outcome *out;
	struct record records[RECORDS_MAX];
	size_t done, len;
	struct dns_ask asks[ASKS_MAX];
	struct want wants[ASKS_MAX];
	size_t asked;
};

static void ask(struct walk *w, const struct want *want, int type)
{
	if (w->asked == ASKS_MAX)
		return;
	w->wants[w->asked] = *want;
	w->asks[w->asked++] = (struct dns_ask){ want->domain, type };
}

static void read_term(struct walk *w, const struct record *r,
		      const struct spf_term *t, bool has_all)
{
	struct want want = { t->kind, t->domain ? t->domain : r->domain,
			     false };

	if (t->kind == SPF_ALL) {
		if (r->decides)
			w->out->all = t->qualifier;
		return;
	}
	if (t->kind == SPF_REDIRECT && has_all)
		return;
	w->out->names_somebody |=
		t->kind != SPF_REDIRECT && t->qualifier != '-';
	w->out->ptr |= t->kind == SPF_PTR;
	if (t->kind == SPF_IP4 || t->kind == SPF_IP6)
		return;
	w->out->lookups++;
	if (t->macro || t->kind == SPF_PTR)
		return; /* only a mail tells the name */
	want.decides = t->kind == SPF_REDIRECT && r->decides;
	if (t->kind == SPF_INCLUDE || t->kind == SPF_REDIRECT)
		ask(w, &want, DNS_TXT);
	else if (t->kind == SPF_MX)
		ask(w, &want, DNS_MX);
	else
		ask(w, &want, DNS_A);
	if (t->kind == SPF_A)
		ask(w, &want, DNS_AAAA);
}

static void read_record(struct walk *w, const struct record *r)
{
	struct arena *a = w->n->run->arena;
	struct spf spf;

	spf_parse(r->text, a, &spf);
	for (size_t i = 0; i < spf.errors.len; i++)
		record_error(&w->out->errors, a, "%s: %s", r->domain,
			     spf.errors.items[i]);
	for (size_t i = 0; i < spf.len; i++) {
		read_term(w, r, &spf.terms[i], spf.has_all);
		/* What stands behind "all" is never looked at. */
		if (spf.terms[i].kind == SPF_ALL)
			break;
	}
}

static void follow(struct walk *w, const struct dns_ask *answer,
		   const struct want *want)
{
	struct arena *a = w->n->run->arena;
	struct str_list texts = names_texts(answer, spf_is_record, a);

	if (texts.len != 1) {
		record_error(&w->out->errors, a,
			     texts.len ? "%s has several SPF records"
				       : "%s has no SPF record",
			     want->domain);
		return;
	}
	for (size_t i = 0; i < w->len; i++)
		if (!strcasecmp(w->records[i].domain, want->domain) &&
		    want->kind == SPF_REDIRECT && want->decides &&
		    w->records[i].decides) {
			record_error(&w->out->errors, a, "%s leads to itself",
				     want->domain);
			return;
		}
	if (w->len < RECORDS_MAX)
		w->records[w->len++] =
			(struct record){ want->domain, texts.items[0],
					 want->decides };
}

static bool is_void(const struct dns_ask *answer)
{
	return answer->state == DNS_NXDOMAIN || answer->state == DNS_NODATA;
}

static void take_answers(struct walk *w)
{
	struct arena *a = w->n->run->arena;

	for (size_t i = 0; i < w->asked; i++) {
		const struct dns_ask *answer = &w->asks[i];
		const struct want *want = &w->wants[i];
		bool none = is_void(answer);

		/* Both families belong to one lookup. */
		if (want->kind == SPF_A && answer->type == DNS_A)
			none &= i + 1 < w->asked && is_void(answer + 1);
		if (answer->type == DNS_AAAA)
			continue;
		w->out->voids += none;
		if (want->kind == SPF_MX && answer->len > SPF_LOOKUPS)
			record_error(&w->out->errors, a,
				     "%s has more than %d mail servers",
				     want->domain, SPF_LOOKUPS);
		if ((want->kind == SPF_INCLUDE || want->kind == SPF_REDIRECT) &&
		    answer->state != DNS_LATE && answer->state != DNS_FAILED)
			follow(w, answer, want);
	}
}

void spf_follow(struct names *n, const char *domain, const char *record,
		struct spf_outcome *ret)
{
	struct walk *w = arena_alloc(n->run->arena, sizeof(*w));

	*ret = (struct spf_outcome){ .all = '?' };
	ret->errors = record_errors(n->run->arena);
	w->n = n;
	w->out = ret;
	w->records[w->len++] = (struct record){ domain, record, true };
	while (w->done < w->len) {
		size_t level = w->len;

		w->asked = 0;
		for (; w->done < level; w->done++)
			read_record(w, &w->records[w->done]);
		names_ask(n, w->asks, w->asked);
		take_answers(w);
	}
}
