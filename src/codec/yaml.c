#include "codec/yaml.h"

#include <string.h>
#include <yaml.h>

struct reader {
	struct arena *arena;
	yaml_parser_t parser;
	yaml_event_t event; /* the one at hand; empty between two */
	size_t nodes;
	struct err *err;
};

static bool fail_at(struct reader *r, yaml_mark_t mark, const char *what)
{
	return err_set(r->err, ERR_INVALID, "%zu:%zu: %.160s", mark.line + 1,
		       mark.column + 1, what);
}

static bool next_event(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (yaml_parser_parse(&r->parser, &r->event))
		return true;
	return fail_at(r, r->parser.problem_mark,
		       r->parser.problem ? r->parser.problem
					 : "this is not YAML");
}

/* ---- nodes ---- */

/* An anchor is refused, and so is every tag but the "!" that says nothing. */
static bool is_plain(struct reader *r)
{
	const yaml_event_t *e = &r->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (e->type) {
	case YAML_SCALAR_EVENT:
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
		break;
	default:
		return fail_at(r, e->start_mark,
			       "aliases (*name) are not taken");
	}
	if (anchor)
		return fail_at(r, e->start_mark,
			       "anchors (&name) are not taken");
	return !tag || fail_at(r, e->start_mark, "tags (!name) are not taken");
}

static bool new_node(struct reader *r, int depth, struct yaml_node **ret)
{
	struct yaml_node *node;

	if (!is_plain(r))
		return false;
	if (depth > YAML_DEPTH)
		return fail_at(r, r->event.start_mark, "nested too deeply");
	if (++r->nodes > YAML_NODES)
		return fail_at(r, r->event.start_mark, "too many values");
	node = arena_alloc(r->arena, sizeof(*node));
	node->line = (int)r->event.start_mark.line + 1;
	node->column = (int)r->event.start_mark.column + 1;
	*ret = node;
	return true;
}

/* The text of the scalar at hand. */
static bool take_text(struct reader *r, const char **ret)
{
	const char *value = (const char *)r->event.data.scalar.value;
	size_t len = r->event.data.scalar.length;

	if (memchr(value, 0, len))
		return fail_at(r, r->event.start_mark,
			       "a text cannot hold a NUL character");
	*ret = arena_strndup(r->arena, value, len);
	return true;
}

static bool take_node(struct reader *r, int depth, struct yaml_node **ret);

static bool take_list(struct reader *r, int depth, struct yaml_node *list)
{
	struct yaml_node **end = &list->first;

	list->kind = YAML_LIST;
	for (;;) {
		if (!next_event(r))
			return false;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return true;
		if (!take_node(r, depth + 1, end))
			return false;
		end = &(*end)->next;
	}
}

static bool is_new(struct reader *r, const struct yaml_node *map,
		   const struct yaml_node *before, const char *key,
		   yaml_mark_t mark)
{
	for (const struct yaml_node *n = map->first; n != before; n = n->next)
		if (!strcmp(n->key, key))
			return fail_at(
				r, mark,
				arena_printf(r->arena,
					     "the key '%.60s' comes twice",
					     key));
	return true;
}

static bool take_member(struct reader *r, int depth, struct yaml_node *map,
			struct yaml_node **end)
{
	yaml_mark_t mark = r->event.start_mark;
	const char *key = NULL;

	if (r->event.type != YAML_SCALAR_EVENT)
		return is_plain(r) && fail_at(r, mark, "a key must be a word");
	if (!is_plain(r) || !take_text(r, &key))
		return false;
	if (!strcmp(key, "<<"))
		return fail_at(r, mark, "merge keys (<<) are not taken");
	if (!is_new(r, map, *end, key, mark) || !next_event(r) ||
	    !take_node(r, depth + 1, end))
		return false;
	(*end)->key = key;
	(*end)->line = (int)mark.line + 1;
	(*end)->column = (int)mark.column + 1;
	return true;
}

/* As many members as a configuration may have keys: twins are looked for. */
static bool take_map(struct reader *r, int depth, struct yaml_node *map)
{
	enum { MEMBERS_MAX = 4096 };
	struct yaml_node **end = &map->first;

	map->kind = YAML_MAP;
	for (int members = 0;; members++) {
		if (!next_event(r))
			return false;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return true;
		if (members == MEMBERS_MAX)
			return fail_at(r, r->event.start_mark, "too many keys");
		if (!take_member(r, depth, map, end))
			return false;
		end = &(*end)->next;
	}
}

/* The node that begins with the event at hand. */
static bool take_node(struct reader *r, int depth, struct yaml_node **ret)
{
	struct yaml_node *node = NULL;

	if (!new_node(r, depth, &node))
		return false;
	*ret = node;
	if (r->event.type == YAML_SEQUENCE_START_EVENT)
		return take_list(r, depth, node);
	if (r->event.type == YAML_MAPPING_START_EVENT)
		return take_map(r, depth, node);
	node->quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return take_text(r, &node->text);
}

/* ---- the document ---- */

static bool take_all(struct reader *r, struct yaml_node **ret)
{
	if (!next_event(r) /* the stream */ || !next_event(r))
		return false;
	if (r->event.type == YAML_STREAM_END_EVENT) {
		*ret = arena_alloc(r->arena, sizeof(**ret));
		(*ret)->kind = YAML_MAP;
		(*ret)->line = (*ret)->column = 1;
		return true;
	}
	if (!next_event(r) /* the document */ || !take_node(r, 1, ret) ||
	    !next_event(r) /* its end */ || !next_event(r))
		return false;
	return r->event.type == YAML_STREAM_END_EVENT ||
	       fail_at(r, r->event.start_mark,
		       "a second document is not taken");
}

bool yaml_read(const char *bytes, size_t len, struct arena *a,
	       struct yaml_node **ret, struct err *err)
{
	struct reader r = { .arena = a, .err = err };
	struct yaml_node *root = NULL;
	bool ok;

	if (len > YAML_BYTES)
		return err_set(err, ERR_TOO_LARGE, "1:1: more than %d bytes",
			       YAML_BYTES);
	if (!yaml_parser_initialize(&r.parser))
		return err_set(err, ERR_INTERNAL, "out of memory");
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes,
				     len);
	ok = take_all(&r, &root);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	if (ok)
		*ret = root;
	return ok;
}

bool yaml_is_null(const struct yaml_node *node)
{
	return node->kind == YAML_TEXT && !node->quoted &&
	       (!*node->text || !strcmp(node->text, "~") ||
		!strcmp(node->text, "null"));
}
