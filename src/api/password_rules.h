/*
 * password_rules: which passwords are refused besides those that are too short
 * or too long (the contract says how long).
 *
 * What a stranger would try first: the account's own address or name, the most
 * common passwords (data/passwords.txt, one a line in lower case, of our own
 * making), one short piece again and again, and runs: "qwerty123", "abcd1234",
 * "1q2w3e4r". All without regard to case. A password that mixes capitals, small
 * letters, digits and signs is none of the common ones; it may still not be the
 * address itself. That follows NIST SP 800-63B, 5.1.1.2: compare with what is
 * known to be used, and prescribe no composition.
 */
#ifndef NIS2_API_PASSWORD_RULES_H
#define NIS2_API_PASSWORD_RULES_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Whether `password` may be that of the account; `email` and `name` may be
 * NULL. False: ERR_INVALID on `field` ("body.password"), "value_error", with a
 * sentence for people.
 */
bool password_allowed(const char *password, const char *email, const char *name,
		      const char *field, struct err *err);

#endif
