#include "crypto/password.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

/* What an interactive sign-in may cost (libsodium's INTERACTIVE). */
#define OPS crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE
#define MEM crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE

/*
 * A hash of the same cost that no password is known for: its 32 bytes were
 * made up, not computed. Who signs in to an account that does not exist waits
 * for it as long as others do.
 */
static const char nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$"
			     "bm9ib2R5IGxpdmVzIGhlcg$"
			     "Tm8gcGFzc3dvcmQgaGFzIHRoaXMgaGFzaC4gVHJ1bHk";

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t places;

static void start(void)
{
	if (sodium_init() < 0 || sem_init(&places, 0, PASSWORD_AT_ONCE) < 0)
		abort();
}

static bool enter(struct err *err)
{
	struct timespec until;

	pthread_once(&once, start);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PASSWORD_WAIT;
	while (sem_timedwait(&places, &until) < 0) {
		if (errno == EINTR)
			continue;
		err_set(err, ERR_BUSY,
			"Too many sign-ins at once; try again shortly");
		if (err)
			err->retry_after = PASSWORD_WAIT;
		return false;
	}
	return true;
}

static void leave(void)
{
	sem_post(&places);
}

bool password_hash(const char *password, struct arena *a, char **ret,
		   struct err *err)
{
	char *text = arena_alloc(a, crypto_pwhash_STRBYTES);
	int failed;

	if (!enter(err))
		return false;
	failed = crypto_pwhash_str_alg(text, password, strlen(password), OPS,
				       MEM, crypto_pwhash_ALG_ARGON2ID13);
	leave();
	if (failed)
		return err_set(err, ERR_BUSY,
			       "Not enough memory to hash a password");
	*ret = text;
	return true;
}

bool password_verify(const char *password, const char *hash, bool *ret_same,
		     struct err *err)
{
	bool same;

	if (!enter(err))
		return false;
	same = crypto_pwhash_str_verify(hash ? hash : nobody, password,
					strlen(password)) == 0;
	leave();
	*ret_same = same && hash;
	return true;
}

bool password_needs_rehash(const char *hash)
{
	pthread_once(&once, start);
	return crypto_pwhash_str_needs_rehash(hash, OPS, MEM) != 0;
}
