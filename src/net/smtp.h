/*
 * smtp: hands one message to the mail server of the installation (RFC 5321).
 *
 * The server is the operator's choice, so no rule of net/target.h is asked.
 * With TLS its certificate must be valid for its name, by the authorities of
 * the system or by CA_FILE; with SMTP_STARTTLS a server that does not offer it
 * gets nothing. Connecting, up to and with the login, may take 10 s, all of it
 * 30 s.
 *
 * What can be tried again is ERR_UPSTREAM (no connection, no trust, a 4xx
 * reply), what cannot is ERR_REFUSED (a 5xx reply). Neither password nor
 * message is in an error.
 */
#ifndef NIS2_NET_SMTP_H
#define NIS2_NET_SMTP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/settings.h"

struct smtp_message {
	const char *from, *to; /* ASCII addresses, without < > */
	const char *bytes;     /* lines end in CR LF */
	size_t len;
};

/*
 * Sends it as the settings say (SMTP_*, CA_FILE). `go_on(arg)` is called about
 * once a second; when it is false the transfer ends with ERR_BUSY.
 */
bool smtp_send(const struct settings *s, const struct smtp_message *m,
	       bool (*go_on)(void *arg), void *arg, struct err *err);

/*
 * The address with its domain in ASCII: "a@bücher.example" becomes
 * "a@xn--bcher-kva.example" (RFC 5891). The part before the @ stays as it is.
 * ERR_REFUSED for a domain that is none.
 */
bool smtp_ascii_address(struct arena *a, const char *address, const char **ret,
			struct err *err);

#endif
