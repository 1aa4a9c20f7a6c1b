/* Where values come from, which are refused, and what production minds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/settings.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct fixture {
	struct arena arena;
	struct err err;
	char dir[32];
};

extern char **environ;

static int setup(void **state)
{
	static char *nothing[] = { NULL };
	struct fixture *f = calloc(1, sizeof(*f));

	environ = nothing;
	snprintf(f->dir, sizeof(f->dir), "/tmp/nis2-test-XXXXXX");
	*state = f;
	return mkdtemp(f->dir) && setenv("DATA_DIR", f->dir, 1) == 0 ? 0 : -1;
}

static const char *path(struct fixture *f, const char *name)
{
	return arena_printf(&f->arena, "%s/%s", f->dir, name);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(path(f, ".env"));
	unlink(path(f, "other.env"));
	unlink(path(f, "secrets.env"));
	rmdir(f->dir);
	arena_free(&f->arena);
	free(f);
	return 0;
}

static void write_env(struct fixture *f, const char *name, const char *text)
{
	assert_true(
		file_write(path(f, name), text, strlen(text), 0600, &f->err));
}

static struct settings load(struct fixture *f)
{
	struct settings s;

	assert_true(settings_load(&f->arena, &s, &f->err));
	return s;
}

static void without_a_word_the_defaults_hold(void **state)
{
	struct settings s = load(*state);

	assert_string_equal(s.listen, "127.0.0.1:8000");
	assert_string_equal(s.environment, "production");
	assert_int_equal(s.access_minutes, 30);
	assert_int_equal(s.handler_threads, 8);
	assert_true(s.rate_limits && s.with_worker && s.cookie_secure);
	assert_false(s.log_json);
	assert_string_equal(s.jwt_secret, "");
}

static void the_later_source_wins(void **state)
{
	struct fixture *f = *state;
	struct settings s;

	write_env(f, ".env",
		  "# a comment\n\nexport LISTEN = \"[::1]:1\"\r\n"
		  "IO_THREADS=3\nQUEUE_LENGTH=9\nUNKNOWN=x\nno line\n"
		  "PUBLIC_URL='http://a b'\nCA_FILE=last, without a line end");
	setenv("io_threads", "4", 1);
	s = load(f);
	assert_string_equal(s.listen, "[::1]:1");
	assert_int_equal(s.io_threads, 4);
	assert_int_equal(s.queue_length, 9);
	assert_string_equal(s.public_url, "http://a b");
	assert_string_equal(s.ca_file, "last, without a line end");
	assert_true(settings_set(&s, &f->arena, "IO_THREADS", "5", &f->err));
	assert_int_equal(s.io_threads, 5);
}

static void another_file_may_be_named_but_must_be_there(void **state)
{
	struct fixture *f = *state;
	struct settings s;

	write_env(f, ".env", "QUEUE_LENGTH=1\n");
	write_env(f, "other.env", "QUEUE_LENGTH=2\n");
	setenv("ENV_FILE", path(f, "other.env"), 1);
	assert_int_equal(load(f).queue_length, 2);
	setenv("ENV_FILE", "/nonexistent/env", 1);
	assert_false(settings_load(&f->arena, &s, &f->err));
	assert_non_null(strstr(f->err.msg, "/nonexistent/env"));
}

static void wrong_values_are_refused_by_name(void **state)
{
	static const struct {
		const char *name, *value;
	} cases[] = {
		{ "ACCESS_TOKEN_EXPIRE_MINUTES", "0" },
		{ "ACCESS_TOKEN_EXPIRE_MINUTES", "-30" },
		{ "REFRESH_TOKEN_EXPIRE_DAYS", "7d" },
		{ "REFRESH_TOKEN_EXPIRE_DAYS", "99999999999999999999" },
		{ "HANDLER_THREADS", "0" },
		{ "QUEUE_LENGTH", "many" },
		{ "RATE_LIMITS", "maybe" },
		{ "LOG_FORMAT", "xml" },
		{ "LOG_FORMAT", "true" },
		{ "LOG_LEVEL", "loud" },
	};
	struct fixture *f = *state;
	struct settings s;

	for (size_t i = 0; i < COUNT(cases); i++) {
		setenv(cases[i].name, cases[i].value, 1);
		assert_false(settings_load(&f->arena, &s, &f->err));
		assert_int_equal(f->err.kind, ERR_INVALID);
		assert_memory_equal(f->err.msg, cases[i].name,
				    strlen(cases[i].name));
		unsetenv(cases[i].name);
	}
	s = load(f);
	assert_false(settings_set(&s, &f->arena, "NO_SUCH", "1", &f->err));
	assert_non_null(strstr(f->err.msg, "NO_SUCH"));
}

static void switches_know_several_words(void **state)
{
	static const struct {
		const char *word;
		bool on;
	} cases[] = { { "on", true },  { "TRUE", true }, { "1", true },
		      { "yes", true }, { "Off", false }, { "false", false },
		      { "0", false },  { "no", false },	 { "", true } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		setenv("RATE_LIMITS", cases[i].word, 1);
		assert_int_equal(load(*state).rate_limits, cases[i].on);
	}
}

static void cookies_are_secure_unless_told_or_developing(void **state)
{
	struct fixture *f = *state;
	struct settings s;

	setenv("ENVIRONMENT", "development", 1);
	s = load(f);
	assert_false(s.cookie_secure || settings_production(&s));
	assert_true(settings_set(&s, &f->arena, "ENVIRONMENT", "production",
				 &f->err));
	assert_true(s.cookie_secure);
	setenv("ENVIRONMENT", "Production", 1);
	s = load(f);
	assert_true(s.cookie_secure && settings_production(&s));
	setenv("COOKIE_SECURE", "off", 1);
	assert_false(load(f).cookie_secure);
}

static void secrets_are_made_once_and_kept(void **state)
{
	struct fixture *f = *state;
	struct settings one = load(f), two = load(f), three;
	struct stat st;

	assert_true(settings_secrets(&one, &f->arena, &f->err));
	assert_true(strlen(one.jwt_secret) >= 43);
	assert_string_not_equal(one.jwt_secret, one.data_key);
	assert_int_equal(stat(path(f, "secrets.env"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(settings_secrets(&two, &f->arena, &f->err));
	assert_string_equal(one.jwt_secret, two.jwt_secret);
	assert_string_equal(one.data_key, two.data_key);
	setenv("JWT_SECRET", "from the environment", 1);
	three = load(f);
	assert_true(settings_secrets(&three, &f->arena, &f->err));
	assert_string_equal(three.jwt_secret, "from the environment");
	assert_string_equal(three.data_key, one.data_key);
}

static void a_secret_of_the_environment_is_not_copied(void **state)
{
	struct fixture *f = *state;
	struct settings s;
	char *text;

	setenv("JWT_SECRET", "from the environment", 1);
	s = load(f);
	assert_true(settings_secrets(&s, &f->arena, &f->err));
	assert_true(file_read(path(f, "secrets.env"), 4096, &f->arena, &text,
			      NULL, &f->err));
	assert_null(strstr(text, "JWT_SECRET"));
	assert_non_null(strstr(text, "DATA_ENCRYPTION_KEY="));
}

/* ---- problems */

#define GOOD "kJ7/x2Qm9vR4+tYw8ZbN1cLf6HsDp3Ea"

static void good(void)
{
	setenv("JWT_SECRET", GOOD, 1);
	setenv("DATA_ENCRYPTION_KEY", "a91f" GOOD, 1);
	setenv("CORS_ORIGINS", "https://nis2.test", 1);
}

static void each_problem_is_one_line_that_names_it(void **state)
{
	static const struct {
		const char *name, *value, *word;
	} cases[] = {
		{ "ENVIRONMENT", "staging", "ENVIRONMENT is 'staging'" },
		{ "ENVIRONMENT", "Production", "ENVIRONMENT is 'Production'" },
		{ "JWT_SECRET", "", "JWT_SECRET is not set" },
		{ "JWT_SECRET", "secret", "JWT_SECRET is a placeholder" },
		{ "JWT_SECRET", "changeme", "placeholder" },
		{ "JWT_SECRET", "GENERATE_ME_openssl_rand_base64_32",
		  "placeholder" },
		{ "JWT_SECRET", "Please-Change-This-To-A-Long-Text-42",
		  "placeholder" },
		{ "JWT_SECRET", "kJ7/x2Qm9vR4+tYw8ZbN1cLf6HsDp3E",
		  "shorter than 32" },
		{ "JWT_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "easy to guess" },
		{ "JWT_SECRET", "kJ7/x2Qm9vR4kJ7/x2Qm9vR4kJ7/x2Qm9vR4",
		  "easy to guess" },
		{ "JWT_SECRET", "abcdefghijklmnopqrstuvwxyz0123456789",
		  "easy to guess" },
		{ "DATA_ENCRYPTION_KEY", "short", "DATA_ENCRYPTION_KEY" },
		{ "CORS_ORIGINS", "", "CORS_ORIGINS is not set" },
		{ "CORS_ORIGINS", "*", "CORS_ORIGINS is *" },
		{ "CORS_ORIGINS", "https://a.test, *", "CORS_ORIGINS is *" },
		{ "CORS_ORIGINS", "https://*.a.test", "is not an origin" },
		{ "CORS_ORIGINS", "https://a.test/", "is not an origin" },
		{ "CORS_ORIGINS", "a.test", "is not an origin" },
		{ "CORS_ORIGINS", "null", "is not an origin" },
		{ "RATE_LIMITS", "off", "RATE_LIMITS is off" },
		{ "COOKIE_SECURE", "off", "COOKIE_SECURE is off" },
		{ "TRUSTED_PROXIES", "10.0.0.0/8, 0.0.0.0/0",
		  "TRUSTED_PROXIES: 0.0.0.0/0" },
		{ "PUBLIC_URL", "nis2.test", "PUBLIC_URL" },
		{ "SMTP_FROM", "nis2", "SMTP_FROM is not" },
		{ "SMTP_FROM", "a@b.test\nX: c", "SMTP_FROM is not" },
		{ "PUBLIC_URL", "http://nis2.test", "PUBLIC_URL is http" },
		{ "PUBLIC_URL", "http://localhost.nis2.test",
		  "PUBLIC_URL is http" },
		{ "ENVIRONMENT", "prod", "ENVIRONMENT is 'prod'" },
		{ "SECURITY_CONTACT", "security@nis2.test",
		  "SECURITY_CONTACT" },
		{ "SECURITY_CONTACT", "http://nis2.test/report",
		  "SECURITY_CONTACT" },
		{ "SECURITY_CONTACT", "mailto:a@b.test\nExpires: never",
		  "SECURITY_CONTACT" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sb out = sb_new(&f->arena, 64);
		struct settings s;

		good();
		setenv(cases[i].name, cases[i].value, 1);
		s = load(f);
		assert_int_equal(settings_problems(&s, &out), 1);
		assert_non_null(strstr(out.s, cases[i].word));
		assert_ptr_equal(strchr(out.s, '\n'), out.s + out.len - 1);
		unsetenv(cases[i].name);
	}
}

static void a_mail_password_does_not_travel_in_clear(void **state)
{
	struct fixture *f = *state;
	struct sb out = sb_new(&f->arena, 64);
	struct settings s;

	good();
	setenv("SMTP_HOST", "mail.test", 1);
	setenv("SMTP_USER", "nis2", 1);
	s = load(f);
	assert_int_equal(settings_problems(&s, &out), 0);
	setenv("SMTP_STARTTLS", "off", 1);
	s = load(f);
	assert_int_equal(settings_problems(&s, &out), 1);
	assert_non_null(strstr(out.s, "SMTP_PASSWORD would travel in clear"));
	setenv("SMTP_SSL", "on", 1);
	s = load(f);
	assert_int_equal(settings_problems(&s, &out), 0);
}

static void good_settings_have_no_problem(void **state)
{
	static const char *const origins[] = {
		"https://nis2.test", "http://localhost:3000, https://[::1]:8",
		"https://a.test,,https://b.test,"
	};
	struct fixture *f = *state;
	struct sb out = sb_new(&f->arena, 64);
	struct settings s;

	good();
	setenv("PUBLIC_URL", "https://nis2.test/app/", 1);
	setenv("TRUSTED_PROXIES", "127.0.0.1/32, fd00::/10", 1);
	for (size_t i = 0; i < COUNT(origins); i++) {
		setenv("CORS_ORIGINS", origins[i], 1);
		s = load(f);
		assert_int_equal(settings_problems(&s, &out), 0);
		assert_string_equal(out.s, "");
	}
}

static void what_we_make_ourselves_is_good(void **state)
{
	struct fixture *f = *state;

	setenv("CORS_ORIGINS", "https://nis2.test", 1);
	for (int i = 0; i < 50; i++) {
		struct sb out = sb_new(&f->arena, 64);
		struct settings s = load(f);

		assert_true(settings_secrets(&s, &f->arena, &f->err));
		assert_int_equal(settings_problems(&s, &out), 0);
		unlink(path(f, "secrets.env"));
	}
}

static void development_may_leave_production_things_out(void **state)
{
	struct fixture *f = *state;
	struct sb out = sb_new(&f->arena, 64);
	struct settings s;

	good();
	setenv("ENVIRONMENT", "development", 1);
	setenv("CORS_ORIGINS", "", 1);
	setenv("RATE_LIMITS", "off", 1);
	s = load(f);
	assert_int_equal(settings_problems(&s, &out), 0);
}

/* W29: STARTTLS is the default and gives way to TLS from the first byte. */
static void a_connection_to_the_mail_server_has_one_kind_of_tls(void **state)
{
	static const struct {
		const char *ssl, *starttls;
		bool starts;
		int problems;
	} cases[] = {
		{ "", "", true, 0 },	   { "on", "", false, 0 },
		{ "on", "off", false, 0 }, { "off", "off", false, 0 },
		{ "off", "on", true, 0 },  { "on", "on", true, 1 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sb out = sb_new(&f->arena, 64);
		struct settings s;

		good();
		setenv("SMTP_SSL", cases[i].ssl, 1);
		setenv("SMTP_STARTTLS", cases[i].starttls, 1);
		s = load(f);
		assert_int_equal(s.smtp_starttls, cases[i].starts);
		assert_int_equal(settings_problems(&s, &out),
				 cases[i].problems);
	}
}

/* W29: mail that nobody gets is told, and is no reason not to start. */
static void production_without_a_mail_server_is_warned(void **state)
{
	static const struct {
		const char *environment, *host;
		int warnings;
	} cases[] = { { "production", "", 1 },
		      { "production", "mail.test", 0 },
		      { "development", "", 0 } };
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sb out = sb_new(&f->arena, 64);
		struct settings s;

		good();
		setenv("ENVIRONMENT", cases[i].environment, 1);
		setenv("SMTP_HOST", cases[i].host, 1);
		s = load(f);
		assert_int_equal(settings_problems(&s, &out), 0);
		assert_int_equal(settings_warnings(&s, &out),
				 cases[i].warnings);
		assert_int_equal(!out.len, !cases[i].warnings);
	}
}

static void a_look_at_the_secrets_makes_none(void **state)
{
	struct fixture *f = *state;
	struct settings s = load(f);

	assert_true(settings_kept_secrets(&s, &f->arena, &f->err));
	assert_string_equal(s.jwt_secret, "");
	assert_int_equal(access(path(f, "secrets.env"), F_OK), -1);
	write_env(f, "secrets.env", "JWT_SECRET=" GOOD "\n");
	assert_true(settings_kept_secrets(&s, &f->arena, &f->err));
	assert_string_equal(s.jwt_secret, GOOD);
	assert_string_equal(s.data_key, "");
}

static void printing_shows_no_secret(void **state)
{
	struct fixture *f = *state;
	struct settings s;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	good();
	setenv("DATABASE_URL", "postgresql://u:hush@db.test/nis2", 1);
	setenv("REDIS_URL", "redis://:hush@cache.test?password=hush", 1);
	s = load(f);
	settings_print(&s, out);
	fclose(out);
	assert_null(strstr(text, GOOD));
	assert_null(strstr(text, "hush"));
	assert_non_null(strstr(text, "JWT_SECRET=********\n"));
	assert_non_null(strstr(text, "@db.test/nis2"));
	assert_non_null(strstr(text, "\nLISTEN=127.0.0.1:8000\n"));
	assert_non_null(strstr(text, "\nRATE_LIMITS=on\n"));
	free(text);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(without_a_word_the_defaults_hold),
		T(the_later_source_wins),
		T(another_file_may_be_named_but_must_be_there),
		T(wrong_values_are_refused_by_name),
		T(switches_know_several_words),
		T(cookies_are_secure_unless_told_or_developing),
		T(secrets_are_made_once_and_kept),
		T(a_secret_of_the_environment_is_not_copied),
		T(each_problem_is_one_line_that_names_it),
		T(a_mail_password_does_not_travel_in_clear),
		T(good_settings_have_no_problem),
		T(what_we_make_ourselves_is_good),
		T(development_may_leave_production_things_out),
		T(a_connection_to_the_mail_server_has_one_kind_of_tls),
		T(production_without_a_mail_server_is_warned),
		T(a_look_at_the_secrets_makes_none),
		T(printing_shows_no_secret),
	};

	/* It asks the environment before each line, which the cases empty. */
	if (getenv("CMOCKA_MESSAGE_OUTPUT"))
		cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
