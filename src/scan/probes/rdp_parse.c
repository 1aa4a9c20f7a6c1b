#include "scan/probes/banner_read.h"
#include "scan/probes/rdp.h"

enum { NEG_RESPONSE = 2, NEG_FAILURE = 3 };

void rdp_build_request(enum rdp_protection protection, struct sb *out)
{
	static const char head[] =
		"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00"
		"\x01\x00\x08\x00";

	sb_addn(out, head, sizeof(head) - 1);
	sb_addc(out, (char)protection);
	sb_addn(out, "\0\0", 3);
}

bool rdp_parse_confirm(struct span answer, enum rdp_protection protection,
		       bool *ret_accepted)
{
	if (span_len(answer) < 11 || answer.p[0] != 3 ||
	    (unsigned char)answer.p[5] != 0xd0)
		return false;
	/* A server from before the negotiation knows one way only. */
	*ret_accepted = protection == RDP_STANDARD;
	if (span_len(answer) < 19)
		return true;
	*ret_accepted = answer.p[11] == NEG_RESPONSE &&
			little32(answer.p + 15) == (uint32_t)protection;
	return answer.p[11] == NEG_RESPONSE || answer.p[11] == NEG_FAILURE;
}
