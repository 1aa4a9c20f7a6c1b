/*
 * What services say, recorded in tests/probe/banner (or made after their
 * specification), and what is understood of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "peer.h"
#include "scan/probe.h"
#include "scan/probes/banner.h"
#include "table.h"

static const struct answer {
	const char *name; /* of the file, too */
	int port;
	const char *version;
	bool knows_auth, no_auth;
} answers[] = {
	{ "ftp_greeting", 21, "Welcome" },
	{ "ftp_one_line", 21, "ProFTPD Server (Debian) [::ffff:192.0.2.1]" },
	{ "ssh_openssh", 22, "OpenSSH_9.2p1 Debian-2+deb12u10" },
	{ "ssh_after_lines", 22, "Cisco-1.25" },
	{ "telnet_options", 23 },
	{ "telnet_prompt", 23 },
	{ "dns_refused", 53 },
	{ "smb_3_0_2", 445, "SMB 3.0.2" },
	{ "smb_1", 445, "SMB 1" },
	{ "mysql_greeting", 3306, "8.0.36" },
	{ "mysql_mariadb", 3306, "10.11.6-MariaDB-0+deb12u1" },
	{ "mysql_not_allowed", 3306 },
	{ "rdp_nla", 3389, "RDP with NLA" },
	{ "rdp_tls", 3389, "RDP with TLS" },
	{ "rdp_old", 3389 },
	{ "postgresql_tls", 5432, "PostgreSQL with TLS" },
	{ "postgresql_plain", 5432, "PostgreSQL without TLS" },
	{ "postgresql_error", 5432 },
	{ "redis_open", 6379, "Redis 7.0.15", true, true },
	{ "redis_password", 6379, NULL, true, false },
	{ "redis_protected", 6379, NULL, true, false },
	{ "redis_without_info", 6379, NULL, true, true },
	{ "mongodb_hello", 27017, "MongoDB, wire version 21" },
};

static struct span recorded(const char *name, struct arena *a)
{
	struct err err = { 0 };
	char *bytes = NULL;
	size_t len = 0;

	if (!file_read(arena_printf(a, "%s/tests/probe/banner/%s.bytes",
				    getenv("NIS2_SOURCE"), name),
		       BANNER_MAX, a, &bytes, &len, &err))
		fail_msg("%s", err.msg);
	return span_of(bytes, len);
}

static void is_understood(void **state)
{
	const struct answer *c = *state;
	_arena_ struct arena a = { 0 };
	struct banner b = { 0 };
	struct span bytes = recorded(c->name, &a);

	assert_int_equal(service_on(c->port)->read(bytes, &a, &b), BANNER_YES);
	if (c->version)
		assert_string_equal(b.version, c->version);
	else
		assert_null(b.version);
	assert_int_equal(b.knows_auth, c->knows_auth);
	assert_int_equal(b.no_auth, c->no_auth);
}

/* Bytes come in pieces: no piece of a good answer may look like a bad one. */
static void no_beginning_of_an_answer_is_refused(void **state)
{
	for (size_t i = 0; i < COUNT(answers); i++) {
		_arena_ struct arena a = { 0 };
		struct span all = recorded(answers[i].name, &a);

		for (size_t len = 1; len < span_len(all); len++) {
			struct span part = { all.p, all.p + len };
			struct banner b = { 0 };

			if (service_on(answers[i].port)->read(part, &a, &b) ==
			    BANNER_NO)
				fail_msg("%s is refused after %zu bytes",
					 answers[i].name, len);
		}
	}
}

/* A service is not confirmed by what another one says. */
static void no_service_takes_another_one_for_itself(void **state)
{
	for (size_t i = 0; i < COUNT(answers); i++)
		for (size_t k = 0; service_row(k); k++) {
			_arena_ struct arena a = { 0 };
			const struct service *s = service_row(k);
			struct banner b = { 0 };

			if (s->port != answers[i].port &&
			    s->read(recorded(answers[i].name, &a), &a, &b) ==
				    BANNER_YES)
				fail_msg("%s passes for %s", answers[i].name,
					 s->name);
		}
}

static const struct refusal {
	const char *name;
	int port;
	const char *bytes;
	size_t len;
} refusals[] = {
#define BYTES(text) text, sizeof(text) - 1
#define LONG "5.5.5-5.5.5-5.5.5-5.5.5-5.5.5-5.5.5-5.5.5-5.5.5-5.5.5-5.5.5-"
	{ "a_mail_server_is_no_ftp", 21, BYTES("554 no service\r\n") },
	{ "a_number_is_no_greeting", 21, BYTES("2200 x\r\n") },
	{ "an_ssh_line_needs_a_version", 22, BYTES("SSH-junk\r\n") },
	{ "twenty_lines_are_enough_for_ssh", 22,
	  BYTES("\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n") },
	{ "an_answer_to_another_question_is_no_dns", 53,
	  BYTES("\0\x11\xaa\xaa\x80\0\0\0\0\0\0\0") },
	{ "a_question_is_no_answer", 53,
	  BYTES("\0\x11\x4e\x32\0\0\0\0\0\0\0\0") },
	{ "mysql_speaks_protocol_10", 3306,
	  BYTES("\5\0\0\0\x09"
		"3.23") },
	{ "mysql_has_small_packets", 3306, BYTES("\xff\xff\xff\0\x0a") },
	{ "mysql_versions_are_short", 3306,
	  BYTES("\x78\0\0\0\x0a" LONG LONG "\0") },
	{ "rdp_begins_with_version_3", 3389, BYTES("\x04\0\0\x0b\x06\xd0") },
	{ "postgresql_says_one_byte", 5432, BYTES("SSH-2.0\r\n") },
	{ "redis_says_pong", 6379, BYTES("+OK\r\n") },
	{ "mongodb_has_an_opcode", 27017,
	  BYTES("\x30\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0") },
	{ "smb_begins_with_zero", 445, BYTES("HTTP/1.1 200 OK\r\n") },
};

static void is_refused(void **state)
{
	const struct refusal *c = *state;
	_arena_ struct arena a = { 0 };
	struct banner b = { 0 };

	assert_int_equal(
		service_on(c->port)->read(span_of(c->bytes, c->len), &a, &b),
		BANNER_NO);
}

/* The lengths inside the questions are those of the questions. */
static void questions_are_well_formed(void **state)
{
	const struct service *mongodb = service_on(27017);
	const struct service *smb = service_on(445), *rdp = service_on(3389);
	const struct service *dns = service_on(53);

	assert_int_equal(mongodb->ask[0], mongodb->ask_len);
	assert_int_equal(mongodb->ask[21], mongodb->ask_len - 21);
	assert_int_equal(smb->ask[3], smb->ask_len - 4);
	assert_int_equal(rdp->ask[3], rdp->ask_len);
	assert_int_equal(dns->ask[1], dns->ask_len - 2);
}

static void a_line_for_people_has_no_control_characters(void **state)
{
	_arena_ struct arena a = { 0 };
	const char bytes[] = " \x1b[31mred\x07 \xc3\xa9\r\nmore";

	assert_string_equal(banner_line(span_of(bytes, sizeof(bytes) - 1), &a),
			    "?[31mred? \xc3\xa9");
	assert_string_equal(banner_line(span_of("", 0), &a), "");
}

/* ---- the whole probe against a peer ---- */

static void run_banner(struct peer *p, struct arena *a, struct fact_list *facts,
		       int64_t us)
{
	struct probe_host host = { .target = "t",
				   .ip = "127.0.0.1",
				   .addr = peer_addr() };
	struct probe_run run = { .probe = probe_list[3],
				 .host = &host,
				 .port = p->port,
				 .deadline = clock_tick() + us,
				 .arena = a,
				 .facts = facts };
	struct err err = { 0 };

	facts->arena = a;
	assert_string_equal(run.probe->name, "banner");
	if (!run.probe->run(&run, &err))
		fail_msg("%s", err.msg);
}

static const char *stated(const struct fact_list *facts, const char *name)
{
	const struct fact *f = fact_find(facts, name, -1);

	return f ? f->text : NULL;
}

static void a_service_is_known_on_any_port(void **state)
{
	static const char ssh[] = "SSH-2.0-dropbear_2022.83\r\n";
	struct peer p = { .serve = peer_say,
			  .ctx = ssh,
			  .len = sizeof(ssh) - 1 };
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { 0 };

	peer_start(&p);
	run_banner(&p, &a, &facts, 5000000);
	peer_stop(&p);
	assert_string_equal(stated(&facts, "service.name"), "ssh");
	assert_true(fact_find(&facts, "service.confirmed", p.port)->yes);
	assert_string_equal(stated(&facts, "service.version"),
			    "dropbear_2022.83");
}

/* Says nothing until it is asked, as web servers do. */
static void say_when_asked(struct peer *p, int fd)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	char buf[512];

	while (!p->stop && poll(&in, 1, 10) == 0)
		;
	if (recv(fd, buf, sizeof(buf), 0) > 0)
		peer_say(p, fd);
}

static void a_silent_port_is_asked_for_http(void **state)
{
	static const char http[] = "HTTP/1.0 404 Not Found\r\n\r\n";
	struct peer p = { .serve = say_when_asked,
			  .ctx = http,
			  .len = sizeof(http) - 1 };
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { 0 };

	peer_start(&p);
	run_banner(&p, &a, &facts, 5000000);
	peer_stop(&p);
	assert_string_equal(stated(&facts, "service.name"), "http");
}

static void what_is_not_known_is_called_unknown(void **state)
{
	static const char text[] = "* hello\r\n";
	struct peer p = { .serve = peer_say,
			  .ctx = text,
			  .len = sizeof(text) - 1 };
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { 0 };

	peer_start(&p);
	run_banner(&p, &a, &facts, 5000000);
	peer_stop(&p);
	assert_string_equal(stated(&facts, "service.name"), "unknown");
	assert_false(fact_find(&facts, "service.confirmed", p.port)->yes);
	assert_string_equal(stated(&facts, "service.banner"), "* hello");
}

static void a_silent_port_keeps_nobody_waiting(void **state)
{
	struct peer p = { .serve = peer_be_silent };
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { 0 };
	int64_t start = clock_tick();

	peer_start(&p);
	run_banner(&p, &a, &facts, 300000);
	peer_stop(&p);
	assert_true(clock_tick() - start < 2000000);
	assert_string_equal(stated(&facts, "service.name"), "unknown");
}

int main(void)
{
	static const struct CMUnitTest rest[] = {
		cmocka_unit_test(no_beginning_of_an_answer_is_refused),
		cmocka_unit_test(no_service_takes_another_one_for_itself),
		cmocka_unit_test(questions_are_well_formed),
		cmocka_unit_test(a_line_for_people_has_no_control_characters),
		cmocka_unit_test(a_service_is_known_on_any_port),
		cmocka_unit_test(a_silent_port_is_asked_for_http),
		cmocka_unit_test(what_is_not_known_is_called_unknown),
		cmocka_unit_test(a_silent_port_keeps_nobody_waiting),
	};
	static struct CMUnitTest
		tests[COUNT(answers) + COUNT(refusals) + COUNT(rest)];
	size_t n = 0;

	ADD(answers, is_understood);
	ADD(refusals, is_refused);
	memcpy(tests + n, rest, sizeof(rest));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
