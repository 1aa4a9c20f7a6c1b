#include "net/starttls.h"

#include <string.h>

#include "base/arena.h"

enum { LINE_MAX_BYTES = 2048 };

struct said_line {
	struct span text;
	char mark; /* what follows the code: '-', ' ' or '\0' */
	int code;
};

struct step {
	const char *say; /* %s is the server's name; NULL: it speaks first */
	size_t len;	 /* of bytes that are not text; 0: text */
	bool to_look;	 /* asked only to learn, not on the way to TLS */
	bool to_begin;	 /* asked only on the way to TLS */
	/* NULL: there is no answer. */
	enum starttls_answer (*read)(struct span *bytes,
				     struct starttls_said *said);
};

/* ---- lines ---- */

/* One line; false when it is not there yet, `*ret_bad` when it never will. */
static bool take_line(struct span *s, struct span *ret, bool *ret_bad)
{
	struct span at = *s;

	*ret_bad = false;
	if (span_line(&at, LINE_MAX_BYTES, ret)) {
		*s = at;
		return true;
	}
	*ret_bad = span_len(*s) > LINE_MAX_BYTES;
	return false;
}

static bool has_word(struct span line, const char *word)
{
	const char *p = span_find_nocase(line, word);
	size_t len = strlen(word);

	for (; p; p = span_find_nocase(line, word)) {
		const char *end = p + len;

		if ((p == line.p || strchr(" =", p[-1])) &&
		    (end == line.end || strchr(" =,\r", *end)))
			return true;
		line.p = end;
	}
	return false;
}

/* SMTP, FTP: three digits, then '-' where more lines follow. */
static bool parse_coded(struct span line, struct said_line *ret)
{
	if (span_len(line) < 3)
		return false;
	ret->code = 0;
	for (int i = 0; i < 3; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return false;
		ret->code = ret->code * 10 + line.p[i] - '0';
	}
	line.p += 3;
	ret->mark = span_len(line) ? *line.p : '\0';
	if (ret->mark && !strchr("- \r", ret->mark))
		return false;
	if (span_len(line))
		line.p++;
	ret->text = line;
	return true;
}

/*
 * A whole reply, each line of which is shown to `each`. FTP puts lines without
 * a code between the first and the last (RFC 959, 4.2).
 */
static enum starttls_answer
read_coded(struct span *bytes, int wanted, bool loose,
	   void (*each)(struct span text, struct starttls_said *said),
	   struct starttls_said *said)
{
	struct span at = *bytes, line;
	int first = 0;
	bool bad;

	while (take_line(&at, &line, &bad)) {
		struct said_line l;
		bool coded = parse_coded(line, &l);

		if (!coded && (!first || !loose))
			return STARTTLS_OTHER;
		if (coded && !first)
			first = l.code;
		if (each)
			each(coded ? l.text : span_trim(line), said);
		if (!coded || l.mark == '-' || l.code != first)
			continue;
		*bytes = at;
		said->speaks = true;
		return first == wanted ? STARTTLS_YES : STARTTLS_NO;
	}
	return bad ? STARTTLS_OTHER : STARTTLS_MORE;
}

/* Who does not want to talk to us at all has not refused TLS. */
static enum starttls_answer greeting(enum starttls_answer r)
{
	return r == STARTTLS_NO ? STARTTLS_OTHER : r;
}

/* ---- SMTP ---- */

static enum starttls_answer smtp_greeting(struct span *bytes,
					  struct starttls_said *said)
{
	return greeting(read_coded(bytes, 220, false, NULL, said));
}

static void smtp_extension(struct span text, struct starttls_said *said)
{
	if (span_is_nocase(span_trim(text), "STARTTLS"))
		said->offers = true;
	if (span_starts_nocase(text, "AUTH ") ||
	    span_starts_nocase(text, "AUTH="))
		said->login_in_clear |=
			has_word(text, "PLAIN") || has_word(text, "LOGIN");
}

static enum starttls_answer smtp_ehlo(struct span *bytes,
				      struct starttls_said *said)
{
	said->knows_login = true;
	return read_coded(bytes, 250, false, smtp_extension, said);
}

/* ---- IMAP ---- */

static enum starttls_answer imap_greeting(struct span *bytes,
					  struct starttls_said *said)
{
	struct span line;
	bool bad;

	if (!take_line(bytes, &line, &bad))
		return bad ? STARTTLS_OTHER : STARTTLS_MORE;
	said->speaks = span_starts_nocase(line, "* OK") ||
		       span_starts_nocase(line, "* PREAUTH") ||
		       span_starts_nocase(line, "* BYE");
	if (!said->speaks)
		return STARTTLS_OTHER;
	return span_starts_nocase(line, "* OK") ? STARTTLS_YES : STARTTLS_OTHER;
}

static void imap_capabilities(struct span line, struct starttls_said *said)
{
	said->offers |= has_word(line, "STARTTLS");
	said->knows_login = true;
	/* LOGIN is a command of all servers that do not say otherwise. */
	said->login_in_clear = !has_word(line, "LOGINDISABLED") ||
			       has_word(line, "AUTH=PLAIN") ||
			       has_word(line, "AUTH=LOGIN");
}

/* Untagged lines, then the one with our tag. */
static enum starttls_answer imap_tagged(struct span *bytes,
					struct starttls_said *said)
{
	struct span at = *bytes, line;
	bool bad;

	while (take_line(&at, &line, &bad)) {
		if (span_starts_nocase(line, "* CAPABILITY"))
			imap_capabilities(line, said);
		if (span_starts_nocase(line, "* "))
			continue;
		if (!span_starts_nocase(line, "n "))
			return STARTTLS_OTHER;
		*bytes = at;
		return span_starts_nocase(line, "n OK") ? STARTTLS_YES
							: STARTTLS_NO;
	}
	return bad ? STARTTLS_OTHER : STARTTLS_MORE;
}

/* ---- POP3 ---- */

static enum starttls_answer pop3_line(struct span *bytes,
				      struct starttls_said *said)
{
	struct span line;
	bool bad;

	if (!take_line(bytes, &line, &bad))
		return bad ? STARTTLS_OTHER : STARTTLS_MORE;
	said->speaks |= span_starts_nocase(line, "+OK") ||
			span_starts_nocase(line, "-ERR");
	if (!said->speaks)
		return STARTTLS_OTHER;
	return span_starts_nocase(line, "+OK") ? STARTTLS_YES : STARTTLS_NO;
}

static enum starttls_answer pop3_greeting(struct span *bytes,
					  struct starttls_said *said)
{
	return greeting(pop3_line(bytes, said));
}

/* RFC 2449: lines up to one with a dot alone. */
static enum starttls_answer pop3_capa(struct span *bytes,
				      struct starttls_said *said)
{
	struct span at = *bytes, line;
	enum starttls_answer first = pop3_line(&at, said);
	bool bad;

	if (first != STARTTLS_YES) {
		*bytes = at;
		return first;
	}
	while (take_line(&at, &line, &bad)) {
		line = span_trim(line);
		if (span_is(line, ".")) {
			*bytes = at;
			said->knows_login = true;
			return STARTTLS_YES;
		}
		said->offers |= span_is_nocase(line, "STLS");
		said->login_in_clear |= span_is_nocase(line, "USER");
		if (span_starts_nocase(line, "SASL"))
			said->login_in_clear |= has_word(line, "PLAIN") ||
						has_word(line, "LOGIN");
	}
	return bad ? STARTTLS_OTHER : STARTTLS_MORE;
}

/* ---- FTP ---- */

static void ftp_feature(struct span text, struct starttls_said *said)
{
	text = span_trim(text);
	if (span_starts_nocase(text, "AUTH"))
		said->offers |= span_find_nocase(text, "TLS") != NULL ||
				span_find_nocase(text, "SSL") != NULL;
}

static enum starttls_answer ftp_greeting(struct span *bytes,
					 struct starttls_said *said)
{
	return greeting(read_coded(bytes, 220, true, NULL, said));
}

static enum starttls_answer ftp_features(struct span *bytes,
					 struct starttls_said *said)
{
	enum starttls_answer r =
		read_coded(bytes, 211, true, ftp_feature, said);

	/* FEAT is younger than FTP. */
	return r == STARTTLS_NO ? STARTTLS_YES : r;
}

static enum starttls_answer ftp_auth(struct span *bytes,
				     struct starttls_said *said)
{
	return read_coded(bytes, 234, true, NULL, said);
}

/* 331: give me the password. */
static enum starttls_answer ftp_user(struct span *bytes,
				     struct starttls_said *said)
{
	enum starttls_answer r = read_coded(bytes, 331, true, NULL, said);

	if (r == STARTTLS_YES || r == STARTTLS_NO) {
		said->knows_login = true;
		said->login_in_clear = r == STARTTLS_YES;
		r = STARTTLS_YES;
	}
	return r;
}

static enum starttls_answer smtp_go(struct span *bytes,
				    struct starttls_said *said)
{
	return read_coded(bytes, 220, false, NULL, said);
}

/* ---- LDAP ---- */

/* The length of BER in its definite form, at most three bytes of it. */
static bool ber_length(struct span *s, size_t *ret)
{
	uint8_t first, byte;
	size_t len = 0;

	if (!span_u8(s, &first))
		return false;
	if (first < 0x80) {
		*ret = first;
		return true;
	}
	for (int i = first & 0x7f; i > 0; i--) {
		if (!span_u8(s, &byte))
			return false;
		len = len << 8 | byte;
		if (len > STARTTLS_REPLY_MAX)
			len = STARTTLS_REPLY_MAX + 1;
	}
	*ret = len;
	return true;
}

static bool ber_take(struct span *s, uint8_t tag, struct span *ret)
{
	uint8_t found;
	size_t len;

	return span_u8(s, &found) && found == tag && ber_length(s, &len) &&
	       span_take(s, len, ret);
}

/* LDAPMessage { messageID, extendedResp { resultCode … } } */
static enum starttls_answer ldap_extended(struct span *bytes,
					  struct starttls_said *said)
{
	struct span at = *bytes, message, id, response, code;
	size_t len;
	uint8_t tag;

	if (!span_u8(&at, &tag))
		return STARTTLS_MORE;
	if (tag != 0x30)
		return STARTTLS_OTHER;
	if (!ber_length(&at, &len))
		return STARTTLS_MORE;
	if (len > STARTTLS_REPLY_MAX)
		return STARTTLS_OTHER;
	if (!span_take(&at, len, &message))
		return STARTTLS_MORE;
	*bytes = at;
	if (!ber_take(&message, 0x02, &id) ||
	    !ber_take(&message, 0x78, &response) ||
	    !ber_take(&response, 0x0a, &code) || span_len(code) != 1)
		return STARTTLS_OTHER;
	said->speaks = true;
	said->offers = code.p[0] == 0;
	return said->offers ? STARTTLS_YES : STARTTLS_NO;
}

/* ---- databases ---- */

static enum starttls_answer postgresql_byte(struct span *bytes,
					    struct starttls_said *said)
{
	uint8_t byte;

	if (!span_u8(bytes, &byte))
		return STARTTLS_MORE;
	said->speaks = byte == 'S' || byte == 'N' || byte == 'E';
	said->offers = byte == 'S';
	if (!said->speaks || byte == 'E')
		return STARTTLS_OTHER;
	return said->offers ? STARTTLS_YES : STARTTLS_NO;
}

/* Version, thread, 8 bytes of salt and a filler, then the flags' lower half. */
static enum starttls_answer mysql_handshake(struct span *bytes,
					    struct starttls_said *said)
{
	enum { PROTOCOL_10 = 10, ERROR = 0xff, CLIENT_SSL = 0x08 };
	struct span at = *bytes, body, part;
	uint8_t size[3], sequence, protocol;
	size_t len;

	for (int i = 0; i < 3; i++)
		if (!span_u8(&at, &size[i]))
			return STARTTLS_MORE;
	len = size[0] | (size_t)size[1] << 8 | (size_t)size[2] << 16;
	if (!len || len > 1024)
		return STARTTLS_OTHER;
	if (!span_u8(&at, &sequence) || !span_take(&at, len, &body))
		return STARTTLS_MORE;
	*bytes = at;
	if (sequence || !span_u8(&body, &protocol))
		return STARTTLS_OTHER;
	said->speaks = protocol == PROTOCOL_10 || protocol == ERROR;
	if (protocol != PROTOCOL_10 || !span_until(&body, '\0', 256, &part) ||
	    !span_take(&body, 4 + 8 + 1, &part) || !span_take(&body, 2, &part))
		return STARTTLS_OTHER; /* it may not want to talk to us */
	said->offers = (unsigned char)part.p[1] & CLIENT_SSL;
	return said->offers ? STARTTLS_YES : STARTTLS_NO;
}

/* ---- XMPP ---- */

static enum starttls_answer xmpp_features(struct span *bytes,
					  struct starttls_said *said)
{
	const char *end = span_find_nocase(*bytes, "</stream:features>");
	struct span s = *bytes;

	if (span_len(s) && *s.p != '<')
		return STARTTLS_OTHER;
	if (span_find_nocase(s, "<stream:error") ||
	    span_find_nocase(s, "<stream:features/>"))
		said->speaks = true;
	else if (!end)
		return STARTTLS_MORE;
	if (end)
		s.end = end + strlen("</stream:features>");
	bytes->p = s.end;
	said->speaks |= span_find_nocase(s, "<stream:stream") != NULL;
	if (!said->speaks)
		return STARTTLS_OTHER;
	said->offers = span_find_nocase(s, "<starttls") != NULL;
	said->knows_login = end != NULL;
	said->login_in_clear = span_find_nocase(s, "<mechanism>PLAIN<") != NULL;
	return said->offers ? STARTTLS_YES : STARTTLS_NO;
}

static enum starttls_answer xmpp_proceed(struct span *bytes,
					 struct starttls_said *said)
{
	bool proceed = span_find_nocase(*bytes, "<proceed") != NULL;
	const char *end = span_find_nocase(*bytes, ">");

	if (!end)
		return STARTTLS_MORE;
	bytes->p = end + 1;
	/* <proceed …></proceed> is the long way to say <proceed …/>. */
	if (end[-1] != '/')
		bytes->p = bytes->end;
	return proceed ? STARTTLS_YES : STARTTLS_NO;
}

/* ---- what is said, step by step ---- */

#define XMPP_HEADER(ns)                                            \
	"<?xml version='1.0'?><stream:stream xmlns='" ns "' "      \
	"xmlns:stream='http://etherx.jabber.org/streams' to='%s' " \
	"version='1.0'>"
#define XMPP_STARTTLS "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"

/* ExtendedRequest of StartTLS, message 1. */
#define LDAP_STARTTLS                          \
	"\x30\x1d\x02\x01\x01\x77\x18\x80\x16" \
	"1.3.6.1.4.1.1466.20037"
/* PROTOCOL_41, SECURE_CONNECTION and SSL; 16 MB; utf8mb4. */
#define MYSQL_SSL    \
	"\x20\0\0\1" \
	"\0\x8a\0\0" \
	"\0\0\0\1"   \
	"\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

_Static_assert(sizeof(MYSQL_SSL) - 1 == 36, "header and 32 bytes");

static const struct {
	const char *name;
	int ports[3];
	struct step steps[STARTTLS_STEPS_MAX];
} kinds[STARTTLS_KINDS] = {
	[STARTTLS_SMTP] = { "smtp",
			    { 25, 587 },
			    { { .read = smtp_greeting },
			      { "EHLO scanner.invalid\r\n", .read = smtp_ehlo },
			      { "STARTTLS\r\n", .to_begin = true,
				.read = smtp_go } } },
	[STARTTLS_IMAP] = { "imap",
			    { 143 },
			    { { .read = imap_greeting },
			      { "n CAPABILITY\r\n", .to_look = true,
				.read = imap_tagged },
			      { "n STARTTLS\r\n", .to_begin = true,
				.read = imap_tagged } } },
	[STARTTLS_POP3] = { "pop3",
			    { 110 },
			    { { .read = pop3_greeting },
			      { "CAPA\r\n", .to_look = true,
				.read = pop3_capa },
			      { "STLS\r\n", .to_begin = true,
				.read = pop3_line } } },
	[STARTTLS_FTP] = { "ftp",
			   { 21 },
			   { { .read = ftp_greeting },
			     { "FEAT\r\n", .to_look = true,
			       .read = ftp_features },
			     { "AUTH TLS\r\n", .to_begin = true,
			       .read = ftp_auth },
			     { "USER scanner\r\n", .to_look = true,
			       .read = ftp_user } } },
	[STARTTLS_LDAP] = { "ldap",
			    { 389 },
			    { { LDAP_STARTTLS, sizeof(LDAP_STARTTLS) - 1,
				.read = ldap_extended } } },
	[STARTTLS_POSTGRESQL] = { "postgresql",
				  { 5432 },
				  { { "\0\0\0\x08\x04\xd2\x16\x2f", 8,
				      .read = postgresql_byte } } },
	[STARTTLS_MYSQL] = { "mysql",
			     { 3306 },
			     { { .read = mysql_handshake },
			       { MYSQL_SSL, sizeof(MYSQL_SSL) - 1,
				 .to_begin = true } } },
	[STARTTLS_XMPP_CLIENT] = { "xmpp",
				   { 5222 },
				   { { XMPP_HEADER("jabber:client"),
				       .read = xmpp_features },
				     { XMPP_STARTTLS, .to_begin = true,
				       .read = xmpp_proceed } } },
	[STARTTLS_XMPP_SERVER] = { "xmpp-server",
				   { 5269 },
				   { { XMPP_HEADER("jabber:server"),
				       .read = xmpp_features },
				     { XMPP_STARTTLS, .to_begin = true,
				       .read = xmpp_proceed } } },
};

enum starttls_kind starttls_on(int port)
{
	for (int kind = 1; kind < STARTTLS_KINDS; kind++)
		for (const int *p = kinds[kind].ports; *p; p++)
			if (*p == port)
				return (enum starttls_kind)kind;
	return STARTTLS_NONE;
}

enum starttls_kind starttls_named(const char *name)
{
	for (int kind = 1; kind < STARTTLS_KINDS; kind++)
		if (!strcmp(kinds[kind].name, name))
			return (enum starttls_kind)kind;
	return STARTTLS_NONE;
}

const char *starttls_name(enum starttls_kind kind)
{
	return kinds[kind].name;
}

enum starttls_answer starttls_read(enum starttls_kind kind, int step,
				   struct span *bytes,
				   struct starttls_said *said)
{
	if (kind == STARTTLS_NONE || step >= STARTTLS_STEPS_MAX ||
	    !kinds[kind].steps[step].read)
		return STARTTLS_OTHER;
	return kinds[kind].steps[step].read(bytes, said);
}

/* ---- talking ---- */

static bool say(struct conn *conn, const struct step *step, const char *name,
		struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct sb out = sb_new(&a, 256);
	const char *gap = step->len ? NULL : strstr(step->say, "%s");

	if (step->len)
		return conn_write_all(conn, step->say, step->len, err);
	if (!gap)
		return conn_write_all(conn, step->say, strlen(step->say), err);
	sb_addn(&out, step->say, (size_t)(gap - step->say));
	sb_add(&out, name);
	sb_add(&out, gap + 2);
	return conn_write_all(conn, out.s, out.len, err);
}

static bool refused(enum starttls_kind kind, struct err *err)
{
	return err_set(err, ERR_REFUSED, "%s does not offer TLS",
		       kinds[kind].name);
}

static bool listen_to(struct conn *conn, enum starttls_kind kind, int step,
		      struct starttls_said *said, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct sb in = sb_new(&a, 512);
	enum starttls_answer r = STARTTLS_MORE;
	struct span rest = { 0 };
	size_t n;

	while (r == STARTTLS_MORE && in.len < STARTTLS_REPLY_MAX) {
		if (!conn_read(conn, sb_room(&in, STARTTLS_REPLY_MAX - in.len),
			       STARTTLS_REPLY_MAX - in.len, &n, err))
			return false;
		in.len += n;
		rest = span_of(in.s, in.len);
		r = starttls_read(kind, step, &rest, said);
	}
	if (r == STARTTLS_NO)
		return refused(kind, err);
	if (r != STARTTLS_YES)
		return err_set(err, ERR_UPSTREAM, "not %s", kinds[kind].name);
	/* What comes before TLS must not count as if it were inside. */
	return !span_len(rest) ||
	       err_set(err, ERR_UPSTREAM, "data before the handshake");
}

static bool talk(struct conn *conn, enum starttls_kind kind, const char *name,
		 bool look, struct starttls_said *said, struct err *err)
{
	const struct step *steps = kinds[kind].steps;

	for (int i = 0; i < STARTTLS_STEPS_MAX; i++) {
		if (!steps[i].say && !steps[i].read)
			break;
		if (look ? steps[i].to_begin : steps[i].to_look)
			continue;
		if (steps[i].say && !say(conn, &steps[i], name, err))
			return false;
		if (steps[i].read && !listen_to(conn, kind, i, said, err))
			return false;
	}
	return true;
}

/* A name that is no name would be markup in the header of XMPP. */
static const char *name_for(const char *name)
{
	bool plain = name && *name && strlen(name) < 256 &&
		     !strpbrk(name, "<>&'\" \t\r\n");

	return plain ? name : "localhost";
}

bool starttls_begin(struct conn *conn, enum starttls_kind kind,
		    const char *name, struct err *err)
{
	struct starttls_said said = { 0 };

	return talk(conn, kind, name_for(name), false, &said, err);
}

bool starttls_look(struct conn *conn, enum starttls_kind kind, const char *name,
		   struct starttls_said *ret, struct err *err)
{
	struct err why = { 0 };

	*ret = (struct starttls_said){ 0 };
	if (talk(conn, kind, name_for(name), true, ret, &why))
		return true;
	/* That it does not offer TLS is what we wanted to know. */
	if (why.kind == ERR_REFUSED && ret->speaks)
		return true;
	if (err)
		*err = why;
	return false;
}
