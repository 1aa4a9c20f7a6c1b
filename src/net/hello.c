#include "net/hello.h"

#include <string.h>

#include "net/hello_wire.h"

static const struct {
	enum tls_version version;
	const char *name;
} versions[] = {
	{ TLS_SSL2, "SSLv2" },	{ TLS_SSL3, "SSLv3" },	{ TLS_1_0, "TLSv1.0" },
	{ TLS_1_1, "TLSv1.1" }, { TLS_1_2, "TLSv1.2" }, { TLS_1_3, "TLSv1.3" },
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

static void parse_feature(unsigned type, struct hello_features *ret)
{
	switch (type) {
	case EXT_RENEGOTIATION:
		ret->secure_renegotiation = true;
		break;
	case EXT_MASTER_SECRET:
		ret->extended_master_secret = true;
		break;
	case EXT_ENCRYPT_THEN_MAC:
		ret->encrypt_then_mac = true;
		break;
	case EXT_HEARTBEAT:
		ret->heartbeat = true;
		break;
	case EXT_TICKET:
		ret->tickets = true;
		break;
	default:
		break;
	}
}

static bool parse_extensions(struct span s, struct hello_answer *ret)
{
	struct span body;
	uint16_t type, value;

	while (span_len(s)) {
		if (!span_u16(&s, &type) || !take_block16(&s, &body))
			return false;
		parse_feature(type, &ret->features);
		if (type == EXT_VERSIONS) {
			if (!span_u16(&body, &value))
				return false;
			ret->version = (enum tls_version)value;
		} else if (type == EXT_KEY_SHARE) {
			if (!span_u16(&body, &value))
				return false;
			ret->group = value;
		} else if (type == EXT_ALPN) {
			ret->http2 = span_len(body) == 5 &&
				     !memcmp(body.p, "\0\3\2h2", 5);
			ret->alpn = true;
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
	ret->features.compression = compression != 0;
	memcpy(ret->session_id, session.p, len);
	ret->session_id_len = len;
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

/* How long the prime is, and how it begins. */
static bool parse_prime(struct span p, struct hello_answer *ret)
{
	while (span_len(p) && !*p.p)
		p.p++;
	if (!span_len(p) || span_len(p) > 4096)
		return false;
	ret->dh_bits = (int)span_len(p) * 8;
	for (unsigned char top = (unsigned char)*p.p; !(top & 0x80); top <<= 1)
		ret->dh_bits--;
	if (span_len(p) >= sizeof(ret->dh_start))
		memcpy(ret->dh_start, p.p, sizeof(ret->dh_start));
	return true;
}

/* RFC 5246, 7.4.3, and RFC 8422, 5.4: a named curve, or a group of its own. */
static bool parse_parameters(struct span *s, const struct suite *suite,
			     struct hello_answer *ret)
{
	enum { NAMED_CURVE = 3 };
	struct span prime, part;
	uint8_t type, len;
	uint16_t group;

	if (suite_is_ecdhe(suite)) {
		if (!span_u8(s, &type) || type != NAMED_CURVE ||
		    !span_u16(s, &group) || !span_u8(s, &len) ||
		    !span_take(s, len, &part))
			return false;
		ret->group = group;
		return true;
	}
	return suite_is_dhe(suite) && take_block16(s, &prime) &&
	       take_block16(s, &part) && take_block16(s, &part) &&
	       parse_prime(prime, ret);
}

static void parse_key_exchange(struct span s, struct hello_answer *ret)
{
	const struct suite *suite = suite_find(ret->suite);
	uint16_t sigalg;

	if (!suite || suite->flags & SUITE_PSK ||
	    !parse_parameters(&s, suite, ret))
		return;
	if (ret->version == TLS_1_2 && !(suite->flags & SUITE_ANON) &&
	    span_u16(&s, &sigalg))
		ret->sigalg = sigalg;
}

/* Whether a ServerKeyExchange will come that is waited for. */
static bool keys_are_due(const struct hello_answer *answer,
			 enum hello_wait wait)
{
	const struct suite *suite = suite_find(answer->suite);

	if (!suite || wait < HELLO_UNTIL_PRIME)
		return false;
	return suite_is_dhe(suite) ||
	       (wait == HELLO_UNTIL_KEYS && suite_is_ecdhe(suite));
}

/* Whether there is nothing more to wait for after this message. */
static bool answer_done(const struct hello_answer *answer, uint8_t last,
			enum hello_wait wait)
{
	if (answer->kind != HELLO_SERVER)
		return false;
	if (answer->version >= TLS_1_3)
		return true;
	if (wait == HELLO_UNTIL_CERTIFICATE)
		return last > HS_SERVER_HELLO;
	return !keys_are_due(answer, wait) ||
	       (last >= HS_KEY_EXCHANGE && last <= HS_DONE);
}

/* The messages of a flight; what is not complete waits for more records. */
static void parse_messages(struct span s, enum hello_wait wait,
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
		} else if (type == HS_KEY_EXCHANGE) {
			parse_key_exchange(body, ret);
		}
		if (ret->kind == HELLO_NOT_TLS || answer_done(ret, type, wait))
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

enum hello_kind hello_parse(struct span bytes, enum hello_wait wait,
			    struct arena *a, struct hello_answer *ret)
{
	_arena_ struct arena scratch = { 0 };
	struct sb flight = sb_new(&scratch, span_len(bytes));
	struct hello_answer answer = { .kind = HELLO_MORE };
	bool over = gather(bytes, &flight, &answer);

	if (answer.kind == HELLO_MORE)
		parse_messages(span_of(flight.s, flight.len), wait, &answer);
	if (answer.kind == HELLO_MORE && over)
		answer.kind = HELLO_NOT_TLS;
	if (answer.kind != HELLO_SERVER)
		answer.der_count = 0;
	keep_certificates(&answer, a);
	*ret = answer;
	return answer.kind;
}

enum hello_kind hello_flight(struct span bytes)
{
	_arena_ struct arena scratch = { 0 };
	struct sb flight = sb_new(&scratch, span_len(bytes));
	struct hello_answer answer = { .kind = HELLO_MORE };
	bool over = gather(bytes, &flight, &answer);
	struct span s = span_of(flight.s, flight.len), body;
	uint8_t type;
	uint32_t len;

	if (answer.kind == HELLO_ALERT)
		return HELLO_ALERT;
	while (span_u8(&s, &type) && span_u24(&s, &len)) {
		if (type == HS_DONE)
			return HELLO_SERVER;
		if (!span_take(&s, len, &body))
			break;
	}
	return over ? HELLO_NOT_TLS : HELLO_MORE;
}
