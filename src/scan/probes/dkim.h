/*
 * dkim: a DKIM key record taken apart (RFC 6376 section 3.6.1, RFC 8301,
 * RFC 8463). Pure.
 */
#ifndef NIS2_SCAN_PROBES_DKIM_H
#define NIS2_SCAN_PROBES_DKIM_H

#include <stdbool.h>

#include "base/arena.h"
#include "codec/codec.h"

struct dkim {
	const char *type; /* "rsa", "ed25519", or what stands there */
	int bits;	  /* of the key; 0 when it cannot be read */
	bool revoked;	  /* an empty p= */
	bool testing;	  /* t=y */
	struct str_list errors;
};

/* v=DKIM1, or no version and a key. */
bool dkim_is_record(const char *text);
void dkim_parse(const char *text, struct arena *a, struct dkim *ret);

#endif
