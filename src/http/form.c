#include "http/form.h"

#include <string.h>

#include "base/span.h"

/* RFC 2046 section 5.1.1 allows boundaries of up to 70 characters. */
enum { BOUNDARY_MAX = 70, HEADER_MAX = 1024, HEADERS_MAX = 16, NAME_MAX = 255 };

/*
 * The value of `key` in a header such as `form-data; name="file"`: quoted with
 * backslash escapes, or a bare word. NULL when it is not there.
 */
static char *parameter(struct span header, const char *key, size_t max,
		       struct arena *a)
{
	struct sb value = sb_new(a, 64);
	size_t len = strlen(key);
	bool quoted = false;
	const char *p;

	for (p = header.p; p < header.end; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (quoted || *p != ';')
			continue;
		while (p + 1 < header.end && (p[1] == ' ' || p[1] == '\t'))
			p++;
		if (span_starts_nocase((struct span){ p + 1, header.end },
				       key) &&
		    p + 1 + len < header.end && p[1 + len] == '=')
			break;
	}
	if (p >= header.end)
		return NULL;
	p += len + 2;
	quoted = p < header.end && *p == '"';
	for (p += quoted; p < header.end && value.len < max; p++) {
		if (quoted ? *p == '"' : *p == ';' || *p == ' ')
			break;
		if (quoted && *p == '\\' && p + 1 < header.end)
			p++;
		sb_addc(&value, *p);
	}
	return value.s;
}

/* The headers of one part; its name and its file name if it has them. */
static bool part_headers(struct span *s, struct arena *a, char **ret_name,
			 char **ret_filename)
{
	struct span line;

	*ret_name = *ret_filename = NULL;
	for (int i = 0; i < HEADERS_MAX; i++) {
		if (!span_line(s, HEADER_MAX, &line))
			return false;
		if (!span_len(line))
			return true;
		if (!span_starts_nocase(line, "content-disposition:"))
			continue;
		*ret_name = parameter(line, "name", NAME_MAX, a);
		*ret_filename = parameter(line, "filename", NAME_MAX, a);
	}
	return false;
}

/* Moves past the next delimiter line; `ret` is what stood before it. */
static bool next_part(struct span *s, const char *delimiter, struct span *ret)
{
	size_t len = strlen(delimiter);
	const char *at = memmem(s->p, span_len(*s), delimiter, len);
	struct span line;

	if (!at)
		return false;
	*ret = (struct span){ s->p, at };
	s->p = at + len;
	/* "--" ends the form; blanks may follow either. */
	return span_literal(s, "--") || span_line(s, HEADER_MAX, &line);
}

static void take_file(struct span content, const char *filename,
		      struct arena *a, struct upload *ret)
{
	char *bytes = arena_bytes(a, span_len(content) + 1);

	memcpy(bytes, content.p, span_len(content));
	bytes[span_len(content)] = '\0';
	ret->filename = filename ? filename : "";
	ret->bytes = bytes;
	ret->len = span_len(content);
}

static bool find_file(struct span s, const char *boundary, const char *wanted,
		      struct arena *a, struct upload *ret)
{
	const char *delimiter = arena_printf(a, "\r\n--%s", boundary);
	char *name, *filename;
	struct span content;

	/* The first delimiter may stand without the line end before it. */
	if (!span_literal(&s, delimiter + 2)) {
		if (!next_part(&s, delimiter, &content))
			return false;
	} else if (!span_line(&s, HEADER_MAX, &content)) {
		return false;
	}
	while (part_headers(&s, a, &name, &filename) &&
	       next_part(&s, delimiter, &content)) {
		if (!name || strcmp(name, wanted))
			continue;
		take_file(content, filename, a, ret);
		return true;
	}
	return false;
}

bool form_file(const char *content_type, const char *body, size_t len,
	       const char *name, struct arena *a, struct upload *ret,
	       struct err *err)
{
	struct span type = span_str(content_type);
	char field[64];
	char *boundary = NULL;

	if (span_starts_nocase(type, "multipart/form-data"))
		boundary = parameter(type, "boundary", BOUNDARY_MAX + 1, a);
	if (boundary && *boundary && strlen(boundary) <= BOUNDARY_MAX &&
	    find_file(span_of(body, len), boundary, name, a, ret))
		return true;
	snprintf(field, sizeof(field), "body.%s", name);
	return err_field(err, field, "missing", "Field required");
}
