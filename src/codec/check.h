/*
 * check: what both readers of the codec share: where we are in the input, what
 * is wrong there, and whether a value is within the limits of its field.
 * Used inside codec/ only.
 */
#ifndef NIS2_CODEC_CHECK_H
#define NIS2_CODEC_CHECK_H

#include "codec/codec.h"

/* A place in the input, on the stack of the reader; made text only on error. */
struct loc {
	const struct loc *up;
	const char *name; /* NULL: an element */
	size_t index;
};

struct reader {
	struct arena *arena;
	struct issue_list *issues; /* may be NULL */
	struct err *err;
	size_t count; /* issues found */
	bool stored;  /* from our database: limits were kept on the way in */
};

/* Reports what is wrong at `at`. False, always. */
bool check_issue(struct reader *r, const struct loc *at, const char *type,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* More issues than are listed: no need to look further. */
bool check_full(const struct reader *r);

/*
 * Each takes a value of the right type, checks it against the field, and puts
 * it (normalised) into the member of the struct at `base`.
 */
bool check_str(struct reader *r, const struct loc *at, const struct field *f,
	       const char *text, void *base);
bool check_enum(struct reader *r, const struct loc *at, const struct field *f,
		const char *text, void *base);
bool check_time(struct reader *r, const struct loc *at, const struct field *f,
		const char *text, void *base);
bool check_int(struct reader *r, const struct loc *at, const struct field *f,
	       int64_t value, void *base);
bool check_num(struct reader *r, const struct loc *at, const struct field *f,
	       double value, void *base);
bool check_items(struct reader *r, const struct loc *at, const struct field *f,
		 size_t count);

/* The member is not there: its default, or "missing" when it is required. */
bool check_absent(struct reader *r, const struct loc *at, const struct field *f,
		  void *base);

/* The member was sent; has_x says whether with a value. */
void field_mark(const struct field *f, void *base, bool has);

static inline void *field_at(const struct field *f, void *base)
{
	return (char *)base + f->offset;
}

/* Reads a JSON text that we stored into the member. */
bool codec_read_stored(const struct field *f, const char *text, struct arena *a,
		       void *row, struct err *err);

/* Appends the shortest number that reads back the same; null if there is none.
 */
void codec_write_number(struct sb *out, double value);

#endif
