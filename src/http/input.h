/*
 * input: what a request says, read into the struct that its handler takes.
 *
 * The body is read before it is known who asks, because malformed JSON is
 * refused first; what is wrong with its fields waits until the rest is known.
 */
#ifndef NIS2_HTTP_INPUT_H
#define NIS2_HTTP_INPUT_H

#include "http/exchange.h"

struct input {
	void *value; /* struct OP_in */
	struct issue_list issues;
	struct err body_err; /* ERR_NONE: the body is fine */
	struct issue_list body_issues;
	bool malformed;
};

void input_read_body(struct exchange *x, struct input *in);

/* False: the body is no JSON at all. */
bool input_well_formed(struct input *in, struct err *err);

/* Path, then query; what is wrong goes to the issues. Always true. */
bool input_read_params(struct exchange *x, struct input *in);

/* False: something is wrong with a field, wherever it came from. */
bool input_valid(struct exchange *x, struct input *in, struct err *err);

#endif
