/*
 * rdp: which protection Remote Desktop insists on ([MS-RDPBCGR] 2.2.1.1 and
 * 2.2.1.2). Pure; the I/O is in rdp.c.
 */
#ifndef NIS2_SCAN_PROBES_RDP_H
#define NIS2_SCAN_PROBES_RDP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"

enum { RDP_ANSWER_MAX = 512 };

/* What a client may ask for; CredSSP is Network Level Authentication. */
enum rdp_protection { RDP_STANDARD = 0, RDP_TLS = 1, RDP_NLA = 2 };

void rdp_build_request(enum rdp_protection protection, struct sb *out);
/* True: it is an answer, and `ret_accepted` says whether it agrees. */
bool rdp_parse_confirm(struct span answer, enum rdp_protection protection,
		       bool *ret_accepted);

#endif
