#include "http/table.h"

#include <assert.h>
#include <string.h>

enum { BUCKETS = 256 };

struct table {
	struct place *literal[BUCKETS];
	struct place *pattern, **pattern_end;
};

static const char *const method_names[METHODS] = { "GET", "POST", "PUT",
						   "PATCH", "DELETE" };

static int method_index(const char *method)
{
	if (!strcmp(method, "HEAD"))
		return 0;
	for (int i = 0; i < METHODS; i++)
		if (!strcmp(method, method_names[i]))
			return i;
	return -1;
}

/* FNV-1a; the table is made from the contract, so nobody can choose keys. */
static unsigned bucket_of(const char *path)
{
	uint32_t h = 2166136261u;

	for (; *path; path++)
		h = (h ^ (unsigned char)*path) * 16777619u;
	return (h ^ h >> 16) % BUCKETS;
}

static struct place *place_in(struct place *list, const char *path)
{
	while (list && strcmp(list->path, path))
		list = list->next;
	return list;
}

static struct place *place_add(struct table *t, const char *path,
			       struct arena *a)
{
	struct place **bucket = &t->literal[bucket_of(path)];
	bool literal = !strchr(path, '{');
	struct place *p = place_in(literal ? *bucket : t->pattern, path);

	if (p)
		return p;
	p = arena_alloc(a, sizeof(*p));
	p->path = path;
	if (literal) {
		p->next = *bucket;
		*bucket = p;
	} else {
		*t->pattern_end = p;
		t->pattern_end = &p->next;
	}
	return p;
}

static const char *allow_of(const struct place *p, struct arena *a)
{
	struct sb out = sb_new(a, 64);

	for (int i = 0; i < METHODS; i++)
		if (p->routes[i])
			sb_addf(&out, "%s, %s", method_names[i],
				i ? "" : "HEAD, ");
	sb_add(&out, "OPTIONS");
	return out.s;
}

struct table *table_new(const struct route *routes, size_t count,
			struct arena *a)
{
	struct table *t = arena_alloc(a, sizeof(*t));

	t->pattern_end = &t->pattern;
	for (size_t i = 0; i < count; i++) {
		struct place *p = place_add(t, routes[i].path, a);
		int method = method_index(routes[i].method);

		assert(method >= 0 && !p->routes[method]);
		p->routes[method] = &routes[i];
		p->allow = allow_of(p, a);
	}
	return t;
}

/* "/a/{x}/b" against "/a/1/b"; a parameter is one segment that is not empty. */
static bool fits(const char *pattern, const char *path, struct arena *a,
		 const char **params)
{
	int n = 0;

	while (*pattern && *path) {
		size_t len;

		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		len = strcspn(path, "/");
		if (!len || n == PARAMS_MAX)
			return false;
		params[n++] = arena_strndup(a, path, len);
		path += len;
		pattern = strchr(pattern, '}') + 1;
	}
	return !*pattern && !*path;
}

const struct place *table_find(const struct table *t, const char *path,
			       struct arena *a, const char **params)
{
	const struct place *p = place_in(t->literal[bucket_of(path)], path);

	if (p)
		return p;
	for (p = t->pattern; p; p = p->next)
		if (fits(p->path, path, a, params))
			return p;
	return NULL;
}

const struct route *place_route(const struct place *p, const char *method)
{
	int i = method_index(method);

	return i < 0 ? NULL : p->routes[i];
}
