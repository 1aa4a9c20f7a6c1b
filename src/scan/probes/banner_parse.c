#include <string.h>

#include "scan/probes/banner_read.h"

const char *banner_text(struct span s, struct arena *a)
{
	size_t len = span_len(s);
	char *text;

	s = span_trim(s);
	len = span_len(s) < BANNER_VERSION_MAX ? span_len(s)
					       : BANNER_VERSION_MAX;
	text = arena_bytes(a, len + 1);
	for (size_t i = 0; i < len; i++)
		text[i] = (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f
				  ? '?'
				  : s.p[i];
	text[len] = '\0';
	return text;
}

const char *banner_line(struct span answer, struct arena *a)
{
	struct span line;

	if (!span_line(&answer, BANNER_MAX, &line))
		line = answer;
	return banner_text(line, a);
}

enum banner_result banner_begins_with(struct span answer, const void *bytes,
				      size_t len)
{
	size_t have = span_len(answer);

	if (memcmp(answer.p, bytes, have < len ? have : len) != 0)
		return BANNER_NO;
	return have < len ? BANNER_MORE : BANNER_YES;
}

enum banner_result banner_begins(struct span answer, const char *word)
{
	return banner_begins_with(answer, word, strlen(word));
}

/* "220 ProFTPD 1.3.8 Server ready", RFC 959. */
enum banner_result read_ftp(struct span answer, struct arena *a,
			    struct banner *ret)
{
	enum banner_result r = banner_begins(answer, "220");
	struct span line;

	if (r != BANNER_YES)
		return r;
	if (!span_line(&answer, BANNER_MAX, &line))
		return BANNER_MORE;
	line.p += 3;
	if (line.p < line.end && *line.p != ' ' && *line.p != '-')
		return BANNER_NO;
	if (span_find_nocase(line, "SMTP"))
		return BANNER_NO; /* mail servers greet with 220, too */
	line.p += line.p < line.end;
	ret->version = banner_text(line, a);
	return BANNER_YES;
}

/* "SSH-2.0-OpenSSH_9.2p1", after other lines perhaps: RFC 4253, 4.2. */
enum banner_result read_ssh(struct span answer, struct arena *a,
			    struct banner *ret)
{
	struct span line, protocol;

	for (int lines = 0; lines < 20; lines++) {
		if (!span_line(&answer, 1024, &line))
			return span_len(answer) > 1024 ? BANNER_NO
						       : BANNER_MORE;
		if (banner_begins(line, "SSH-") != BANNER_YES)
			continue;
		line.p += 4;
		if (!span_until(&line, '-', 16, &protocol) ||
		    protocol.end == line.p)
			return BANNER_NO; /* no '-' behind the version */
		ret->version = banner_text(line, a);
		return BANNER_YES;
	}
	return BANNER_NO;
}

/* Option negotiation (RFC 854), or a prompt. */
enum banner_result read_telnet(struct span answer, struct arena *a,
			       struct banner *ret)
{
	if (span_len(answer) < 3)
		return BANNER_MORE;
	/* IAC; doubled it would be a byte of text (RFC 854) */
	if ((unsigned char)answer.p[0] == 0xff)
		return (unsigned char)answer.p[1] >= 0xfa &&
				       (unsigned char)answer.p[1] <= 0xfe
			       ? BANNER_YES
			       : BANNER_NO;
	return span_find_nocase(answer, "login:") ||
			       span_find_nocase(answer, "username:") ||
			       span_find_nocase(answer, "password:")
		       ? BANNER_YES
		       : BANNER_MORE;
}

/* The id of our question; see ask_dns. */
enum { DNS_ID = 0x4e32 };

/* An answer to our question: length, id, QR (RFC 1035, 4.1.1 and 4.2.2). */
enum banner_result read_dns(struct span answer, struct arena *a,
			    struct banner *ret)
{
	uint16_t length, id, flags;

	if (span_len(answer) < 6)
		return BANNER_MORE;
	if (!span_u16(&answer, &length) || !span_u16(&answer, &id) ||
	    !span_u16(&answer, &flags))
		return BANNER_NO;
	return length >= 12 && id == DNS_ID && (flags & 0x8000) ? BANNER_YES
								: BANNER_NO;
}

/* NetBIOS length, then an SMB1 or SMB2 header ([MS-SMB2] 2.2.4). */
enum banner_result read_smb(struct span answer, struct arena *a,
			    struct banner *ret)
{
	const char *p = answer.p + 4;
	uint16_t dialect;

	if (span_len(answer) < 4 + 64 + 6)
		return span_len(answer) >= 1 && answer.p[0] ? BANNER_NO
							    : BANNER_MORE;
	if (!memcmp(p, "\xffSMB", 4)) {
		ret->version = "SMB 1";
		return BANNER_YES;
	}
	if (memcmp(p, "\xfeSMB", 4) != 0)
		return BANNER_NO;
	dialect = little16(p + 64 + 4);
	ret->version = arena_printf(a, "SMB %d.%d.%d", dialect >> 8,
				    (dialect >> 4) & 15, dialect & 15);
	return BANNER_YES;
}

/*
 * A greeting of protocol 10 with the version, or an error packet, as "Host …
 * is not allowed to connect", which only such a server sends.
 */
enum banner_result read_mysql(struct span answer, struct arena *a,
			      struct banner *ret)
{
	struct span version;
	size_t length;

	if (span_len(answer) < 5)
		return BANNER_MORE;
	length = little16(answer.p) | (size_t)(unsigned char)answer.p[2] << 16;
	if (length < 3 || length > BANNER_MAX || answer.p[3] > 1)
		return BANNER_NO;
	answer.p += 4;
	if ((unsigned char)*answer.p == 0xff)
		return span_len(answer) < 3		? BANNER_MORE
		       : little16(answer.p + 1) >= 1000 ? BANNER_YES
							: BANNER_NO;
	if (*answer.p++ != 10)
		return BANNER_NO;
	if (!memchr(answer.p, '\0', span_len(answer)))
		return span_len(answer) > 100 ? BANNER_NO : BANNER_MORE;
	if (!span_until(&answer, '\0', 100, &version))
		return BANNER_NO;
	if (version.end - version.p > 6 && !memcmp(version.p, "5.5.5-", 6))
		version.p += 6; /* how MariaDB 10 spoke to old replicas */
	ret->version = banner_text(version, a);
	return BANNER_YES;
}

/* TPKT, then an X.224 Connection Confirm ([MS-RDPBCGR] 2.2.1.2). */
enum banner_result read_rdp(struct span answer, struct arena *a,
			    struct banner *ret)
{
	if (span_len(answer) < 6)
		return banner_begins(answer, "\x03") == BANNER_NO ? BANNER_NO
								  : BANNER_MORE;
	if (answer.p[0] != 3 || (unsigned char)answer.p[5] != 0xd0)
		return BANNER_NO;
	if (span_len(answer) < 19)
		return BANNER_YES; /* a server from before the negotiation */
	if (answer.p[11] != 2 && answer.p[11] != 3)
		return BANNER_NO; /* X.224 carries other protocols, too */
	if (answer.p[11] == 2)
		ret->version = answer.p[15] & 2	  ? "RDP with NLA"
			       : answer.p[15] & 1 ? "RDP with TLS"
						  : "RDP, its own encryption";
	return BANNER_YES;
}

/* One byte answers an SSLRequest; old servers send an ErrorResponse. */
enum banner_result read_postgresql(struct span answer, struct arena *a,
				   struct banner *ret)
{
	if (!span_len(answer))
		return BANNER_MORE;
	if (*answer.p == 'S' || *answer.p == 'N') {
		if (span_len(answer) > 1)
			return BANNER_NO;
		ret->version = *answer.p == 'S' ? "PostgreSQL with TLS"
						: "PostgreSQL without TLS";
		return BANNER_YES;
	}
	return read_postgresql_error(answer, a, ret);
}

/* What an unknown version of the protocol gets. */
enum banner_result read_postgresql_error(struct span answer, struct arena *a,
					 struct banner *ret)
{
	if (!span_len(answer))
		return BANNER_MORE;
	if (*answer.p != 'E')
		return BANNER_NO;
	return span_find_nocase(answer, "SFATAL") ? BANNER_YES : BANNER_MORE;
}

/* The answer to PING, then to INFO, which tells the version. */
enum banner_result read_redis(struct span answer, struct arena *a,
			      struct banner *ret)
{
	struct span rest = answer, line;
	const char *at;

	if (!span_len(answer))
		return BANNER_MORE;
	if (!span_line(&rest, BANNER_MAX, &line))
		return *answer.p == '+' || *answer.p == '-' ? BANNER_MORE
							    : BANNER_NO;
	if (banner_begins(line, "-NOAUTH") == BANNER_YES ||
	    banner_begins(line, "-DENIED") == BANNER_YES) {
		ret->knows_auth = ret->certain = true;
		return BANNER_YES;
	}
	if (banner_begins(line, "+PONG") != BANNER_YES)
		return BANNER_NO;
	ret->knows_auth = ret->no_auth = ret->certain = true;
	if (rest.p < rest.end && *rest.p == '-')
		return BANNER_YES; /* INFO was taken away */
	at = span_find_nocase(rest, "redis_version:");
	if (!at)
		return BANNER_MORE;
	rest.p = at + strlen("redis_version:");
	if (!span_line(&rest, 100, &line))
		return BANNER_MORE;
	ret->version = arena_printf(a, "Redis %s", banner_text(line, a));
	return BANNER_YES;
}

/* Where the value of an int32 member of that name stands; NULL: nowhere. */
static const char *bson_int(struct span doc, const char *name)
{
	size_t len = strlen(name) + 1; /* with its NUL */

	for (const char *p = doc.p; doc.end - p > (ptrdiff_t)(1 + len + 4); p++)
		if (*p == 0x10 && !memcmp(p + 1, name, len))
			return p + 1 + len;
	return NULL;
}

/* The length of an OP_MSG at the start of `answer`; 0: it is none. */
static uint32_t op_msg_length(struct span answer)
{
	uint32_t length = little32(answer.p);

	return length < 26 || length > 1024 * 1024 ||
			       little32(answer.p + 12) != 2013
		       ? 0
		       : length;
}

/*
 * OP_MSG answers to `hello`, whichever its document is, and to `listDatabases`,
 * which needs a login where logins are on (code 13, Unauthorized).
 */
enum banner_result read_mongodb(struct span answer, struct arena *a,
				struct banner *ret)
{
	struct span first = answer;
	const char *wire, *code;
	uint32_t length;

	if (span_len(answer) < 16)
		return BANNER_MORE;
	length = op_msg_length(answer);
	if (!length)
		return BANNER_NO;
	if (span_len(answer) < length)
		return span_len(answer) < BANNER_MAX ? BANNER_MORE : BANNER_YES;
	ret->certain = true;
	first.end = first.p + length;
	wire = bson_int(first, "maxWireVersion");
	if (wire)
		ret->version = arena_printf(a, "MongoDB, wire version %u",
					    little32(wire));
	answer.p = first.end;
	if (span_len(answer) < 16 || span_len(answer) < op_msg_length(answer))
		return BANNER_MORE;
	code = bson_int(answer, "code");
	ret->knows_auth = true;
	ret->no_auth = !code && span_find_nocase(answer, "databases");
	return BANNER_YES;
}

/*
 * "HTTP/1.1 200 OK". A server of HTTPS that was asked in clear says so in
 * HTTP: then it is not this.
 */
enum banner_result read_http(struct span answer, struct arena *a,
			     struct banner *ret)
{
	enum banner_result r = banner_begins(answer, "HTTP/");

	if (r != BANNER_YES || span_len(answer) < 12)
		return r == BANNER_YES ? BANNER_MORE : r;
	ret->certain = !span_find_nocase(answer, "HTTPS") &&
		       !span_find_nocase(answer, "SSL-enabled");
	if (memcmp(answer.p + 8, " 400", 4) != 0) {
		ret->certain = true;
		return BANNER_YES;
	}
	return ret->certain ? BANNER_MORE : BANNER_NO;
}
