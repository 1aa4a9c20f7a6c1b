#include "scan/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Steps of one search, and KiB that it may need. */
enum { STEPS_MAX = 1000000, HEAP_MAX_KIB = 4096, DEPTH_MAX = 1000 };

struct pattern {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

static void release(void *arg)
{
	struct pattern *p = arg;

	pcre2_match_data_free(p->match);
	pcre2_match_context_free(p->limits);
	pcre2_code_free(p->code);
}

bool pattern_make(const char *text, struct arena *a, struct pattern **ret,
		  struct err *err)
{
	struct pattern *p = arena_alloc(a, sizeof(*p));
	PCRE2_UCHAR words[128];
	PCRE2_SIZE at = 0;
	int code = 0;

	p->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0,
				&code, &at, NULL);
	if (!p->code) {
		pcre2_get_error_message(code, words, sizeof(words));
		return err_set(err, ERR_INVALID, "at %zu: %s", at,
			       (char *)words);
	}
	p->match = pcre2_match_data_create_from_pattern(p->code, NULL);
	p->limits = pcre2_match_context_create(NULL);
	arena_defer(a, release, p);
	if (!p->match || !p->limits)
		return err_set(err, ERR_INTERNAL, "out of memory");
	pcre2_set_match_limit(p->limits, STEPS_MAX);
	pcre2_set_depth_limit(p->limits, DEPTH_MAX);
	pcre2_set_heap_limit(p->limits, HEAP_MAX_KIB);
	*ret = p;
	return true;
}

bool pattern_find(const struct pattern *p, struct span bytes, size_t from,
		  struct span *ret, size_t *ret_end)
{
	const PCRE2_SIZE *at;
	int groups;

	if (from > span_len(bytes))
		return false;
	groups = pcre2_match(p->code, (PCRE2_SPTR)bytes.p, span_len(bytes),
			     from, 0, p->match, p->limits);
	if (groups <= 0)
		return false;
	at = pcre2_get_ovector_pointer(p->match);
	/* Never the same place twice, whatever the pattern. */
	*ret_end = at[1] > from ? at[1] : from + 1;
	at += groups > 1 && at[2] != PCRE2_UNSET ? 2 : 0;
	*ret = span_of(bytes.p + at[0], at[1] - at[0]);
	return true;
}

bool pattern_matches(const struct pattern *p, struct span bytes)
{
	struct span at;
	size_t end;

	return pattern_find(p, bytes, 0, &at, &end);
}
