#include "codec/mime.h"

#include <string.h>

#include "base/clock.h"
#include "codec/format.h"

/*
 * RFC 2045, 6.7 and RFC 2047, 2: at most 76 characters a line. Beside the name
 * of a header, "=?UTF-8?B?" and "?=" there is room for 39 bytes as base64.
 */
enum { LINE_LEN = 76, WORD_BYTES = 39, HEADER_TEXT = 60 };

/* ---- headers ---- */

/*
 * Characters that end a line, command a terminal, or turn the direction of
 * what is read: a name has no use for them.
 */
static bool is_control(unsigned c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static char *one_line(struct arena *a, const char *text)
{
	struct sb b = sb_new(a, strlen(text) + 1);
	int len;

	for (; *text; text += len) {
		unsigned c = format_next(text, &len);

		if (is_control(c))
			sb_addc(&b, ' ');
		else if (c == 0xfffd)
			sb_addc(&b, '?');
		else
			sb_addn(&b, text, (size_t)len);
	}
	return b.s;
}

static void add_base64(struct sb *out, const unsigned char *p, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		unsigned n = (unsigned)p[i] << 16 |
			     (left > 1 ? (unsigned)p[i + 1] << 8 : 0) |
			     (left > 2 ? (unsigned)p[i + 2] : 0);

		sb_addc(out, digits[n >> 18]);
		sb_addc(out, digits[n >> 12 & 63]);
		sb_addc(out, left > 1 ? digits[n >> 6 & 63] : '=');
		sb_addc(out, left > 2 ? digits[n & 63] : '=');
	}
}

/* RFC 2047, 5: words of whole characters, each on a line of its own. */
static void add_encoded(struct sb *out, const char *text)
{
	while (*text) {
		size_t bytes = 0;
		int len;

		while (text[bytes]) {
			format_next(text + bytes, &len);
			if (bytes + (size_t)len > WORD_BYTES)
				break;
			bytes += (size_t)len;
		}
		sb_add(out, "=?UTF-8?B?");
		add_base64(out, (const unsigned char *)text, bytes);
		sb_add(out, "?=");
		text += bytes;
		if (*text)
			sb_add(out, "\r\n ");
	}
}

/* Readable as it is: short, ASCII, and not like an encoded word. */
static bool is_plain(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p >= 0x7f)
			return false;
	return strlen(text) <= HEADER_TEXT && !strstr(text, "=?");
}

static void add_subject(struct sb *out, const char *subject)
{
	const char *line = one_line(out->arena, subject);

	sb_add(out, "Subject: ");
	if (is_plain(line))
		sb_add(out, line);
	else
		add_encoded(out, line);
	sb_add(out, "\r\n");
}

/* RFC 5322, 3.2.4: within quotes, only these two are special. */
static void add_quoted(struct sb *out, const char *text)
{
	sb_addc(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			sb_addc(out, '\\');
		sb_addc(out, *text);
	}
	sb_addc(out, '"');
}

/* The address on a line of its own: it may have 254 characters. */
static void add_mailbox(struct sb *out, const char *header, const char *name,
			const char *address)
{
	const char *line = one_line(out->arena, name ? name : "");

	sb_addf(out, "%s: ", header);
	if (*line && is_plain(line))
		add_quoted(out, line);
	else
		add_encoded(out, line);
	sb_addf(out, "%s<%s>\r\n", *line ? "\r\n " : "", address);
}

/* RFC 5322, 3.3; the words are English in every language. */
static void add_date(struct sb *out, int64_t date)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed",
					    "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
					      "May", "Jun", "Jul", "Aug",
					      "Sep", "Oct", "Nov", "Dec" };
	time_t seconds = (time_t)(date / CLOCK_SECOND);
	struct tm t;

	gmtime_r(&seconds, &t);
	sb_addf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n",
		days[t.tm_wday], t.tm_mday, months[t.tm_mon], t.tm_year + 1900,
		t.tm_hour, t.tm_min, t.tm_sec);
}

/* ---- bodies ---- */

/* Whether a byte may stand for itself; a blank not at the end of a line. */
static bool stands(const char *p, bool first)
{
	if (*p == ' ' || *p == '\t')
		return p[1] != '\n' && p[1] != '\0';
	if (*p == '.' && first)
		return false; /* alone on a line it would end the message */
	return *p > 0x20 && *p < 0x7f && *p != '=';
}

/* RFC 2045, 6.7. */
static void add_quoted_printable(struct sb *out, const char *text)
{
	int column = 0;

	for (const char *p = text; *p; p++) {
		bool as_is = stands(p, column == 0);

		if (*p == '\n') {
			sb_add(out, "\r\n");
			column = 0;
			continue;
		}
		if (column + (as_is ? 1 : 3) > LINE_LEN - 1) {
			sb_add(out, "=\r\n");
			column = 0;
			as_is = stands(p, true);
		}
		if (as_is)
			sb_addc(out, *p);
		else
			sb_addf(out, "=%02X", (unsigned)(unsigned char)*p);
		column += as_is ? 1 : 3;
	}
	if (column)
		sb_add(out, "\r\n");
}

/* "=_" cannot stand in quoted-printable, so no text can end a part. */
static void add_part(struct sb *out, const struct mime_message *m,
		     const char *type, const char *body)
{
	sb_addf(out,
		"\r\n--=_%s\r\n"
		"Content-Type: text/%s; charset=UTF-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
		m->id, type);
	add_quoted_printable(out, body);
}

/* ---- the message ---- */

bool mime_is_address(const char *address)
{
	const char *at = strchr(address, '@');

	for (const char *p = address; *p; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f ||
		    strchr("<>()[]\\,;:\"", *p))
			return false;
	return at && at > address && at[1] && !strchr(at + 1, '@');
}

bool mime_write(const struct mime_message *m, struct sb *out, struct err *err)
{
	if (!mime_is_address(m->to))
		return err_set(err, ERR_REFUSED,
			       "the recipient's address cannot be written in "
			       "a mail without SMTPUTF8");
	if (!mime_is_address(m->from))
		return err_set(err, ERR_REFUSED,
			       "SMTP_FROM is not an address for mail");
	add_date(out, m->date);
	add_mailbox(out, "From", m->from_name, m->from);
	add_mailbox(out, "To", m->to_name, m->to);
	add_subject(out, m->subject);
	sb_addf(out,
		"Message-ID: <%s%s>\r\n"
		"Auto-Submitted: auto-generated\r\n" /* RFC 3834, 5 */
		"Content-Language: %s\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: multipart/alternative;\r\n"
		" boundary=\"=_%s\"\r\n",
		m->id, strchr(m->from, '@'), m->language, m->id);
	add_part(out, m, "plain", m->text);
	add_part(out, m, "html", m->html);
	sb_addf(out, "\r\n--=_%s--\r\n", m->id);
	return true;
}
