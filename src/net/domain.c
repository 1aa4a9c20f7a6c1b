#include "net/domain.h"

#include <libpsl.h>
#include <pthread.h>
#include <string.h>

static const psl_ctx_t *list;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
	psl_ctx_t *newer = psl_latest(NULL);

	list = newer ? newer : psl_builtin();
}

void domain_prepare(void)
{
	pthread_once(&once, load);
}

const char *domain_of(const char *name, struct arena *a)
{
	char *lower = arena_strdup(a, name);
	size_t len = strlen(lower);
	const char *found;

	domain_prepare();
	for (char *p = lower; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	if (len && lower[len - 1] == '.')
		lower[len - 1] = '\0';
	found = psl_registrable_domain(list, lower);
	return found ? found : lower;
}

bool domain_same(const char *name, const char *other)
{
	_arena_ struct arena a = { 0 };

	return !strcmp(domain_of(name, &a), domain_of(other, &a));
}
