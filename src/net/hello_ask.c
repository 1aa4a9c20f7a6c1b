/*
 * hello_ask: what a server makes of our hellos.
 *
 * Each question is one connection that is closed after the ServerHello. An
 * alert means no; so does hanging up, when it does so twice, because some
 * servers refuse that way. Silence, no connection, and another protocol are
 * not an answer: then it could not be tested, which is not the same as no.
 */
#include "net/hello_ask.h"

#include <string.h>

#include "base/clock.h"
#include "net/conn.h"

enum { PATIENCE = 3 * 1000000 };

enum { ALERT_PROTOCOL_VERSION = 70 };

/* Until there are `len` bytes; what came before an error stays in `in`. */
static bool read_to(struct conn *conn, struct sb *in, size_t len,
		    struct err *err)
{
	size_t n;

	while (in->len < len) {
		if (!conn_read(conn, sb_room(in, len - in->len), len - in->len,
			       &n, err))
			return false;
		in->len += n;
	}
	return true;
}

bool hello_read_record(struct conn *conn, struct sb *in, struct err *err)
{
	size_t start = in->len, len;
	const unsigned char *head;

	if (!read_to(conn, in, start + 5, err))
		return false;
	head = (const unsigned char *)in->s + start;
	len = (size_t)head[3] << 8 | head[4];
	/* Nonsense is left to the parser, which needs no more than this. */
	if (head[1] != 3 || len > HELLO_RECORD_MAX)
		return true;
	return read_to(conn, in, start + 5 + len, err);
}

static bool was_offered(const struct hello_offer *offer, unsigned suite)
{
	for (size_t i = 0; i < offer->suite_count; i++)
		if (offer->suites[i] == suite)
			return true;
	return false;
}

static enum reply judge_hello(struct question *q)
{
	const char *name = tls_version_name(q->answer.version);

	q->speaks_tls = true;
	if (q->answer.version != q->offer.version) {
		q->why = arena_printf(q->arena, "answers with %s",
				      name ? name : "another version");
		return REPLY_NEVER;
	}
	if (was_offered(&q->offer, q->answer.suite))
		return REPLY_PICKED;
	q->why = "picks a suite that was not offered";
	return REPLY_REFUSED;
}

static enum reply judge(struct question *q)
{
	switch (q->answer.kind) {
	case HELLO_SERVER:
		return judge_hello(q);
	case HELLO_ALERT:
		q->speaks_tls = true;
		q->why = hello_alert_name(q->answer.alert, q->arena);
		return q->answer.alert == ALERT_PROTOCOL_VERSION
			       ? REPLY_NEVER
			       : REPLY_REFUSED;
	default:
		q->why = "not TLS";
		return REPLY_NONE;
	}
}

static enum reply hung_up(struct question *q, const struct conn *conn,
			  const struct sb *in, const struct err *err)
{
	enum hello_kind kind =
		hello_parse(span_of(in->s, in->len), HELLO_UNTIL_HELLO,
			    q->arena, &q->answer);

	/* It stopped after it had said what counts. */
	if (kind == HELLO_SERVER)
		return judge(q);
	q->why = arena_strdup(q->arena, err->msg);
	/* A few bytes and then nothing: whatever it is, it is not TLS. */
	if (in->len && kind == HELLO_NOT_TLS) {
		q->why = "not TLS";
		return REPLY_NONE;
	}
	return conn_state(conn) == CONN_TIMED_OUT ? REPLY_NONE : REPLY_HUNG_UP;
}

static enum reply converse(struct question *q, struct conn *conn)
{
	/* Of its own: a server may send much, and is asked often. */
	_arena_ struct arena scratch = { 0 };
	struct sb out = sb_new(&scratch, 512);
	struct sb in = sb_new(&scratch, 1024);
	struct err err = { 0 };

	hello_build(&q->offer, &out);
	if (!conn_write_all(conn, out.s, out.len, &err))
		return hung_up(q, conn, &in, &err);
	while (in.len < HELLO_FLIGHT_MAX) {
		if (!hello_read_record(conn, &in, &err))
			return hung_up(q, conn, &in, &err);
		if (hello_parse(span_of(in.s, in.len), q->wait, q->arena,
				&q->answer) != HELLO_MORE)
			break;
	}
	return judge(q);
}

struct conn *hello_connect(struct hello_peer *peer, struct err *err)
{
	int64_t end =
		clock_tick() + (peer->patience ? peer->patience : PATIENCE);
	struct conn *conn = NULL;

	if (end > peer->deadline)
		end = peer->deadline;
	peer->connections++;
	if (!conn_open(peer->addr, peer->port, end, &conn, NULL, err))
		return NULL;
	if (starttls_begin(conn, peer->starttls, peer->sni, err))
		return conn;
	conn_close(conn);
	return NULL;
}

static enum reply ask_once(struct question *q)
{
	struct err err = { 0 };
	_cleanup_conn_ struct conn *conn = hello_connect(q->peer, &err);

	if (!conn) {
		q->why = arena_strdup(q->arena, err.msg);
		return REPLY_NONE;
	}
	return converse(q, conn);
}

enum reply hello_ask(struct question *q)
{
	enum reply reply = ask_once(q);

	if (reply != REPLY_HUNG_UP || q->peer->hangs_up)
		return reply;
	reply = ask_once(q);
	q->peer->hangs_up = reply == REPLY_HUNG_UP;
	return reply;
}

/* ---- which suites there are ---- */

size_t hello_suites_of(enum tls_version version, unsigned without,
		       struct arena *a, uint16_t **ret)
{
	const struct suite *s;
	size_t count = 0;

	while (suite_row(count))
		count++;
	*ret = arena_array(a, count, sizeof(**ret));
	count = 0;
	for (size_t i = 0; (s = suite_row(i)); i++)
		if (s->first <= version && version <= s->last &&
		    !(s->flags & without))
			(*ret)[count++] = s->code;
	return count;
}

/* ---- certificates in clear ---- */

static bool ask_certificates(struct question *q, enum tls_version version)
{
	uint16_t *suites;
	size_t count = hello_suites_of(version, SUITE_ANON | SUITE_PSK,
				       q->arena, &suites);

	q->offer.version = version;
	for (size_t done = 0; done < count; done += HELLO_CHUNK) {
		enum reply reply;

		q->offer.suites = suites + done;
		q->offer.suite_count =
			count - done < HELLO_CHUNK ? count - done : HELLO_CHUNK;
		reply = hello_ask(q);
		if (reply == REPLY_PICKED && q->answer.der_count)
			return true;
		if (reply == REPLY_NEVER || reply == REPLY_NONE)
			return false;
	}
	return false;
}

bool hello_certificates(struct hello_peer *peer, struct arena *a,
			struct cert_chain *ret, struct err *err)
{
	struct question q = { .peer = peer,
			      .offer = { .sni = peer->sni },
			      .wait = HELLO_UNTIL_CERTIFICATE,
			      .arena = a,
			      .why = "no certificate was sent" };

	for (int version = TLS_1_2; version >= TLS_SSL3; version--)
		if (ask_certificates(&q, (enum tls_version)version))
			return cert_parse_chain(
				q.answer.ders, q.answer.der_count, a, ret, err);
	return err_set(err, ERR_UPSTREAM, "%s", q.why);
}
