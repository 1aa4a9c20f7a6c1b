/*
 * banner_industry: recognisers of controllers of machines and buildings. The
 * questions only read what the device is; none of them changes its state.
 */
#include <string.h>

#include "scan/probes/banner_read.h"

/* The n-th object of a device identification, or an empty span. */
static struct span modbus_object(struct span objects, int n)
{
	struct span value = { objects.p, objects.p };
	uint8_t id, length;

	for (int i = 0; i <= n; i++)
		if (!span_u8(&objects, &id) || !span_u8(&objects, &length) ||
		    !span_take(&objects, length, &value))
			return (struct span){ value.p, value.p };
	return value;
}

/*
 * The answer to Read Device Identification (function 43/14), or an exception
 * to it, under our transaction 0x4e49 (Modbus over TCP 1.0b, 3.1).
 */
enum banner_result read_modbus(struct span answer, struct arena *a,
			       struct banner *ret)
{
	enum banner_result r =
		banner_begins_with(answer, "\x4e\x49\x00\x00", 4);
	struct span objects;

	if (r != BANNER_YES || span_len(answer) < 9)
		return r == BANNER_YES ? BANNER_MORE : r;
	if ((unsigned char)answer.p[7] == 0xab)
		return BANNER_YES; /* an exception: it cannot tell */
	if (answer.p[7] != 0x2b)
		return BANNER_NO;
	if (span_len(answer) < 6u + big16(answer.p + 4))
		return BANNER_MORE;
	if (span_len(answer) < 14)
		return BANNER_NO;
	objects = (struct span){ answer.p + 14, answer.end };
	ret->version = arena_printf(a, "%s %s %s",
				    banner_text(modbus_object(objects, 0), a),
				    banner_text(modbus_object(objects, 1), a),
				    banner_text(modbus_object(objects, 2), a));
	return BANNER_YES;
}

/*
 * A COTP Connection Confirm (RFC 905, 13.4) to our TSAPs, which RDP on that
 * port would answer, too, but for the parameters it sends back.
 */
enum banner_result read_s7(struct span answer, struct arena *a,
			   struct banner *ret)
{
	enum banner_result r =
		banner_begins_with(answer, "\x03\x00\x00\x16", 4);

	if (r != BANNER_YES || span_len(answer) < 22)
		return r == BANNER_YES ? BANNER_MORE : r;
	return (unsigned char)answer.p[5] == 0xd0 &&
			       memchr(answer.p + 11, '\xc1', 11) &&
			       memchr(answer.p + 11, '\xc2', 11)
		       ? BANNER_YES
		       : BANNER_NO;
}

/* A link status frame of IEEE 1815, 9.2: the bytes 05 64, from an outstation.
 */
enum banner_result read_dnp3(struct span answer, struct arena *a,
			     struct banner *ret)
{
	enum banner_result r = banner_begins_with(answer, "\x05\x64", 2);

	if (r != BANNER_YES || span_len(answer) < 10)
		return r == BANNER_YES ? BANNER_MORE : r;
	return answer.p[3] & 0x40 ? BANNER_NO : BANNER_YES;
}

/* The answer to ListIdentity, with the name of the product in it. */
enum banner_result read_ethernet_ip(struct span answer, struct arena *a,
				    struct banner *ret)
{
	enum banner_result r = banner_begins_with(answer, "\x63\x00", 2);
	struct span name = { answer.p + 62, answer.end };
	uint8_t length = 0;

	if (r != BANNER_YES || span_len(answer) < 24)
		return r == BANNER_YES ? BANNER_MORE : r;
	if (memcmp(answer.p + 12, "nis2scan", 8) != 0)
		return BANNER_NO;
	if (span_len(answer) < 24u + little16(answer.p + 2))
		return BANNER_MORE;
	if (span_len(answer) < 63 || !span_u8(&name, &length) ||
	    length > span_len(name))
		return BANNER_YES;
	name.end = name.p + length;
	ret->version = banner_text(name, a);
	return BANNER_YES;
}

/* TESTFR confirmed: IEC 60870-5-104, 5.3. */
enum banner_result read_iec104(struct span answer, struct arena *a,
			       struct banner *ret)
{
	return banner_begins_with(answer, "\x68\x04\x83\x00\x00\x00", 6);
}

/* Acknowledge or error to our Hello: OPC 10000-6, 7.1.2. */
enum banner_result read_opcua(struct span answer, struct arena *a,
			      struct banner *ret)
{
	if (banner_begins(answer, "ACKF") != BANNER_NO)
		return banner_begins(answer, "ACKF");
	return banner_begins(answer, "ERRF");
}
