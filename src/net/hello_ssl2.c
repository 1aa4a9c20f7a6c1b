/*
 * hello_ssl2: SSLv2, whose hello and records are of another kind. The server
 * names all suites it shares with us at once, so one question is enough.
 */
#include <string.h>

#include "base/rand.h"
#include "net/conn.h"
#include "net/hello_ask.h"

enum { MT_CLIENT_HELLO = 1, MT_SERVER_HELLO = 4 };
enum { CHALLENGE = 16, SPECS_MAX = 32, RECORD_MAX = 32767 };

/* The third byte is the length of the key in bits. */
static unsigned last_byte(unsigned code)
{
	return code == 0x0600 ? 0x40 : code == 0x0700 ? 0xc0 : 0x80;
}

void hello_ssl2_build(struct sb *out)
{
	_arena_ struct arena a = { 0 };
	unsigned char challenge[CHALLENGE];
	uint16_t *suites;
	size_t count = hello_suites_of(TLS_SSL2, 0, &a, &suites);
	size_t len = 9 + 3 * count + CHALLENGE;

	sb_addc(out, (char)(0x80 | len >> 8));
	sb_addc(out, (char)len);
	sb_addn(out, "\1\0\2\0", 4);
	sb_addc(out, (char)(3 * count));
	sb_addn(out, "\0\0\0\x10", 4);
	for (size_t i = 0; i < count; i++) {
		sb_addc(out, (char)(suites[i] >> 8));
		sb_addc(out, (char)suites[i]);
		sb_addc(out, (char)last_byte(suites[i]));
	}
	rand_bytes(challenge, sizeof(challenge));
	sb_addn(out, (const char *)challenge, sizeof(challenge));
}

static void parse_specs(struct span specs, uint16_t *ret, size_t *ret_count)
{
	uint16_t code;
	uint8_t last;

	while (*ret_count < SPECS_MAX && span_u16(&specs, &code) &&
	       span_u8(&specs, &last))
		if (suite_find(code) && suite_find(code)->first == TLS_SSL2 &&
		    last == last_byte(code))
			ret[(*ret_count)++] = code;
}

enum hello_kind hello_ssl2_parse(struct span s, struct arena *a,
				 uint16_t **ret_suites, size_t *ret_count)
{
	uint16_t len, version, cert_len, specs_len, id_len;
	struct span body, cert, specs;
	uint8_t type, hit, cert_type;

	*ret_suites = arena_array(a, SPECS_MAX, sizeof(**ret_suites));
	*ret_count = 0;
	if (span_len(s) && (*s.p == 21 || !(*s.p & 0x80)))
		return *s.p == 21 ? HELLO_ALERT : HELLO_NOT_TLS;
	if (!span_u16(&s, &len))
		return HELLO_MORE;
	len &= 0x7fff;
	if (len < 3)
		return HELLO_NOT_TLS;
	if (!span_take(&s, len, &body))
		return HELLO_MORE;
	if (!span_u8(&body, &type))
		return HELLO_NOT_TLS;
	if (!type) /* an error of SSLv2: no cipher, bad certificate … */
		return len == 3 ? HELLO_ALERT : HELLO_NOT_TLS;
	if (type != MT_SERVER_HELLO || !span_u8(&body, &hit) ||
	    !span_u8(&body, &cert_type) || !span_u16(&body, &version) ||
	    version != TLS_SSL2 || !span_u16(&body, &cert_len) ||
	    !span_u16(&body, &specs_len) || !span_u16(&body, &id_len) ||
	    !span_take(&body, cert_len, &cert) ||
	    !span_take(&body, specs_len, &specs) || span_len(body) != id_len)
		return HELLO_NOT_TLS;
	parse_specs(specs, *ret_suites, ret_count);
	return HELLO_SERVER;
}

static enum hello_kind ssl2_answer(struct conn *conn, struct arena *a,
				   struct hello_verdict *ret, struct err *err)
{
	_arena_ struct arena scratch = { 0 };
	struct sb out = sb_new(&scratch, 64), in = sb_new(&scratch, 1024);
	enum hello_kind kind = HELLO_MORE;
	size_t n;

	hello_ssl2_build(&out);
	if (!conn_write_all(conn, out.s, out.len, err))
		return HELLO_MORE;
	while (kind == HELLO_MORE && in.len < RECORD_MAX) {
		if (!conn_read(conn, sb_room(&in, RECORD_MAX - in.len),
			       RECORD_MAX - in.len, &n, err))
			return HELLO_MORE;
		in.len += n;
		kind = hello_ssl2_parse(span_of(in.s, in.len), a, &ret->suites,
					&ret->suite_count);
	}
	return kind;
}

/*
 * Servers of today hang up, answer with an alert or with nonsense. All of
 * this is a no, since others of their answers show that they speak TLS; only
 * silence is not an answer.
 */
void hello_ssl2(struct hello_peer *peer, struct arena *a,
		struct hello_verdict *ret)
{
	struct err err = { 0 };
	_cleanup_conn_ struct conn *conn = hello_connect(peer, &err);
	enum hello_kind kind = HELLO_MORE;

	*ret = (struct hello_verdict){ .version = TLS_SSL2,
				       .result = HELLO_UNTESTED };
	if (conn)
		kind = ssl2_answer(conn, a, ret, &err);
	ret->speaks_tls = kind == HELLO_SERVER || kind == HELLO_ALERT;
	ret->complete = conn && conn_state(conn) != CONN_TIMED_OUT;
	if (kind == HELLO_SERVER && ret->suite_count)
		ret->result = HELLO_ACCEPTED;
	else if (ret->complete)
		ret->result = HELLO_REFUSED;
	if (ret->result != HELLO_ACCEPTED)
		ret->why = *err.msg ? arena_strdup(a, err.msg) : "no SSLv2";
}
