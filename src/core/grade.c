#include "core/grade.h"

#include <string.h>

/* Worst first: a cap takes the lower of two. */
enum letter {
	LETTER_F,
	LETTER_E,
	LETTER_D,
	LETTER_C,
	LETTER_B,
	LETTER_A_MINUS,
	LETTER_A,
	LETTER_A_PLUS,
};

static const char *const letters[] = {
	"F", "E", "D", "C", "B", "A-", "A", "A+"
};

enum { REASONS_MAX = 32, HSTS_SIX_MONTHS = 15552000 };

struct view {
	const struct fact_list *facts;
	int port;
};

/* ---- reading ---- */

static const struct fact *find(const struct view *v, const char *name)
{
	return fact_find(v->facts, name, v->port);
}

static bool yes(const struct view *v, const char *name)
{
	const struct fact *f = find(v, name);

	return f && f->yes;
}

/* Stated, and not so. */
static bool no(const struct view *v, const char *name)
{
	const struct fact *f = find(v, name);

	return f && !f->yes;
}

static int number(const struct view *v, const char *name, int otherwise)
{
	const struct fact *f = find(v, name);

	return f ? (int)f->number : otherwise;
}

static bool lists(const struct view *v, const char *name, const char *item)
{
	const struct fact *f = find(v, name);

	for (size_t i = 0; f && i < f->list.len; i++)
		if (!item || strstr(f->list.items[i], item))
			return true;
	return false;
}

static bool accepts(const struct view *v, const char *version)
{
	return lists(v, "tls.versions", version);
}

/* ---- the three numbers ---- */

static const struct {
	const char *version;
	int points;
} protocols[] = {
	{ "SSLv2", 0 },	   { "SSLv3", 80 },    { "TLSv1.0", 90 },
	{ "TLSv1.1", 95 }, { "TLSv1.2", 100 }, { "TLSv1.3", 100 },
};

/* The mean of the best and the worst version; -1 when there is none. */
static int protocol_points(const struct view *v)
{
	int best = -1, worst = -1;

	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++) {
		if (!accepts(v, protocols[i].version))
			continue;
		best = protocols[i].points;
		if (worst < 0)
			worst = best;
	}
	return best < 0 ? -1 : (best + worst) / 2;
}

/* As RSA or Diffie-Hellman of that many bits. */
static int key_points(int bits)
{
	if (bits < 512)
		return 20;
	if (bits < 1024)
		return 40;
	if (bits < 2048)
		return 80;
	return bits < 4096 ? 90 : 100;
}

/* What a curve of that many bits is worth. */
static int curve_points(int bits)
{
	if (bits < 110)
		return 20;
	if (bits < 123)
		return 40;
	if (bits < 163)
		return 80;
	return bits < 225 ? 90 : 100;
}

static int certificate_points(const struct view *v)
{
	const struct fact *type = find(v, "cert.key_type");
	int bits = number(v, "cert.key_bits", 0);

	if (!type || !bits)
		return 100;
	if (!strcmp(type->text, "RSA") || !strcmp(type->text, "DSA"))
		return key_points(bits);
	return curve_points(bits);
}

static bool is_anonymous(const struct view *v)
{
	return lists(v, "tls.plain_ciphers", "ADH-") ||
	       lists(v, "tls.plain_ciphers", "AECDH-") ||
	       lists(v, "tls.plain_ciphers", "_anon_");
}

/* The weakest of the certificate's key and what keys are exchanged with. */
static int key_exchange_points(const struct view *v)
{
	int points = certificate_points(v);
	int dh = number(v, "tls.dh_bits", 0);

	if (is_anonymous(v))
		return 0;
	if (lists(v, "tls.export_ciphers", NULL) && points > 40)
		points = 40;
	if (dh && key_points(dh) < points)
		points = key_points(dh);
	return points;
}

static int strength_points(int bits)
{
	if (!bits)
		return 0;
	if (bits < 128)
		return 20;
	return bits < 256 ? 80 : 100;
}

static int cipher_points(const struct view *v)
{
	return (strength_points(number(v, "tls.cipher_bits_min", 0)) +
		strength_points(number(v, "tls.cipher_bits_max", 0))) /
	       2;
}

static enum letter letter_of(int score)
{
	static const struct {
		int least;
		enum letter letter;
	} steps[] = { { 80, LETTER_A },
		      { 65, LETTER_B },
		      { 50, LETTER_C },
		      { 35, LETTER_D },
		      { 20, LETTER_E } };

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (score >= steps[i].least)
			return steps[i].letter;
	return LETTER_F;
}

/* ---- the caps ---- */

static bool ssl2(const struct view *v)
{
	return accepts(v, "SSLv2");
}

static bool ssl3_best(const struct view *v)
{
	return accepts(v, "SSLv3") && !accepts(v, "TLS");
}

static bool ssl3(const struct view *v)
{
	return accepts(v, "SSLv3");
}

static bool old_tls(const struct view *v)
{
	return accepts(v, "TLSv1.0") || accepts(v, "TLSv1.1");
}

static bool no_modern_tls(const struct view *v)
{
	return !accepts(v, "TLSv1.2") && !accepts(v, "TLSv1.3");
}

static bool no_tls13(const struct view *v)
{
	return !accepts(v, "TLSv1.3");
}

static bool heartbleed(const struct view *v)
{
	return yes(v, "tls.heartbleed");
}

static bool ccs(const struct view *v)
{
	return yes(v, "tls.ccs");
}

static bool ticketbleed(const struct view *v)
{
	return yes(v, "tls.ticketbleed");
}

static bool robot(const struct view *v)
{
	return yes(v, "tls.robot");
}

static bool compression(const struct view *v)
{
	return yes(v, "tls.compression");
}

static bool insecure_renegotiation(const struct view *v)
{
	return yes(v, "tls.insecure_renegotiation");
}

static bool poodle(const struct view *v)
{
	return yes(v, "tls.poodle");
}

static bool rc4_any(const struct view *v)
{
	return lists(v, "tls.weak_ciphers", "RC4");
}

/* TLS 1.1 and newer have something better in all implementations. */
static bool rc4_modern(const struct view *v)
{
	return rc4_any(v) && (accepts(v, "TLSv1.1") || accepts(v, "TLSv1.2"));
}

static bool rc4(const struct view *v)
{
	return rc4_any(v) && !rc4_modern(v);
}

static bool rc4_only(const struct view *v)
{
	const struct fact *all = find(v, "tls.ciphers");

	for (size_t i = 0; all && i < all->list.len; i++)
		if (!strstr(all->list.items[i], "RC4"))
			return false;
	return all && all->list.len;
}

static bool block64_modern(const struct view *v)
{
	return lists(v, "tls.block64_ciphers", NULL) &&
	       (accepts(v, "TLSv1.1") || accepts(v, "TLSv1.2"));
}

static bool export_suites(const struct view *v)
{
	return lists(v, "tls.export_ciphers", NULL);
}

static bool no_encryption(const struct view *v)
{
	return lists(v, "tls.plain_ciphers", NULL);
}

static bool short_dh(const struct view *v)
{
	return number(v, "tls.dh_bits", 4096) < 2048;
}

/* RSA and DSA; what is short of a curve is told by the score. */
static int classic_key(const struct view *v)
{
	const struct fact *type = find(v, "cert.key_type");
	bool classic = type && (!strcmp(type->text, "RSA") ||
				!strcmp(type->text, "DSA"));

	return classic ? number(v, "cert.key_bits", 4096) : 4096;
}

static bool short_key(const struct view *v)
{
	return classic_key(v) < 2048;
}

static bool tiny_key(const struct view *v)
{
	return classic_key(v) < 1024;
}

static bool incomplete_chain(const struct view *v)
{
	return no(v, "cert.chain_complete") && !yes(v, "cert.self_signed");
}

static bool no_forward_secrecy(const struct view *v)
{
	return no(v, "tls.forward_secrecy");
}

static bool no_aead(const struct view *v)
{
	return no(v, "tls.aead");
}

static bool no_secure_renegotiation(const struct view *v)
{
	return no(v, "tls.secure_renegotiation") &&
	       (accepts(v, "TLSv1.2") || old_tls(v));
}

static bool md5_signature(const struct view *v)
{
	const struct fact *f = find(v, "cert.signature");

	return f && (strstr(f->text, "md5") || strstr(f->text, "MD5") ||
		     strstr(f->text, "md2") || strstr(f->text, "MD2"));
}

/* From the rating guide; DROWN needs SSLv2, which is F by itself. */
static const struct {
	const char *reason;
	bool (*holds)(const struct view *v);
	enum letter cap;
} caps[] = {
	{ "ssl2", ssl2, LETTER_F },
	{ "ssl3_best", ssl3_best, LETTER_F },
	{ "heartbleed", heartbleed, LETTER_F },
	{ "ccs_injection", ccs, LETTER_F },
	{ "ticketbleed", ticketbleed, LETTER_F },
	{ "robot", robot, LETTER_F },
	{ "insecure_renegotiation", insecure_renegotiation, LETTER_F },
	{ "no_encryption_or_authentication", no_encryption, LETTER_F },
	{ "export_suites", export_suites, LETTER_F },
	{ "rc4_only", rc4_only, LETTER_F },
	{ "key_below_1024", tiny_key, LETTER_F },
	{ "md5_signature", md5_signature, LETTER_F },
	{ "poodle", poodle, LETTER_C },
	{ "rc4_with_modern_tls", rc4_modern, LETTER_C },
	{ "block64_with_modern_tls", block64_modern, LETTER_C },
	{ "compression", compression, LETTER_C },
	{ "no_tls12", no_modern_tls, LETTER_C },
	{ "ssl3", ssl3, LETTER_B },
	{ "tls10_or_tls11", old_tls, LETTER_B },
	{ "rc4", rc4, LETTER_B },
	{ "dh_below_2048", short_dh, LETTER_B },
	{ "key_below_2048", short_key, LETTER_B },
	{ "incomplete_chain", incomplete_chain, LETTER_B },
	{ "no_forward_secrecy", no_forward_secrecy, LETTER_B },
	{ "no_aead", no_aead, LETTER_B },
	{ "no_secure_renegotiation", no_secure_renegotiation, LETTER_A_MINUS },
	{ "no_tls13", no_tls13, LETTER_A_MINUS },
};

enum { CAPS = sizeof(caps) / sizeof(*caps) };

static void reason(struct grade *g, const char *word)
{
	if (g->reasons.len < REASONS_MAX)
		g->reasons.items[g->reasons.len++] = word;
}

static enum letter capped(const struct view *v, enum letter letter,
			  struct grade *g)
{
	for (size_t i = 0; i < CAPS; i++) {
		if (!caps[i].holds(v))
			continue;
		reason(g, caps[i].reason);
		if (caps[i].cap < letter)
			letter = caps[i].cap;
	}
	return letter;
}

/*
 * A+: HSTS of half a year, no SHA-1 in the chain, and protection against a
 * forced fallback, which a server without older versions does not need.
 */
static bool deserves_plus(const struct view *v)
{
	bool falls_back = accepts(v, "TLSv1.2") && no(v, "tls.fallback_scsv");
	const struct fact *versions = find(v, "tls.versions");

	return number(v, "http.hsts_max_age", 0) >= HSTS_SIX_MONTHS &&
	       !yes(v, "cert.weak_signature") &&
	       !(falls_back && versions->list.len > 1);
}

/* ---- the certificate ---- */

static const char *distrust(const struct view *v)
{
	static const struct {
		const char *fact;
		bool value;
		const char *reason;
	} causes[] = {
		{ "cert.revoked", true, "revoked" },
		{ "cert.expired", true, "expired" },
		{ "cert.not_yet_valid", true, "not_yet_valid" },
		{ "cert.self_signed", true, "self_signed" },
		{ "cert.trusted", false, "untrusted" },
	};

	for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++)
		if (causes[i].value ? yes(v, causes[i].fact)
				    : no(v, causes[i].fact))
			return causes[i].reason;
	return NULL;
}

/* M, then T, take the place of the letter, unless it is F. */
static const char *shown(const struct view *v, enum letter letter,
			 struct grade *g)
{
	const char *why = distrust(v);
	bool mismatch = no(v, "cert.name_match");

	if (mismatch)
		reason(g, "name_mismatch");
	if (why)
		reason(g, why);
	if (letter == LETTER_F)
		return letters[letter];
	if (mismatch)
		return "M";
	return why ? "T" : letters[letter];
}

bool grade_port(const struct fact_list *facts, int port, struct arena *a,
		struct grade *ret)
{
	const struct view v = { facts, port };
	struct grade g = {
		.reasons = { arena_array(a, REASONS_MAX, sizeof(char *)), 0 },
		.protocol = protocol_points(&v),
	};
	enum letter letter;

	if (!yes(&v, "tls.tested") || g.protocol < 0 ||
	    !find(&v, "tls.cipher_bits_min"))
		return false;
	g.key_exchange = key_exchange_points(&v);
	g.cipher = cipher_points(&v);
	if (g.protocol && g.key_exchange && g.cipher)
		g.score = (30 * g.protocol + 30 * g.key_exchange +
			   40 * g.cipher) /
			  100;
	letter = capped(&v, letter_of(g.score), &g);
	if (letter == LETTER_A && !g.reasons.len && deserves_plus(&v))
		letter = LETTER_A_PLUS;
	g.letter = shown(&v, letter, &g);
	*ret = g;
	return true;
}
