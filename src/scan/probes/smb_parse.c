#include <string.h>

#include "scan/probes/banner_read.h"
#include "scan/probes/smb.h"

enum { SMB1 = 0x0001, SMB311 = 0x0311, HEADER_2 = 64, HEADER_1 = 32 };

static void put_little(struct sb *out, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++, value >>= 8)
		sb_addc(out, (char)value);
}

static void put_zeros(struct sb *out, int count)
{
	put_little(out, 0, count > 8 ? 8 : count);
	if (count > 8)
		put_zeros(out, count - 8);
}

static void put_smb1(struct sb *out)
{
	static const char dialect[] = "\x02NT LM 0.12";

	sb_addn(out, "\xffSMB\x72", 5);
	put_little(out, 0, 4);	    /* status */
	put_little(out, 0x18, 1);   /* paths as they are */
	put_little(out, 0xc843, 2); /* Unicode, NT status, security, names */
	put_zeros(out, 12);
	put_little(out, 0, 2);	/* tree */
	put_little(out, 42, 2); /* process */
	put_little(out, 0, 4);	/* user, multiplex */
	sb_addc(out, 0);	/* words */
	put_little(out, sizeof(dialect), 2);
	sb_addn(out, dialect, sizeof(dialect));
}

/* SMB 3.1.1 insists on a hash for its protection of this exchange. */
static void put_preauth_context(struct sb *out)
{
	put_little(out, 1, 2);	/* preauthentication integrity */
	put_little(out, 38, 2); /* bytes that follow the next four */
	put_little(out, 0, 4);
	put_little(out, 1, 2);	/* one hash */
	put_little(out, 32, 2); /* bytes of salt */
	put_little(out, 1, 2);	/* SHA-512 */
	sb_addn(out, "nis2 looks at the negotiation...", 32);
}

static void put_smb2(unsigned dialect, struct sb *out)
{
	bool contexts = dialect == SMB311;

	sb_addn(out, "\xfeSMB", 4);
	put_little(out, 64, 2);
	put_zeros(out, 12); /* credits charged, status, command, credits */
	put_zeros(out, 46);
	put_little(out, 36, 2);
	put_little(out, 1, 2); /* one dialect */
	put_little(out, 0, 2); /* we need not sign */
	put_little(out, 0, 2);
	put_little(out, 0, 4); /* capabilities */
	sb_addn(out, "nis2-scanner-id!", 16);
	put_little(out, contexts ? HEADER_2 + 40 : 0, 4);
	put_little(out, contexts ? 1 : 0, 4);
	put_little(out, dialect, 2);
	if (!contexts)
		return;
	put_zeros(out, 2); /* to a multiple of 8 */
	put_preauth_context(out);
}

void smb_build_negotiate(unsigned dialect, struct sb *out)
{
	struct sb body = sb_new(out->arena, 128);

	if (dialect == SMB1)
		put_smb1(&body);
	else
		put_smb2(dialect, &body);
	sb_addc(out, 0);
	sb_addc(out, 0);
	sb_addc(out, (char)(body.len >> 8));
	sb_addc(out, (char)body.len);
	sb_addn(out, body.s, body.len);
}

/* Words: the dialect's number, then the security mode. */
static bool parse_smb1(const char *p, size_t len, struct smb_answer *ret)
{
	if (len < HEADER_1 + 1 || p[4] != 0x72)
		return false;
	if ((unsigned char)p[HEADER_1] < 1 || len < HEADER_1 + 4 ||
	    little16(p + HEADER_1 + 1) == 0xffff)
		return true; /* no dialect of ours */
	ret->accepted = true;
	ret->signing_required = p[HEADER_1 + 3] & 8;
	return true;
}

bool smb_parse_negotiate(struct span answer, unsigned dialect,
			 struct smb_answer *ret)
{
	size_t len = span_len(answer);
	const char *p = answer.p + 4;

	*ret = (struct smb_answer){ 0 };
	if (len < 4 + HEADER_1)
		return false;
	len -= 4;
	if (!memcmp(p, "\xffSMB", 4))
		return parse_smb1(p, len, ret);
	if (memcmp(p, "\xfeSMB", 4) != 0 || len < HEADER_2 + 8)
		return false;
	if (dialect == SMB1 || little32(p + 8) ||
	    little16(p + HEADER_2 + 4) != dialect)
		return true;
	ret->accepted = true;
	ret->signing_required = little16(p + HEADER_2 + 2) & 2;
	return true;
}
