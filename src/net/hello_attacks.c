/*
 * hello_attacks: what a hello and a record behind it tell of known attacks.
 * Each question is one connection, and none of them does the server harm.
 */
#include <string.h>

#include "base/clock.h"
#include "net/conn.h"
#include "net/hello_ask.h"
#include "net/hello_wire.h"

enum {
	ALERT_BAD_MAC = 20,
	ALERT_DECRYPTION = 21,
	ALERT_FALLBACK = 86,
};

/* Most servers drop a bad heartbeat without a word. */
enum { SILENCE_US = 1000000 };

static struct question question_of(struct hello_peer *peer,
				   const struct hello_verdict *old,
				   struct arena *a)
{
	size_t count = old->suite_count;

	return (struct question){
		.peer = peer,
		.offer = { .version = old->version,
			   .sni = peer->sni,
			   .suites = old->suites,
			   /* Room for the fallback SCSV. */
			   .suite_count = count < HELLO_CHUNK - 1
						  ? count
						  : HELLO_CHUNK - 1 },
		.wait = HELLO_UNTIL_HELLO,
		.arena = a,
	};
}

bool hello_ask_features(struct hello_peer *peer,
			const struct hello_verdict *old, struct arena *a,
			struct hello_features *ret)
{
	struct question q = question_of(peer, old, a);

	q.offer.features = true;
	if (hello_ask(&q) != REPLY_PICKED)
		return false;
	*ret = q.answer.features;
	return true;
}

enum hello_finding hello_fallback(struct hello_peer *peer,
				  const struct hello_verdict *old,
				  struct arena *a)
{
	struct question q = question_of(peer, old, a);
	enum reply reply;

	q.offer.fallback = true;
	reply = hello_ask(&q);
	if (reply == REPLY_PICKED)
		return HELLO_VULNERABLE;
	if (q.answer.kind == HELLO_ALERT && q.answer.alert == ALERT_FALLBACK)
		return HELLO_SAFE;
	return HELLO_UNKNOWN;
}

/* ---- records behind the hello ---- */

struct conn *hello_begin(struct question *q, int64_t patience, struct sb *in)
{
	struct hello_peer peer = *q->peer;
	struct sb out = sb_new(in->arena, 512);
	enum hello_kind kind = HELLO_MORE;
	struct err err = { 0 };
	struct conn *conn;

	if (patience && (!peer.patience || patience < peer.patience))
		peer.patience = patience;
	conn = hello_connect(&peer, &err);
	q->peer->connections = peer.connections;
	if (!conn)
		return NULL;
	hello_build(&q->offer, &out);
	if (conn_write_all(conn, out.s, out.len, &err))
		while (kind == HELLO_MORE && in->len < HELLO_FLIGHT_MAX &&
		       hello_read_record(conn, in, &err))
			kind = hello_flight(span_of(in->s, in->len));
	if (kind == HELLO_SERVER)
		return conn;
	conn_close(conn);
	return NULL;
}

bool hello_next_record(struct conn *conn, struct sb *in, int *ret_type,
		       struct span *ret)
{
	struct err err = { 0 };
	size_t start = in->len;

	if (!hello_read_record(conn, in, &err) || in->len < start + 5)
		return false;
	*ret_type = (unsigned char)in->s[start];
	*ret = span_of(in->s + start + 5, in->len - start - 5);
	return true;
}

void hello_put_record(struct sb *out, int type, enum tls_version version,
		      const char *content, size_t len)
{
	sb_addc(out, (char)type);
	sb_addc(out, (char)(version >> 8));
	sb_addc(out, (char)version);
	sb_addc(out, (char)(len >> 8));
	sb_addc(out, (char)len);
	sb_addn(out, content, len);
}

enum hello_finding hello_heartbleed(struct hello_peer *peer,
				    const struct hello_verdict *old,
				    struct arena *a)
{
	/* HeartbeatRequest of 16 bytes (RFC 6520 section 4), with none. */
	static const char request[] = { 1, 0, 16 };
	_arena_ struct arena scratch = { 0 };
	struct sb in = sb_new(&scratch, 4096), out = sb_new(&scratch, 16);
	struct question q = question_of(peer, old, a);
	_cleanup_conn_ struct conn *conn = NULL;
	struct err err = { 0 };
	struct span content;
	int type;

	q.offer.features = true;
	conn = hello_begin(&q, SILENCE_US, &in);
	if (!conn)
		return HELLO_UNKNOWN;
	hello_put_record(&out, REC_HEARTBEAT, old->version, request,
			 sizeof(request));
	if (!conn_write_all(conn, out.s, out.len, &err) ||
	    !hello_next_record(conn, &in, &type, &content))
		return HELLO_SAFE;
	/* More than was sent, with the padding that belongs to it. */
	return type == REC_HEARTBEAT && span_len(content) >= 3 + 16
		       ? HELLO_VULNERABLE
		       : HELLO_SAFE;
}

/*
 * A server that takes the first has keys that anybody knows, and cannot read
 * the second under them. One in order has not waited for the second.
 */
static enum hello_finding ccs_once(struct hello_peer *peer,
				   const struct hello_verdict *old,
				   struct arena *a)
{
	_arena_ struct arena scratch = { 0 };
	struct sb in = sb_new(&scratch, 4096), out = sb_new(&scratch, 16);
	struct question q = question_of(peer, old, a);
	_cleanup_conn_ struct conn *conn = hello_begin(&q, 0, &in);
	struct err err = { 0 };
	struct span content;
	int type;

	if (!conn)
		return HELLO_UNKNOWN;
	hello_put_record(&out, REC_CHANGE_CIPHER, old->version, "\1", 1);
	hello_put_record(&out, REC_CHANGE_CIPHER, old->version, "\1", 1);
	if (!conn_write_all(conn, out.s, out.len, &err) ||
	    !hello_next_record(conn, &in, &type, &content))
		return conn_state(conn) == CONN_TIMED_OUT ? HELLO_UNKNOWN
							  : HELLO_SAFE;
	if (type != REC_ALERT || span_len(content) != 2)
		return HELLO_UNKNOWN;
	return content.p[1] == ALERT_BAD_MAC || content.p[1] == ALERT_DECRYPTION
		       ? HELLO_VULNERABLE
		       : HELLO_SAFE;
}

enum hello_finding hello_early_ccs(struct hello_peer *peer,
				   const struct hello_verdict *old,
				   struct arena *a)
{
	enum hello_finding first = ccs_once(peer, old, a);

	return first == HELLO_VULNERABLE ? ccs_once(peer, old, a) : first;
}

enum hello_finding hello_ticketbleed(struct hello_peer *peer,
				     enum tls_version version, uint16_t suite,
				     struct cert_der ticket, struct arena *a)
{
	static const uint8_t id[16] = "who-takes-it-up?";
	struct hello_verdict old = { .version = version,
				     .suites = &suite,
				     .suite_count = 1 };
	struct question q = question_of(peer, &old, a);

	q.offer.features = true;
	q.offer.ticket = ticket;
	q.offer.session_id = (struct cert_der){ id, sizeof(id) };
	if (hello_ask(&q) != REPLY_PICKED)
		return HELLO_UNKNOWN;
	/* The id comes back, with what lay behind it. */
	return q.answer.session_id_len > sizeof(id) &&
			       !memcmp(q.answer.session_id, id, sizeof(id))
		       ? HELLO_VULNERABLE
		       : HELLO_SAFE;
}
