/*
 * seal: text in a column that nobody may read or move who has the database
 * alone (XChaCha20-Poly1305, RFC 8439 with the longer nonce of
 * draft-irtf-cfrg-xchacha).
 *
 * What is kept is `v1.KEYID.BASE64URL(nonce, ciphertext, tag)`. The key is
 * derived from DATA_ENCRYPTION_KEY for one purpose, the label, so that what was
 * sealed for one does not open for another. The place, "table.column:row id",
 * is bound in: a text that was copied to another row does not open there.
 *
 * Opening fails closed. Plain text, an altered text and a key that is not ours
 * are errors; nothing is ever taken for what it is not.
 *
 *	seal_text(settings, "totp", place, secret, a)
 *	seal_open(settings, "totp", place, kept, a, &secret, err)
 */
#ifndef NIS2_CRYPTO_SEAL_H
#define NIS2_CRYPTO_SEAL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/settings.h"

/* The longest text that is sealed, in bytes; kept it has SEAL_MAX at most. */
enum { SEAL_TEXT_MAX = 4096, SEAL_MAX = 5600 };

/* With DATA_ENCRYPTION_KEY; each call gives another text. */
char *seal_text(const struct settings *s, const char *label, const char *place,
		const char *text, struct arena *a);

/*
 * What was sealed, with the key of today or DATA_ENCRYPTION_KEY_PREVIOUS.
 * ERR_BUSY otherwise, because it is the operator who must act and not the
 * client; the cause says what is wrong, and never what the text was.
 */
bool seal_open(const struct settings *s, const char *label, const char *place,
	       const char *kept, struct arena *a, char **ret, struct err *err);

/* Whether it names the key of today: what it names is not proven by that. */
bool seal_is_current(const struct settings *s, const char *kept);

#endif
