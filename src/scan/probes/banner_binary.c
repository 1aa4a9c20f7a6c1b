/*
 * banner_binary: recognisers of protocols that speak in numbers.
 */
#include <string.h>

#include "scan/probes/banner_read.h"

/* A record of an alert or a handshake (RFC 8446, 5.1), or an SSLv2 hello. */
enum banner_result read_tls(struct span answer, struct arena *a,
			    struct banner *ret)
{
	unsigned char type, major;

	if (span_len(answer) < 6)
		return span_len(answer) && *answer.p != 0x15 &&
				       *answer.p != 0x16
			       ? BANNER_NO
			       : BANNER_MORE;
	type = (unsigned char)answer.p[0];
	major = (unsigned char)answer.p[1];
	if (major != 3 || big16(answer.p + 3) > 16384 + 2048)
		return BANNER_NO;
	if (type == 0x15)
		return big16(answer.p + 3) == 2 ? BANNER_YES : BANNER_NO;
	return type == 0x16 && answer.p[5] == 2 ? BANNER_YES : BANNER_NO;
}

/* A tabular result with the options of PRELOGIN ([MS-TDS] 2.2.6.5). */
enum banner_result read_mssql(struct span answer, struct arena *a,
			      struct banner *ret)
{
	const char *p = answer.p;
	size_t at;

	if (span_len(answer) < 14)
		return span_len(answer) && *p != 4 ? BANNER_NO : BANNER_MORE;
	if (*p != 4 || p[1] != 1 || p[8] != 0)
		return BANNER_NO;
	if (span_len(answer) < big16(p + 2))
		return BANNER_MORE;
	at = 8u + big16(p + 9);
	if (at + 4 <= span_len(answer))
		ret->version = arena_printf(a, "Microsoft SQL Server %u.%u.%u",
					    (unsigned char)p[at],
					    (unsigned char)p[at + 1],
					    big16(p + at + 2));
	return BANNER_YES;
}

/* A TNS packet: accept, refuse, redirect or resend. */
enum banner_result read_oracle(struct span answer, struct arena *a,
			       struct banner *ret)
{
	if (span_len(answer) < 8)
		return span_len(answer) && *answer.p > 1 ? BANNER_NO
							 : BANNER_MORE;
	if (big16(answer.p) < 8 || big16(answer.p + 2))
		return BANNER_NO;
	switch (answer.p[4]) {
	case 2:
	case 4:
	case 5:
	case 11:
		return answer.p[6] || answer.p[7] ? BANNER_NO : BANNER_YES;
	default:
		return BANNER_NO;
	}
}

/* The length behind a BER tag, and what it takes; false: not in DER form. */
static bool ber_length(struct span *s, uint32_t *ret)
{
	uint8_t first, byte;

	if (!span_u8(s, &first))
		return false;
	*ret = first;
	if (first < 0x80)
		return true;
	if (first > 0x84 || first == 0x80)
		return false;
	for (*ret = 0; first > 0x80; first--) {
		if (!span_u8(s, &byte))
			return false;
		*ret = *ret << 8 | byte;
	}
	return true;
}

/*
 * The answer to a search for the root entry without a bind: an entry, or the
 * end of the search (RFC 4511, 4.5.2), with the id of our message, which is 7.
 */
enum banner_result read_ldap(struct span answer, struct arena *a,
			     struct banner *ret)
{
	struct span s = answer;
	uint32_t length, op_length;
	uint8_t tag = 0, op = 0;

	if (span_len(answer) < 7)
		return span_len(answer) && *answer.p != 0x30 ? BANNER_NO
							     : BANNER_MORE;
	if (!span_u8(&s, &tag) || tag != 0x30 || !ber_length(&s, &length) ||
	    length < 5)
		return BANNER_NO;
	if (span_len(s) < 5)
		return BANNER_MORE;
	if (s.p[0] != 2 || s.p[1] != 1 || s.p[2] != 7)
		return BANNER_NO;
	s.p += 3;
	if (!span_u8(&s, &op) || !ber_length(&s, &op_length) ||
	    (op != 0x64 && op != 0x65))
		return BANNER_NO;
	ret->knows_auth = true;
	ret->no_auth = op == 0x64;
	return BANNER_YES;
}

/* An accepted or denied reply to our call, over TCP (RFC 5531, 9 and 11). */
static enum banner_result read_rpc(struct span answer, uint32_t id)
{
	if (span_len(answer) < 16)
		return span_len(answer) && (unsigned char)*answer.p != 0x80
			       ? BANNER_NO
			       : BANNER_MORE;
	return (unsigned char)answer.p[0] == 0x80 &&
			       big32(answer.p + 4) == id &&
			       big32(answer.p + 8) == 1 &&
			       big32(answer.p + 12) <= 1
		       ? BANNER_YES
		       : BANNER_NO;
}

enum banner_result read_portmap(struct span answer, struct arena *a,
				struct banner *ret)
{
	return read_rpc(answer, 0x4e495331);
}

enum banner_result read_nfs(struct span answer, struct arena *a,
			    struct banner *ret)
{
	return read_rpc(answer, 0x4e495332);
}

/* CONNACK: MQTT 3.1.1, 3.2. Code 0: everybody may connect. */
enum banner_result read_mqtt(struct span answer, struct arena *a,
			     struct banner *ret)
{
	enum banner_result r = banner_begins(answer, "\x20\x02");

	if (r != BANNER_YES || span_len(answer) < 4)
		return r == BANNER_YES ? BANNER_MORE : r;
	if ((unsigned char)answer.p[2] > 1 || (unsigned char)answer.p[3] > 5)
		return BANNER_NO;
	ret->knows_auth = true;
	ret->no_auth = !answer.p[3];
	return BANNER_YES;
}

/* Connection.Start of AMQP 0-9-1 (4.2.3), or the header of another version. */
enum banner_result read_amqp(struct span answer, struct arena *a,
			     struct banner *ret)
{
	enum banner_result r = banner_begins(answer, "AMQP");
	struct span rest = answer;
	const char *at;
	uint32_t length;

	if (r != BANNER_NO)
		return r;
	if (banner_begins_with(answer, "\1\0\0", 3) == BANNER_NO)
		return BANNER_NO;
	if (span_len(answer) < 11)
		return BANNER_MORE;
	if (big32(answer.p + 7) != 0x000a000a)
		return BANNER_NO;
	at = span_find_nocase(answer, "versionS");
	if (!at)
		return BANNER_YES;
	rest.p = at + strlen("versionS");
	if (span_u32(&rest, &length) && length < 40 && length <= span_len(rest))
		ret->version = banner_text(
			(struct span){ rest.p, rest.p + length }, a);
	return BANNER_YES;
}

/* Success, failure or "authenticate" to our setup of X protocol 11. */
enum banner_result read_x11(struct span answer, struct arena *a,
			    struct banner *ret)
{
	unsigned char status;

	if (span_len(answer) && (unsigned char)*answer.p > 2)
		return BANNER_NO;
	if (span_len(answer) < 8)
		return BANNER_MORE;
	status = (unsigned char)*answer.p;
	if (status != 2 && little16(answer.p + 2) != 11)
		return BANNER_NO;
	if (status == 2 && (answer.p[1] | answer.p[2] | answer.p[3] |
			    answer.p[4] | answer.p[5]))
		return BANNER_NO;
	ret->knows_auth = true;
	ret->no_auth = status == 1;
	return BANNER_YES;
}

/* A bind_ack or bind_nak of DCE/RPC version 5, to call 1. */
enum banner_result read_msrpc(struct span answer, struct arena *a,
			      struct banner *ret)
{
	enum banner_result r = banner_begins_with(answer, "\x05\x00", 2);

	if (r != BANNER_YES || span_len(answer) < 16)
		return r == BANNER_YES ? BANNER_MORE : r;
	return (answer.p[2] == 12 || answer.p[2] == 13) &&
			       little32(answer.p + 12) == 1
		       ? BANNER_YES
		       : BANNER_NO;
}

/* A positive or negative session response: RFC 1002, 4.3.3 and 4.3.4. */
enum banner_result read_netbios(struct span answer, struct arena *a,
				struct banner *ret)
{
	if (banner_begins_with(answer, "\x82\0\0\0", 4) != BANNER_NO)
		return banner_begins_with(answer, "\x82\0\0\0", 4);
	return banner_begins_with(answer, "\x83\0\0\x01", 4);
}

/* A Start-Control-Connection-Reply with its magic: RFC 2637, 2.2. */
enum banner_result read_pptp(struct span answer, struct arena *a,
			     struct banner *ret)
{
	enum banner_result r = banner_begins_with(
		answer, "\x00\x9c\x00\x01\x1a\x2b\x3c\x4d\x00\x02", 10);

	if (r != BANNER_YES || span_len(answer) < 156)
		return r == BANNER_YES ? BANNER_MORE : r;
	ret->version = banner_text(
		(struct span){ answer.p + 92,
			       answer.p + 92 + strnlen(answer.p + 92, 64) },
		a);
	return BANNER_YES;
}

/* The method it picked (RFC 1928, 3): 0 is none, so it relays for all. */
enum banner_result read_socks(struct span answer, struct arena *a,
			      struct banner *ret)
{
	if (span_len(answer) && *answer.p != 5)
		return BANNER_NO;
	if (span_len(answer) < 2)
		return BANNER_MORE;
	if (span_len(answer) > 2 ||
	    (answer.p[1] && (unsigned char)answer.p[1] != 0xff))
		return BANNER_NO;
	ret->knows_auth = true;
	ret->no_auth = !answer.p[1];
	return BANNER_YES;
}

/* CPong to our CPing. */
enum banner_result read_ajp(struct span answer, struct arena *a,
			    struct banner *ret)
{
	return banner_begins_with(answer, "AB\x00\x01\x09", 5);
}

/* ProtocolAck with the client's address. */
enum banner_result read_rmi(struct span answer, struct arena *a,
			    struct banner *ret)
{
	enum banner_result r = banner_begins_with(answer, "N\x00", 2);

	if (r != BANNER_YES || span_len(answer) < 7)
		return r == BANNER_YES ? BANNER_MORE : r;
	return big16(answer.p + 1) <= 45 ? BANNER_YES : BANNER_NO;
}

/* The port of the daemon itself, then the names it knows. */
enum banner_result read_epmd(struct span answer, struct arena *a,
			     struct banner *ret)
{
	enum banner_result r =
		banner_begins_with(answer, "\x00\x00\x11\x11", 4);

	if (r == BANNER_YES)
		ret->knows_auth = ret->no_auth = true;
	return r;
}

/* SUPPORTED or an error, to stream 7 of the native protocol. */
enum banner_result read_cassandra(struct span answer, struct arena *a,
				  struct banner *ret)
{
	if (span_len(answer) < 9)
		return span_len(answer) && ((unsigned char)*answer.p < 0x81 ||
					    (unsigned char)*answer.p > 0x86)
			       ? BANNER_NO
			       : BANNER_MORE;
	return big16(answer.p + 2) == 7 && (answer.p[4] == 6 || !answer.p[4])
		       ? BANNER_YES
		       : BANNER_NO;
}
