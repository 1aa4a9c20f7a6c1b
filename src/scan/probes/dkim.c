#include "scan/probes/dkim.h"

#include <string.h>

#include "net/pubkey.h"
#include "scan/probes/tag_list.h"

enum { ED25519_BYTES = 32, ED25519_BITS = 256 };

bool dkim_is_record(const char *text)
{
	_arena_ struct arena a = { 0 };
	struct str_list errors = record_errors(&a);
	struct tag_list tags;
	const char *v;

	tag_list_parse(span_str(text), &a, &tags, &errors);
	v = tag_find(&tags, "v");
	return v ? !strcmp(v, "DKIM1") : tag_find(&tags, "p") != NULL;
}

/* "a:b:c" has the word. */
static bool has_word(const char *list, const char *word)
{
	struct span s = span_str(list ? list : ""), one;

	while (span_until(&s, ':', span_len(s), &one))
		if (span_is_nocase(span_trim(one), word))
			return true;
	return false;
}

static void read_key(const char *p, struct arena *a, struct dkim *d)
{
	struct span key = span_str(p);

	if (!strcasecmp(d->type, "rsa"))
		d->bits = pubkey_rsa_bits(key);
	else if (!strcasecmp(d->type, "ed25519"))
		d->bits = pubkey_raw_length(key) == ED25519_BYTES ? ED25519_BITS
								  : 0;
	else
		record_error(&d->errors, a, "k=%.20s is not known", d->type);
	if (!d->bits &&
	    (!strcasecmp(d->type, "rsa") || !strcasecmp(d->type, "ed25519")))
		record_error(&d->errors, a, "the key (p=) cannot be read");
}

void dkim_parse(const char *text, struct arena *a, struct dkim *ret)
{
	const char *k, *h, *p, *v, *s;
	struct tag_list tags;

	*ret = (struct dkim){ .errors = record_errors(a) };
	tag_list_parse(span_str(text), a, &tags, &ret->errors);
	v = tag_find(&tags, "v");
	k = tag_find(&tags, "k");
	h = tag_find(&tags, "h");
	p = tag_find(&tags, "p");
	s = tag_find(&tags, "s");
	ret->type = k ? k : "rsa";
	ret->testing = has_word(tag_find(&tags, "t"), "y");
	ret->revoked = p && !*p;
	if (h && !has_word(h, "sha256"))
		record_error(&ret->errors, a, "the key is for SHA-1 only");
	if (v && strcmp(tags.items[0].name, "v"))
		record_error(&ret->errors, a, "v= is not the first tag");
	if (s && !has_word(s, "*") && !has_word(s, "email"))
		record_error(&ret->errors, a, "s=%.30s is not for mail", s);
	if (!p)
		record_error(&ret->errors, a, "the key (p=) is missing");
	else if (!ret->revoked)
		read_key(p, a, ret);
}
