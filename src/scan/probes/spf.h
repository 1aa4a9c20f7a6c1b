/*
 * spf: an SPF record taken apart (RFC 7208 sections 4.5, 4.6 and 12). Pure;
 * mail_spf.h follows what it includes.
 */
#ifndef NIS2_SCAN_PROBES_SPF_H
#define NIS2_SCAN_PROBES_SPF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "codec/codec.h"

/* Terms that are read; a record with more is wrong anyway. */
enum { SPF_TERMS_MAX = 256 };

enum spf_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	SPF_REDIRECT,
};

struct spf_term {
	enum spf_kind kind;
	char qualifier;	    /* + - ~ ? */
	const char *domain; /* NULL: the name of the record */
	bool macro;	    /* the domain depends on the mail */
};

struct spf {
	struct spf_term *terms;
	size_t len;
	struct str_list errors; /* syntax; a receiver gives up on any */
	bool has_all;
};

/* "v=spf1" and nothing else, or a blank, follows: any case. */
bool spf_is_record(const char *text);
void spf_parse(const char *text, struct arena *a, struct spf *ret);

#endif
