#include "core/fact.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "codec/format.h"
#include "gen/data_types.h"

/* How many bytes make one valid character at `s`; 0 if none does. */
static size_t character(const char *s)
{
	size_t rest = strnlen(s, 4);

	for (size_t len = 1; len <= rest; len++)
		if (format_utf8(s, len))
			return len;
	return 0;
}

/* A copy that is valid UTF-8 and at most FACT_TEXT_MAX bytes long. */
static char *clean_copy(struct arena *a, const char *text)
{
	struct sb out = sb_new(a, 64);

	while (*text) {
		size_t len = character(text);

		if (out.len + (len ? len : 3) > FACT_TEXT_MAX)
			break;
		if (len)
			sb_addn(&out, text, len);
		else
			sb_add(&out, "\xef\xbf\xbd"); /* U+FFFD */
		text += len ? len : 1;
	}
	return out.s;
}

void fact_add(struct fact_list *f, const struct fact *fact)
{
	if (f->len == FACTS_PER_HOST) {
		f->truncated = true;
		return;
	}
	if (f->len == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 64;
		struct fact *items = arena_array(f->arena, cap, sizeof(*items));

		if (f->len)
			memcpy(items, f->items, f->len * sizeof(*items));
		f->items = items;
		f->cap = cap;
	}
	f->items[f->len++] = *fact;
}

void fact_bool(struct fact_list *f, const char *name, int port, bool yes)
{
	fact_add(f, &(struct fact){
			    .name = name,
			    .port = port,
			    .kind = FACT_BOOL,
			    .yes = yes,
		    });
}

void fact_int(struct fact_list *f, const char *name, int port, int64_t value)
{
	fact_add(f, &(struct fact){
			    .name = name,
			    .port = port,
			    .kind = FACT_INT,
			    .number = value,
		    });
}

void fact_time(struct fact_list *f, const char *name, int port, int64_t value)
{
	fact_add(f, &(struct fact){
			    .name = name,
			    .port = port,
			    .kind = FACT_TIME,
			    .number = value,
		    });
}

void fact_text(struct fact_list *f, const char *name, int port,
	       const char *text)
{
	fact_add(f, &(struct fact){
			    .name = name,
			    .port = port,
			    .kind = FACT_TEXT,
			    .text = clean_copy(f->arena, text ? text : ""),
		    });
}

void fact_strs(struct fact_list *f, const char *name, int port,
	       const struct str_list *list)
{
	struct fact fact = { .name = name, .port = port, .kind = FACT_LIST };
	size_t len = list->len < FACT_LIST_MAX ? list->len : FACT_LIST_MAX;

	if (len < list->len)
		f->truncated = true;
	fact.list.items = arena_array(f->arena, len + 1, sizeof(char *));
	for (size_t i = 0; i < len; i++)
		fact.list.items[i] = clean_copy(f->arena, list->items[i]);
	fact.list.len = len;
	fact_add(f, &fact);
}

void fact_item(struct fact_list *f, const char *item)
{
	/* A fact that was dropped at the bound must not rename the last one. */
	if (f->len && !f->truncated)
		f->items[f->len - 1].item = clean_copy(f->arena, item);
}

const struct fact *fact_find(const struct fact_list *f, const char *name,
			     int port)
{
	for (size_t i = 0; i < f->len; i++)
		if ((port == FACT_ANY_PORT || f->items[i].port == port) &&
		    !strcmp(f->items[i].name, name))
			return &f->items[i];
	return NULL;
}

bool fact_holds(const struct fact *fact)
{
	switch (fact->kind) {
	case FACT_BOOL:
		return fact->yes;
	case FACT_TEXT:
		return fact->text[0] != '\0';
	case FACT_LIST:
		return fact->list.len > 0;
	case FACT_INT:
	case FACT_TIME:
		return true;
	}
	return false;
}

char *fact_words(const struct fact *fact, struct arena *a)
{
	struct sb out = sb_new(a, 32);
	char time[CLOCK_TEXT];

	switch (fact->kind) {
	case FACT_BOOL:
		sb_add(&out, fact->yes ? "true" : "false");
		break;
	case FACT_INT:
		sb_addf(&out, "%" PRId64, fact->number);
		break;
	case FACT_TIME:
		clock_text(fact->number, time);
		sb_add(&out, time);
		break;
	case FACT_TEXT:
		sb_add(&out, fact->text);
		break;
	case FACT_LIST:
		for (size_t i = 0; i < fact->list.len; i++)
			sb_addf(&out, "%s%s", i ? ", " : "",
				fact->list.items[i]);
		break;
	}
	return out.s;
}

void fact_write(const struct fact *fact, struct sb *out)
{
	struct fact_line line = {
		.f = fact->name,
		.port = fact->port,
		.item = fact->item,
		.has_yes = fact->kind == FACT_BOOL,
		.yes = fact->yes,
		.has_number = fact->kind == FACT_INT,
		.number = fact->number,
		.text = fact->kind == FACT_TEXT ? fact->text : NULL,
		.has_list = fact->kind == FACT_LIST,
		.list = fact->list,
		.has_time = fact->kind == FACT_TIME,
		.time = fact->number,
	};

	codec_write(&fact_line_type, &line, out);
}

bool fact_read(const char *json, size_t len, struct arena *a, struct fact *ret,
	       struct err *err)
{
	struct fact_line line = { 0 };
	struct fact fact = { 0 };
	int values;

	if (!codec_read(&fact_line_type, json, len, "fact", a, &line, NULL,
			err))
		return false;
	values = line.has_yes + line.has_number + !!line.text + line.has_list +
		 line.has_time;
	if (values != 1)
		return err_set(err, ERR_INVALID, "fact '%s' has %d values",
			       line.f, values);
	fact.name = line.f;
	fact.port = (int)line.port;
	fact.item = line.item;
	fact.kind = line.has_yes      ? FACT_BOOL
		    : line.has_number ? FACT_INT
		    : line.text	      ? FACT_TEXT
		    : line.has_list   ? FACT_LIST
				      : FACT_TIME;
	fact.yes = line.yes;
	fact.number = line.has_time ? line.time : line.number;
	fact.text = line.text;
	fact.list = line.list;
	*ret = fact;
	return true;
}
