#include "scan/html.h"

#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include <libxml/HTMLparser.h>

/* At a time: each takes several times its page, and a processor. */
enum { PARSERS_MAX = 4 };

struct reader {
	struct arena *arena;
	struct html_page *ret;
	htmlParserCtxtPtr parser;
	size_t bytes; /* of the values kept */
	size_t depth;
	struct html_element *link; /* the one that is open */
	bool in_link;
	char text[HTML_TEXT_MAX + 1];
	size_t text_len;
};

static void stop(struct reader *r)
{
	r->ret->cut = true;
	xmlStopParser(r->parser);
}

static bool is_kept(const char *tag)
{
	static const char *const tags[] = {
		"script", "link",  "meta",   "base",  "a",
		"form",	  "input", "iframe", "frame", "img",
		"audio",  "video", "source", "embed", "object",
	};

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
		if (!strcmp(tag, tags[i]))
			return true;
	return false;
}

/* libxml2's text is UTF-8; it is cut between two characters. */
static const char *keep_value(struct reader *r, const char *value)
{
	size_t len = value ? strlen(value) : 0;

	if (len > HTML_VALUE_MAX) {
		r->ret->cut = true;
		for (len = HTML_VALUE_MAX;
		     len && ((unsigned char)value[len] & 0xc0) == 0x80;)
			len--;
	}
	r->bytes += len;
	return len ? arena_strndup(r->arena, value, len) : "";
}

static void keep(struct reader *r, const char *tag, const char **pairs)
{
	struct html_element *e = &r->ret->items[r->ret->len++];
	struct html_attribute *attributes;
	size_t count = 0;

	while (pairs && pairs[2 * count] && count < HTML_ATTRIBUTES_MAX)
		count++;
	attributes = arena_array(r->arena, count + 1, sizeof(*attributes));
	for (size_t i = 0; i < count; i++)
		attributes[i] = (struct html_attribute){
			keep_value(r, pairs[2 * i]),
			keep_value(r, pairs[2 * i + 1]),
		};
	*e = (struct html_element){ arena_strdup(r->arena, tag), "", attributes,
				    count };
}

/* ---- what links read ---- */

static void add_text(struct reader *r, const char *text, size_t len)
{
	for (size_t i = 0; i < len && r->text_len < HTML_TEXT_MAX; i++)
		r->text[r->text_len++] = text[i];
}

/* A link ends where another begins, too. */
static void end_link(struct reader *r)
{
	size_t len = r->text_len;

	if (!r->in_link)
		return;
	if (len == HTML_TEXT_MAX) /* not cut inside of a character */
		while (len && ((unsigned char)r->text[len - 1] & 0x80))
			len--;
	r->link->text = arena_strndup(r->arena, r->text, len);
	r->bytes += len;
	r->in_link = false;
	r->text_len = 0;
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
	struct reader *r = ctx;

	if (r->in_link)
		add_text(r, (const char *)text, (size_t)len);
}

static void begin_link(struct reader *r)
{
	r->link = &r->ret->items[r->ret->len - 1];
	r->in_link = true;
}

static void keep_element(struct reader *r, const char *tag, const char **pairs)
{
	bool is_link = !strcmp(tag, "a");
	const char *alt;

	if (is_link)
		end_link(r);
	keep(r, tag, pairs);
	if (is_link)
		begin_link(r);
	if (r->in_link && !strcmp(tag, "img")) {
		alt = html_attribute(&r->ret->items[r->ret->len - 1], "alt");
		add_text(r, alt ? alt : "", alt ? strlen(alt) : 0);
	}
}

static void on_start(void *ctx, const xmlChar *name, const xmlChar **pairs)
{
	struct reader *r = ctx;

	/* End tags that match nothing search through all that is open. */
	if (++r->depth > HTML_DEPTH_MAX) {
		stop(r);
		return;
	}
	if (!is_kept((const char *)name))
		return;
	if (r->ret->len == HTML_ELEMENTS_MAX || r->bytes > HTML_VALUES_MAX)
		stop(r);
	else
		keep_element(r, (const char *)name, (const char **)pairs);
}

static void on_end(void *ctx, const xmlChar *name)
{
	struct reader *r = ctx;

	if (!strcmp((const char *)name, "a"))
		end_link(r);
	if (r->depth)
		r->depth--;
}

/* Pages are full of errors, which are of no interest here. */
static void on_error(void *ctx, const char *message, ...)
{
}

/* How many bytes a character has that begins here; 0 where none does. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	size_t len = *p < 0x80	 ? 1
		     : *p < 0xc2 ? 0
		     : *p < 0xe0 ? 2
		     : *p < 0xf0 ? 3
		     : *p < 0xf5 ? 4
				 : 0;

	if (!len || len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* The parser is told UTF-8, so that it never looks for a converter's file. */
static char *as_utf8(struct span bytes, struct arena *a)
{
	size_t len = span_len(bytes), step;
	char *text = arena_bytes(a, len + 1);

	memcpy(text, bytes.p, len);
	text[len] = '\0';
	for (size_t i = 0; i < len; i += step ? step : 1) {
		step = utf8_length((unsigned char *)text + i, len - i);
		if (!step || !text[i])
			text[i] = '?';
	}
	return text;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t parsers;

static void initialise(void)
{
	xmlInitParser();
	sem_init(&parsers, 0, PARSERS_MAX);
}

/*
 * A page is some elements, or thousands; room for all of them, and the copy
 * that is parsed, are given back.
 */
static void parse(struct span bytes, struct arena *a, struct html_page *ret)
{
	_arena_ struct arena scratch = { 0 };
	htmlSAXHandler handler = { .startElement = on_start,
				   .endElement = on_end,
				   .characters = on_text,
				   .cdataBlock = on_text,
				   .warning = on_error,
				   .error = on_error,
				   .fatalError = on_error };
	struct reader r = { .arena = a, .ret = ret };
	const char *text = as_utf8(bytes, &scratch);
	struct html_element *items;

	*ret = (struct html_page){ .items = arena_array(
					   &scratch, HTML_ELEMENTS_MAX,
					   sizeof(struct html_element)) };
	r.parser = htmlCreatePushParserCtxt(&handler, &r, NULL, 0, NULL,
					    XML_CHAR_ENCODING_UTF8);
	if (!r.parser) {
		*ret = (struct html_page){ .cut = true };
		return;
	}
	htmlCtxtUseOptions(r.parser, HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC |
					     HTML_PARSE_RECOVER);
	htmlParseChunk(r.parser, text, (int)span_len(bytes), 1);
	end_link(&r);
	htmlFreeParserCtxt(r.parser);
	items = arena_array(a, ret->len + 1, sizeof(*items));
	memcpy(items, ret->items, ret->len * sizeof(*items));
	ret->items = items;
}

void html_parse(struct span bytes, struct arena *a, struct html_page *ret)
{
	pthread_once(&once, initialise);
	while (sem_wait(&parsers))
		; /* a signal came */
	parse(bytes, a, ret);
	sem_post(&parsers);
}

const char *html_attribute(const struct html_element *e, const char *name)
{
	for (size_t i = 0; i < e->count; i++)
		if (!strcmp(e->attributes[i].name, name))
			return e->attributes[i].value;
	return NULL;
}
