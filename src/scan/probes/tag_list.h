/*
 * tag_list: "v=DMARC1; p=none" taken apart (RFC 6376 section 3.2, which DMARC,
 * MTA-STS, TLS-RPT and BIMI share). Pure.
 */
#ifndef NIS2_SCAN_PROBES_TAG_LIST_H
#define NIS2_SCAN_PROBES_TAG_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "codec/codec.h"

/* More tags than this are not read; what is wrong is said so many times. */
enum { TAGS_MAX = 32, RECORD_ERRORS_MAX = 16, RECORD_MAX = 16384 };

struct tag {
	const char *name;  /* lower case */
	const char *value; /* without blanks around */
};

struct tag_list {
	struct tag items[TAGS_MAX];
	size_t len;
};

/* What is wrong goes to `errors`, made with record_errors(). */
void tag_list_parse(struct span text, struct arena *a, struct tag_list *ret,
		    struct str_list *errors);
/* The value of the first tag of that name, or NULL. */
const char *tag_find(const struct tag_list *tags, const char *name);
/*
 * The record begins with this version ("v=DMARC1"), and only with it: nothing
 * or a semicolon follows.
 */
bool record_is(const char *text, const char *version);

struct str_list record_errors(struct arena *a);
/* In words for people; beyond the bound it is dropped. */
void record_error(struct str_list *errors, struct arena *a, const char *fmt,
		  ...) __attribute__((format(printf, 3, 4)));

#endif
