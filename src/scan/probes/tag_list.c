#include "scan/probes/tag_list.h"

#include <ctype.h>
#include <stdarg.h>

struct str_list record_errors(struct arena *a)
{
	return (struct str_list){
		arena_array(a, RECORD_ERRORS_MAX, sizeof(const char *)), 0
	};
}

void record_error(struct str_list *errors, struct arena *a, const char *fmt,
		  ...)
{
	va_list ap;
	char *text;

	if (errors->len == RECORD_ERRORS_MAX)
		return;
	va_start(ap, fmt);
	text = arena_vprintf(a, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < errors->len; i++)
		if (!strcmp(errors->items[i], text))
			return;
	errors->items[errors->len++] = text;
}

const char *tag_find(const struct tag_list *tags, const char *name)
{
	for (size_t i = 0; i < tags->len; i++)
		if (!strcmp(tags->items[i].name, name))
			return tags->items[i].value;
	return NULL;
}

static bool name_ok(const char *name)
{
	if (!isalpha((unsigned char)*name))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '_')
			return false;
	return true;
}

static void add_tag(struct span spec, struct arena *a, struct tag_list *tags,
		    struct str_list *errors)
{
	struct span name;
	char *lower;

	span_until(&spec, '=', span_len(spec), &name);
	lower = span_dup(a, span_trim(name));
	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	if (!name_ok(lower) || name.end == spec.end) {
		record_error(errors, a, "\"%.40s\" is no tag", lower);
		return;
	}
	if (tag_find(tags, lower))
		record_error(errors, a, "%.20s stands there twice", lower);
	if (tags->len < TAGS_MAX)
		tags->items[tags->len++] =
			(struct tag){ lower, span_dup(a, span_trim(spec)) };
}

void tag_list_parse(struct span text, struct arena *a, struct tag_list *ret,
		    struct str_list *errors)
{
	struct span spec;

	ret->len = 0;
	if (span_len(text) > RECORD_MAX)
		text.end = text.p + RECORD_MAX;
	while (span_len(text)) {
		span_until(&text, ';', span_len(text), &spec);
		spec = span_trim(spec);
		if (span_len(spec))
			add_tag(spec, a, ret, errors);
		else if (span_len(span_trim(text)))
			record_error(errors, a, "an empty tag");
	}
}

bool record_is(const char *text, const char *version)
{
	const char *sign = strchr(text, '='), *want = strchr(version, '=') + 1;
	struct span name, value;

	if (!sign)
		return false;
	name = span_trim((struct span){ text, sign });
	value = (struct span){ sign + 1, strchrnul(sign + 1, ';') };
	return span_is(name, "v") && span_is(span_trim(value), want);
}
