/*
 * starttls: services that begin in clear and change to TLS when asked.
 *
 * What is said until the first byte of a ClientHello, for any connection:
 *
 *	if (!conn_open(addr, port, deadline, &conn, NULL, err) ||
 *	    !starttls_begin(conn, starttls_on(port), name, err))
 *		return false;
 *	... a hello of our own, or conn_start_tls() ...
 *
 * ERR_REFUSED says that the service is what it is expected to be and does not
 * change to TLS; ERR_UPSTREAM that nothing can be said (another service, or
 * none). What a server says is read by functions without I/O, of which none
 * takes more than STARTTLS_REPLY_MAX bytes.
 *
 * SMTP: RFC 3207. IMAP, POP3: RFC 2595, 9051. FTP: RFC 4217. LDAP: RFC 4511,
 * 4.14. XMPP: RFC 6120, 5. PostgreSQL: SSLRequest, MySQL: SSL Request Packet,
 * as their manuals describe them.
 */
#ifndef NIS2_NET_STARTTLS_H
#define NIS2_NET_STARTTLS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "net/conn.h"

enum { STARTTLS_REPLY_MAX = 16384 };

enum starttls_kind {
	STARTTLS_NONE, /* TLS from the first byte */
	STARTTLS_SMTP,
	STARTTLS_IMAP,
	STARTTLS_POP3,
	STARTTLS_FTP,
	STARTTLS_LDAP,
	STARTTLS_POSTGRESQL,
	STARTTLS_MYSQL,
	STARTTLS_XMPP_CLIENT,
	STARTTLS_XMPP_SERVER,
	STARTTLS_KINDS,
};

/* What a service said before TLS. */
struct starttls_said {
	bool speaks; /* it is the service that was expected */
	bool offers; /* and offers to change to TLS */
	bool knows_login;
	bool login_in_clear; /* a password may be sent without TLS */
};

/* The service of a port, or STARTTLS_NONE. */
enum starttls_kind starttls_on(int port);
/* The service that is called so, or STARTTLS_NONE. */
enum starttls_kind starttls_named(const char *name);
/* "smtp", "imap" …; NULL for STARTTLS_NONE. */
const char *starttls_name(enum starttls_kind kind);

/*
 * Talks until the next byte is the first of a handshake. `name` is that of the
 * server for the one protocol that needs it (XMPP), or NULL. With
 * STARTTLS_NONE there is nothing to say.
 */
bool starttls_begin(struct conn *conn, enum starttls_kind kind,
		    const char *name, struct err *err);
/*
 * Asks what the service offers in clear, and does not change to TLS. No
 * password is sent; FTP is told a user name, because it says nothing before.
 */
bool starttls_look(struct conn *conn, enum starttls_kind kind, const char *name,
		   struct starttls_said *ret, struct err *err);

/* ---- reading, without I/O ---- */

enum starttls_answer {
	STARTTLS_MORE,	/* not complete yet */
	STARTTLS_YES,	/* go on */
	STARTTLS_NO,	/* the service, and it will not */
	STARTTLS_OTHER, /* another protocol */
};

enum { STARTTLS_STEPS_MAX = 4 };

/*
 * Reads the answer to the n-th step of a kind; `bytes` is moved behind it
 * unless it is MORE. Beyond the last step everything is OTHER.
 */
enum starttls_answer starttls_read(enum starttls_kind kind, int step,
				   struct span *bytes,
				   struct starttls_said *said);

#endif
