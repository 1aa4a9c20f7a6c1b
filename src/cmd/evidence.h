/*
 * evidence: what a scan saw, kept so that it can be shown later that nobody
 * changed it.
 *
 * A folder `scan_<scan_id>` holds the configuration that was in force, the
 * report, what the probes stated and the results made of it, and
 * `metadata.json`, which has the SHA-256 of each of them. The hash of
 * metadata.json therefore stands for the whole; it is in every report of the
 * scan. Where a key was given, `metadata.json.sig` is its Ed25519 signature.
 *
 * It is a plain folder, and no archive: any program can look into it, tar(1)
 * moves it, and what is signed needs no unpacking before it is checked.
 */
#ifndef NIS2_CMD_EVIDENCE_H
#define NIS2_CMD_EVIDENCE_H

#include "cmd/scan_config.h"
#include "cmd/scan_output.h"
#include "crypto/sign.h"

struct evidence {
	const char *folder; /* where scan_<scan_id> goes */
	const struct scan_config *config;
	const struct scanned *scan;
	const struct report_input *report;
	const struct sign_key *key; /* NULL: it is not signed */
};

/* Writes the folder; the hash of its metadata.json lives in the arena. */
bool evidence_write(const struct evidence *e, struct arena *a,
		    const char **ret_sha256, struct err *err);

/*
 * Looks whether the folder is as it was written. ERR_CONFLICT: it is not, and
 * the message names the file. `sha256` (of metadata.json) and `key` may be
 * NULL; without both, only that the files fit together is known.
 */
bool evidence_verify(const char *folder, const char *sha256,
		     const struct sign_public *key, struct arena *a,
		     const char **ret_sha256, struct err *err);

#endif
