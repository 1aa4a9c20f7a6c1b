/*
 * hello: our own TLS ClientHello, and the reading of what comes back.
 *
 * A TLS library of today neither offers SSLv3, export or RC4 suites nor, at
 * its default level, TLS 1.0, so it calls a server that speaks them clean. We
 * therefore write the hello ourselves and look at the ServerHello: no key is
 * exchanged and no handshake is finished. The suites of a version are found by
 * striking out: offer, strike what the server picked, offer the rest, until it
 * refuses. One hello never offers more than HELLO_SUITES_MAX suites, because
 * servers exist that fail on longer lists.
 *
 * Groups, signature algorithms and suites of TLS 1.3 are found in the same way.
 * SSLv2 has a hello of its own, which its draft of 1995 describes.
 *
 * Building and parsing do no I/O (RFC 5246, 6101, 8446).
 */
#ifndef NIS2_NET_HELLO_H
#define NIS2_NET_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "net/addr.h"
#include "net/cert.h"
#include "net/starttls.h"

enum { HELLO_SUITES_MAX = 64 };

/* Bounds on what a server may send before we stop reading. */
enum {
	HELLO_RECORD_MAX = 16384 + 2048,
	HELLO_RECORDS_MAX = 64,
	HELLO_FLIGHT_MAX = 256 * 1024,
};

enum tls_version {
	TLS_NONE = 0,
	TLS_SSL2 = 0x0002,
	TLS_SSL3 = 0x0300,
	TLS_1_0 = 0x0301,
	TLS_1_1 = 0x0302,
	TLS_1_2 = 0x0303,
	TLS_1_3 = 0x0304,
};

/* "SSLv2", "SSLv3", "TLSv1.0" … "TLSv1.3"; NULL for anything else. */
const char *tls_version_name(enum tls_version version);

/* Why a suite is weak; none of them is fine. */
enum suite_flags {
	SUITE_NULL = 1,	  /* no encryption */
	SUITE_ANON = 2,	  /* no authentication */
	SUITE_EXPORT = 4, /* 40 or 56 bits on purpose */
	SUITE_RC4 = 8,
	SUITE_RC2 = 16,
	SUITE_DES = 32,
	SUITE_3DES = 64,
	SUITE_IDEA = 128,
	SUITE_MD5 = 256,  /* as the MAC */
	SUITE_WEAK = 511, /* any of those above */
	SUITE_CBC = 512,
	SUITE_NO_FS = 1024, /* no forward secrecy */
	SUITE_PSK = 2048,   /* needs a shared key or password */
};

struct suite {
	uint16_t code;	     /* of SSLv2: the first two bytes of three */
	const char *name;    /* IANA's */
	const char *openssl; /* OpenSSL's, or NULL when it has none */
	unsigned flags;
	enum tls_version first; /* the versions it may be used with */
	enum tls_version last;
};

const struct suite *suite_find(unsigned code);
/* The n-th suite in the order they are offered, or NULL after the last. */
const struct suite *suite_row(size_t n);

/* The client seals the secret with the key of the certificate. */
bool suite_is_rsa(const struct suite *suite);
/* With Diffie-Hellman, or elliptic curves, whose share is not kept. */
bool suite_is_dhe(const struct suite *suite);
bool suite_is_ecdhe(const struct suite *suite);
/* Encryption that authenticates: GCM, CCM, Poly1305, MGM. */
bool suite_is_aead(const struct suite *suite);
/* How many bits of strength its cipher has; 0: none. */
int suite_bits(const struct suite *suite);

/* "X25519", "secp256r1", …; else "group 0x1234". */
const char *hello_group_name(unsigned group, struct arena *a);
/* Whether it is a hybrid with ML-KEM, or ML-KEM. */
bool hello_group_is_post_quantum(unsigned group);
/* "rsa_pkcs1_sha256", …; else "0x1234". */
const char *hello_sigalg_name(unsigned sigalg, struct arena *a);
/* Signs with MD5 or SHA-1 (RFC 9155). */
bool hello_sigalg_is_weak(unsigned sigalg);
/* Which of the primes that many servers share begins so, or NULL. */
const char *hello_prime_name(const unsigned char start[16]);

struct hello_codes {
	const uint16_t *items;
	size_t len;
};

/* What is offered where an offer names nothing. */
struct hello_codes hello_all_groups(enum tls_version version);
struct hello_codes hello_all_sigalgs(void);

struct hello_offer {
	enum tls_version version;
	const char *sni; /* NULL or an address: none is sent */
	const uint16_t *suites;
	size_t suite_count;
	bool key_share; /* TLS 1.3: with a share of X25519, not an empty list */
	const uint16_t *groups; /* NULL: all of hello_all_groups() */
	size_t group_count;
	const uint16_t *sigalgs; /* NULL: all of hello_all_sigalgs() */
	size_t sigalg_count;
	bool alpn;     /* h2 and http/1.1 */
	bool features; /* before TLS 1.3: all of struct hello_features */
	bool fallback; /* "this is not my best version" (RFC 7507) */
	/* Before TLS 1.3, with `features`: a ticket, and an id beside it. */
	struct cert_der ticket;
	struct cert_der session_id; /* at most 32 bytes */
};

/* What a server before TLS 1.3 agrees to besides the suite. */
struct hello_features {
	bool compression;	     /* RFC 3749 */
	bool secure_renegotiation;   /* RFC 5746 */
	bool extended_master_secret; /* RFC 7627 */
	bool encrypt_then_mac;	     /* RFC 7366 */
	bool heartbeat;		     /* RFC 6520 */
	bool tickets;		     /* RFC 5077 */
};

/* Appends the whole record with the ClientHello. */
void hello_build(const struct hello_offer *offer, struct sb *out);

enum hello_kind {
	HELLO_MORE,   /* not complete yet: read on */
	HELLO_SERVER, /* a ServerHello, or a HelloRetryRequest */
	HELLO_ALERT,
	HELLO_NOT_TLS, /* another protocol answers, or nonsense */
};

/* How far an answer before TLS 1.3 is read. */
enum hello_wait {
	HELLO_UNTIL_HELLO,
	HELLO_UNTIL_CERTIFICATE,
	HELLO_UNTIL_PRIME, /* the ServerKeyExchange of a DHE suite */
	HELLO_UNTIL_KEYS,  /* the same of ECDHE, too */
};

struct hello_answer {
	enum hello_kind kind;
	enum tls_version version; /* what the server chose */
	unsigned suite;
	bool retry;	/* a HelloRetryRequest: it wants `group` */
	unsigned group; /* of key_share or ServerKeyExchange, 0 if none */
	bool alpn;	/* it chose a protocol: */
	bool http2;
	unsigned sigalg;	    /* of the ServerKeyExchange of TLS 1.2 */
	int dh_bits;		    /* of the prime, 0 if none was sent */
	unsigned char dh_start[16]; /* how it begins */
	int alert;		    /* AlertDescription */
	struct hello_features features;
	uint8_t session_id[32]; /* the server's */
	size_t session_id_len;
	struct cert_der ders[CERT_CHAIN_MAX]; /* Certificate, before TLS 1.3 */
	size_t der_count;
};

/*
 * Parses what the server has sent so far; a ServerHello before TLS 1.3 is
 * complete once the message that is waited for is. The certificates are
 * copied to the arena.
 */
enum hello_kind hello_parse(struct span bytes, enum hello_wait wait,
			    struct arena *a, struct hello_answer *ret);

/* "handshake_failure", or "alert 123". */
const char *hello_alert_name(int alert, struct arena *a);

/* ---- asking a server ---- */

struct hello_peer {
	const struct addr *addr;
	int port;
	const char *sni;
	enum starttls_kind starttls; /* said before each hello */
	int64_t deadline;	     /* clock_tick(), for all of it */
	int64_t patience; /* microseconds for one connection, 0 = 3 s */
	int connections;  /* counted */
	bool hangs_up;	  /* it does so twice where others send an alert */
};

enum hello_result {
	HELLO_ACCEPTED,
	HELLO_REFUSED,
	HELLO_UNTESTED, /* no connection, no answer, or no TLS: `why` */
};

/* Whose preference decides about the suite. */
enum hello_order {
	HELLO_ORDER_UNKNOWN, /* one suite only, or not asked */
	HELLO_ORDER_SERVER,
	HELLO_ORDER_CLIENT,
};

struct hello_verdict {
	enum tls_version version;
	enum hello_result result;
	bool speaks_tls;  /* something on the port answered in TLS */
	const char *why;  /* when not accepted: a few words */
	uint16_t *suites; /* in the order the server picks them */
	size_t suite_count;
	bool complete; /* false when the deadline cut the list */
	bool sampled;  /* only what it picks first was asked for */
	/* Key exchange: groups of TLS 1.3, or of hello_keys(). */
	uint16_t *groups;
	size_t group_count;
	uint16_t *sigalgs;
	size_t sigalg_count;
	int dh_bits;	      /* smallest prime, export apart; 0: none seen */
	const char *dh_prime; /* its name, when many servers share it */
	enum hello_order order;
	bool chacha_first; /* ChaCha20 when the client puts it first */
};

/* Is this version accepted? `ret->suites` has the suite it picks first. */
void hello_offered(struct hello_peer *peer, enum tls_version version,
		   struct arena *a, struct hello_verdict *ret);
/*
 * The same, and every suite it accepts with that version: with TLS 1.3 its
 * groups too, before that the primes of its Diffie-Hellman.
 */
void hello_suites(struct hello_peer *peer, enum tls_version version,
		  struct arena *a, struct hello_verdict *ret);
/* Before TLS 1.3: the curves and signature algorithms of accepted suites. */
void hello_keys(struct hello_peer *peer, struct arena *a,
		struct hello_verdict *verdict);
/* Whose order counts among the accepted suites. */
void hello_order(struct hello_peer *peer, struct arena *a,
		 struct hello_verdict *verdict);
/* Whether HTTP/2 is chosen; false: it was not, or there was no answer. */
bool hello_http2(struct hello_peer *peer, const struct hello_verdict *verdict,
		 struct arena *a);
/*
 * The certificates a server sends in clear before TLS 1.3, for servers that
 * a library cannot finish a handshake with.
 */
bool hello_certificates(struct hello_peer *peer, struct arena *a,
			struct cert_chain *ret, struct err *err);

/* ---- attacks (hello_attacks.c) ---- */

/* What is not known is not said. */
enum hello_finding { HELLO_UNKNOWN, HELLO_SAFE, HELLO_VULNERABLE };

/* False: the server did not say. `old` is of a version before TLS 1.3. */
bool hello_ask_features(struct hello_peer *peer,
			const struct hello_verdict *old, struct arena *a,
			struct hello_features *ret);
/*
 * Whether the server lets a client fall back to `old` that says it could do
 * better (RFC 7507). A better version must be accepted.
 */
enum hello_finding hello_fallback(struct hello_peer *peer,
				  const struct hello_verdict *old,
				  struct arena *a);
/*
 * CVE-2014-0160, for a server with heartbeats: asked for 16 bytes that were
 * not sent. What comes back is counted and not kept.
 */
enum hello_finding hello_heartbleed(struct hello_peer *peer,
				    const struct hello_verdict *old,
				    struct arena *a);
/* CVE-2014-0224: ChangeCipherSpec before there is a key, asked for twice. */
enum hello_finding hello_early_ccs(struct hello_peer *peer,
				   const struct hello_verdict *old,
				   struct arena *a);

/*
 * CVE-2016-9244: a ticket with an id shorter than 32 bytes, which comes back
 * longer. The ticket is one that the server took up.
 */
enum hello_finding hello_ticketbleed(struct hello_peer *peer,
				     enum tls_version version, uint16_t suite,
				     struct cert_der ticket, struct arena *a);

/*
 * Whether the server tells how an RSA key exchange was padded
 * (CVE-2017-13099), and how much: a weak oracle takes very many questions.
 * Unknown also for one that accepts no such suite. Ten connections, twenty
 * where it does.
 */
enum hello_robot {
	HELLO_ROBOT_UNKNOWN,
	HELLO_ROBOT_SAFE,
	HELLO_ROBOT_WEAK,
	HELLO_ROBOT_STRONG,
};
enum hello_robot hello_robot(struct hello_peer *peer,
			     const struct hello_verdict *old, struct arena *a);

/*
 * HELLO_SERVER once the flight of a server before TLS 1.3 is complete up to
 * ServerHelloDone. Pure.
 */
enum hello_kind hello_flight(struct span bytes);

/* ---- SSLv2 ---- */

/* Appends its hello, with all its suites. */
void hello_ssl2_build(struct sb *out);
/* HELLO_SERVER with the suites that were named, and how many there are. */
enum hello_kind hello_ssl2_parse(struct span bytes, struct arena *a,
				 uint16_t **ret_suites, size_t *ret_count);
/* Like hello_suites(), for TLS_SSL2. */
void hello_ssl2(struct hello_peer *peer, struct arena *a,
		struct hello_verdict *ret);

#endif
