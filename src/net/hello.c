#include "net/hello.h"

#include <string.h>

#include "base/rand.h"

enum { REC_ALERT = 21, REC_HANDSHAKE = 22 };
enum { HS_CLIENT_HELLO = 1, HS_SERVER_HELLO = 2, HS_CERTIFICATE = 11 };
enum {
	EXT_SNI = 0,
	EXT_GROUPS = 10,
	EXT_POINT_FORMATS = 11,
	EXT_SIGALGS = 13,
	EXT_VERSIONS = 43,
	EXT_PSK_MODES = 45,
	EXT_KEY_SHARE = 51,
};
enum { GROUP_X25519 = 0x001d, SCSV_RENEGOTIATION = 0x00ff, X25519_LEN = 32 };

/*
 * Before TLS 1.3: all curves there were, so that a server is not refused for
 * its taste; no ffdhe groups, because offering them takes the suites with a
 * server's own Diffie-Hellman parameters away (RFC 7919, 4).
 */
static const uint16_t old_groups[] = { 0x001d, 0x0017, 0x0018, 0x0019, 0x001e,
				       0x001a, 0x001b, 0x001c, 0x0016, 0x000e,
				       0x000d, 0x000c, 0x000b, 0x000a, 0x0009,
				       0x0015, 0x0014, 0x0013, 0x0012, 0x0011,
				       0x0010, 0x000f, 0x0008, 0x0007, 0x0006,
				       0x0005, 0x0004, 0x0003, 0x0002, 0x0001 };
/* RFC 8446 4.2.7, RFC 8734, and the hybrids with ML-KEM. */
static const uint16_t new_groups[] = { 0x001d, 0x0017, 0x0018, 0x0019, 0x001e,
				       0x0100, 0x0101, 0x0102, 0x0103, 0x0104,
				       0x001f, 0x0020, 0x0021, 0x11ec, 0x11eb,
				       0x11ed, 0x0029 };
/* RFC 8446 4.2.3, RFC 5246 7.4.1.4.1, RFC 8734, RFC 8998. */
static const uint16_t sigalgs[] = { 0x0403, 0x0503, 0x0603, 0x0807, 0x0808,
				    0x081a, 0x081b, 0x081c, 0x0804, 0x0805,
				    0x0806, 0x0809, 0x080a, 0x080b, 0x0401,
				    0x0501, 0x0601, 0x0303, 0x0301, 0x0302,
				    0x0402, 0x0502, 0x0602, 0x0203, 0x0201,
				    0x0202, 0x0708, 0x0101 };

static const struct {
	enum tls_version version;
	const char *name;
} versions[] = {
	{ TLS_SSL3, "SSLv3" },	{ TLS_1_0, "TLSv1.0" }, { TLS_1_1, "TLSv1.1" },
	{ TLS_1_2, "TLSv1.2" }, { TLS_1_3, "TLSv1.3" },
};

const char *tls_version_name(enum tls_version version)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		if (versions[i].version == version)
			return versions[i].name;
	return NULL;
}

/* RFC 8446 B.2 and what older versions had. */
static const struct {
	int alert;
	const char *name;
} alerts[] = {
	{ 0, "close_notify" },
	{ 10, "unexpected_message" },
	{ 20, "bad_record_mac" },
	{ 21, "decryption_failed" },
	{ 22, "record_overflow" },
	{ 30, "decompression_failure" },
	{ 40, "handshake_failure" },
	{ 41, "no_certificate" },
	{ 42, "bad_certificate" },
	{ 43, "unsupported_certificate" },
	{ 47, "illegal_parameter" },
	{ 48, "unknown_ca" },
	{ 49, "access_denied" },
	{ 50, "decode_error" },
	{ 51, "decrypt_error" },
	{ 60, "export_restriction" },
	{ 70, "protocol_version" },
	{ 71, "insufficient_security" },
	{ 80, "internal_error" },
	{ 86, "inappropriate_fallback" },
	{ 90, "user_canceled" },
	{ 100, "no_renegotiation" },
	{ 109, "missing_extension" },
	{ 110, "unsupported_extension" },
	{ 112, "unrecognized_name" },
	{ 116, "certificate_required" },
	{ 120, "no_application_protocol" },
};

const char *hello_alert_name(int alert, struct arena *a)
{
	for (size_t i = 0; i < sizeof(alerts) / sizeof(*alerts); i++)
		if (alerts[i].alert == alert)
			return alerts[i].name;
	return arena_printf(a, "alert %d", alert);
}

/* ---- building ---- */

static void put8(struct sb *b, unsigned v)
{
	sb_addc(b, (char)v);
}

static void put16(struct sb *b, unsigned v)
{
	put8(b, v >> 8);
	put8(b, v);
}

/* A length of two bytes that is known only afterwards: open, fill, close. */
static size_t open16(struct sb *b)
{
	put16(b, 0);
	return b->len;
}

static void close16(struct sb *b, size_t start)
{
	size_t len = b->len - start;

	b->s[start - 2] = (char)(len >> 8);
	b->s[start - 1] = (char)len;
}

static void put_list(struct sb *b, const uint16_t *items, size_t count)
{
	size_t list = open16(b);

	for (size_t i = 0; i < count; i++)
		put16(b, items[i]);
	close16(b, list);
}

static void put_random(struct sb *b)
{
	unsigned char bytes[32];

	rand_bytes(bytes, sizeof(bytes));
	sb_addn(b, (const char *)bytes, sizeof(bytes));
}

static void put_list_extension(struct sb *b, unsigned type,
			       const uint16_t *items, size_t count)
{
	size_t ext;

	put16(b, type);
	ext = open16(b);
	put_list(b, items, count);
	close16(b, ext);
}

/* RFC 6066, 3: host names only. */
static void put_sni(struct sb *b, const char *name)
{
	size_t ext, list, host;
	struct addr addr;

	if (!name || !*name || strlen(name) > 255 || addr_parse(name, &addr))
		return;
	put16(b, EXT_SNI);
	ext = open16(b);
	list = open16(b);
	put8(b, 0);
	host = open16(b);
	sb_add(b, name);
	close16(b, host);
	close16(b, list);
	close16(b, ext);
}

/*
 * An empty share list is legal (RFC 8446, 4.2.8): the server then names its
 * version, suite and group in a HelloRetryRequest and signs nothing.
 */
static void put_key_share(struct sb *b, bool with_share)
{
	size_t ext, list, key;

	put16(b, EXT_KEY_SHARE);
	ext = open16(b);
	list = open16(b);
	if (with_share) {
		put16(b, GROUP_X25519);
		key = open16(b);
		put_random(b); /* any 32 bytes are a public key */
		close16(b, key);
	}
	close16(b, list);
	close16(b, ext);
}

static void put_extensions(struct sb *b, const struct hello_offer *offer)
{
	bool tls13 = offer->version >= TLS_1_3;
	size_t all = open16(b);

	put_sni(b, offer->sni);
	if (tls13)
		put_list_extension(b, EXT_GROUPS, new_groups,
				   sizeof(new_groups) / 2);
	else
		put_list_extension(b, EXT_GROUPS, old_groups,
				   sizeof(old_groups) / 2);
	if (offer->version >= TLS_1_2)
		put_list_extension(b, EXT_SIGALGS, sigalgs,
				   sizeof(sigalgs) / 2);
	if (!tls13) {
		/* All three of RFC 4492: old servers insist on one of them. */
		put16(b, EXT_POINT_FORMATS);
		sb_addn(b, "\0\4\3\0\1\2", 6);
	} else {
		put16(b, EXT_VERSIONS);
		sb_addn(b, "\0\3\2\3\4", 5);
		put16(b, EXT_PSK_MODES);
		sb_addn(b, "\0\2\1\1", 4);
		put_key_share(b, offer->key_share);
	}
	close16(b, all);
}

static void put_hello_body(struct sb *b, const struct hello_offer *offer)
{
	bool tls13 = offer->version >= TLS_1_3;
	size_t suites;

	put16(b, tls13 ? TLS_1_2 : offer->version);
	put_random(b);
	put8(b, tls13 ? 32 : 0); /* session id: RFC 8446 D.4 */
	if (tls13)
		put_random(b);
	suites = open16(b);
	for (size_t i = 0; i < offer->suite_count; i++)
		put16(b, offer->suites[i]);
	if (!tls13)
		put16(b, SCSV_RENEGOTIATION); /* RFC 5746, 3.3 */
	close16(b, suites);
	put8(b, 1); /* compression: none */
	put8(b, 0);
	if (offer->version > TLS_SSL3)
		put_extensions(b, offer);
}

void hello_build(const struct hello_offer *offer, struct sb *out)
{
	size_t record, message;

	put8(out, REC_HANDSHAKE);
	put16(out, offer->version > TLS_SSL3 ? TLS_1_0 : TLS_SSL3);
	record = open16(out);
	put8(out, HS_CLIENT_HELLO);
	put8(out, 0); /* the high byte of a length of three */
	message = open16(out);
	put_hello_body(out, offer);
	close16(out, message);
	close16(out, record);
}

/* ---- parsing ---- */

/* SHA-256 of "HelloRetryRequest": its ServerHello.random (RFC 8446, 4.1.3). */
static const unsigned char retry_random[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c
};

static bool take_block16(struct span *s, struct span *ret)
{
	uint16_t len;

	return span_u16(s, &len) && span_take(s, len, ret);
}

static bool parse_extensions(struct span s, struct hello_answer *ret)
{
	struct span body;
	uint16_t type, value;

	while (span_len(s)) {
		if (!span_u16(&s, &type) || !take_block16(&s, &body))
			return false;
		if (type == EXT_VERSIONS) {
			if (!span_u16(&body, &value))
				return false;
			ret->version = (enum tls_version)value;
		} else if (type == EXT_KEY_SHARE) {
			if (!span_u16(&body, &value))
				return false;
			ret->group = value;
		}
	}
	return true;
}

static bool parse_server_hello(struct span s, struct hello_answer *ret)
{
	struct span random, session, extensions;
	uint16_t version, suite;
	uint8_t len, compression;

	if (!span_u16(&s, &version) || !span_take(&s, 32, &random) ||
	    !span_u8(&s, &len) || len > 32 || !span_take(&s, len, &session) ||
	    !span_u16(&s, &suite) || !span_u8(&s, &compression))
		return false;
	ret->version = (enum tls_version)version;
	ret->suite = suite;
	ret->retry = !memcmp(random.p, retry_random, sizeof(retry_random));
	if (!span_len(s))
		return true;
	return take_block16(&s, &extensions) && !span_len(s) &&
	       parse_extensions(extensions, ret);
}

/* RFC 5246, 7.4.2: a list of certificates, the leaf first. */
static bool parse_certificate(struct span s, struct hello_answer *ret)
{
	struct span list, der;
	uint32_t len;

	if (!span_u24(&s, &len) || !span_take(&s, len, &list))
		return false;
	while (span_len(list) && ret->der_count < CERT_CHAIN_MAX) {
		if (!span_u24(&list, &len) || len > CERT_DER_MAX ||
		    !span_take(&list, len, &der))
			return false;
		ret->ders[ret->der_count++] =
			(struct cert_der){ (const uint8_t *)der.p,
					   span_len(der) };
	}
	return true;
}

/* Whether there is nothing more to wait for after this message. */
static bool answer_done(const struct hello_answer *answer, uint8_t last,
			bool want_certificate)
{
	if (answer->kind != HELLO_SERVER)
		return false;
	return !want_certificate || answer->version >= TLS_1_3 ||
	       last > HS_SERVER_HELLO;
}

/* The messages of a flight; what is not complete waits for more records. */
static void parse_messages(struct span s, bool want_certificate,
			   struct hello_answer *ret)
{
	struct span body;
	uint8_t type;
	uint32_t len;

	ret->kind = HELLO_MORE;
	while (span_u8(&s, &type) && span_u24(&s, &len)) {
		if (len > HELLO_FLIGHT_MAX ||
		    (ret->kind == HELLO_MORE && type != HS_SERVER_HELLO)) {
			ret->kind = HELLO_NOT_TLS;
			return;
		}
		if (!span_take(&s, len, &body))
			break;
		if (type == HS_SERVER_HELLO) {
			ret->kind = parse_server_hello(body, ret)
					    ? HELLO_SERVER
					    : HELLO_NOT_TLS;
		} else if (type == HS_CERTIFICATE &&
			   !parse_certificate(body, ret)) {
			ret->der_count = 0;
			return;
		}
		if (ret->kind == HELLO_NOT_TLS ||
		    answer_done(ret, type, want_certificate))
			return;
	}
	/* A hello whose certificate is still to come is not an answer yet. */
	if (ret->kind == HELLO_SERVER)
		ret->kind = HELLO_MORE;
}

/* One record; false when it is none, `*ret_whole` when all of it is there. */
static bool take_record(struct span *s, uint8_t *ret_type, struct span *ret,
			bool *ret_whole)
{
	struct span at = *s;
	uint8_t major, minor;
	uint16_t len;

	*ret_whole = false;
	if (!span_u8(&at, ret_type))
		return true;
	if (*ret_type != REC_HANDSHAKE && *ret_type != REC_ALERT)
		return false;
	if (!span_u8(&at, &major))
		return true;
	if (major != 3)
		return false;
	if (!span_u8(&at, &minor) || !span_u16(&at, &len))
		return true;
	if (!len || len > HELLO_RECORD_MAX)
		return false;
	*ret_whole = span_take(&at, len, ret);
	if (*ret_whole)
		*s = at;
	return true;
}

static void parse_alert(struct span body, struct hello_answer *ret)
{
	uint8_t level, alert;

	if (span_len(body) != 2 || !span_u8(&body, &level) ||
	    !span_u8(&body, &alert) || level < 1 || level > 2)
		return;
	ret->alert = alert;
	ret->kind = HELLO_ALERT;
}

/* It does not end a handshake: unrecognized_name is the usual one. */
static bool alert_is_warning(struct span body)
{
	return span_len(body) == 2 && body.p[0] == 1 && body.p[1] != 0;
}

/*
 * Gathers the handshake records up to an alert, or to something that has no
 * place before the end of a hello. True when no more bytes could help.
 */
static bool gather(struct span bytes, struct sb *flight,
		   struct hello_answer *ret)
{
	struct span body;
	uint8_t type;
	bool whole = true;

	for (int n = 0; n < HELLO_RECORDS_MAX; n++) {
		if (!take_record(&bytes, &type, &body, &whole))
			return true;
		if (!whole)
			return false;
		if (type == REC_ALERT && alert_is_warning(body))
			continue;
		if (type == REC_ALERT) {
			parse_alert(body, ret);
			return true;
		}
		if (flight->len + span_len(body) > HELLO_FLIGHT_MAX)
			return true;
		sb_addn(flight, body.p, span_len(body));
	}
	return true;
}

/* The certificates outlive the flight they came in. */
static void keep_certificates(struct hello_answer *answer, struct arena *a)
{
	for (size_t i = 0; i < answer->der_count; i++) {
		struct cert_der *der = &answer->ders[i];
		uint8_t *copy = arena_alloc(a, der->len);

		memcpy(copy, der->bytes, der->len);
		der->bytes = copy;
	}
}

enum hello_kind hello_parse(struct span bytes, bool want_certificate,
			    struct arena *a, struct hello_answer *ret)
{
	_arena_ struct arena scratch = { 0 };
	struct sb flight = sb_new(&scratch, span_len(bytes));
	struct hello_answer answer = { .kind = HELLO_MORE };
	bool over = gather(bytes, &flight, &answer);

	if (answer.kind == HELLO_MORE)
		parse_messages(span_of(flight.s, flight.len), want_certificate,
			       &answer);
	if (answer.kind == HELLO_MORE && over)
		answer.kind = HELLO_NOT_TLS;
	if (answer.kind != HELLO_SERVER)
		answer.der_count = 0;
	keep_certificates(&answer, a);
	*ret = answer;
	return answer.kind;
}
