/*
 * span: a cursor over bytes that came from outside.
 *
 * Each take function advances the cursor on success only, and takes a maximum:
 * nothing from outside is unbounded. No function reads past `end`, none needs
 * a NUL. Numbers are decimal unless a name says otherwise; big-endian integers
 * serve TLS and DNS.
 *
 *	struct span s = span_of(buf, len);
 *	if (!span_line(&s, 255, &line) || !span_number(&line, 65535, &port))
 *		return err_set(err, ERR_UPSTREAM, "not a banner");
 */
#ifndef NIS2_BASE_SPAN_H
#define NIS2_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct span {
	const char *p;
	const char *end;
};

struct span span_of(const void *bytes, size_t len);
struct span span_str(const char *s);
size_t span_len(struct span s);
bool span_is(struct span s, const char *word);	      /* same bytes */
bool span_is_nocase(struct span s, const char *word); /* ASCII case folded */
bool span_starts_nocase(struct span s, const char *prefix);
/* Where `needle` first occurs, ASCII case folded; NULL if nowhere. */
const char *span_find_nocase(struct span s, const char *needle);
char *span_dup(struct arena *a, struct span s);

/*
 * Up to LF (CR LF and LF both end a line); false if longer than `max`, and for
 * a rest without LF: it is no line yet (span_until() takes that).
 */
bool span_line(struct span *s, size_t max, struct span *ret);
/* Up to `stop` or the end, without it; the cursor passes it. */
bool span_until(struct span *s, char stop, size_t max, struct span *ret);
/* A run of characters other than space, tab and line ends. */
bool span_word(struct span *s, size_t max, struct span *ret);
bool span_number(struct span *s, uint64_t max, uint64_t *ret);
bool span_literal(struct span *s, const char *word);
void span_skip_blank(struct span *s);
struct span span_trim(struct span s);

/* Network byte order. */
bool span_u8(struct span *s, uint8_t *ret);
bool span_u16(struct span *s, uint16_t *ret);
bool span_u24(struct span *s, uint32_t *ret);
bool span_u32(struct span *s, uint32_t *ret);
/* The next `len` bytes. */
bool span_take(struct span *s, size_t len, struct span *ret);

#endif
