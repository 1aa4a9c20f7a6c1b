#include "api/oidc_cache.h"

#include <pthread.h>
#include <string.h>

enum { ENTRIES = 32, URL_MAX = 2048, TEXT_MAX = 1 << 15 };

struct entry {
	char url[URL_MAX + 1];
	char text[TEXT_MAX + 1];
	int64_t at; /* 0: empty */
};

static struct entry entries[ENTRIES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct entry *find(const char *url)
{
	for (int i = 0; i < ENTRIES; i++)
		if (entries[i].at && !strcmp(entries[i].url, url))
			return &entries[i];
	return NULL;
}

static struct entry *oldest(void)
{
	struct entry *e = &entries[0];

	for (int i = 1; i < ENTRIES; i++)
		if (entries[i].at < e->at)
			e = &entries[i];
	return e;
}

const char *oidc_cache_get(struct arena *a, const char *url, int64_t max_age,
			   int64_t now)
{
	const char *text = NULL;
	struct entry *e;

	pthread_mutex_lock(&lock);
	e = find(url);
	if (e && e->at <= now && now - e->at <= max_age)
		text = arena_strdup(a, e->text);
	pthread_mutex_unlock(&lock);
	return text;
}

void oidc_cache_put(const char *url, const char *text, int64_t now)
{
	struct entry *e;

	if (strlen(url) > URL_MAX || strlen(text) > TEXT_MAX)
		return;
	pthread_mutex_lock(&lock);
	e = find(url);
	if (!e)
		e = oldest();
	memcpy(e->url, url, strlen(url) + 1);
	memcpy(e->text, text, strlen(text) + 1);
	e->at = now;
	pthread_mutex_unlock(&lock);
}
