/* jwks: the keys that tokens are signed with (RFC 7517). */
#include "crypto/token_keys.h"
#include "gen/api_ops.h"
#include "http/call.h"

enum { CACHE_SECONDS = 3600 };

/* A shared secret is nobody's to see: HS256 has no key here. */
bool op_jwks(struct call *call, const struct jwks_in *in, struct jwks *out,
	     struct err *err)
{
	const struct token_keys *keys = token_keys_process();
	size_t count = keys->rs256 ? (size_t)keys->count : 0;

	(void)in, (void)err;
	out->keys.items =
		arena_alloc(call->arena, count * sizeof(*out->keys.items) + 1);
	for (; out->keys.len < count; out->keys.len++)
		out->keys.items[out->keys.len] = (struct jwk){
			.kty = "RSA",
			.use = "sig",
			.alg = "RS256",
			.kid = keys->keys[out->keys.len].kid,
			.n = keys->keys[out->keys.len].n,
			.e = keys->keys[out->keys.len].e,
		};
	call->cache_seconds = count ? CACHE_SECONDS : 0;
	return true;
}
