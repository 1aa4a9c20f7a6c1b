#include "crypto/token.h"

#include <errno.h>
#include <jwt.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

/*
 * What a thread remembers: a token's text, the key it was checked with, and
 * its claims. Entries are found and first compared by a keyed hash, so that
 * nobody can choose tokens that push others out, or learn from the time of the
 * comparison that follows: it only begins when it will succeed.
 */
enum {
	SEEN = 64,
	SEEN_TEXT = 704, /* ours have about 500 */
	CLAIM_MAX = 64,
};

struct seen_claims {
	char user_id[CLAIM_MAX], org_id[CLAIM_MAX], role[CLAIM_MAX];
	char type[CLAIM_MAX], id[CLAIM_MAX], family[CLAIM_MAX];
	int64_t issued_at, expires_at;
};

struct seen {
	unsigned char hash[crypto_shorthash_BYTES];
	size_t len;
	char text[SEEN_TEXT];
	unsigned char secret[crypto_shorthash_BYTES];
	struct seen_claims claims;
};

struct memory {
	unsigned char key[crypto_shorthash_KEYBYTES];
	struct seen seen[SEEN];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t memory_key;

static void forget(void *arg)
{
	sodium_memzero(arg, sizeof(struct memory));
	free(arg);
}

static void start(void)
{
	if (sodium_init() < 0 || pthread_key_create(&memory_key, forget))
		abort();
}

/* This thread's; NULL when there is no memory for it, which only costs time. */
static struct memory *memory(void)
{
	struct memory *m;

	pthread_once(&once, start);
	m = pthread_getspecific(memory_key);
	if (m)
		return m;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	crypto_shorthash_keygen(m->key);
	if (pthread_setspecific(memory_key, m)) {
		free(m);
		return NULL;
	}
	return m;
}

static void hash(const struct memory *m, const char *s, size_t len,
		 unsigned char ret[crypto_shorthash_BYTES])
{
	crypto_shorthash(ret, (const unsigned char *)s, len, m->key);
}

static const char *or_null(const char *s)
{
	return *s ? s : NULL;
}

static bool recall(const struct memory *m, const struct seen *s,
		   const unsigned char text_hash[crypto_shorthash_BYTES],
		   const char *text, size_t len, const char *secret,
		   struct arena *a, struct token_claims *ret)
{
	unsigned char h[crypto_shorthash_BYTES];
	struct seen_claims *c;

	if (s->len != len || memcmp(s->hash, text_hash, sizeof(h)) ||
	    memcmp(s->text, text, len))
		return false;
	hash(m, secret, strlen(secret), h);
	if (memcmp(s->secret, h, sizeof(h)))
		return false;
	c = memcpy(arena_bytes(a, sizeof(*c)), &s->claims, sizeof(*c));
	*ret = (struct token_claims){
		.user_id = or_null(c->user_id),
		.org_id = or_null(c->org_id),
		.role = or_null(c->role),
		.type = or_null(c->type),
		.id = or_null(c->id),
		.family = or_null(c->family),
		.issued_at = c->issued_at,
		.expires_at = c->expires_at,
	};
	return true;
}

/* "" stands for an absent claim; one that is longer than ours is not kept. */
static bool keep(char to[CLAIM_MAX], const char *claim)
{
	size_t len = claim ? strlen(claim) : 0;

	if (len >= CLAIM_MAX || (claim && !len))
		return false;
	memset(to, 0, CLAIM_MAX);
	memcpy(to, claim ? claim : "", len);
	return true;
}

static void remember(const struct memory *m, struct seen *s,
		     const unsigned char text_hash[crypto_shorthash_BYTES],
		     const char *text, size_t len, const char *secret,
		     const struct token_claims *c)
{
	struct seen_claims *k = &s->claims;

	s->len = 0;
	if (len > SEEN_TEXT || !keep(k->user_id, c->user_id) ||
	    !keep(k->org_id, c->org_id) || !keep(k->role, c->role) ||
	    !keep(k->type, c->type) || !keep(k->id, c->id) ||
	    !keep(k->family, c->family))
		return;
	k->issued_at = c->issued_at;
	k->expires_at = c->expires_at;
	hash(m, secret, strlen(secret), s->secret);
	memcpy(s->hash, text_hash, sizeof(s->hash));
	memcpy(s->text, text, len);
	s->len = len;
}

static bool refuse(struct err *err, const char *cause)
{
	err_set(err, ERR_UNAUTHENTICATED, "Invalid or expired token");
	return err_cause(err, "%s", cause);
}

/* NULL when it is absent or no string. */
static const char *claim(jwt_t *jwt, const char *name, struct arena *a)
{
	return arena_strdup(a, jwt_get_grant(jwt, name));
}

/* 0 when it is absent or no number: what is returned then differs by version.
 */
static int64_t claim_number(jwt_t *jwt, const char *name)
{
	int64_t n;

	errno = 0;
	n = jwt_get_grant_int(jwt, name);
	return errno ? 0 : n;
}

/* Signature and shape, by the library. */
static bool decode(const char *text, const char *secret, struct arena *a,
		   struct token_claims *ret, struct err *err)
{
	jwt_t *jwt = NULL;
	bool ok;

	if (jwt_decode(&jwt, text, (const unsigned char *)secret,
		       (int)strlen(secret)))
		return refuse(err, "signature or form");
	/* The library accepts any HS algorithm with the key, and "none". */
	ok = jwt_get_alg(jwt) == JWT_ALG_HS256;
	if (ok)
		*ret = (struct token_claims){
			.user_id = claim(jwt, "sub", a),
			.org_id = claim(jwt, "org_id", a),
			.role = claim(jwt, "role", a),
			.type = claim(jwt, "type", a),
			.id = claim(jwt, "jti", a),
			.family = claim(jwt, "fam", a),
			.issued_at = claim_number(jwt, "iat"),
			.expires_at = claim_number(jwt, "exp"),
		};
	jwt_free(jwt);
	return ok ? true : refuse(err, "algorithm");
}

/* As decode(), but remembers. */
static bool decode_seen(const char *text, size_t len, const char *secret,
			struct arena *a, struct token_claims *ret,
			struct err *err)
{
	unsigned char h[crypto_shorthash_BYTES];
	struct memory *m = memory();
	struct seen *s;

	if (!m)
		return decode(text, secret, a, ret, err);
	hash(m, text, len, h);
	s = &m->seen[h[0] % SEEN];
	if (recall(m, s, h, text, len, secret, a, ret))
		return true;
	if (!decode(text, secret, a, ret, err))
		return false;
	remember(m, s, h, text, len, secret, ret);
	return true;
}

bool token_verify(const char *text, const char *secret, int64_t now,
		  struct arena *a, struct token_claims *ret, struct err *err)
{
	size_t len = strnlen(text, TOKEN_MAX + 1);
	struct token_claims c = { 0 };

	if (len > TOKEN_MAX)
		return refuse(err, "length");
	if (!decode_seen(text, len, secret, a, &c, err))
		return false;
	if (c.expires_at <= now)
		return refuse(err, "expired");
	*ret = c;
	return true;
}

static bool add(jwt_t *jwt, const char *name, const char *value)
{
	return !value || jwt_add_grant(jwt, name, value) == 0;
}

static bool add_claims(jwt_t *jwt, const struct token_claims *c)
{
	return add(jwt, "sub", c->user_id) && add(jwt, "org_id", c->org_id) &&
	       add(jwt, "role", c->role) && add(jwt, "type", c->type) &&
	       add(jwt, "jti", c->id) && add(jwt, "fam", c->family) &&
	       jwt_add_grant_int(jwt, "iat", c->issued_at) == 0 &&
	       jwt_add_grant_int(jwt, "exp", c->expires_at) == 0;
}

bool token_sign(const struct token_claims *claims, const char *secret,
		struct arena *a, char **ret, struct err *err)
{
	jwt_t *jwt = NULL;
	char *text = NULL;

	if (jwt_new(&jwt) == 0 && add_claims(jwt, claims) &&
	    jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret,
			(int)strlen(secret)) == 0)
		text = jwt_encode_str(jwt);
	jwt_free(jwt);
	if (!text)
		return err_set(err, ERR_INTERNAL, "signing a token failed");
	*ret = arena_strdup(a, text);
	free(text);
	return true;
}

char *token_mac(const char *secret, const char *label, const char *text,
		size_t len, struct arena *a)
{
	const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	size_t size;
	char *out;

	if (len > sizeof(mac))
		len = sizeof(mac);
	crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret,
				    strlen(secret));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)label,
				      strlen(label));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)":", 1);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)text,
				      strlen(text));
	crypto_auth_hmacsha256_final(&state, mac);
	size = sodium_base64_ENCODED_LEN(len, variant);
	out = arena_bytes(a, size);
	sodium_bin2base64(out, size, mac, len, variant);
	return out;
}

char *token_hash(struct arena *a, const char *text)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	size_t size = 2 * sizeof(hash) + 1;
	char *hex = arena_bytes(a, size);

	crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
	return sodium_bin2hex(hex, size, hash, sizeof(hash));
}

bool token_same(const char *a, const char *b)
{
	size_t len = a ? strlen(a) : 0;

	return a && b && len == strlen(b) && sodium_memcmp(a, b, len) == 0;
}
