/*
 * smb: the negotiation of SMB ([MS-CIFS] 2.2.4.52, [MS-SMB2] 2.2.3). Pure; the
 * I/O is in smb.c. Nobody signs in.
 */
#ifndef NIS2_SCAN_PROBES_SMB_H
#define NIS2_SCAN_PROBES_SMB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

enum { SMB_ANSWER_MAX = 4096 };

struct smb_answer {
	bool accepted; /* the dialect that was offered */
	bool signing_required;
};

/* Appends a NEGOTIATE that offers this dialect alone; 0x0001 is SMB 1. */
void smb_build_negotiate(unsigned dialect, struct sb *out);
/* The whole answer, with the 4 bytes of its length. False: it is none. */
bool smb_parse_negotiate(struct span answer, unsigned dialect,
			 struct smb_answer *ret);

#endif
