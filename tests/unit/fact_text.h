/*
 * fact_text: facts as a test writes them, "PORT NAME[/ITEM] VALUE", a line
 * each.
 */
#ifndef NIS2_TESTS_FACT_TEXT_H
#define NIS2_TESTS_FACT_TEXT_H

#include <stdlib.h>
#include <string.h>

#include "core/fact.h"

/* The value says its kind: yes/no, a number, a [list], else a text. */
static inline void state_value(struct fact_list *f, const char *name, int port,
			       char *value)
{
	char *end;
	long number = strtol(value, &end, 10);

	if (!strcmp(value, "yes") || !strcmp(value, "no")) {
		fact_bool(f, name, port, value[0] == 'y');
	} else if (*value && !*end) {
		fact_int(f, name, port, number);
	} else if (value[0] == '[') {
		const char *items[8];
		struct str_list list = { items, 0 };

		for (char *p = value + 1; (end = strpbrk(p, ",]"));
		     p = end + 1) {
			*end = '\0';
			if (*p)
				items[list.len++] = p;
		}
		fact_strs(f, name, port, &list);
	} else {
		fact_text(f, name, port, value);
	}
}

static inline void read_facts(const char *text, struct fact_list *f)
{
	char *copy = arena_strdup(f->arena, text);

	while (*copy) {
		char *line = copy, *name, *value, *item;
		int port = (int)strtol(line, &name, 10);

		copy += strcspn(copy, "\n");
		if (*copy)
			*copy++ = '\0';
		name++;
		value = strchr(name, ' ');
		*value++ = '\0';
		item = strchr(name, '/');
		if (item)
			*item++ = '\0';
		state_value(f, name, port, value);
		if (item)
			fact_item(f, item);
	}
}

#endif
