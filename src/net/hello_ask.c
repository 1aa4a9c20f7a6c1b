/*
 * hello_ask: what a server makes of our hellos.
 *
 * Each question is one connection that is closed after the ServerHello. An
 * alert means no; so does hanging up, when it does so twice, because some
 * servers refuse that way. Silence, no connection, and another protocol are
 * not an answer: then it could not be tested, which is not the same as no.
 */
#include "net/hello.h"

#include <string.h>

#include "base/clock.h"
#include "net/conn.h"

/* One place of a hello is taken by the renegotiation SCSV (RFC 5746). */
enum { CHUNK = HELLO_SUITES_MAX - 1, PATIENCE = 3 * 1000000 };

enum { ALERT_PROTOCOL_VERSION = 70 };

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
	bool want_certificate;
	struct arena *arena;
	struct hello_answer answer;
	const char *why;
	bool speaks_tls;
};

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

static bool read_record(struct conn *conn, struct sb *in, struct err *err)
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

static enum reply hung_up(struct question *q, const struct conn *conn,
			  const struct sb *in, const struct err *err)
{
	q->why = arena_strdup(q->arena, err->msg);
	/* A few bytes and then nothing: whatever it is, it is not TLS. */
	if (in->len && hello_parse(span_of(in->s, in->len), false, q->arena,
				   &q->answer) == HELLO_NOT_TLS) {
		q->why = "not TLS";
		return REPLY_NONE;
	}
	return conn_state(conn) == CONN_TIMED_OUT ? REPLY_NONE : REPLY_HUNG_UP;
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
		if (!read_record(conn, &in, &err))
			return hung_up(q, conn, &in, &err);
		if (hello_parse(span_of(in.s, in.len), q->want_certificate,
				q->arena, &q->answer) != HELLO_MORE)
			break;
	}
	return judge(q);
}

static enum reply ask_once(struct question *q)
{
	const struct hello_peer *peer = q->peer;
	int64_t end =
		clock_tick() + (peer->patience ? peer->patience : PATIENCE);
	_cleanup_conn_ struct conn *conn = NULL;
	struct err err = { 0 };

	if (end > peer->deadline)
		end = peer->deadline;
	q->peer->connections++;
	if (!conn_open(peer->addr, peer->port, end, &conn, NULL, &err)) {
		q->why = arena_strdup(q->arena, err.msg);
		return REPLY_NONE;
	}
	if (!starttls_begin(conn, peer->starttls, peer->sni, &err)) {
		q->why = arena_strdup(q->arena, err.msg);
		return REPLY_NONE;
	}
	return converse(q, conn);
}

/* A server that hangs up is asked again: it may have been a busy moment. */
static enum reply ask(struct question *q)
{
	enum reply reply = ask_once(q);

	return reply == REPLY_HUNG_UP ? ask_once(q) : reply;
}

/* ---- all suites of one version ---- */

struct hunt {
	struct question q;
	uint16_t *todo; /* what is still to be offered */
	size_t todo_count;
	bool first_only;
	struct hello_verdict *ret;
};

static size_t suites_of(enum tls_version version, unsigned without,
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

static size_t strike(uint16_t *suites, size_t count, unsigned suite)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (suites[i] != suite)
			suites[kept++] = suites[i];
	return kept;
}

static void picked(struct hunt *h, unsigned suite)
{
	h->ret->result = HELLO_ACCEPTED;
	h->ret->why = NULL;
	h->ret->suites[h->ret->suite_count++] = (uint16_t)suite;
}

/* Offers a chunk until nothing of it is picked any more. */
static enum reply exhaust(struct hunt *h, uint16_t *chunk, size_t count)
{
	enum reply reply = REPLY_REFUSED;

	while (count) {
		h->q.offer.suites = chunk;
		h->q.offer.suite_count = count;
		reply = ask(&h->q);
		if (reply != REPLY_PICKED)
			return reply;
		picked(h, h->q.answer.suite);
		if (h->first_only)
			return reply;
		count = strike(chunk, count, h->q.answer.suite);
	}
	return reply;
}

static void conclude(struct hunt *h, enum reply last)
{
	struct hello_verdict *v = h->ret;

	v->speaks_tls = h->q.speaks_tls;
	v->complete = last != REPLY_NONE;
	if (v->result == HELLO_ACCEPTED)
		return;
	v->result = last == REPLY_NONE ? HELLO_UNTESTED : HELLO_REFUSED;
	v->why = h->q.why;
}

static enum reply all_chunks(struct hunt *h)
{
	enum reply reply = REPLY_REFUSED;

	for (size_t done = 0; done < h->todo_count; done += CHUNK) {
		size_t left = h->todo_count - done;

		reply = exhaust(h, h->todo + done, left < CHUNK ? left : CHUNK);
		if (reply == REPLY_NEVER || reply == REPLY_NONE ||
		    (h->first_only && reply == REPLY_PICKED))
			break;
	}
	return reply;
}

static void hunt(struct hello_peer *peer, enum tls_version version,
		 bool first_only, struct arena *a, struct hello_verdict *ret)
{
	struct hunt h = {
		.q = { .peer = peer,
		       .offer = { .version = version, .sni = peer->sni },
		       .arena = a },
		.first_only = first_only,
		.ret = ret,
	};
	enum reply reply;

	*ret = (struct hello_verdict){ .version = version,
				       .result = HELLO_REFUSED };
	h.todo_count = suites_of(version, 0, a, &h.todo);
	ret->suites = arena_array(a, h.todo_count, sizeof(*ret->suites));
	reply = all_chunks(&h);
	/* A server that has no retry request wants a key at once. */
	if (version >= TLS_1_3 && !ret->suite_count &&
	    (reply == REPLY_REFUSED || reply == REPLY_HUNG_UP)) {
		h.q.offer.key_share = true;
		reply = all_chunks(&h);
	}
	conclude(&h, reply);
}

void hello_offered(struct hello_peer *peer, enum tls_version version,
		   struct arena *a, struct hello_verdict *ret)
{
	hunt(peer, version, true, a, ret);
}

void hello_suites(struct hello_peer *peer, enum tls_version version,
		  struct arena *a, struct hello_verdict *ret)
{
	hunt(peer, version, false, a, ret);
}

/* ---- certificates in clear ---- */

static bool ask_certificates(struct question *q, enum tls_version version)
{
	uint16_t *suites;
	size_t count =
		suites_of(version, SUITE_ANON | SUITE_PSK, q->arena, &suites);

	q->offer.version = version;
	for (size_t done = 0; done < count; done += CHUNK) {
		enum reply reply;

		q->offer.suites = suites + done;
		q->offer.suite_count =
			count - done < CHUNK ? count - done : CHUNK;
		reply = ask(q);
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
			      .want_certificate = true,
			      .arena = a,
			      .why = "no certificate was sent" };

	for (int version = TLS_1_2; version >= TLS_SSL3; version--)
		if (ask_certificates(&q, (enum tls_version)version))
			return cert_parse_chain(
				q.answer.ders, q.answer.der_count, a, ret, err);
	return err_set(err, ERR_UPSTREAM, "%s", q.why);
}
