/*
 * What the tests of http/ share: a request as the server would hand it over,
 * and the database of the first release in memory.
 */
#ifndef NIS2_TESTS_EXCHANGE_H
#define NIS2_TESTS_EXCHANGE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/token_keys.h"
#include "http/request.h"
#include "http/router.h"
#include "store/migrate.h"

#define TEST_SECRET "0123456789abcdef0123456789abcdef"

/* "Name: value" lines, ended by NULL. */
static inline void test_request(struct exchange *x,
				const struct settings *settings,
				const char *method, const char *target,
				const char *const *headers, const char *body)
{
	x->reply.fd = -1;
	x->request.id = "0123456789abcdef";
	request_line(x, target);
	for (; headers && *headers; headers++) {
		const char *colon = strchr(*headers, ':');

		request_header(x, *headers, (size_t)(colon - *headers),
			       colon + 2, strlen(colon + 2));
	}
	x->body = body ? body : "";
	x->body_len = strlen(x->body);
	request_finish(x, method, "127.0.0.1", settings);
}

/* The value of a header of the reply, the last that was added; or NULL. */
static inline const char *test_header(const struct exchange *x,
				      const char *name)
{
	for (const struct reply_header *h = x->reply.headers; h; h = h->next)
		if (!strcasecmp(h->name, name))
			return h->value;
	return NULL;
}

/* Tokens are signed with TEST_SECRET from here on. */
static inline struct settings test_settings(void)
{
	static struct token_keys keys;

	token_keys_hs256(TEST_SECRET, &keys);
	token_keys_use(&keys);
	return (struct settings){
		.environment = "production",
		.jwt_secret = TEST_SECRET,
		.data_key = TEST_SECRET,
		.cors_origins = "https://app.example",
		.trusted_proxies = "",
		.public_url = "https://app.example",
		.security_contact = "",
		.rate_limits = true,
		.cookie_secure = true,
	};
}

/* A SQLite database with all migrations, gone from the disk when closed. */
static inline int test_db_open(struct db **ret)
{
	char path[] = "/tmp/nis2-http-XXXXXX", url[64];
	struct err err = { 0 };
	int fd = mkstemp(path);

	if (fd < 0)
		return -1;
	close(fd);
	snprintf(url, sizeof(url), "sqlite:%s", path);
	if (db_open(url, DB_CREATE, ret, &err) && migrate_run(*ret, &err)) {
		unlink(path);
		return 0;
	}
	fprintf(stderr, "%s (%s)\n", err.msg, err.cause);
	return -1;
}

#endif
