#include "api/lock.h"

#include <stdlib.h>

#include "base/clock.h"
#include "http/address.h"
#include "store/kv.h"

enum {
	FAILURES = 5,	   /* from one network */
	FAILURES_ALL = 30, /* from all together */
	WINDOW_SECONDS = 900,
	FIRST_SECONDS = 60,
	LONGEST_SECONDS = 3600,
	REMEMBERED_SECONDS = 14400,
	KNOWN_SECONDS = 7 * 86400, /* a network somebody signed in from */
	IPV4_BITS = 24,
};

/* What one count is about: an account, and a network or all of them. */
struct scope {
	const char *email_key;
	const char *network; /* "*": all */
	int64_t failures;
};

static struct scope scope_of(struct arena *a, const char *email_key,
			     const char *ip)
{
	return (struct scope){ email_key, address_network(ip, IPV4_BITS, a),
			       FAILURES };
}

static struct scope all_of(const char *email_key)
{
	return (struct scope){ email_key, "*", FAILURES_ALL };
}

static char *key_of(struct arena *a, const char *what, const struct scope *s)
{
	return arena_printf(a, "login:%s:%s:%s", what, s->network,
			    s->email_key);
}

static bool has(struct arena *a, const char *what, const struct scope *s,
		int64_t now)
{
	const char *value = NULL;

	return kv_get(kv_process(), key_of(a, what, s), now, a, &value, NULL) &&
	       value;
}

/* Seconds it is still closed for; 0: it is open. */
static int64_t closed_for(struct arena *a, const struct scope *s, int64_t now)
{
	const char *until = NULL;
	int64_t left;

	if (!kv_get(kv_process(), key_of(a, "lock", s), now, a, &until, NULL) ||
	    !until)
		return 0;
	left = (strtoll(until, NULL, 10) - now + CLOCK_SECOND - 1) /
	       CLOCK_SECOND;
	/* Whoever wrote it may have another clock. */
	return left < 1 ? 1 : left > LONGEST_SECONDS ? LONGEST_SECONDS : left;
}

bool lock_check(struct arena *a, const char *email_key, const char *ip,
		int64_t now, struct err *err)
{
	struct scope here = scope_of(a, email_key, ip), all = all_of(email_key);
	int64_t left = closed_for(a, &here, now);

	if (!left) {
		left = closed_for(a, &all, now);
		if (left && has(a, "known", &here, now))
			left = 0;
	}
	if (!left)
		return true;
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

static void close_account(struct arena *a, const struct scope *s, int64_t now)
{
	int64_t locks = 1, ttl;

	kv_take(kv_process(), key_of(a, "locks", s),
		REMEMBERED_SECONDS * CLOCK_SECOND, now, &locks, NULL, NULL);
	ttl = lock_seconds(locks) * CLOCK_SECOND;
	kv_set(kv_process(), key_of(a, "lock", s),
	       arena_printf(a, "%lld", (long long)(now + ttl)), ttl, now, NULL);
	kv_delete(kv_process(), key_of(a, "fail", s), NULL);
}

/*
 * Counting is one step, and of all who count at the same moment one gets the
 * number that closes: a burst makes one lock, not many. A multiple of it closes
 * too, should whoever got the first have died before it could.
 */
static bool count(struct arena *a, const struct scope *s, int64_t now)
{
	int64_t failures = 0;

	kv_take(kv_process(), key_of(a, "fail", s),
		WINDOW_SECONDS * CLOCK_SECOND, now, &failures, NULL, NULL);
	if (!failures || failures % s->failures)
		return false;
	close_account(a, s, now);
	return true;
}

void lock_failed(struct arena *a, const char *email_key, const char *ip,
		 int64_t now, bool *ret_locked)
{
	struct scope here = scope_of(a, email_key, ip), all = all_of(email_key);
	bool locked_here = count(a, &here, now);
	bool locked = count(a, &all, now) || locked_here;

	if (ret_locked)
		*ret_locked = locked;
}

void lock_passed(struct arena *a, const char *email_key, const char *ip,
		 int64_t now)
{
	struct scope here = scope_of(a, email_key, ip);

	kv_delete(kv_process(), key_of(a, "fail", &here), NULL);
	kv_delete(kv_process(), key_of(a, "lock", &here), NULL);
	kv_set(kv_process(), key_of(a, "known", &here), "1",
	       KNOWN_SECONDS * CLOCK_SECOND, now, NULL);
}
