/* One event is one line, whatever its values hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static char line[8192];

/* What the call in between wrote to standard error. */
static int pipe_ends[2], kept_stderr;

static void listen_in(void)
{
	assert_int_equal(pipe(pipe_ends), 0);
	kept_stderr = dup(STDERR_FILENO);
	dup2(pipe_ends[1], STDERR_FILENO);
}

static const char *heard(void)
{
	ssize_t len;

	dup2(kept_stderr, STDERR_FILENO);
	close(kept_stderr);
	close(pipe_ends[1]);
	len = read(pipe_ends[0], line, sizeof(line) - 1);
	close(pipe_ends[0]);
	line[len > 0 ? len : 0] = '\0';
	return line;
}

static const char *one_value(enum log_format format, const char *value)
{
	log_setup(LOG_INFO, format);
	listen_in();
	log_event(LOG_INFO, "test", "v", value, "after", "x", NULL);
	return heard();
}

static void values_are_escaped(void **state)
{
	static const struct {
		const char *value, *logfmt, *json;
	} cases[] = {
		{ "plain-1.2", "v=plain-1.2 ", "\"v\":\"plain-1.2\"," },
		{ "", "v=\"\" ", "\"v\":\"\"," },
		{ "two words", "v=\"two words\" ", "\"v\":\"two words\"," },
		{ "a=b", "v=\"a=b\" ", "\"v\":\"a=b\"," },
		{ "q\"\\", "v=\"q\\\"\\\\\" ", "\"v\":\"q\\\"\\\\\"," },
		{ "x\nlevel=error", "v=\"x\\nlevel=error\" ",
		  "\"v\":\"x\\nlevel=error\"," },
		{ "\x1b[31m", "v=\"\\u001b[31m\" ", "\"v\":\"\\u001b[31m\"," },
		{ "\xc3\xa8", "v=\"\xc3\xa8\" ", "\"v\":\"\xc3\xa8\"," },
		{ "\xff\xc3", "v=\"\\ufffd\\ufffd\" ",
		  "\"v\":\"\\ufffd\\ufffd\"," },
		{ "\xed\xa0\x80", "v=\"\\ufffd\\ufffd\\ufffd\" ",
		  "\"v\":\"\\ufffd\\ufffd\\ufffd\"," },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_non_null(strstr(one_value(LOG_LOGFMT, cases[i].value),
				       cases[i].logfmt));
		assert_ptr_equal(strchr(line, '\n'), strchr(line, '\0') - 1);
		assert_non_null(strstr(one_value(LOG_JSON, cases[i].value),
				       cases[i].json));
		assert_ptr_equal(strchr(line, '\n'), strchr(line, '\0') - 1);
	}
}

static void long_values_are_cut_and_the_line_ends(void **state)
{
	static char value[6000];

	memset(value, '\x01', sizeof(value) - 1);
	one_value(LOG_JSON, value);
	assert_true(strlen(line) <= 4096);
	assert_string_equal(line + strlen(line) - 3, "\"}\n");
	memset(value, 'a', sizeof(value) - 1);
	one_value(LOG_LOGFMT, value);
	assert_non_null(strstr(line, "a...\" after=x\n"));
}

static void a_null_value_drops_its_pair(void **state)
{
	assert_non_null(
		strstr(one_value(LOG_LOGFMT, NULL), "event=test after=x\n"));
}

static void less_than_the_level_is_silent(void **state)
{
	log_setup(LOG_WARN, LOG_LOGFMT);
	listen_in();
	log_event(LOG_INFO, "test", NULL);
	assert_string_equal(heard(), "");
	listen_in();
	log_event(LOG_ERROR, "test", NULL);
	assert_non_null(strstr(heard(), " level=error event=test\n"));
	assert_memory_equal(line, "ts=20", 5);
}

static void an_error_shows_its_cause_and_place(void **state)
{
	struct err err = { 0 };

	err_set(&err, ERR_INTERNAL, "asset_page failed");
	err_cause(&err, "no such table");
	log_setup(LOG_INFO, LOG_LOGFMT);
	listen_in();
	log_error("router", "req-1", &err);
	assert_non_null(strstr(heard(),
			       " level=error event=error where=router "
			       "id=req-1 kind=internal msg=\"asset_page "
			       "failed\" cause=\"no such table\"\n"));
	err_field(&err, "body.name", "missing", "Field required");
	listen_in();
	log_error("router", NULL, &err);
	assert_non_null(strstr(heard(), " level=warn event=error where=router "
					"kind=invalid field=body.name "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_escaped),
		cmocka_unit_test(long_values_are_cut_and_the_line_ends),
		cmocka_unit_test(a_null_value_drops_its_pair),
		cmocka_unit_test(less_than_the_level_is_silent),
		cmocka_unit_test(an_error_shows_its_cause_and_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
