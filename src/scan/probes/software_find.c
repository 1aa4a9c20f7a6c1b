#include "scan/probes/software_find.h"

#include <string.h>

#include "base/clock.h"
#include "core/embedded.h"
#include "gen/data_types.h"
#include "scan/pattern.h"

struct software_table {
	struct arena *arena;
	struct software data;
	struct pattern **patterns;
};

bool software_open(struct arena *a, struct software_table **ret,
		   struct err *err)
{
	struct software_table *t = arena_alloc(a, sizeof(*t));

	if (!embedded_read("data/software.json", &software_type, a, &t->data,
			   err))
		return false;
	t->arena = a;
	t->patterns =
		arena_array(a, t->data.products.len, sizeof(struct pattern *));
	for (size_t i = 0; i < t->data.products.len; i++)
		if (!pattern_make(t->data.products.items[i].pattern, a,
				  &t->patterns[i], err))
			return err_wrap(err, "%s",
					t->data.products.items[i].name);
	*ret = t;
	return true;
}

/* Part by part as numbers: 1.9 is below 1.18. */
static bool is_below(const char *version, const char *limit)
{
	return strverscmp(version, limit) < 0;
}

static bool end_of(const struct software_product *p, const char *version,
		   struct arena *a, int64_t *ret)
{
	for (size_t i = 0; i < p->cycles.len; i++)
		if (is_below(version, p->cycles.items[i].below))
			return clock_parse(
				arena_printf(a, "%sT23:59:59Z",
					     p->cycles.items[i].ended),
				ret);
	return false;
}

static bool is_there(const struct software_found *found, size_t len,
		     const char *name, const char *version)
{
	for (size_t i = 0; i < len; i++)
		if (!strcmp(found[i].name, name) &&
		    !strcmp(found[i].version, version))
			return true;
	return false;
}

size_t software_find(const struct software_table *t, struct span text,
		     struct software_found ret[SOFTWARE_MAX], size_t len)
{
	for (size_t i = 0; i < t->data.products.len; i++) {
		const struct software_product *p = &t->data.products.items[i];
		struct software_found one = { .name = p->name };
		struct span version;
		size_t end;

		if (len == SOFTWARE_MAX ||
		    !pattern_find(t->patterns[i], text, 0, &version, &end))
			continue;
		one.version = span_dup(t->arena, version);
		if (is_there(ret, len, one.name, one.version))
			continue;
		one.dated = end_of(p, one.version, t->arena, &one.ended);
		ret[len++] = one;
	}
	return len;
}

bool software_is_packaged(struct span text)
{
	static const char *const words[] = { "debian",	    "ubuntu", "red hat",
					     "centos",	    "fedora", "rocky",
					     "suse",	    "alma",   "+deb",
					     ".el7",	    ".el8",   ".el9",
					     "oracle linux" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (span_find_nocase(text, words[i]))
			return true;
	return false;
}
