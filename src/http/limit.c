#include "http/limit.h"

#include "base/clock.h"
#include "http/address.h"
#include "store/kv.h"

enum { WINDOW_SECONDS = 60 };

const char *limit_client(const struct session *session, const char *ip,
			 struct arena *a)
{
	if (session->key_id)
		return arena_printf(a, "key:%s", session->key_id);
	if (session->user_id)
		return arena_printf(a, "user:%s", session->user_id);
	return address_network(ip, 32, a);
}

bool limit_count(const char *route, const char *client, int64_t limit,
		 int64_t now, struct arena *a, struct limit_state *ret,
		 struct err *err)
{
	const char *key = arena_printf(a, "limit:%s:%s", route, client);
	int64_t count = 0, end = now;

	if (!kv_take(kv_process(), key, WINDOW_SECONDS * CLOCK_SECOND, now,
		     &count, &end, err))
		return false;
	ret->counted = true;
	ret->left = count < limit ? limit - count : 0;
	ret->seconds = (end - now + CLOCK_SECOND - 1) / CLOCK_SECOND;
	if (ret->seconds < 1)
		ret->seconds = 1;
	if (count <= limit)
		return true;
	err_set(err, ERR_LIMITED, "Rate limit exceeded: %lld per 1 minute",
		(long long)limit);
	if (err)
		err->retry_after = (int)ret->seconds;
	return false;
}

const char *limit_policy(int64_t limit, struct arena *a)
{
	return arena_printf(a, "\"default\";q=%lld;w=%d", (long long)limit,
			    WINDOW_SECONDS);
}

const char *limit_header(const struct limit_state *state, struct arena *a)
{
	if (!state->counted)
		return NULL;
	return arena_printf(a, "\"default\";r=%lld;t=%lld",
			    (long long)state->left, (long long)state->seconds);
}
