/*
 * cert_status: whether a certificate was revoked, and whether it was logged.
 *
 * The stapled OCSP answer comes first, then the responder is asked, then the
 * revocation list; a `discreet` plan and a quick one ask nobody. Addresses of
 * both are judged by the plan's policy before they are connected to.
 */
#ifndef NIS2_SCAN_PROBES_CERT_STATUS_H
#define NIS2_SCAN_PROBES_CERT_STATUS_H

#include <stdbool.h>

#include "net/conn.h"
#include "net/revocation.h"
#include "net/sct.h"
#include "scan/probe.h"

/* States all of it about the leaf of the handshake. */
void cert_status_facts(struct probe_run *run, const struct conn_tls *tls);

/* ---- parts without I/O ---- */

/* What the receipts come to; `is_public` as in cert.public. */
void cert_sct_facts(const struct sct_list *scts, bool is_public, int port,
		    struct fact_list *facts);

#endif
