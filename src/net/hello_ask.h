/*
 * hello_ask: one question to a server, for the files of hello that hunt.
 */
#ifndef NIS2_NET_HELLO_ASK_H
#define NIS2_NET_HELLO_ASK_H

#include "net/hello.h"

/* One place of a hello is taken by the renegotiation SCSV (RFC 5746). */
enum { HELLO_CHUNK = HELLO_SUITES_MAX - 1 };

enum reply {
	REPLY_PICKED,
	REPLY_REFUSED, /* these suites; others may do */
	REPLY_NEVER,   /* this version, whatever the suites */
	REPLY_HUNG_UP, /* closed or reset after our hello */
	REPLY_NONE,    /* nothing that could be judged */
};

struct question {
	struct hello_peer *peer;
	struct hello_offer offer;
	enum hello_wait wait;
	struct arena *arena;
	struct hello_answer answer;
	const char *why;
	bool speaks_tls;
};

struct conn;

/* Connected, and with the clear part of STARTTLS behind it; or NULL. */
struct conn *hello_connect(struct hello_peer *peer, struct err *err);
/*
 * The same with the hello sent, and all that the server says before it waits
 * for us read; or NULL. `patience` in microseconds, 0: the peer's.
 */
struct conn *hello_begin(struct question *q, int64_t patience, struct sb *in);
/* The type of the next record and its content; false: nothing came. */
bool hello_next_record(struct conn *conn, struct sb *in, int *ret_type,
		       struct span *ret);
/* Appends a record. */
void hello_put_record(struct sb *out, int type, enum tls_version version,
		      const char *content, size_t len);
/* One more record at the end of `in`; what came before an error stays. */
bool hello_read_record(struct conn *conn, struct sb *in, struct err *err);
/*
 * Asks, once more when the server hangs up: it may have been a busy moment,
 * unless it is known as the server's way to refuse.
 */
enum reply hello_ask(struct question *q);
/* The suites of a version, without those with a flag of `without`. */
size_t hello_suites_of(enum tls_version version, unsigned without,
		       struct arena *a, uint16_t **ret);

#endif
