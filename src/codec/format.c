#include "codec/format.h"

#include <string.h>

#include "base/clock.h"
#include "base/span.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A byte of a character beyond ASCII. */
static bool is_high(char c)
{
	return (unsigned char)c >= 0x80;
}

static char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* How many bytes a character that begins with `c` has, and its first bits. */
static int lead(unsigned char c, unsigned *ret)
{
	if (c < 0x80) {
		*ret = c;
		return 1;
	}
	if (c < 0xc2 || c > 0xf4)
		return 0;
	*ret = c < 0xe0 ? c & 0x1f : c < 0xf0 ? c & 0x0f : c & 0x07;
	return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

unsigned format_next(const char *s, int *ret_len)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned c = 0;
	int len = lead((unsigned char)s[0], &c);

	*ret_len = 1;
	if (!len)
		return 0xfffd;
	for (int i = 1; i < len; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0xfffd;
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0xfffd;
	*ret_len = len;
	return c;
}

bool format_utf8(const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len) {
		char copy[5] = { 0 };
		int n;

		if (bytes[i] == '\0')
			return false;
		if (!is_high(bytes[i])) {
			i++;
			continue;
		}
		memcpy(copy, bytes + i, len - i < 4 ? len - i : 4);
		format_next(copy, &n);
		if (n == 1)
			return false;
		i += (size_t)n;
	}
	return true;
}

size_t format_length(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* ---- uuid */

static bool hex_digit(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* RFC 9562 text, also in braces, as a URN, and without hyphens. */
static const char *uuid(struct arena *a, const char *text, const char **why)
{
	struct span s = span_str(text);
	char *out = arena_bytes(a, 37);
	int n = 0;

	*why = "Input should be a valid UUID";
	if (span_starts_nocase(s, "urn:uuid:"))
		s.p += strlen("urn:uuid:");
	else if (span_len(s) > 2 && s.p[0] == '{' && s.end[-1] == '}')
		s = span_of(s.p + 1, span_len(s) - 2);
	if (span_len(s) != 36 && span_len(s) != 32)
		return NULL;
	for (bool hyphens = span_len(s) == 36; s.p < s.end; s.p++) {
		bool at_hyphen = n == 8 || n == 13 || n == 18 || n == 23;

		if (at_hyphen) {
			out[n++] = '-';
			if (hyphens && *s.p != '-')
				return NULL;
			if (hyphens)
				continue;
		}
		if (!hex_digit(*s.p))
			return NULL;
		out[n++] = to_lower(*s.p);
	}
	out[n] = '\0';
	return n == 36 ? out : NULL;
}

/* ---- names of hosts */

enum { HOST_MAX = 253, LABEL_MAX = 63, LOCAL_MAX = 64 };

/* Letters, digits, inner hyphens; characters beyond ASCII as IDN has them. */
static bool is_label(struct span label)
{
	if (span_len(label) < 1 || span_len(label) > LABEL_MAX ||
	    label.p[0] == '-' || label.end[-1] == '-')
		return false;
	for (; label.p < label.end; label.p++)
		if (!is_alnum(*label.p) && *label.p != '-' &&
		    !is_high(*label.p))
			return false;
	return true;
}

/* Splits off the last label; false when there is none left. */
static bool last_label(struct span *name, struct span *ret)
{
	const char *p = name->end;

	if (name->end <= name->p)
		return false;
	while (p > name->p && p[-1] != '.')
		p--;
	*ret = span_of(p, (size_t)(name->end - p));
	name->end = p > name->p ? p - 1 : p;
	return true;
}

static const char *host(struct arena *a, const char *text, const char **why)
{
	struct span name = span_trim(span_str(text)), label;
	char *out;

	*why = "Input should be a valid host name";
	if (span_len(name) > HOST_MAX)
		return NULL;
	out = span_dup(a, name);
	for (char *p = out; *p; p++)
		*p = to_lower(*p);
	name = span_str(out);
	if (!span_len(name) || name.p[0] == '.')
		return NULL;
	while (last_label(&name, &label))
		if (!is_label(label))
			return NULL;
	return out;
}

/* ---- e-mail */

/* RFC 6761, 7686, 8375, 9476: names that no mail on the Internet reaches. */
static bool is_special_use(struct span domain)
{
	static const char *const names[] = { "local",	 "localhost", "test",
					     "invalid",	 "onion",     "alt",
					     "home.arpa" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);
		struct span tail = domain;

		if (span_len(domain) < len)
			continue;
		tail.p = domain.end - len;
		if (span_is_nocase(tail, names[i]) &&
		    (tail.p == domain.p || tail.p[-1] == '.'))
			return true;
	}
	return false;
}

/* RFC 5321 dot-string with RFC 6531 characters; no quoted form. */
static bool is_local_part(struct span s)
{
	char before = '.';

	if (span_len(s) < 1 || span_len(s) > LOCAL_MAX)
		return false;
	for (; s.p < s.end; before = *s.p++) {
		if (*s.p == '.' && before == '.')
			return false;
		if (*s.p != '.' && !is_alnum(*s.p) && !is_high(*s.p) &&
		    !strchr("!#$%&'*+-/=?^_`{|}~", *s.p))
			return false;
	}
	return before != '.';
}

static bool all_digits(struct span s)
{
	for (; s.p < s.end; s.p++)
		if (!is_digit(*s.p))
			return false;
	return true;
}

static const char *mail_fault(struct span local, struct span domain)
{
	struct span rest = domain, label;

	if (!is_local_part(local))
		return "value is not a valid email address: the part before "
		       "the @ is not allowed";
	if (span_len(domain) > HOST_MAX || !last_label(&rest, &label) ||
	    all_digits(label) || !is_label(label))
		return "value is not a valid email address: the domain is not "
		       "a name";
	if (!span_len(rest))
		return "value is not a valid email address: the domain needs "
		       "a dot";
	if (is_special_use(domain))
		return "value is not a valid email address: the domain is a "
		       "reserved name";
	while (last_label(&rest, &label))
		if (!is_label(label))
			return "value is not a valid email address: the "
			       "domain is not a name";
	return domain.p[0] == '.' ? "value is not a valid email address: the "
				    "domain is not a name"
				  : NULL;
}

/* Controls, blanks and marks beyond ASCII that have no place in an address. */
static bool has_odd_character(struct span s)
{
	while (s.p < s.end) {
		int len;
		unsigned c = format_next(s.p, &len);

		if (c < 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0xfffd ||
		    (c >= 0x2000 && c <= 0x206f) || c == 0x3000 || c == 0xfeff)
			return true;
		s.p += len;
	}
	return false;
}

/* "Name <a@b.c>": the address of it; anything else as it is. */
static struct span inner_address(struct span s)
{
	const char *open = NULL;

	if (!span_len(s) || s.end[-1] != '>')
		return s;
	for (const char *p = s.p; p < s.end; p++)
		if (*p == '<')
			open = p;
	if (!open)
		return s;
	return span_trim(span_of(open + 1, (size_t)(s.end - open - 2)));
}

static const char *email(struct arena *a, const char *text, const char **why)
{
	struct span s = inner_address(span_trim(span_str(text)));
	struct span local = s, domain = s;
	const char *at = NULL;
	char *out;

	for (const char *p = s.p; p < s.end; p++)
		if (*p == '@')
			at = p;
	*why = "value is not a valid email address: there is no @";
	if (!at)
		return NULL;
	local.end = at;
	domain.p = at + 1;
	*why = "value is not a valid email address: a character is not allowed";
	if (has_odd_character(s))
		return NULL;
	*why = mail_fault(local, domain);
	if (*why)
		return NULL;
	out = span_dup(a, s);
	for (char *p = out + span_len(local); *p; p++)
		*p = to_lower(*p);
	return out;
}

/* ---- uri, date, line */

/* RFC 3986: a scheme, a colon, and characters that may stand in a URI. */
static const char *uri(struct arena *a, const char *text, const char **why)
{
	struct span s = span_trim(span_str(text));
	const char *start = s.p;

	*why = "Input should be a valid URL";
	if (!span_len(s) || !is_alnum(*s.p) || is_digit(*s.p))
		return NULL;
	while (s.p < s.end && (is_alnum(*s.p) || strchr("+-.", *s.p)))
		s.p++;
	if (s.p == s.end || *s.p != ':' || s.p + 1 == s.end)
		return NULL;
	for (const char *p = s.p; p < s.end; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7f ||
		    strchr("\"<>\\^`{|}", *p))
			return NULL;
		if (*p == '%' &&
		    (s.end - p < 3 || !hex_digit(p[1]) || !hex_digit(p[2])))
			return NULL;
	}
	s.p = start;
	return span_dup(a, s);
}

static const char *date(struct arena *a, const char *text, const char **why)
{
	char moment[] = "YYYY-MM-DDT00:00:00Z";
	int64_t time;

	*why = "Input should be a valid date in the format YYYY-MM-DD";
	if (strlen(text) != 10)
		return NULL;
	memcpy(moment, text, 10);
	return clock_parse(moment, &time) ? text : NULL;
}

/* Controls, line ends of Unicode, and marks that turn the reading direction. */
static bool is_control(unsigned c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
	       c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

/* Blank to the eye: also a no-break space and its relatives. */
static bool is_blank(unsigned c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 ||
	       (c >= 0x2000 && c <= 0x200b) || c == 0x3000 || c == 0xfeff;
}

static struct span trim_wide(struct span s)
{
	const char *end = s.p;
	int len;

	while (s.p < s.end && is_blank(format_next(s.p, &len)))
		s.p += len;
	end = s.p;
	for (const char *p = s.p; p < s.end; p += len)
		if (!is_blank(format_next(p, &len)))
			end = p + len;
	s.end = end;
	return s;
}

static const char *line(struct arena *a, const char *text, const char **why)
{
	struct span s = trim_wide(span_str(text));
	int len;

	*why = "Value error, control characters are not allowed";
	for (const char *p = s.p; p < s.end; p += len)
		if (is_control(format_next(p, &len)))
			return NULL;
	return span_dup(a, s);
}

/* ---- the table */

static const struct {
	const char *issue;
	const char *(*apply)(struct arena *a, const char *text,
			     const char **why);
} formats[] = {
	[FORMAT_NONE] = { "value_error", NULL },
	[FORMAT_UUID] = { "uuid_parsing", uuid },
	[FORMAT_EMAIL] = { "value_error", email },
	[FORMAT_URI] = { "url_parsing", uri },
	[FORMAT_DATE] = { "date_parsing", date },
	[FORMAT_HOST] = { "value_error", host },
	[FORMAT_TEXT] = { "value_error", line },
};

const char *format_issue(enum format format)
{
	return formats[format].issue;
}

const char *format_apply(enum format format, struct arena *a, const char *text,
			 const char **ret_why)
{
	*ret_why = NULL;
	if (!formats[format].apply)
		return text;
	return formats[format].apply(a, text, ret_why);
}
