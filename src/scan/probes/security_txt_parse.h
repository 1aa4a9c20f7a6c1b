/*
 * security_txt_parse: a security.txt file as RFC 9116 has it. Pure.
 */
#ifndef NIS2_SCAN_PROBES_SECURITY_TXT_PARSE_H
#define NIS2_SCAN_PROBES_SECURITY_TXT_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "codec/codec.h"

/* Of a file: RFC 9116 section 5.4 advises no more than 32 KiB. */
enum { SECURITY_TXT_MAX = 64 * 1024, SECURITY_TXT_LISTED_MAX = 16 };

struct security_txt {
	struct str_list contacts; /* usable ones, as they stand there */
	struct str_list canonical;
	bool has_expires;
	int64_t expires;
	bool has_policy;
	bool has_encryption;
	bool has_signature; /* an OpenPGP cleartext signature is around it */
	struct str_list errors; /* what the RFC does not allow */
};

/*
 * Reads the whole file. `url` is where it was found, for Canonical; `now` for
 * what is too far ahead. Whether it has expired is not an error of the file.
 */
void security_txt_parse(struct span body, const char *url, int64_t now,
			struct arena *a, struct security_txt *ret);

#endif
