#include "scan/probes/secrets_find.h"

#include <math.h>
#include <string.h>

#include "core/embedded.h"
#include "core/fingerprint.h"
#include "scan/pattern.h"

enum { SHOWN_FIRST = 4, SHOWN_LAST = 2, SHORTEST = 12 };

struct secrets {
	struct arena *arena;
	const char *salt;
	struct secret_patterns patterns;
	struct pattern **compiled;
	struct secret found[SECRETS_MAX];
	struct span values[SECRETS_MAX];
	size_t len;
};

bool secrets_open(const char *salt, struct arena *a, struct secrets **ret,
		  struct err *err)
{
	struct secrets *s = arena_alloc(a, sizeof(*s));

	if (!embedded_read("data/secret_patterns.json", &secret_patterns_type,
			   a, &s->patterns, err))
		return false;
	s->arena = a;
	s->salt = salt;
	s->compiled = arena_array(a, s->patterns.patterns.len,
				  sizeof(struct pattern *));
	for (size_t i = 0; i < s->patterns.patterns.len; i++)
		if (!pattern_make(s->patterns.patterns.items[i].pattern, a,
				  &s->compiled[i], err))
			return err_wrap(err, "%s",
					s->patterns.patterns.items[i].id);
	*ret = s;
	return true;
}

/* Bits a byte: what is drawn by lot has many, words have few. */
static double entropy(struct span value)
{
	double len = (double)span_len(value), bits = 0;
	size_t counts[256] = { 0 };

	for (const char *p = value.p; p < value.end; p++)
		counts[(unsigned char)*p]++;
	for (size_t i = 0; i < 256; i++)
		if (counts[i])
			bits -= (double)counts[i] / len *
				log2((double)counts[i] / len);
	return bits;
}

/* Of documentation: AWS's own begins with AKIA and ends with EXAMPLE. */
static bool is_example(struct span value)
{
	return span_find_nocase(value, "example") ||
	       span_find_nocase(value, "xxxxxx") ||
	       span_find_nocase(value, "your_") ||
	       span_find_nocase(value, "your-");
}

static bool is_seen(const struct secrets *s, struct span value)
{
	for (size_t i = 0; i < s->len; i++)
		if (span_len(s->values[i]) == span_len(value) &&
		    !memcmp(s->values[i].p, value.p, span_len(value)))
			return true;
	return false;
}

static const char *mask(struct span value, struct arena *a)
{
	return arena_printf(a, "%.*s…%.*s (%zu characters)", SHOWN_FIRST,
			    value.p, SHOWN_LAST, value.end - SHOWN_LAST,
			    span_len(value));
}

static void keep(struct secrets *s, const struct secret_pattern *pattern,
		 struct span value, const char *source, size_t position)
{
	value = span_trim(value);
	if (s->len == SECRETS_MAX || span_len(value) < SHORTEST ||
	    is_example(value) || entropy(value) < pattern->entropy ||
	    is_seen(s, value))
		return;
	s->values[s->len] = value;
	s->found[s->len++] = (struct secret){
		.type = pattern->id,
		.gravity = pattern->gravity,
		.masked = mask(value, s->arena),
		.hash = s->salt ? fingerprint_secret(s->arena, s->salt, value.p,
						     span_len(value))
				: NULL,
		.source = source,
		.position = position,
	};
}

void secrets_find(struct secrets *s, struct span text, const char *source)
{
	for (size_t i = 0; i < s->patterns.patterns.len; i++) {
		struct span value;
		size_t at = 0;

		while (s->len < SECRETS_MAX &&
		       pattern_find(s->compiled[i], text, at, &value, &at))
			keep(s, &s->patterns.patterns.items[i], value, source,
			     (size_t)(value.p - text.p));
	}
}

const struct secret *secrets_found(const struct secrets *s, size_t *ret_len)
{
	*ret_len = s->len;
	return s->found;
}
