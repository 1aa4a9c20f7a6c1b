/*
 * catalog: the compliance knowledge of the program, which is data: checks, the
 * measures of Article 21(2), and every text that a person reads, in each
 * language. It is read once, before any thread starts, from the bytes that
 * embedded.h lends, and never changes after.
 *
 *	catalog_text("it", "checks", "hsts_missing.title")
 *
 * A text may have placeholders, {name}; {{ is a brace. What is missing in a
 * language is taken from English (the build does not let that happen), and
 * what is missing there is the key itself.
 */
#ifndef NIS2_CORE_CATALOG_H
#define NIS2_CORE_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/embedded.h"
#include "gen/data_types.h"

/* Bound on what a catalogue may hold; an overlay must fit too. */
enum { CATALOG_CHECKS_MAX = 256 };

/*
 * Reads what is embedded. Once per process, before threads start; a second
 * call does nothing. False only for a broken catalogue.
 */
bool catalog_load(struct err *err);
/* Gives the memory back: the last act of main(). */
void catalog_unload(void);

/* The same from other files (a test, an overlay) into the given arena. */
struct catalog {
	struct check_list checks; /* by id */
	struct article_list articles;
	const char *law_url; /* of the directive */
};
bool catalog_read(const struct embedded_file *files, struct arena *a,
		  struct catalog *ret, struct err *err);

/* All checks, sorted by id. */
const struct check_list *catalog_checks(void);
/* The check of that id, or NULL: a finding may be older than the catalogue. */
const struct check *catalog_check(const char *id);
/* The measure of that letter, 'a' to 'j', or NULL. */
const struct article *catalog_article(char letter);
/* Where the directive can be read. */
const char *catalog_law_url(void);
/* The letter of an article as checks write it: 'h' of "21.2.h", 0 if none. */
char catalog_letter(const char *article);

/*
 * The name of the language closest to what a user or a browser says: "it-CH"
 * is "it", and what we do not have is "en". Never NULL, lives for ever.
 */
const char *catalog_locale(const char *wanted);
/* The languages, "en" first; the last is NULL. */
const char *const *catalog_locales(void);

/*
 * The text of a key in `area` (a file of data/locales/LANG). Lives for ever,
 * but for an unknown key, which is returned as it came.
 */
const char *catalog_text(const char *locale, const char *area, const char *key);

/* What the findings of a check say, in one language; `detail` is a template. */
struct check_texts {
	const char *title;
	const char *rationale;
	const char *detail;
	const char *remediation;
};

/* Of a check of catalog_checks(): looked up once, when the catalogue is read.
 */
const struct check_texts *catalog_check_texts(const char *locale,
					      const struct check *check);

/* The text of key.one or key.many. */
const char *catalog_count_text(const char *locale, const char *area,
			       const char *key, int64_t count);

/* What a placeholder stands for. */
struct catalog_value {
	const char *name;
	const char *text; /* NULL: the empty text */
};

/*
 * The template with its placeholders filled in. `values` ends with a NULL
 * name; a placeholder that has no value stays as it is written.
 */
char *catalog_render(struct arena *a, const char *template,
		     const struct catalog_value *values);

#endif
