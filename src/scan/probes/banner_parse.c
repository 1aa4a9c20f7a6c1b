#include <string.h>

#include "scan/probes/banner.h"

static const char *text_of(struct span s, struct arena *a)
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
	return text_of(line, a);
}

/*
 * How far `answer` agrees with `word`: all of it, so far, or not at all.
 */
static enum banner_result begins(struct span answer, const char *word)
{
	size_t len = strlen(word), have = span_len(answer);

	if (memcmp(answer.p, word, have < len ? have : len) != 0)
		return BANNER_NO;
	return have < len ? BANNER_MORE : BANNER_YES;
}

/* "220 ProFTPD 1.3.8 Server ready", RFC 959. */
static enum banner_result read_ftp(struct span answer, struct arena *a,
				   struct banner *ret)
{
	enum banner_result r = begins(answer, "220");
	struct span line;

	if (r != BANNER_YES)
		return r;
	if (!span_line(&answer, BANNER_MAX, &line))
		return BANNER_MORE;
	line.p += 3;
	if (line.p < line.end && *line.p != ' ' && *line.p != '-')
		return BANNER_NO;
	line.p += line.p < line.end;
	ret->version = text_of(line, a);
	return BANNER_YES;
}

/* "SSH-2.0-OpenSSH_9.2p1", after other lines perhaps: RFC 4253, 4.2. */
static enum banner_result read_ssh(struct span answer, struct arena *a,
				   struct banner *ret)
{
	struct span line, protocol;

	for (int lines = 0; lines < 20; lines++) {
		if (!span_line(&answer, 1024, &line))
			return span_len(answer) > 1024 ? BANNER_NO
						       : BANNER_MORE;
		if (begins(line, "SSH-") != BANNER_YES)
			continue;
		line.p += 4;
		if (!span_until(&line, '-', 16, &protocol) ||
		    protocol.end == line.p)
			return BANNER_NO; /* no '-' behind the version */
		ret->version = text_of(line, a);
		return BANNER_YES;
	}
	return BANNER_NO;
}

/* Option negotiation (RFC 854), or a prompt. */
static enum banner_result read_telnet(struct span answer, struct arena *a,
				      struct banner *ret)
{
	if (span_len(answer) < 3)
		return BANNER_MORE;
	if ((unsigned char)answer.p[0] == 0xff &&
	    (unsigned char)answer.p[1] >= 0xfa)
		return BANNER_YES;
	return span_find_nocase(answer, "login:") ||
			       span_find_nocase(answer, "username:") ||
			       span_find_nocase(answer, "password:")
		       ? BANNER_YES
		       : BANNER_MORE;
}

/* The id of our question; see ask_dns. */
enum { DNS_ID = 0x4e32 };

/* An answer to our question: length, id, QR (RFC 1035, 4.1.1 and 4.2.2). */
static enum banner_result read_dns(struct span answer, struct arena *a,
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

static uint16_t little16(const char *p)
{
	return (uint16_t)((unsigned char)p[0] | (unsigned char)p[1] << 8);
}

static uint32_t little32(const char *p)
{
	return little16(p) | (uint32_t)little16(p + 2) << 16;
}

/* NetBIOS length, then an SMB1 or SMB2 header ([MS-SMB2] 2.2.4). */
static enum banner_result read_smb(struct span answer, struct arena *a,
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
static enum banner_result read_mysql(struct span answer, struct arena *a,
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
	ret->version = text_of(version, a);
	return BANNER_YES;
}

/* TPKT, then an X.224 Connection Confirm ([MS-RDPBCGR] 2.2.1.2). */
static enum banner_result read_rdp(struct span answer, struct arena *a,
				   struct banner *ret)
{
	if (span_len(answer) < 6)
		return begins(answer, "\x03") == BANNER_NO ? BANNER_NO
							   : BANNER_MORE;
	if (answer.p[0] != 3 || (unsigned char)answer.p[5] != 0xd0)
		return BANNER_NO;
	if (span_len(answer) < 19)
		return BANNER_YES; /* a server from before the negotiation */
	if (answer.p[11] == 2)
		ret->version = answer.p[15] & 2	  ? "RDP with NLA"
			       : answer.p[15] & 1 ? "RDP with TLS"
						  : "RDP, its own encryption";
	return BANNER_YES;
}

/* One byte answers an SSLRequest; old servers send an ErrorResponse. */
static enum banner_result read_postgresql(struct span answer, struct arena *a,
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
	if (*answer.p != 'E')
		return BANNER_NO;
	return span_find_nocase(answer, "SFATAL") ? BANNER_YES : BANNER_MORE;
}

/* The answer to PING, then to INFO, which tells the version. */
static enum banner_result read_redis(struct span answer, struct arena *a,
				     struct banner *ret)
{
	struct span rest = answer, line;
	const char *at;

	if (!span_len(answer))
		return BANNER_MORE;
	if (!span_line(&rest, BANNER_MAX, &line))
		return *answer.p == '+' || *answer.p == '-' ? BANNER_MORE
							    : BANNER_NO;
	if (begins(line, "-NOAUTH") == BANNER_YES ||
	    begins(line, "-DENIED") == BANNER_YES) {
		ret->knows_auth = true;
		return BANNER_YES;
	}
	if (begins(line, "+PONG") != BANNER_YES)
		return BANNER_NO;
	ret->knows_auth = ret->no_auth = true;
	if (rest.p < rest.end && *rest.p == '-')
		return BANNER_YES; /* INFO was taken away */
	at = span_find_nocase(rest, "redis_version:");
	if (!at)
		return BANNER_MORE;
	rest.p = at + strlen("redis_version:");
	if (!span_line(&rest, 100, &line))
		return BANNER_MORE;
	ret->version = arena_printf(a, "Redis %s", text_of(line, a));
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

/* An OP_MSG answer to `hello`, whichever its document is. */
static enum banner_result read_mongodb(struct span answer, struct arena *a,
				       struct banner *ret)
{
	const char *wire;
	uint32_t length;

	if (span_len(answer) < 16)
		return BANNER_MORE;
	length = little32(answer.p);
	if (length < 26 || length > 1024 * 1024 ||
	    little32(answer.p + 12) != 2013)
		return BANNER_NO;
	if (span_len(answer) < length && span_len(answer) < BANNER_MAX)
		return BANNER_MORE;
	wire = bson_int(answer, "maxWireVersion");
	if (wire)
		ret->version = arena_printf(a, "MongoDB, wire version %u",
					    little32(wire));
	return BANNER_YES;
}

/* "HTTP/1.1 400 Bad Request": to whatever we said. */
static enum banner_result read_http(struct span answer, struct arena *a,
				    struct banner *ret)
{
	return begins(answer, "HTTP/");
}

/* Length 17; id; no flags, so not even recursion; one question: . SOA IN */
static const char ask_dns[] = "\x00\x11\x4e\x32\x00\x00\x00\x01\x00\x00\x00\x00"
			      "\x00\x00\x00\x00\x06\x00\x01";
/* SMB2 NEGOTIATE with the dialects 2.0.2, 2.1, 3.0 and 3.0.2. */
static const char ask_smb[] =
	"\x00\x00\x00\x6c"
	"\xfeSMB\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x24\x00\x04\x00\x01\x00\x00\x00\x00\x00\x00\x00"
	"nis2-scanner-id!"
	"\x00\x00\x00\x00\x00\x00\x00\x00"
	"\x02\x02\x10\x02\x00\x03\x02\x03";
/* Connection Request that offers TLS and NLA. */
static const char ask_rdp[] = "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00"
			      "\x01\x00\x08\x00\x03\x00\x00\x00";
static const char ask_postgresql[] = "\x00\x00\x00\x08\x04\xd2\x16\x2f";
static const char ask_redis[] = "PING\r\nINFO server\r\n";
/* OP_MSG {hello: 1, "$db": "admin"} */
static const char ask_mongodb[] =
	"\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00"
	"\x00\x00\x00\x00\x00"
	"\x1f\x00\x00\x00\x10hello\x00\x01\x00\x00\x00"
	"\x02$db\x00\x06\x00\x00\x00"
	"admin\x00\x00";
static const char ask_http[] = "GET / HTTP/1.0\r\n\r\n";

#define ASK(name) ask_##name, sizeof(ask_##name) - 1

/* SSH before FTP, so that the more certain one wins. */
static const struct service services[] = {
	{ 22, "ssh", NULL, 0, read_ssh },
	{ 21, "ftp", NULL, 0, read_ftp },
	{ 3306, "mysql", NULL, 0, read_mysql },
	{ 23, "telnet", NULL, 0, read_telnet },
	{ 53, "dns", ASK(dns), read_dns },
	{ 445, "smb", ASK(smb), read_smb },
	{ 3389, "rdp", ASK(rdp), read_rdp },
	{ 5432, "postgresql", ASK(postgresql), read_postgresql },
	{ 6379, "redis", ASK(redis), read_redis },
	{ 27017, "mongodb", ASK(mongodb), read_mongodb },
	{ 0, "http", ASK(http), read_http },
};
enum { SERVICES = sizeof(services) / sizeof(services[0]) };

const struct service *service_on(int port)
{
	for (size_t i = 0; i < SERVICES; i++)
		if (services[i].port == port)
			return &services[i];
	return NULL;
}

const struct service *service_row(size_t n)
{
	return n < SERVICES ? &services[n] : NULL;
}

const struct service *service_sounds_like(struct span answer, struct arena *a,
					  struct banner *ret)
{
	for (size_t i = 0; i < SERVICES && span_len(answer); i++) {
		struct banner b = { 0 };

		if (services[i].ask && services[i].port)
			continue;
		if (services[i].read(answer, a, &b) == BANNER_YES) {
			*ret = b;
			return &services[i];
		}
	}
	return NULL;
}
