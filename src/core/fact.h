/*
 * fact: one thing a probe saw. Probes state facts; checks judge them.
 *
 * A fact has a name that its probe declared ("tls.version"), the port it was
 * seen on (0: about the host or the name as a whole), an item where a port has
 * several of the kind (a cookie's name), and a value. Facts travel as JSON
 * lines from `nis2 probe` to `nis2 work`, and nothing else does.
 */
#ifndef NIS2_CORE_FACT_H
#define NIS2_CORE_FACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "codec/codec.h"

enum fact_kind { FACT_BOOL, FACT_INT, FACT_TEXT, FACT_LIST, FACT_TIME };

/* Bounds on what may be stated: more is cut, and the host says so. */
enum { FACTS_PER_HOST = 4096, FACT_TEXT_MAX = 4096, FACT_LIST_MAX = 256 };

struct fact {
	const char *name;
	int port;
	const char *item; /* NULL when there is one of the kind */
	enum fact_kind kind;
	bool yes;
	int64_t number; /* FACT_INT, and FACT_TIME as in base/clock.h */
	const char *text;
	struct str_list list;
};

struct fact_list {
	struct fact *items;
	size_t len;
	size_t cap;
	bool truncated;
	struct arena *arena;
};

/*
 * Stating. `name` is a literal of the declaring probe; text is copied, made
 * valid UTF-8, and cut at its bound.
 */
void fact_bool(struct fact_list *f, const char *name, int port, bool yes);
void fact_int(struct fact_list *f, const char *name, int port, int64_t value);
void fact_time(struct fact_list *f, const char *name, int port, int64_t value);
void fact_text(struct fact_list *f, const char *name, int port,
	       const char *text);
void fact_strs(struct fact_list *f, const char *name, int port,
	       const struct str_list *list);
/* For one of several: gives the item to the fact stated last. */
void fact_item(struct fact_list *f, const char *item);
/* Appends one that is complete, with its memory lent. */
void fact_add(struct fact_list *f, const struct fact *fact);

/* No port at all in fact_find(). */
enum { FACT_ANY_PORT = -1 };

/* The first fact of that name and port (FACT_ANY_PORT: any), or NULL. */
const struct fact *fact_find(const struct fact_list *f, const char *name,
			     int port);

/* Whether it says something: true, a number, a text or list with content. */
bool fact_holds(const struct fact *fact);

/* Its value in words, for evidence; a list is joined with ", ". */
char *fact_words(const struct fact *fact, struct arena *a);

/*
 * One JSON object, without a line end, with one member for the value that says
 * of what kind it is: {"f":"tls.version","port":443,"text":"TLSv1.3"}, and
 * "item" where there is one (FactLine in data/schema.json).
 */
void fact_write(const struct fact *fact, struct sb *out);
bool fact_read(const char *json, size_t len, struct arena *a, struct fact *ret,
	       struct err *err);

#endif
