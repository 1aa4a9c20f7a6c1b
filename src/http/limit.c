#include "http/limit.h"

#include <stdio.h>

#include "base/clock.h"
#include "store/kv.h"

bool limit_count(const char *route, const char *client, int64_t limit,
		 int64_t now, struct err *err)
{
	char key[KV_KEY_MAX + 1];
	int64_t count = 0, end = now;

	snprintf(key, sizeof(key), "limit:%s:%s", route, client);
	if (!kv_take(kv_process(), key, 60 * CLOCK_SECOND, now, &count, &end,
		     err))
		return false;
	if (count <= limit)
		return true;
	err_set(err, ERR_LIMITED, "Rate limit exceeded: %lld per 1 minute",
		(long long)limit);
	if (err)
		err->retry_after = (int)((end - now) / CLOCK_SECOND) + 1;
	return false;
}
