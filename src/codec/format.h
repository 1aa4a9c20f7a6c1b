/*
 * format: what `format:` in a schema means, and what the text is then.
 *
 * A format both checks and normalises: the same identifier, address or line is
 * one spelling from here on, so that comparing is strcmp(). Normalising twice
 * changes nothing.
 *
 *	const char *why;
 *	const char *text = format_apply(FORMAT_EMAIL, a, " Me <me@b.IT>", &why);
 *	-- text is "me@b.it"
 */
#ifndef NIS2_CODEC_FORMAT_H
#define NIS2_CODEC_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "codec/codec.h"

/*
 * The normalised text, or NULL: then `*ret_why` is a sentence for the client
 * that does not repeat the text. FORMAT_NONE gives `text` back.
 */
const char *format_apply(enum format format, struct arena *a, const char *text,
			 const char **ret_why);

/* The machine word of a 422 for text that is not of the format. */
const char *format_issue(enum format format);

/* Valid UTF-8 without NUL: no overlong forms, no surrogates. */
bool format_utf8(const char *bytes, size_t len);

/* How many characters valid UTF-8 has. */
size_t format_length(const char *text);

/*
 * The next character of valid UTF-8, whose length goes to `*ret_len`; bytes
 * that are not valid count as one U+FFFD each.
 */
unsigned format_next(const char *s, int *ret_len);

#endif
