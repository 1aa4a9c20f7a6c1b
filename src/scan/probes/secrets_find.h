/*
 * secrets_find: keys and tokens in text that a web server gives to everybody
 * (data/secret_patterns.json). Pure. What is found is masked at once: the
 * value itself goes nowhere but into a keyed hash.
 */
#ifndef NIS2_SCAN_PROBES_SECRETS_FIND_H
#define NIS2_SCAN_PROBES_SECRETS_FIND_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "gen/data_types.h"

enum { SECRETS_MAX = 32 };

struct secret {
	const char *type;
	enum secret_pattern_gravity gravity;
	const char *masked; /* "AKIA…7Q (20 characters)" */
	const char *hash;   /* NULL without a salt */
	const char *source; /* where it stands, as told */
	size_t position;    /* bytes from the start */
};

struct secrets;

/* `salt` may be NULL. The patterns are compiled here. */
bool secrets_open(const char *salt, struct arena *a, struct secrets **ret,
		  struct err *err);

/* Looks through one text; a value that was seen before is not counted. */
void secrets_find(struct secrets *s, struct span text, const char *source);

const struct secret *secrets_found(const struct secrets *s, size_t *ret_len);

#endif
