#include "core/catalog.h"

#include <assert.h>
#include <string.h>

enum { KEY_MAX = 160, LOCALES_MAX = 32 };

/* What catalog_load() read; constant after it. */
static struct {
	bool loaded;
	struct arena arena;
	struct catalog catalog;
	const char *locales[LOCALES_MAX + 1];
	struct check_texts *texts[LOCALES_MAX]; /* as catalog.checks */
} the;

const struct embedded_file *embedded_find(const char *path)
{
	size_t low = 0, high = embedded_file_count;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(path, embedded_files[mid].path);

		if (order == 0)
			return &embedded_files[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

bool embedded_read(const char *path, const struct type *type, struct arena *a,
		   void *ret, struct err *err)
{
	const struct embedded_file *file = embedded_find(path);

	return (file && codec_read(type, (const char *)file->bytes, file->len,
				   "file", a, ret, NULL, NULL)) ||
	       err_set(err, ERR_INTERNAL, "%s cannot be read", path);
}

/* "data/checks/hsts_missing.json" is "hsts_missing"; NULL for other files. */
static char *check_id(const char *path, struct arena *a)
{
	static const char folder[] = "data/checks/", ending[] = ".json";
	size_t len = strlen(path);

	if (strncmp(path, folder, sizeof(folder) - 1) ||
	    len < sizeof(folder) + sizeof(ending) - 2 ||
	    strcmp(path + len - (sizeof(ending) - 1), ending))
		return NULL;
	return arena_strndup(a, path + sizeof(folder) - 1,
			     len - (sizeof(folder) - 1) - (sizeof(ending) - 1));
}

static bool read_check(const struct embedded_file *file, const char *id,
		       struct arena *a, struct catalog *ret, struct err *err)
{
	struct check check = { 0 };

	if (ret->checks.len == CATALOG_CHECKS_MAX)
		return err_set(err, ERR_INVALID, "more than %d checks",
			       CATALOG_CHECKS_MAX);
	if (!codec_read(&check_type, (const char *)file->bytes, file->len,
			"check", a, &check, NULL, err))
		return err_wrap(err, "%s", file->path);
	check.id = id;
	if (check.scored && !catalog_letter(check.article))
		return err_set(err, ERR_INVALID, "%s: no article '%s'",
			       file->path, check.article ? check.article : "");
	ret->checks.items[ret->checks.len++] = check;
	return true;
}

static int by_id(const void *a, const void *b)
{
	const struct check *x = a, *y = b;

	return strcmp(x->id, y->id);
}

bool catalog_read(const struct embedded_file *files, struct arena *a,
		  struct catalog *ret, struct err *err)
{
	struct article_book book = { 0 };

	ret->checks.items =
		arena_array(a, CATALOG_CHECKS_MAX, sizeof(struct check));
	ret->checks.len = 0;
	for (; files->path; files++) {
		const char *id = check_id(files->path, a);

		if (id && !read_check(files, id, a, ret, err))
			return false;
		if (!strcmp(files->path, "data/articles.json") &&
		    !codec_read(&article_book_type, (const char *)files->bytes,
				files->len, "articles", a, &book, NULL, err))
			return err_wrap(err, "%s", files->path);
	}
	if (!book.articles.len)
		return err_set(err, ERR_INVALID,
			       "data/articles.json is missing");
	ret->articles = book.articles;
	ret->law_url = book.source.url;
	qsort(ret->checks.items, ret->checks.len, sizeof(struct check), by_id);
	return true;
}

static const struct embedded_locale *find_locale(const char *wanted)
{
	size_t len;

	wanted = wanted ? wanted : "";
	len = strcspn(wanted, "-_.@");
	for (const struct embedded_locale *l = embedded_locales; l->name; l++)
		if (len == strlen(l->name) &&
		    !strncasecmp(l->name, wanted, len))
			return l;
	return &embedded_locales[0];
}

/* A page of findings has four texts each: found here once, not every time. */
static struct check_texts *texts_of_checks(const char *locale)
{
	const struct check_list *checks = &the.catalog.checks;
	struct check_texts *all =
		arena_array(&the.arena, checks->len, sizeof(*all));

	for (size_t i = 0; i < checks->len; i++) {
		const char *id = checks->items[i].id;
		const char **at[] = { &all[i].title, &all[i].rationale,
				      &all[i].detail, &all[i].remediation };
		static const char *const parts[] = { "title", "rationale",
						     "detail", "remediation" };

		for (int p = 0; p < 4; p++)
			*at[p] = catalog_text(locale, "checks",
					      arena_printf(&the.arena, "%s.%s",
							   id, parts[p]));
	}
	return all;
}

const struct check_texts *catalog_check_texts(const char *locale,
					      const struct check *check)
{
	size_t n = (size_t)(find_locale(locale) - embedded_locales);
	size_t i = (size_t)(check - the.catalog.checks.items);

	assert(i < the.catalog.checks.len);
	return &the.texts[n][i];
}

bool catalog_load(struct err *err)
{
	int n = 0;

	if (the.loaded)
		return true;
	if (!catalog_read(embedded_files, &the.arena, &the.catalog, err)) {
		arena_free(&the.arena);
		return err_wrap(err, "the catalogue");
	}
	for (; embedded_locales[n].name; n++) {
		assert(n < LOCALES_MAX);
		the.locales[n] = embedded_locales[n].name;
		the.texts[n] = texts_of_checks(the.locales[n]);
	}
	the.loaded = true;
	return true;
}

void catalog_unload(void)
{
	arena_free(&the.arena);
	memset(&the, 0, sizeof(the));
}

const struct check_list *catalog_checks(void)
{
	assert(the.loaded);
	return &the.catalog.checks;
}

const struct check *catalog_check(const char *id)
{
	const struct check_list *checks = catalog_checks();
	struct check key = { .id = id };

	if (!id)
		return NULL;
	return bsearch(&key, checks->items, checks->len, sizeof(key), by_id);
}

const struct article *catalog_article(char letter)
{
	assert(the.loaded);
	for (size_t i = 0; i < the.catalog.articles.len; i++)
		if (the.catalog.articles.items[i].letter[0] == letter)
			return &the.catalog.articles.items[i];
	return NULL;
}

const char *catalog_law_url(void)
{
	assert(the.loaded);
	return the.catalog.law_url;
}

char catalog_letter(const char *article)
{
	static const char stem[] = "21.2.";

	if (!article || strncmp(article, stem, sizeof(stem) - 1) ||
	    strlen(article) != sizeof(stem))
		return 0;
	article += sizeof(stem) - 1;
	return *article >= 'a' && *article <= 'j' ? *article : 0;
}

const char *catalog_locale(const char *wanted)
{
	return find_locale(wanted)->name;
}

const char *const *catalog_locales(void)
{
	assert(the.loaded);
	return the.locales;
}

static const char *find_text(const struct embedded_locale *l, const char *key)
{
	size_t low = 0, high = l->len;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(key, l->texts[mid].key);

		if (order == 0)
			return l->texts[mid].text;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

const char *catalog_text(const char *locale, const char *area, const char *key)
{
	const struct embedded_locale *l = find_locale(locale);
	const char *text;
	char full[KEY_MAX];
	int len = snprintf(full, sizeof(full), "%s/%s", area, key);

	if (len < 0 || len >= (int)sizeof(full))
		return key;
	text = find_text(l, full);
	if (!text)
		text = find_text(&embedded_locales[0], full);
	return text ? text : key;
}

const char *catalog_count_text(const char *locale, const char *area,
			       const char *key, int64_t count)
{
	char full[KEY_MAX];
	const char *text;

	snprintf(full, sizeof(full), "%s.%s", key, count == 1 ? "one" : "many");
	text = catalog_text(locale, area, full);
	return text == full ? key : text; /* unknown: ours ends here */
}

/* The value of the placeholder `name` of `len` bytes; NULL when it has none. */
static const char *find_value(const struct catalog_value *values,
			      const char *name, size_t len)
{
	for (; values->name; values++)
		if (strlen(values->name) == len &&
		    !strncmp(values->name, name, len))
			return values->text ? values->text : "";
	return NULL;
}

char *catalog_render(struct arena *a, const char *template,
		     const struct catalog_value *values)
{
	struct sb out = sb_new(a, strlen(template) + 64);

	while (*template) {
		size_t plain = strcspn(template, "{");
		const char *name, *end, *value;

		sb_addn(&out, template, plain);
		template += plain;
		if (!*template)
			break;
		name = template + 1;
		if (*name == '{') {
			sb_addc(&out, '{');
			template += 2;
			continue;
		}
		end = strchr(name, '}');
		value = end ? find_value(values, name, (size_t)(end - name))
			    : NULL;
		if (value) {
			sb_add(&out, value);
			template = end + 1;
		} else {
			sb_addc(&out, *template ++);
		}
	}
	return out.s;
}
