/*
 * hello_robot: whether a server tells by its answer how the padding of an RSA
 * key exchange looked (Bleichenbacher's attack; ROBOT, CVE-2017-13099 and
 * others). Five key exchanges, one of them in order and four broken in
 * different places, all of them with keys that nobody has: a server in order
 * answers all of them alike (RFC 5246, 7.4.7.1).
 */
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "net/conn.h"
#include "net/hello_ask.h"
#include "net/hello_wire.h"
#include "net/pubkey.h"

enum { HS_CLIENT_KEY = 16, SECRET = 48 };
/* For an answer that must come, and for one that may. */
enum { ANSWER_US = 3000000, SILENCE_US = 1000000, LEAST_US = 200000 };

/* How a block is made. */
enum block {
	BLOCK_RIGHT,
	BLOCK_TYPE,    /* it does not begin with 0, 2 */
	BLOCK_ZERO,    /* the zero before the secret is too late */
	BLOCK_NO_ZERO, /* there is none */
	BLOCK_VERSION, /* the secret begins with another version */
	BLOCKS,
};

struct robot {
	struct hello_peer *peer;
	enum tls_version version;
	const uint16_t *suites;
	size_t suite_count;
	struct arena *arena;
	int64_t silence; /* for an answer that may come */
};

/* What an answer is worth comparing by. */
enum { ANSWER_NONE, ANSWER_CLOSED, ANSWER_RESET, ANSWER_SILENT, ANSWER_RECORD };

/* ---- blocks (RFC 8017, 7.2.1) ---- */

static void make_block(enum block kind, enum tls_version version,
		       unsigned char *block, size_t len)
{
	size_t zero = len - SECRET - 1;

	rand_bytes(block, len);
	for (size_t i = 0; i < len; i++)
		if (!block[i])
			block[i] = 1;
	block[0] = 0;
	block[1] = 2;
	block[zero] = 0;
	block[zero + 1] = (unsigned char)(version >> 8);
	block[zero + 2] = (unsigned char)version;
	if (kind == BLOCK_TYPE) {
		block[0] = 0x41;
		block[1] = 0x17;
	} else if (kind == BLOCK_ZERO) {
		block[zero] = 0x11;
		block[len - 2] = 0;
	} else if (kind == BLOCK_NO_ZERO) {
		block[zero] = 0x11;
	} else if (kind == BLOCK_VERSION) {
		block[zero + 1] = block[zero + 2] = 2;
	}
}

/* ---- one exchange ---- */

static bool put_exchange(struct sb *out, struct span certificate,
			 enum tls_version version, enum block kind)
{
	unsigned char block[PUBKEY_RSA_MAX], sealed[PUBKEY_RSA_MAX];
	char message[6 + PUBKEY_RSA_MAX];
	size_t len = (size_t)pubkey_rsa_bytes(certificate);

	if (len < SECRET + 11)
		return false;
	make_block(kind, version, block, len);
	if (!pubkey_rsa_raw(certificate, block, sealed))
		return false;
	message[0] = HS_CLIENT_KEY;
	message[1] = 0;
	message[2] = (char)((len + 2) >> 8);
	message[3] = (char)(len + 2);
	message[4] = (char)(len >> 8);
	message[5] = (char)len;
	memcpy(message + 6, sealed, len);
	hello_put_record(out, REC_HANDSHAKE, version, message, len + 6);
	return true;
}

/* ChangeCipherSpec, and a Finished that no key decrypts. */
static void put_finished(struct sb *out, enum tls_version version)
{
	unsigned char noise[64];

	rand_bytes(noise, sizeof(noise));
	hello_put_record(out, REC_CHANGE_CIPHER, version, "\1", 1);
	hello_put_record(out, REC_HANDSHAKE, version, (char *)noise,
			 sizeof(noise));
}

static struct conn *send_one(const struct robot *r, enum block kind,
			     bool finished)
{
	_arena_ struct arena scratch = { 0 };
	struct sb in = sb_new(&scratch, 4096), out = sb_new(&scratch, 2048);
	struct question q = {
		.peer = r->peer,
		.offer = { .version = r->version,
			   .sni = r->peer->sni,
			   .suites = r->suites,
			   .suite_count = r->suite_count },
		.arena = &scratch,
	};
	struct conn *conn =
		hello_begin(&q, finished ? ANSWER_US : r->silence, &in);
	struct hello_answer answer = { 0 };
	struct err err = { 0 };

	if (!conn)
		return NULL;
	if (hello_parse(span_of(in.s, in.len), HELLO_UNTIL_CERTIFICATE,
			&scratch, &answer) == HELLO_SERVER &&
	    answer.der_count &&
	    put_exchange(&out,
			 span_of((const char *)answer.ders[0].bytes,
				 answer.ders[0].len),
			 r->version, kind)) {
		if (finished)
			put_finished(&out, r->version);
		if (conn_write_all(conn, out.s, out.len, &err))
			return conn;
	}
	conn_close(conn);
	return NULL;
}

static int answer_of(struct conn *conn)
{
	_arena_ struct arena scratch = { 0 };
	struct sb in = sb_new(&scratch, 512);
	struct span content;
	int type;

	if (hello_next_record(conn, &in, &type, &content))
		return ANSWER_RECORD + type * 256 +
		       (type == REC_ALERT && span_len(content) == 2
				? (unsigned char)content.p[1]
				: 0);
	switch (conn_state(conn)) {
	case CONN_CLOSED:
		return ANSWER_CLOSED;
	case CONN_RESET:
		return ANSWER_RESET;
	case CONN_TIMED_OUT:
		return ANSWER_SILENT;
	default:
		return ANSWER_NONE;
	}
}

/* Those that are sent whole are answered at once: one after the other. */
static bool ask_in_turn(const struct robot *r, int start, int ret[BLOCKS])
{
	for (int i = 0; i < BLOCKS; i++) {
		int kind = (start + i) % BLOCKS;
		struct conn *conn = send_one(r, (enum block)kind, true);

		ret[kind] = conn ? answer_of(conn) : ANSWER_NONE;
		if (conn)
			conn_close(conn);
		if (ret[kind] == ANSWER_NONE)
			return false;
	}
	return true;
}

/* All five at a time: a server that waits for more is waited for once. */
static bool ask_together(const struct robot *r, int start, int ret[BLOCKS])
{
	struct conn *conns[BLOCKS] = { 0 };
	bool all = true;

	for (int i = 0; i < BLOCKS && all; i++) {
		int kind = (start + i) % BLOCKS;

		conns[kind] = send_one(r, (enum block)kind, false);
		all = conns[kind] != NULL;
	}
	for (int i = 0; i < BLOCKS; i++) {
		ret[i] = conns[i] && all ? answer_of(conns[i]) : ANSWER_NONE;
		all &= ret[i] != ANSWER_NONE;
		if (conns[i])
			conn_close(conns[i]);
	}
	return all;
}

static bool ask_all(const struct robot *r, bool finished, int start,
		    int ret[BLOCKS])
{
	return finished ? ask_in_turn(r, start, ret)
			: ask_together(r, start, ret);
}

static bool are_alike(const int answers[BLOCKS])
{
	for (int i = 1; i < BLOCKS; i++)
		if (answers[i] != answers[0])
			return false;
	return true;
}

/* ---- the verdict ---- */

/*
 * Asked twice, in another order: a difference that is not the same again is
 * chance, or comes of the order.
 */
static enum hello_robot look(const struct robot *r, bool finished)
{
	int first[BLOCKS], second[BLOCKS];

	if (!ask_all(r, finished, 0, first))
		return HELLO_ROBOT_UNKNOWN;
	if (are_alike(first))
		return HELLO_ROBOT_SAFE;
	if (!ask_all(r, finished, 2, second) ||
	    memcmp(first, second, sizeof(first)) != 0)
		return HELLO_ROBOT_UNKNOWN;
	/* Who tells the first two bytes apart tells most. */
	return first[BLOCK_TYPE] == first[BLOCK_ZERO] &&
			       first[BLOCK_ZERO] == first[BLOCK_NO_ZERO]
		       ? HELLO_ROBOT_WEAK
		       : HELLO_ROBOT_STRONG;
}

enum hello_robot hello_robot(struct hello_peer *peer,
			     const struct hello_verdict *old, struct arena *a)
{
	struct robot r = { .peer = peer, .version = old->version, .arena = a };
	uint16_t *suites =
		arena_array(a, old->suite_count + 1, sizeof(*suites));
	int64_t start = clock_tick(), took;
	enum hello_robot whole;

	r.suites = suites;
	for (size_t i = 0; i < old->suite_count; i++)
		if (suite_is_rsa(suite_find(old->suites[i])))
			suites[r.suite_count++] = old->suites[i];
	if (!r.suite_count || old->version < TLS_1_0)
		return HELLO_ROBOT_UNKNOWN;
	whole = look(&r, true);
	/*
	 * Some tell it only while they wait for the rest: what comes, comes in
	 * about the time of an exchange, and ten times that is waited for.
	 */
	took = (clock_tick() - start) / BLOCKS * 10;
	r.silence = took < LEAST_US	? LEAST_US
		    : took > SILENCE_US ? SILENCE_US
					: took;
	return whole == HELLO_ROBOT_SAFE ? look(&r, false) : whole;
}
