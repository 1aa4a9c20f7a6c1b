/*
 * yaml: a configuration in YAML 1.1 as a small tree, each node with the line
 * and column it came from. Through libyaml.
 *
 * A configuration needs scalars, lists and mappings. What makes more of a
 * text than it says is refused: anchors, aliases and merge keys (with which a
 * line becomes a gigabyte), tags, a second document, a key that comes twice.
 * A scalar is text; the reader of the tree knows what it should be.
 *
 *	struct yaml_node *root = NULL;
 *	if (!yaml_read(bytes, len, a, &root, err))
 *		…	err->msg: "3:5: found a tab where …"
 */
#ifndef NIS2_CODEC_YAML_H
#define NIS2_CODEC_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

/* The largest text, how deep it nests, and how many nodes it has. */
enum { YAML_BYTES = 1 << 20, YAML_DEPTH = 8, YAML_NODES = 1 << 17 };

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
	struct yaml_node *next; /* in a list or a mapping */
	enum yaml_kind kind;
	int line, column;	 /* from 1; of a mapping's member: its key's */
	const char *key;	 /* of a mapping's member, else NULL */
	const char *text;	 /* YAML_TEXT; UTF-8, without NUL */
	bool quoted;		 /* YAML_TEXT: "8080" is no number */
	struct yaml_node *first; /* YAML_LIST, YAML_MAP */
};

/*
 * The one document; an empty text is an empty mapping. ERR_INVALID with a
 * message that begins with "line:column: ".
 */
bool yaml_read(const char *bytes, size_t len, struct arena *a,
	       struct yaml_node **ret, struct err *err);

/* Nothing was written where a value could be: `key:`, `~` or `null`. */
bool yaml_is_null(const struct yaml_node *node);

#endif
