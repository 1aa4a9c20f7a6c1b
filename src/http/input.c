#include "http/input.h"

#include <string.h>

#include "base/span.h"
#include "http/form.h"

static void *body_of(const struct exchange *x, struct input *in)
{
	return (char *)in->value + x->route->body_offset;
}

static void add_issue(struct arena *a, struct issue_list *list,
		      const struct issue *issue)
{
	if (!list->items)
		list->items = arena_array(a, CODEC_ISSUES, sizeof(*issue));
	if (list->len < CODEC_ISSUES)
		list->items[list->len++] = *issue;
}

static void body_issue(struct exchange *x, struct input *in, const char *type,
		       const char *msg)
{
	add_issue(&x->arena, &in->body_issues,
		  &(struct issue){ type, "body", msg });
	err_field(&in->body_err, "body", type, "%s", msg);
}

/* Anything but JSON is a text as far as the contract is concerned. */
static bool says_json(const char *content_type)
{
	struct span rest = span_str(content_type), type;

	if (!content_type)
		return true;
	if (!span_until(&rest, ';', 256, &type))
		return false;
	type = span_trim(type);
	return span_is_nocase(type, "application/json") ||
	       (span_len(type) > 5 &&
		span_is_nocase(span_of(type.end - 5, 5), "+json"));
}

static void read_json(struct exchange *x, struct input *in)
{
	const struct route *route = x->route;

	if (!x->body_len) {
		if (route->body_required)
			body_issue(x, in, "missing", "Field required");
		return;
	}
	if (!says_json(x->headers.content_type)) {
		body_issue(x, in, "model_attributes_type",
			   "Input should be a JSON object");
		return;
	}
	if (!route->body_required)
		*((bool *)((char *)in->value + route->body_has)) = true;
	if (!codec_read(route->body_type, x->body, x->body_len, "body",
			&x->arena, body_of(x, in), &in->body_issues,
			&in->body_err))
		in->malformed =
			in->body_issues.len &&
			!strcmp(in->body_issues.items[0].type, "json_invalid");
}

static void read_upload(struct exchange *x, struct input *in)
{
	const struct route *route = x->route;
	struct upload *file = body_of(x, in);

	if (!form_file(x->headers.content_type ? x->headers.content_type : "",
		       x->body, x->body_len, route->part, &x->arena, file,
		       &in->body_err))
		/* The issues outlive the error. */
		add_issue(&x->arena, &in->body_issues,
			  &(struct issue){
				  arena_strdup(&x->arena, in->body_err.type),
				  arena_strdup(&x->arena, in->body_err.field),
				  arena_strdup(&x->arena, in->body_err.msg),
			  });
	else if (route->part_max && file->len > route->part_max)
		err_set(&in->body_err, ERR_TOO_LARGE,
			"File too large. Maximum size: %zu MB",
			route->part_max >> 20);
}

void input_read_body(struct exchange *x, struct input *in)
{
	in->value = arena_alloc(&x->arena, x->route->in_size);
	if (x->route->body_kind == BODY_JSON)
		read_json(x, in);
	else if (x->route->body_kind == BODY_UPLOAD)
		read_upload(x, in);
}

bool input_well_formed(struct input *in, struct err *err)
{
	if (!in->malformed)
		return true;
	in->issues = in->body_issues;
	*err = in->body_err;
	return false;
}

/*
 * The value of a query parameter, decoded; NULL when it is not there. Of
 * several the last counts.
 */
static const char *query_value(struct exchange *x, const char *name)
{
	struct span rest = span_str(x->query), pair, key;
	const char *value = NULL;

	while (span_until(&rest, '&', QUERY_MAX_BYTES, &pair)) {
		if (!span_until(&pair, '=', QUERY_MAX_BYTES, &key) ||
		    !span_is(key, name))
			continue;
		value = exchange_unescape(&x->arena, pair.p, span_len(pair),
					  true);
		/* What cannot be decoded is no valid value of anything. */
		if (!value)
			value = "\xff";
	}
	return value;
}

bool input_read_params(struct exchange *x, struct input *in)
{
	const struct route *route = x->route;

	for (int i = 0; i < route->param_count; i++) {
		const struct param *p = &route->params[i];
		bool path = p->in == PARAM_PATH;
		struct issue_list found = { 0 };
		struct err why = { 0 };

		if (codec_read_word(&p->field,
				    path ? x->params[i]
					 : query_value(x, p->field.name),
				    path ? "path" : "query", &x->arena,
				    in->value, &found, &why))
			continue;
		for (size_t k = 0; k < found.len; k++)
			add_issue(&x->arena, &in->issues, &found.items[k]);
	}
	return true;
}

bool input_valid(struct exchange *x, struct input *in, struct err *err)
{
	for (size_t i = 0; i < in->body_issues.len; i++)
		add_issue(&x->arena, &in->issues, &in->body_issues.items[i]);
	if (in->issues.len)
		return err_field(err, in->issues.items[0].loc,
				 in->issues.items[0].type, "%s",
				 in->issues.items[0].msg);
	if (in->body_err.kind == ERR_NONE)
		return true;
	*err = in->body_err;
	return false;
}
