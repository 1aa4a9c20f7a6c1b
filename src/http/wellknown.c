#include "http/wellknown.h"

#include <string.h>

#include "base/clock.h"
#include "base/url.h"
#include "http/reply.h"
#include "http/static.h"

#define SECURITY_TXT "/.well-known/security.txt"

enum { EXPIRY_DAYS = 180 };

/*
 * RFC 9116, 2.5: `Expires` less than a year ahead (the text is made on each
 * request and so never lapses), `Canonical` only of an https address.
 */
static void send_security(const struct settings *s, struct exchange *x)
{
	struct sb text = sb_new(&x->arena, 256);
	const char *self = url_under(&x->arena, s->public_url, SECURITY_TXT);
	int64_t today = clock_now() / CLOCK_DAY;
	char expires[CLOCK_TEXT];

	clock_text((today + EXPIRY_DAYS) * CLOCK_DAY, expires);
	sb_addf(&text, "Contact: %s\n", s->security_contact);
	sb_addf(&text, "Expires: %s\n", expires);
	sb_add(&text, "Preferred-Languages: en, it, fr, de, es\n");
	if (!strncmp(self, "https://", 8))
		sb_addf(&text, "Canonical: %s\n", self);
	reply_text(x, 200, text.s);
	x->reply.cacheable = true;
	exchange_header(x, "Cache-Control", "public, max-age=3600");
}

static void send_password(const struct settings *s, struct exchange *x)
{
	reply_empty(x, 302);
	exchange_header(
		x, "Location",
		url_under(&x->arena, s->public_url, "/settings/password"));
}

static const struct {
	const char *path;
	void (*send)(const struct settings *s, struct exchange *x);
} pages[] = {
	{ SECURITY_TXT, send_security },
	{ "/.well-known/change-password", send_password },
};

bool wellknown_reply(const struct settings *settings, struct exchange *x)
{
	size_t i = 0, count = sizeof(pages) / sizeof(*pages);

	while (i < count && strcmp(x->request.path, pages[i].path))
		i++;
	if (i == count ||
	    (pages[i].send == send_security && !*settings->security_contact))
		return false;
	if (static_reads(x))
		pages[i].send(settings, x);
	return true;
}
