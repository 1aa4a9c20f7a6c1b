/*
 * hello_build: the bytes of a ClientHello.
 */
#include <string.h>

#include "base/rand.h"
#include "net/hello.h"
#include "net/hello_wire.h"

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
				       0x11ed, 0x11ee, 0x0200, 0x0201, 0x0202,
				       0x6399, 0x0029 };
/* RFC 8446 4.2.3, RFC 5246 7.4.1.4.1, RFC 8734, RFC 8998. */
static const uint16_t sigalgs[] = { 0x0403, 0x0503, 0x0603, 0x0807, 0x0808,
				    0x081a, 0x081b, 0x081c, 0x0804, 0x0805,
				    0x0806, 0x0809, 0x080a, 0x080b, 0x0401,
				    0x0501, 0x0601, 0x0303, 0x0301, 0x0302,
				    0x0402, 0x0502, 0x0602, 0x0203, 0x0201,
				    0x0202, 0x0708, 0x0101 };

struct hello_codes hello_all_groups(enum tls_version version)
{
	if (version >= TLS_1_3)
		return (struct hello_codes){ new_groups,
					     sizeof(new_groups) / 2 };
	return (struct hello_codes){ old_groups, sizeof(old_groups) / 2 };
}

struct hello_codes hello_all_sigalgs(void)
{
	return (struct hello_codes){ sigalgs, sizeof(sigalgs) / 2 };
}

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

/* RFC 7301. */
static void put_alpn(struct sb *b)
{
	put16(b, EXT_ALPN);
	sb_addn(b, "\0\x0e\0\x0c\2h2\x08http/1.1", 16);
}

static bool shares_x25519(const struct hello_offer *offer)
{
	for (size_t i = 0; i < offer->group_count; i++)
		if (offer->groups[i] == GROUP_X25519)
			return offer->key_share;
	return offer->key_share && !offer->groups;
}

static void put_groups(struct sb *b, const struct hello_offer *offer)
{
	struct hello_codes all = hello_all_groups(offer->version);

	if (offer->groups)
		put_list_extension(b, EXT_GROUPS, offer->groups,
				   offer->group_count);
	else
		put_list_extension(b, EXT_GROUPS, all.items, all.len);
}

static void put_sigalgs(struct sb *b, const struct hello_offer *offer)
{
	struct hello_codes all = hello_all_sigalgs();

	if (offer->version < TLS_1_2)
		return;
	if (!offer->sigalgs) {
		put_list_extension(b, EXT_SIGALGS, all.items, all.len);
		return;
	}
	put_list_extension(b, EXT_SIGALGS, offer->sigalgs, offer->sigalg_count);
	/* How the certificate is signed is not the question. */
	put_list_extension(b, EXT_SIGALGS_CERT, all.items, all.len);
}

/* Each is offered in two or three bytes of nothing; a ticket may be one. */
static void put_features(struct sb *b, const struct hello_offer *offer)
{
	put16(b, EXT_ENCRYPT_THEN_MAC);
	put16(b, 0);
	put16(b, EXT_MASTER_SECRET);
	put16(b, 0);
	put16(b, EXT_TICKET);
	put16(b, (unsigned)offer->ticket.len);
	sb_addn(b, (const char *)offer->ticket.bytes, offer->ticket.len);
	put16(b, EXT_HEARTBEAT);
	sb_addn(b, "\0\1\1", 3); /* we may be asked, too */
}

static void put_extensions(struct sb *b, const struct hello_offer *offer)
{
	bool tls13 = offer->version >= TLS_1_3;
	size_t all = open16(b);

	put_sni(b, offer->sni);
	put_groups(b, offer);
	put_sigalgs(b, offer);
	if (offer->alpn)
		put_alpn(b);
	if (!tls13) {
		/* All three of RFC 4492: old servers insist on one of them. */
		put16(b, EXT_POINT_FORMATS);
		sb_addn(b, "\0\4\3\0\1\2", 6);
		if (offer->features)
			put_features(b, offer);
	} else {
		put16(b, EXT_VERSIONS);
		sb_addn(b, "\0\3\2\3\4", 5);
		put16(b, EXT_PSK_MODES);
		sb_addn(b, "\0\2\1\1", 4);
		put_key_share(b, shares_x25519(offer));
	}
	close16(b, all);
}

static void put_hello_body(struct sb *b, const struct hello_offer *offer)
{
	bool tls13 = offer->version >= TLS_1_3;
	size_t suites;

	put16(b, tls13 ? TLS_1_2 : offer->version);
	put_random(b);
	/* The session id; of TLS 1.3: RFC 8446 D.4. */
	put8(b, tls13 ? 32 : (unsigned)offer->session_id.len);
	if (tls13)
		put_random(b);
	else
		sb_addn(b, (const char *)offer->session_id.bytes,
			offer->session_id.len);
	suites = open16(b);
	for (size_t i = 0; i < offer->suite_count; i++)
		put16(b, offer->suites[i]);
	if (!tls13)
		put16(b, SCSV_RENEGOTIATION); /* RFC 5746, 3.3 */
	if (offer->fallback)
		put16(b, SCSV_FALLBACK);
	close16(b, suites);
	put8(b, offer->features ? 2 : 1);
	if (offer->features)
		put8(b, 1); /* compression: DEFLATE */
	put8(b, 0);	    /* or none */
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
