/*
 * Messages as they travel: what names, subjects and texts become, and that none
 * of them can be more than it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "codec/mime.h"
#include "jobs/mail.h"
#include "net/smtp.h"
#include "table.h"

static struct mime_message sample(void)
{
	return (struct mime_message){
		.from = "nis2@example.org",
		.from_name = "NIS2 Platform",
		.to = "ada@example.com",
		.to_name = "Ada",
		.subject = "Hello",
		.text = "Text\n",
		.html = "<p>Text</p>\n",
		.language = "en",
		.date = INT64_C(1772355600123456), /* 2026-03-01T09:00:00Z */
		.id = "Id1-_",
	};
}

static const char *written(const struct mime_message *m, struct arena *a)
{
	struct sb out = sb_new(a, 1024);
	struct err err = { 0 };

	if (!mime_write(m, &out, &err))
		fail_msg("%s", err.msg);
	return out.s;
}

/* A header with the lines it goes on in. */
static const char *header(const char *message, const char *name,
			  struct arena *a)
{
	const char *start = strstr(message, name), *end = start;

	assert_non_null(start);
	do {
		end = strstr(end, "\r\n") + 2;
	} while (*end == ' ');
	return arena_strndup(a, start, (size_t)(end - start));
}

/* What follows the header of the plain text, up to the next part. */
static const char *plain_part(const char *message, struct arena *a)
{
	static const char blank[] = "quoted-printable\r\n\r\n";
	const char *start = strstr(message, blank) + sizeof(blank) - 1;

	return arena_strndup(a, start,
			     (size_t)(strstr(start, "\r\n--=_") - start));
}

static void the_whole_message(void **state)
{
	static const char want[] =
		"Date: Sun, 01 Mar 2026 09:00:00 +0000\r\n"
		"From: \"NIS2 Platform\"\r\n <nis2@example.org>\r\n"
		"To: \"Ada\"\r\n <ada@example.com>\r\n"
		"Subject: Hello\r\n"
		"Message-ID: <Id1-_@example.org>\r\n"
		"Auto-Submitted: auto-generated\r\n"
		"Content-Language: en\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: multipart/alternative;\r\n"
		" boundary=\"=_Id1-_\"\r\n"
		"\r\n--=_Id1-_\r\n"
		"Content-Type: text/plain; charset=UTF-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n"
		"\r\nText\r\n"
		"\r\n--=_Id1-_\r\n"
		"Content-Type: text/html; charset=UTF-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n"
		"\r\n<p>Text</p>\r\n"
		"\r\n--=_Id1-_--\r\n";
	_arena_ struct arena a = { 0 };
	struct mime_message m = sample();

	assert_string_equal(written(&m, &a), want);
}

static void names_of_all_kinds(void **state)
{
	static const struct {
		const char *name, *want;
	} cases[] = {
		{ NULL, "To: <ada@example.com>\r\n" },
		{ "", "To: <ada@example.com>\r\n" },
		{ "O'Brien, \"Al\" \\ (x)",
		  "To: \"O'Brien, \\\"Al\\\" \\\\ (x)\"\r\n"
		  " <ada@example.com>\r\n" },
		{ "Zo\xc3\xab",
		  "To: =?UTF-8?B?Wm/Dqw==?=\r\n <ada@example.com>\r\n" },
		/* What looks encoded is encoded: it must not be decoded. */
		{ "=?UTF-8?Q?x?=", "To: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=\r\n"
				   " <ada@example.com>\r\n" },
		{ "Ada\r\nBcc: all@example.com",
		  "To: \"Ada  Bcc: all@example.com\"\r\n"
		  " <ada@example.com>\r\n" },
		{ "Ada\nX: y", "To: \"Ada X: y\"\r\n <ada@example.com>\r\n" },
		{ "a\xc2\x85"
		  "b",
		  "To: \"a b\"\r\n <ada@example.com>\r\n" },
		/* A mark that turns the direction of reading. */
		{ "a\xe2\x80\xae"
		  "b",
		  "To: \"a b\"\r\n <ada@example.com>\r\n" },
		/* A byte that is no character. */
		{ "a\xff"
		  "b",
		  "To: \"a?b\"\r\n <ada@example.com>\r\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		_arena_ struct arena a = { 0 };
		struct mime_message m = sample();

		m.to_name = cases[i].name;
		assert_string_equal(header(written(&m, &a), "To:", &a),
				    cases[i].want);
	}
}

static void subjects_of_all_kinds(void **state)
{
	static const struct {
		const char *subject, *want;
	} cases[] = {
		{ "Reset your NIS2 Platform password",
		  "Subject: Reset your NIS2 Platform password\r\n" },
		{ "\xc3\x88 ora", "Subject: =?UTF-8?B?w4ggb3Jh?=\r\n" },
		{ "a\r\n\r\nbody", "Subject: a    body\r\n" },
		{ "a\rBcc: b", "Subject: a Bcc: b\r\n" },
		/* Each word is whole characters: 13 of three bytes in 39. */
		{ "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		  "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		  "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		  "\xe2\x82\xac\xe2\x82\xac",
		  "Subject: =?UTF-8?B?"
		  "4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs?=\r\n"
		  " =?UTF-8?B?4oKs?=\r\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		_arena_ struct arena a = { 0 };
		struct mime_message m = sample();

		m.subject = cases[i].subject;
		assert_string_equal(header(written(&m, &a), "Subject:", &a),
				    cases[i].want);
	}
}

#define TEN "0123456789"
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

static void texts_of_all_kinds(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ "one\ntwo", "one\r\ntwo\r\n" },
		{ "a=b\n", "a=3Db\r\n" },
		{ "caf\xc3\xa9\n", "caf=C3=A9\r\n" },
		{ "blank at the end \nx\t", "blank at the end=20\r\nx=09\r\n" },
		{ "-- \n", "--=20\r\n" },
		/* A dot alone would end the message. */
		{ ".\n..\n", "=2E\r\n=2E.\r\n" },
		{ "a\rb\n", "a=0Db\r\n" },
		{ SEVENTY "01234\n", SEVENTY "01234\r\n" },
		{ SEVENTY "012345\n", SEVENTY "01234=\r\n5\r\n" },
		/* An encoded byte is not cut. */
		{ SEVENTY "012\xc3\xa9\n", SEVENTY "012=\r\n=C3=A9\r\n" },
		{ SEVENTY "01234.\n", SEVENTY "01234=\r\n=2E\r\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		_arena_ struct arena a = { 0 };
		struct mime_message m = sample();

		m.text = cases[i].text;
		assert_string_equal(plain_part(written(&m, &a), &a),
				    cases[i].want);
	}
}

static void every_line_is_short_ascii(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sb long_text = sb_new(&a, 8192);
	struct mime_message m = sample();
	int column = 0;

	for (int i = 0; i < 3000; i++)
		sb_add(&long_text, i % 7 ? "\xc3\xbc " : "=.");
	m.text = m.html = m.subject = m.to_name = long_text.s;
	for (const char *p = written(&m, &a); *p; p++) {
		assert_true((unsigned char)*p < 0x7f);
		assert_true(column <= 76);
		if (*p == '\n')
			assert_true(p[-1] == '\r');
		column = *p == '\n' ? 0 : *p == '\r' ? column : column + 1;
	}
}

static void an_address_cannot_be_more_than_one(void **state)
{
	static const char *const refused[] = {
		"",
		"ada",
		"@example.com",
		"ada@",
		"a@b@c",
		"a b@c",
		"a@b\r\nRCPT TO:<x@y>",
		"a@b>",
		"<a@b",
		"a,b@c",
		"\"a\"@b",
		"z\xc3\xab@example.com",
		"ada@b\xc3\xbc"
		"cher.example",
		"a@b\x7f",
	};

	for (size_t i = 0; i < COUNT(refused); i++) {
		_arena_ struct arena a = { 0 };
		struct sb out = sb_new(&a, 1024);
		struct mime_message m = sample();
		struct err err = { 0 };

		m.to = refused[i];
		assert_false(mime_is_address(m.to));
		assert_false(mime_write(&m, &out, &err));
		assert_int_equal(err.kind, ERR_REFUSED);
		assert_null(strstr(err.msg, "example"));
	}
	assert_true(mime_is_address("o'brien+x!#$%&*/=?^_`{|}~-.a@b-c.de"));
}

static void domains_travel_in_ascii(void **state)
{
	static const struct {
		const char *address, *want;
	} cases[] = {
		{ "ada@example.com", "ada@example.com" },
		{ "ada@b\xc3\xbc"
		  "cher.example",
		  "ada@xn--bcher-kva.example" },
		/* Not "ss": that would be another domain (RFC 5891, 4.2.2). */
		{ "ada@fa\xc3\x9f.example", "ada@xn--fa-hia.example" },
		{ "z\xc3\xab@example.com", "z\xc3\xab@example.com" },
		{ "ada@\xc3\xbc/x.example", NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		_arena_ struct arena a = { 0 };
		const char *got = NULL;
		struct err err = { 0 };

		assert_int_equal(
			smtp_ascii_address(&a, cases[i].address, &got, &err),
			cases[i].want != NULL);
		if (cases[i].want)
			assert_string_equal(got, cases[i].want);
		else
			assert_int_equal(err.kind, ERR_REFUSED);
	}
}

static void old_files_of_mail_are_swept(void **state)
{
	_arena_ struct arena a = { 0 };
	char data[] = "/tmp/nis2-mail-XXXXXX";
	struct settings s = { .data_dir = mkdtemp(data) };
	const char *dir = arena_printf(&a, "%s/mail", data);
	const char *old = arena_printf(&a, "%s/old.eml", dir);
	const char *young = arena_printf(&a, "%s/young.eml", dir);
	int64_t now = clock_now();
	struct err err = { 0 };

	mail_sweep(&s, now); /* there is no folder yet */
	assert_true(file_make_dir(dir, 0700, &err) &&
		    file_write(old, "x", 1, 0600, &err) &&
		    file_write(young, "x", 1, 0600, &err));
	assert_int_equal(utimensat(AT_FDCWD, old,
				   (struct timespec[2]){ { .tv_sec = 1 },
							 { .tv_sec = 1 } },
				   0),
			 0);
	mail_sweep(&s, now);
	assert_int_equal(access(old, F_OK), -1);
	assert_int_equal(access(young, F_OK), 0);
	mail_sweep(&s, now + 31 * CLOCK_DAY);
	assert_int_equal(access(young, F_OK), -1);
	rmdir(dir);
	rmdir(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_message),
		cmocka_unit_test(names_of_all_kinds),
		cmocka_unit_test(subjects_of_all_kinds),
		cmocka_unit_test(texts_of_all_kinds),
		cmocka_unit_test(every_line_is_short_ascii),
		cmocka_unit_test(an_address_cannot_be_more_than_one),
		cmocka_unit_test(domains_travel_in_ascii),
		cmocka_unit_test(old_files_of_mail_are_swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
