/*
 * mime: one message of mail as the bytes that travel (RFC 5322, RFC 2045).
 *
 * A message says its text twice, plain and as HTML (multipart/alternative),
 * both UTF-8 in quoted-printable, so every line is short ASCII whatever the
 * texts are. Names and subjects beyond ASCII become encoded words (RFC 2047).
 *
 * What comes from people (a name, a subject) cannot add a header: line ends
 * and other control characters in it become blanks. An address is taken as it
 * is or refused.
 */
#ifndef NIS2_CODEC_MIME_H
#define NIS2_CODEC_MIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct mime_message {
	const char *from;      /* addresses: ASCII, "local@domain" */
	const char *from_name; /* NULL or "": none */
	const char *to;
	const char *to_name;
	const char *subject;
	const char *text; /* lines end in LF */
	const char *html;
	const char *language; /* "en": Content-Language (RFC 3282) */
	int64_t date;	      /* base/clock.h */
	const char *id;	      /* letters and digits, unlike that of any other */
};

/* ERR_REFUSED for an address that cannot stand in a header. Lines end CR LF. */
bool mime_write(const struct mime_message *m, struct sb *out, struct err *err);

/* Whether it is ASCII, has one @ with text around it, and no odd character. */
bool mime_is_address(const char *address);

#endif
