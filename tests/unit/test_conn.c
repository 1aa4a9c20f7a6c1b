/* One deadline for everything, and errors that tell what happened. */
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "net/conn.h"
#include "peer.h"

static int64_t soon(int64_t ms)
{
	return clock_tick() + ms * 1000;
}

static bool open_to(const struct peer *p, int64_t deadline, struct conn **ret,
		    struct err *err)
{
	struct addr a = peer_addr();

	return conn_open(&a, p->port, deadline, ret, NULL, err);
}

static void close_now(struct peer *p, int fd)
{
}

static void reset_now(struct peer *p, int fd)
{
	peer_reset(fd);
}

static void drip(struct peer *p, int fd)
{
	while (!p->stop && send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		usleep(5000);
}

static void lines_come_without_their_ends(void **state)
{
	static const char text[] = "first\r\nsecond\n\r\nwith\0nul\nlast";
	static const char *const lines[] = { "first", "second", "",
					     "with?nul" };
	struct peer p = { peer_say, text, sizeof(text) - 1 };
	_cleanup_conn_ struct conn *conn = NULL;
	_arena_ struct arena a = { 0 };
	struct err err = { 0 };
	const char *line;

	peer_start(&p);
	assert_true(open_to(&p, soon(300), &conn, &err));
	for (size_t i = 0; i < 4; i++) {
		assert_true(conn_read_line(conn, &a, 255, &line, &err));
		assert_string_equal(line, lines[i]);
	}
	/* The last one has no end, and the peer is silent. */
	assert_false(conn_read_line(conn, &a, 255, &line, &err));
	assert_string_equal(err.msg, "timed out");
	peer_stop(&p);
}

static void a_line_has_a_maximum(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		bool ok;
	} cases[] = {
		{ "1234\r\n", 4, true },    { "1234\n", 4, true },
		{ "12345\n", 4, false },    { "12345\r\n", 4, false },
		{ "1234567890", 4, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct peer p = { peer_say, cases[i].text,
				  strlen(cases[i].text) };
		_cleanup_conn_ struct conn *conn = NULL;
		_arena_ struct arena a = { 0 };
		struct err err = { 0 };
		const char *line;
		bool ok;

		peer_start(&p);
		assert_true(open_to(&p, soon(2000), &conn, &err));
		ok = conn_read_line(conn, &a, cases[i].max, &line, &err);
		assert_int_equal(ok, cases[i].ok);
		if (!ok)
			assert_string_equal(err.msg,
					    "a line of more than 4 bytes");
		peer_stop(&p);
	}
}

static void what_was_read_ahead_is_not_lost(void **state)
{
	struct peer p = { peer_say, "line\nrest", 9 };
	_cleanup_conn_ struct conn *conn = NULL;
	_arena_ struct arena a = { 0 };
	struct err err = { 0 };
	char rest[5] = "";
	const char *line;

	peer_start(&p);
	assert_true(open_to(&p, soon(2000), &conn, &err));
	assert_true(conn_read_line(conn, &a, 255, &line, &err));
	assert_true(conn_read_all(conn, rest, 4, &err));
	assert_string_equal(rest, "rest");
	peer_stop(&p);
}

static void endings_are_told_apart(void **state)
{
	static const struct {
		void (*serve)(struct peer *, int);
		enum conn_state state;
		const char *message;
	} cases[] = {
		{ close_now, CONN_CLOSED, "closed by the peer" },
		{ reset_now, CONN_RESET, "connection reset by the peer" },
		{ peer_be_silent, CONN_TIMED_OUT, "timed out" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct peer p = { cases[i].serve };
		_cleanup_conn_ struct conn *conn = NULL;
		struct err err = { 0 };
		char byte;
		size_t n;

		peer_start(&p);
		assert_true(open_to(&p, soon(200), &conn, &err));
		assert_false(conn_read(conn, &byte, 1, &n, &err));
		assert_int_equal(conn_state(conn), cases[i].state);
		assert_string_equal(err.msg, cases[i].message);
		assert_int_equal(err.kind, ERR_UPSTREAM);
		peer_stop(&p);
	}
}

static void a_closed_port_is_refused(void **state)
{
	struct peer p = { 0 };
	struct addr a = peer_addr();
	struct conn *conn = NULL;
	enum conn_state why = CONN_OPEN;
	struct err err = { 0 };

	peer_start(&p);
	assert_false(conn_open(&a, p.port, soon(1000), &conn, &why, &err));
	assert_null(conn);
	assert_int_equal(why, CONN_REFUSED);
	assert_string_equal(err.msg, "connection refused");
	peer_stop(&p);
}

static void a_byte_now_and_then_does_not_move_the_deadline(void **state)
{
	struct peer p = { drip };
	_cleanup_conn_ struct conn *conn = NULL;
	_arena_ struct arena a = { 0 };
	struct err err = { 0 };
	const char *line;
	int64_t start = clock_tick();

	peer_start(&p);
	assert_true(open_to(&p, soon(150), &conn, &err));
	assert_false(conn_read_line(conn, &a, 4096, &line, &err));
	assert_string_equal(err.msg, "timed out");
	assert_in_range(clock_tick() - start, 140000, 1000000);
	peer_stop(&p);
}

static void writing_to_one_who_left_is_an_error_not_a_signal(void **state)
{
	struct peer p = { reset_now };
	_cleanup_conn_ struct conn *conn = NULL;
	struct err err = { 0 };
	bool ok = true;

	peer_start(&p);
	assert_true(open_to(&p, soon(2000), &conn, &err));
	for (int i = 0; ok && i < 1000; i++) {
		ok = conn_write_all(conn, "hello", 5, &err);
		usleep(1000);
	}
	assert_false(ok);
	assert_int_equal(conn_state(conn), CONN_RESET);
	peer_stop(&p);
}

static void a_tls_handshake_says_why_it_failed(void **state)
{
	static const struct {
		void (*serve)(struct peer *, int);
		const char *text, *message; /* *: what versions differ in */
	} cases[] = {
		{ peer_say, "SSH-2.0-x\r\n",
		  "TLS handshake failed: wrong version number" },
		{ peer_say, "\x15\x03\x03\0\2\2\x28",
		  "TLS handshake failed: * alert handshake failure" },
		{ close_now, "", "TLS handshake failed: closed by the peer" },
		{ peer_be_silent, "", "TLS handshake failed: timed out" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct peer p = { cases[i].serve, cases[i].text,
				  cases[i].text[0] == '\x15'
					  ? 7
					  : strlen(cases[i].text) };
		_cleanup_conn_ struct conn *conn = NULL;
		_arena_ struct arena a = { 0 };
		struct conn_tls tls;
		struct err err = { 0 };

		peer_start(&p);
		assert_true(open_to(&p, soon(250), &conn, &err));
		assert_false(conn_start_tls(conn, "example.test", NULL, &a,
					    &tls, &err));
		/* A reset may overtake the end of the stream. */
		if (conn_state(conn) != CONN_RESET &&
		    fnmatch(cases[i].message, err.msg, 0))
			assert_string_equal(err.msg, cases[i].message);
		peer_stop(&p);
	}
}

/* CVE-2011-0411: text before the handshake must not count as after it. */
static void what_came_before_the_handshake_is_refused(void **state)
{
	struct peer p = { peer_say, "220 ready\r\nsmuggled\r\n", 21 };
	_cleanup_conn_ struct conn *conn = NULL;
	_arena_ struct arena a = { 0 };
	struct conn_tls tls;
	struct err err = { 0 };
	const char *line;

	peer_start(&p);
	assert_true(open_to(&p, soon(1000), &conn, &err));
	assert_true(conn_read_line(conn, &a, 255, &line, &err));
	assert_false(conn_start_tls(conn, NULL, NULL, &a, &tls, &err));
	assert_string_equal(err.msg, "data before the handshake");
	peer_stop(&p);
}

/*
 * W56: nobody is hurried. Beyond the first burst, 1000 a second make 200 more
 * take a fifth of one; another address does not wait for this one.
 */
static void connections_to_one_address_are_paced(void **state)
{
	struct addr a, other;
	int64_t start = clock_tick(), took;

	addr_parse("127.0.0.1", &a);
	addr_parse("127.0.0.2", &other);
	conn_limit(1000);
	for (int i = 0; i < CONN_BURST + 200; i++) {
		int fd = conn_begin(&a, 1, soon(5000), NULL);

		if (fd >= 0)
			close(fd);
	}
	took = clock_tick() - start;
	assert_in_range(took, 190000, 2000000);
	start = clock_tick();
	close(conn_begin(&other, 1, soon(5000), NULL));
	assert_true(clock_tick() - start < 100000);
	conn_limit(1); /* a deadline comes before its turn */
	for (int i = 0; i < CONN_BURST; i++)
		close(conn_begin(&a, 1, soon(5000), NULL));
	close(conn_begin(&a, 1, soon(5000), NULL));
	assert_int_equal(conn_begin(&a, 1, soon(200), NULL), -1);
	conn_limit(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_without_their_ends),
		cmocka_unit_test(a_line_has_a_maximum),
		cmocka_unit_test(what_was_read_ahead_is_not_lost),
		cmocka_unit_test(endings_are_told_apart),
		cmocka_unit_test(a_closed_port_is_refused),
		cmocka_unit_test(
			a_byte_now_and_then_does_not_move_the_deadline),
		cmocka_unit_test(
			writing_to_one_who_left_is_an_error_not_a_signal),
		cmocka_unit_test(a_tls_handshake_says_why_it_failed),
		cmocka_unit_test(what_came_before_the_handshake_is_refused),
		cmocka_unit_test(connections_to_one_address_are_paced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
