/*
 * conn: one TCP connection that we opened, plain or under TLS.
 *
 * It has ONE deadline (a clock_tick() value) for everything that is ever done
 * on it: connecting, each read and write, the TLS handshake. A peer that sends
 * a byte a second does not keep a thread. Errors are ERR_UPSTREAM and say what
 * happened: refused, unreachable, timed out, reset, or closed by the peer.
 *
 *	_cleanup_conn_ struct conn *conn = NULL;
 *	if (!conn_open(&addr, 22, deadline, &conn, err) ||
 *	    !conn_read_line(conn, arena, 255, &line, err))
 *		return false;
 *
 * Connect only to addresses that net/target.h handed out.
 */
#ifndef NIS2_NET_CONN_H
#define NIS2_NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/addr.h"
#include "net/cert.h"

struct conn;

/*
 * Loads what TLS needs from disk, once. Optional: for a process that is about
 * to give up its access to files.
 */
void conn_prepare(void);

#define _cleanup_conn_ __attribute__((cleanup(conn_close_at_end)))
void conn_close_at_end(struct conn **conn);

/* Why the last call failed: what a probe makes a fact of. */
enum conn_state {
	CONN_OPEN,
	CONN_REFUSED,
	CONN_UNREACHABLE,
	CONN_TIMED_OUT,
	CONN_RESET,
	CONN_CLOSED, /* the peer ended the stream */
	CONN_FAILED, /* TLS, or an error of our own machine */
};

/*
 * Starts to connect and does not wait: the descriptor, which poll() calls
 * writable when it is decided, or -1. For who looks at many ports at once; it
 * is the caller's to close.
 */
int conn_begin(const struct addr *a, int port, int64_t deadline,
	       struct err *err);

/* Whether this machine knows a way to the address; nothing is sent. */
bool conn_has_route(const struct addr *a);

/*
 * Manners: to one address, all threads together start at most CONN_BURST
 * connections at once and then so many a second; who wants more is made to
 * wait, until its deadline at most. 0 is no limit, as it is at the start.
 */
enum { CONN_BURST = 256 };
void conn_limit(int per_second);

/* `ret_state` (may be NULL) tells why there is no connection. */
bool conn_open(const struct addr *a, int port, int64_t deadline,
	       struct conn **ret, enum conn_state *ret_state, struct err *err);
void conn_close(struct conn *conn);
enum conn_state conn_state(const struct conn *conn);

/* At least one and at most `max` bytes; the end of the stream is an error. */
bool conn_read(struct conn *conn, void *buf, size_t max, size_t *ret_len,
	       struct err *err);
/* Exactly `len` bytes. */
bool conn_read_all(struct conn *conn, void *buf, size_t len, struct err *err);
/*
 * A line without its CR LF or LF. A line longer than `max`, or one that ends
 * with the stream, is an error; NUL bytes come through as '?'.
 */
bool conn_read_line(struct conn *conn, struct arena *a, size_t max,
		    const char **ret, struct err *err);
bool conn_write_all(struct conn *conn, const void *bytes, size_t len,
		    struct err *err);

/* What a TLS handshake agreed on. Nothing is verified: cert_judge() does. */
struct conn_tls {
	const char *version; /* "TLSv1.3" */
	const char *cipher;  /* OpenSSL's name */
	int cipher_bits;
	const char *alpn; /* what the server chose of `alpn`, or NULL */
	struct cert_chain chain;
	struct cert_der staple; /* OCSP answer that came along; empty: none */
	struct cert_der scts;	/* SCT list of the TLS extension; the same */
};

/*
 * Speaks TLS from here on, from TLS 1.0 and with every cipher the library
 * still has: we look at servers, we do not trust them with anything. `sni` may
 * be NULL or an address: then no name is sent. `alpn` is "http/1.1" or NULL.
 */
bool conn_start_tls(struct conn *conn, const char *sni, const char *alpn,
		    struct arena *a, struct conn_tls *ret, struct err *err);

#endif
