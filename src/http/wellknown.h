/*
 * wellknown: two addresses that are the same on every site (RFC 8615).
 *
 * /.well-known/security.txt says where to report a weakness (RFC 9116), when
 * SECURITY_CONTACT is set. /.well-known/change-password leads a password
 * manager to the page where a password is changed (W3C, "A Well-Known URL for
 * Changing Passwords").
 */
#ifndef NIS2_HTTP_WELLKNOWN_H
#define NIS2_HTTP_WELLKNOWN_H

#include "http/exchange.h"

/* Answers when the path is one of them: 200, 302 or 405; else false. */
bool wellknown_reply(const struct settings *settings, struct exchange *x);

#endif
