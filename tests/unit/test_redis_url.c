/* Where Redis is, as REDIS_URL says it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "store/redis_url.h"

static const struct {
	const char *url;
	const char *where; /* NULL: refused */
	const char *user, *password;
	int database;
} cases[] = {
	{ "redis://localhost", "localhost:6379" },
	{ "redis://localhost/", "localhost:6379" },
	{ "redis://redis:6380/2", "redis:6380", NULL, NULL, 2 },
	{ "redis://[::1]:6379/0", "::1:6379" },
	{ "redis://:pass@10.0.0.1", "10.0.0.1:6379", NULL, "pass" },
	{ "redis://app:p%40ss%3a%2F@r/1", "r:6379", "app", "p@ss:/", 1 },
	{ "redis://app:a@b@r", "r:6379", "app", "a@b" },
	{ "unix:/run/redis.sock", "/run/redis.sock" },
	{ "unix:///run/redis.sock?db=7", "/run/redis.sock", NULL, NULL, 7 },
	{ "unix://u:p@/run/a%20b", "/run/a b", "u", "p" },
	{ "unix://:open%20sesame@/r?db=3", "/r", NULL, "open sesame", 3 },
	{ "", NULL },
	{ "localhost:6379", NULL },
	{ "http://localhost", NULL },
	{ "redis://", NULL },
	{ "redis:///1", NULL },
	{ "redis://host:0", NULL },
	{ "redis://host:99999", NULL },
	{ "redis://host:port", NULL },
	{ "redis://host/one", NULL },
	{ "redis://host/1/2", NULL },
	{ "redis://host/70000", NULL },
	{ "redis://host?db=1", NULL },
	{ "redis://secret@host", NULL },
	{ "redis://:secret%4@host", NULL },
	{ "redis://:secret%00x@host", NULL },
	{ "redis://[::1", NULL },
	{ "unix:", NULL },
	{ "unix:run/redis.sock", NULL },
	{ "unix://host/path?x=1", NULL },
	{ "unix:/path?db=", NULL },
	{ "rediss://:secret@host", NULL },
};

static void same(const char *is, const char *wanted)
{
	if (!wanted)
		assert_null(is);
	else
		assert_string_equal(is, wanted);
}

static void addresses_are_read_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_arena_ struct arena a = { 0 };
		struct redis_url url;
		struct err err = { 0 };

		if (redis_url_parse(cases[i].url, &a, &url, &err) !=
		    (cases[i].where != NULL))
			fail_msg("%s: %s", cases[i].url, err.msg);
		if (!cases[i].where) {
			assert_int_equal(err.kind, ERR_INVALID);
			assert_non_null(strstr(err.msg, "REDIS_URL"));
			assert_null(strstr(err.msg, "secret"));
			continue;
		}
		same(url.where, cases[i].where);
		same(url.user, cases[i].user);
		same(url.password, cases[i].password);
		assert_int_equal(url.database, cases[i].database);
		assert_true(!url.host == (url.path != NULL));
	}
}

static void tls_is_refused_in_plain_words(void **state)
{
	_arena_ struct arena a = { 0 };
	struct redis_url url;
	struct err err = { 0 };

	(void)state;
	assert_false(redis_url_parse("rediss://host", &a, &url, &err));
	assert_non_null(strstr(err.msg, "TLS"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_or_refused),
		cmocka_unit_test(tls_is_refused_in_plain_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
