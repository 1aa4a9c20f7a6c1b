/*
 * Any bytes as JSON input. What is accepted is written, and what is written is
 * accepted and gives the same bytes again: nothing that got in can be lost,
 * changed, or made into JSON that clients cannot read.
 */
#include <assert.h>
#include <stdint.h>

#include "codec/codec.h"
#include "codec/format.h"
#include "gen/sample_types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_all(struct arena *a, const char *text, size_t len,
		     struct sample_all *ret)
{
	struct issue_list issues = { 0 };
	struct err err = { 0 };
	bool ok = codec_read(&sample_all_type, text, len, "body", a, ret,
			     &issues, &err);

	assert(ok == (issues.len == 0));
	assert(ok || err.kind == ERR_INVALID);
	assert(issues.len <= CODEC_ISSUES);
	for (size_t i = 0; i < issues.len; i++)
		assert(issues.items[i].loc[0] && issues.items[i].msg[0]);
	return ok;
}

/* Each word of a query goes through the same checks. */
static void read_words(struct arena *a, const char *text)
{
	static const char *const names[] = { "id",    "email", "link",
					     "host",  "day",   "name",
					     "code",  "count", "any_share",
					     "level", "on",    "at" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct field *f = codec_find(&sample_type, names[i]);
		struct issue_list issues = { 0 };
		struct sample value = { 0 };
		struct err err = { 0 };

		codec_read_word(f, text, "query", a, &value, &issues, &err);
	}
}

static void pretty_is_the_same(struct arena *a, const struct sample_all *value,
			       const char *text)
{
	struct sb pretty = sb_new(a, 256), out = sb_new(a, 256);
	struct sample_all again = { 0 };

	codec_write_pretty(&sample_all_type, value, &pretty);
	for (size_t i = 0; i < pretty.len; i++)
		assert((unsigned char)pretty.s[i] < 0x80);
	assert(read_all(a, pretty.s, pretty.len, &again));
	codec_write(&sample_all_type, &again, &out);
	assert(!strcmp(out.s, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct sample_all value = { 0 }, again = { 0 };
	struct sb once = sb_new(&a, 256), twice = sb_new(&a, 256);

	read_words(&a, arena_strndup(&a, size ? (const char *)data : "", size));
	if (!read_all(&a, (const char *)data, size, &value))
		return 0;
	codec_write(&sample_all_type, &value, &once);
	assert(format_utf8(once.s, once.len));
	assert(read_all(&a, once.s, once.len, &again));
	codec_write(&sample_all_type, &again, &twice);
	assert(!strcmp(once.s, twice.s));
	pretty_is_the_same(&a, &value, once.s);
	return 0;
}
