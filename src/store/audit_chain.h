/*
 * audit_chain: the keyed hashes that make a chain of the audit log's rows.
 *
 *	personal_hash = H("personal", salt, user, e-mail, name, address,
 *			  program, details)
 *	hash	      = H("row", hash of the row before, organisation, seq, id,
 *			  action, resource type and id, API key, time,
 *			  personal_hash)
 *	seal	      = H("seal", organisation, last_seq, last_hash,
 *			  purged_seq, purged_hash)
 *
 * H is HMAC-SHA256 under a key derived from DATA_ENCRYPTION_KEY with the label
 * "audit chain v1". Its fields are put one behind the other as netstrings
 * ("5:hello,"), a NULL as "-,", so that no two lists of fields give the same
 * bytes. Written as KEY:HEX, where KEY names the key that it was made with:
 * what was made before a change of DATA_ENCRYPTION_KEY is checked with
 * DATA_ENCRYPTION_KEY_PREVIOUS.
 */
#ifndef NIS2_STORE_AUDIT_CHAIN_H
#define NIS2_STORE_AUDIT_CHAIN_H

#include "base/settings.h"
#include "crypto/mac.h"
#include "gen/api_types.h"
#include "gen/row_types.h"
#include "store/db.h"

enum { AUDIT_KEY_ID = 8, AUDIT_HASH_LEN = AUDIT_KEY_ID + 1 + MAC_HEX };

struct audit_key {
	char id[AUDIT_KEY_ID + 1];
	struct mac_key mac;
};

/* The first one writes; the second, if there is one, only checks. */
struct audit_keys {
	struct audit_key at[2];
	int len;
};

void audit_keys_make(const struct settings *settings, struct arena *a,
		     struct audit_keys *ret);

/* The key that made the hash; NULL when none of ours did. */
const struct audit_key *audit_key_find(const struct audit_keys *keys,
				       const char *hash);

/* Read from the row: all that it is a hash of. */
char *audit_personal_hash(const struct audit_key *key,
			  const struct audit_row *row, struct arena *a);
/* `before` is the hash of the row before, "" for the first. */
char *audit_row_hash(const struct audit_key *key, const struct audit_row *row,
		     const char *before, struct arena *a);
char *audit_seal(const struct audit_key *key, const char *org,
		 const struct audit_head *head, struct arena *a);

/* Whether the seal is that of what it stands beside. */
bool audit_sealed(const struct audit_keys *keys, const char *org,
		  const struct audit_head *head, struct arena *a);

/*
 * Walks the rows behind the purged ones up to `upto`, which is there, and adds
 * what it sees to `ret`: the first bad row, if there was none before.
 */
bool audit_check_rows(struct db *db, struct arena *a,
		      const struct audit_keys *keys, const char *org,
		      const struct audit_head *head, int64_t upto,
		      struct audit_verification *ret, struct err *err);

#endif
