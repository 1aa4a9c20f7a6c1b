#include "api/lock.h"

#include <stdlib.h>

#include "base/clock.h"
#include "store/kv.h"

enum {
	FAILURES = 5,
	WINDOW_SECONDS = 900,
	FIRST_SECONDS = 60,
	LONGEST_SECONDS = 3600,
	REMEMBERED_SECONDS = 14400,
};

static char *key_of(struct arena *a, const char *what, const char *email_key)
{
	return arena_printf(a, "login:%s:%s", what, email_key);
}

bool lock_check(struct arena *a, const char *email_key, int64_t now,
		struct err *err)
{
	const char *until = NULL;
	int64_t left;

	if (!kv_get(kv_process(), key_of(a, "lock", email_key), now, a, &until,
		    err))
		return false;
	if (!until)
		return true;
	left = (strtoll(until, NULL, 10) - now) / CLOCK_SECOND + 1;
	err_set(err, ERR_LIMITED,
		"Account temporarily locked after repeated failed logins. "
		"Try again in %llds.",
		(long long)left);
	err->retry_after = (int)left;
	return false;
}

/* A minute, then two, four, …: `locks` counts this one. */
static int64_t lock_seconds(int64_t locks)
{
	int64_t seconds = FIRST_SECONDS;

	while (--locks > 0 && seconds < LONGEST_SECONDS)
		seconds *= 2;
	return seconds < LONGEST_SECONDS ? seconds : LONGEST_SECONDS;
}

static void close_account(struct arena *a, const char *email_key, int64_t now)
{
	int64_t locks = 1, ttl;

	kv_take(kv_process(), key_of(a, "locks", email_key),
		REMEMBERED_SECONDS * CLOCK_SECOND, now, &locks, NULL, NULL);
	ttl = lock_seconds(locks) * CLOCK_SECOND;
	kv_set(kv_process(), key_of(a, "lock", email_key),
	       arena_printf(a, "%lld", (long long)(now + ttl)), ttl, now, NULL);
	kv_delete(kv_process(), key_of(a, "fail", email_key), NULL);
}

void lock_failed(struct arena *a, const char *email_key, int64_t now)
{
	int64_t failures = 0;

	if (kv_take(kv_process(), key_of(a, "fail", email_key),
		    WINDOW_SECONDS * CLOCK_SECOND, now, &failures, NULL,
		    NULL) &&
	    failures >= FAILURES)
		close_account(a, email_key, now);
}

void lock_passed(struct arena *a, const char *email_key)
{
	kv_delete(kv_process(), key_of(a, "fail", email_key), NULL);
	kv_delete(kv_process(), key_of(a, "lock", email_key), NULL);
}
