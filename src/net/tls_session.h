/*
 * tls_session: what a server does with sessions: whether one can be taken up
 * again, by id or by ticket, whether a client may ask for a new handshake in
 * one, and whether TLS 1.3 takes data with the first flight. Through OpenSSL.
 */
#ifndef NIS2_NET_TLS_SESSION_H
#define NIS2_NET_TLS_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "net/hello.h"

/* Before TLS 1.3. */
struct tls_session_old {
	bool by_id;	/* RFC 5246, F.1.4 */
	bool by_ticket; /* RFC 5077 */
	/* HELLO_VULNERABLE: a client's wish for a new handshake is granted. */
	enum hello_finding renegotiation;
	/* The ticket, for who asks with it again; len 0: none was given. */
	struct cert_der ticket;
	enum tls_version version;
	uint16_t suite;
};

/* TLS 1.3 (RFC 8446, 2.2 and 2.3). */
struct tls_session_new {
	bool resumed;
	int64_t lifetime;   /* of a ticket, seconds; -1: none was given */
	int64_t early_data; /* bytes that it takes at once, 0: none */
};

/* False: no handshake, so that nothing is known. */
bool tls_session_before13(struct hello_peer *peer, struct arena *a,
			  struct tls_session_old *ret);
bool tls_session_13(struct hello_peer *peer, struct tls_session_new *ret);

#endif
