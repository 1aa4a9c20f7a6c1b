#include "codec/check.h"

#include <assert.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "codec/format.h"

/* Where it is, as "body.assets.0.name"; outermost first. */
static void loc_text(const struct loc *at, struct sb *out)
{
	if (at->up) {
		loc_text(at->up, out);
		sb_addc(out, '.');
	}
	if (at->name)
		sb_add(out, at->name);
	else
		sb_addf(out, "%zu", at->index);
}

bool check_full(const struct reader *r)
{
	return r->count >= CODEC_ISSUES;
}

static void list_issue(struct reader *r, const char *type, const char *loc,
		       const char *msg)
{
	struct issue_list *list = r->issues;

	if (!list->items)
		list->items = arena_array(r->arena, CODEC_ISSUES,
					  sizeof(*list->items));
	if (list->len < CODEC_ISSUES)
		list->items[list->len++] =
			(struct issue){ .type = type, .loc = loc, .msg = msg };
}

bool check_issue(struct reader *r, const struct loc *at, const char *type,
		 const char *fmt, ...)
{
	bool first = r->issues ? !r->issues->len : !r->count;
	struct sb loc = sb_new(r->arena, 64);
	va_list ap;
	char *msg;

	va_start(ap, fmt);
	msg = arena_vprintf(r->arena, fmt, ap);
	va_end(ap);
	loc_text(at, &loc);
	if (first)
		err_field(r->err, loc.s, type, "%s", msg);
	if (r->issues)
		list_issue(r, type, loc.s, msg);
	r->count++;
	return false;
}

void field_mark(const struct field *f, void *base, bool has)
{
	if (f->has != FIELD_NONE)
		*(bool *)((char *)base + f->has) = has;
	if (f->set != FIELD_NONE)
		*(bool *)((char *)base + f->set) = true;
}

/* Patterns are few, short, and ours: compiling one costs microseconds. */
static bool matches(const char *pattern, const char *text)
{
	regex_t re;
	int rc = regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB);

	assert(!rc);
	rc = regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return !rc;
}

static const char *plural(double n)
{
	return n == 1 ? "" : "s";
}

static bool str_in_limits(struct reader *r, const struct loc *at,
			  const struct field *f, const char *text)
{
	double len = (double)format_length(text);

	if (f->has_min && len < f->min)
		return check_issue(
			r, at, "string_too_short",
			"String should have at least %.0f character%s", f->min,
			plural(f->min));
	if (f->has_max && len > f->max)
		return check_issue(
			r, at, "string_too_long",
			"String should have at most %.0f character%s", f->max,
			plural(f->max));
	if (f->pattern && !matches(f->pattern, text))
		return check_issue(r, at, "string_pattern_mismatch",
				   "String should match pattern '%s'",
				   f->pattern);
	return true;
}

bool check_str(struct reader *r, const struct loc *at, const struct field *f,
	       const char *text, void *base)
{
	const char *why = NULL;

	if (!r->stored) {
		text = format_apply(f->format, r->arena, text, &why);
		if (!text)
			return check_issue(r, at, format_issue(f->format), "%s",
					   why);
		if (!str_in_limits(r, at, f, text))
			return false;
	}
	*(const char **)field_at(f, base) = text;
	return true;
}

/* "'a', 'b' or 'c'". */
static const char *choices(struct arena *a, const struct field *f)
{
	struct sb out = sb_new(a, 128);

	for (uint32_t i = 0; i < f->names_len; i++)
		sb_addf(&out, "%s'%s'",
			!i			? ""
			: i + 1 == f->names_len ? " or "
						: ", ",
			f->names[i]);
	return out.s;
}

bool check_enum(struct reader *r, const struct loc *at, const struct field *f,
		const char *text, void *base)
{
	for (uint32_t i = 0; i < f->names_len; i++) {
		if (strcmp(f->names[i], text) != 0)
			continue;
		*(unsigned *)field_at(f, base) = i;
		return true;
	}
	return check_issue(r, at, "enum", "Input should be %s",
			   choices(r->arena, f));
}

bool check_time(struct reader *r, const struct loc *at, const struct field *f,
		const char *text, void *base)
{
	if (strlen(text) < CLOCK_TEXT + 8 &&
	    clock_parse(text, field_at(f, base)))
		return true;
	return check_issue(r, at, "datetime_parsing",
			   "Input should be a valid datetime");
}

static bool num_in_limits(struct reader *r, const struct loc *at,
			  const struct field *f, double value)
{
	if (r->stored)
		return true;
	if (f->has_min && value < f->min)
		return check_issue(r, at, "greater_than_equal",
				   "Input should be greater than or equal to "
				   "%.15g",
				   f->min);
	if (f->has_max && value > f->max)
		return check_issue(r, at, "less_than_equal",
				   "Input should be less than or equal to "
				   "%.15g",
				   f->max);
	return true;
}

bool check_int(struct reader *r, const struct loc *at, const struct field *f,
	       int64_t value, void *base)
{
	if (!num_in_limits(r, at, f, (double)value))
		return false;
	*(int64_t *)field_at(f, base) = value;
	return true;
}

bool check_num(struct reader *r, const struct loc *at, const struct field *f,
	       double value, void *base)
{
	if (!num_in_limits(r, at, f, value))
		return false;
	*(double *)field_at(f, base) = value;
	return true;
}

bool check_items(struct reader *r, const struct loc *at, const struct field *f,
		 size_t count)
{
	if (r->stored)
		return true;
	if (f->has_min && (double)count < f->min)
		return check_issue(
			r, at, "too_short",
			"List should have at least %.0f item%s after "
			"validation, not %zu",
			f->min, plural(f->min), count);
	if (f->has_max && (double)count > f->max)
		return check_issue(r, at, "too_long",
				   "List should have at most %.0f item%s after "
				   "validation, not %zu",
				   f->max, plural(f->max), count);
	return true;
}

static void set_default(const struct field *f, void *base)
{
	void *member = field_at(f, base);

	if (f->kind == F_STR)
		*(const char **)member = f->default_text;
	else if (f->kind == F_ENUM)
		*(unsigned *)member = (unsigned)f->default_number;
	else if (f->kind == F_INT)
		*(int64_t *)member = (int64_t)f->default_number;
	else if (f->kind == F_NUM)
		*(double *)member = f->default_number;
	else if (f->kind == F_BOOL)
		*(bool *)member = f->default_number != 0;
	if (f->has != FIELD_NONE)
		*(bool *)((char *)base + f->has) = true;
}

bool check_absent(struct reader *r, const struct loc *at, const struct field *f,
		  void *base)
{
	if (f->has_default)
		set_default(f, base);
	else if (f->required)
		return check_issue(r, at, "missing", "Field required");
	return true;
}
