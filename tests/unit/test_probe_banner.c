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

	/* MongoDB is certain before its second answer came. */
	if (service_on(c->port)->read(bytes, &a, &b) != BANNER_YES)
		assert_true(b.certain);
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

			if (strcmp(s->name,
				   service_on(answers[i].port)->name) &&
			    s->read(recorded(answers[i].name, &a), &a, &b) ==
				    BANNER_YES)
				fail_msg("%s passes for %s", answers[i].name,
					 s->name);
		}
}

/* Made after their specifications. */
static const struct spoken {
	const char *name; /* of the service, too */
	const char *bytes;
	size_t len;
	const char *version;
	int no_auth; /* -1: not told */
} spoken[] = {
#define SAYS(text) text, sizeof(text) - 1
	{ "smtp", SAYS("220 mx.example.com ESMTP Postfix\r\n"),
	  "mx.example.com ESMTP Postfix", -1 },
	{ "smtp", SAYS("554 no service here\r\n"), NULL, -1 },
	{ "pop3", SAYS("+OK Dovecot ready.\r\n"), "Dovecot ready.", -1 },
	{ "imap", SAYS("* OK [CAPABILITY] ready\r\n"), "[CAPABILITY] ready",
	  -1 },
	{ "imap", SAYS("* BYE go away\r\n"), "go away", -1 },
	{ "vnc", SAYS("RFB 003.008\n"), "003.008", -1 },
	{ "rsync", SAYS("@RSYNCD: 31.0\n"), "31.0", -1 },
	{ "sieve", SAYS("\"IMPLEMENTATION\" \"Pigeonhole\"\r\n"),
	  "\"Pigeonhole\"", -1 },
	{ "nats", SAYS("INFO {\"version\":\"2.10.0\"}\r\n"), "2.10.0", 1 },
	{ "nats", SAYS("INFO {\"auth_required\":true}\r\n"), NULL, 0 },
	{ "irc", SAYS(":irc.example NOTICE AUTH :*** hello\r\n"), NULL, -1 },
	{ "memcached", SAYS("VERSION 1.6.18\r\n"), "1.6.18", 1 },
	{ "zookeeper", SAYS("Zookeeper version: 3.8.1\n"), "3.8.1", 1 },
	{ "zookeeper", SAYS("srvr is not executed because"), NULL, 0 },
	{ "rtsp", SAYS("RTSP/1.0 200 OK\r\nServer: cam/1\r\n"), "cam/1", -1 },
	{ "sip", SAYS("SIP/2.0 404 Not Found\r\n"), NULL, -1 },
	{ "xmpp",
	  SAYS("<stream:stream "
	       "xmlns:stream='http://etherx.jabber.org/streams'>"),
	  NULL, -1 },
	{ "clamav", SAYS("PONG\n"), NULL, -1 },
	{ "jdwp", SAYS("JDWP-Handshake"), NULL, 1 },
	{ "mssql",
	  SAYS("\x04\x01\0\x14\0\0\1\0"
	       "\0\0\x06\0\x06\xff\x0f\x00\x10\x7c\0\0"),
	  "Microsoft SQL Server 15.0.4220", -1 },
	{ "oracle", SAYS("\0\x08\0\0\x0b\0\0\0"), NULL, -1 },
	{ "ldap", SAYS("\x30\x0c\x02\x01\x07\x64\x07\x04\0\x30\0\0\0"), NULL,
	  1 },
	{ "ldap", SAYS("\x30\x0c\x02\x01\x07\x65\x07\x0a\1\1\4\0\4\0"), NULL,
	  0 },
	{ "portmap", SAYS("\x80\0\0\x18NIS1\0\0\0\1\0\0\0\0"), NULL, -1 },
	{ "nfs", SAYS("\x80\0\0\x18NIS2\0\0\0\1\0\0\0\1"), NULL, -1 },
	{ "mqtt", SAYS("\x20\x02\0\0"), NULL, 1 },
	{ "mqtt", SAYS("\x20\x02\0\5"), NULL, 0 },
	{ "amqp",
	  SAYS("\1\0\0\0\0\0\x20\0\x0a\0\x0a\0\x09"
	       "\0\0\0\x20\7versionS\0\0\0\6"
	       "3.11.0"),
	  "3.11.0", -1 },
	{ "x11", SAYS("\1\0\x0b\0\0\0\0\0"), NULL, 1 },
	{ "x11", SAYS("\0\x0b\x0b\0\0\0\0\0"), NULL, 0 },
	{ "msrpc", SAYS("\5\0\x0c\3\x10\0\0\0\x3c\0\0\0\1\0\0\0"), NULL, -1 },
	{ "netbios", SAYS("\x82\0\0\0"), NULL, -1 },
	{ "socks", SAYS("\5\0"), NULL, 1 },
	{ "socks", SAYS("\5\xff"), NULL, 0 },
	{ "ajp", SAYS("AB\0\1\x09"), NULL, -1 },
	{ "rmi",
	  SAYS("N\0\x09"
	       "127.0.0.1"),
	  NULL, -1 },
	{ "epmd", SAYS("\0\0\x11\x11name rabbit"), NULL, 1 },
	{ "cassandra", SAYS("\x83\0\0\7\6\0\0\0\2"), NULL, -1 },
	{ "modbus",
	  SAYS("NI\0\0\0\x13\1\x2b\x0e\1\1\0\0\3"
	       "\0\2ab\1\1c\2\2v1"),
	  "ab c v1", -1 },
	{ "modbus", SAYS("NI\0\0\0\3\1\xab\1"), NULL, -1 },
	{ "s7",
	  SAYS("\3\0\0\x16\x11\xd0\0\1\0\2\0\xc0\1\x0a\xc1\2\1\0\xc2\2"
	       "\1\2"),
	  NULL, -1 },
	{ "dnp3", SAYS("\5\x64\5\x0b\3\0\1\0\xaa\xbb"), NULL, -1 },
	{ "ethernet_ip", SAYS("\x63\0\0\0\0\0\0\0\0\0\0\0nis2scan\0\0\0\0"),
	  NULL, -1 },
	{ "iec104", SAYS("\x68\4\x83\0\0\0"), NULL, -1 },
	{ "opcua", SAYS("ACKF\x1c\0\0\0"), NULL, -1 },
	{ "tls", SAYS("\x15\3\1\0\2\2\x28"), NULL, -1 },
	{ "tls", SAYS("\x16\3\3\0\x4a\2\0"), NULL, -1 },
	{ "http", SAYS("HTTP/1.1 200 OK\r\n"), NULL, -1 },
};

static const struct service *row_named(const char *name)
{
	const struct service *s;
	size_t i = 0;

	while ((s = service_row(i++)) && strcmp(s->name, name))
		;
	return s;
}

static void is_heard(void **state)
{
	const struct spoken *c = *state;
	_arena_ struct arena a = { 0 };
	struct banner b = { 0 };

	assert_int_equal(
		row_named(c->name)->read(span_of(c->bytes, c->len), &a, &b),
		BANNER_YES);
	if (c->version)
		assert_string_equal(b.version, c->version);
	assert_int_equal(b.knows_auth ? b.no_auth : -1, c->no_auth);
}

static void what_one_says_no_other_does(void **state)
{
	for (size_t i = 0; i < COUNT(spoken); i++)
		for (size_t k = 0; service_row(k); k++) {
			const struct spoken *c = &spoken[i];
			const struct service *s = service_row(k);
			_arena_ struct arena a = { 0 };
			struct banner b = { 0 };

			if (strcmp(s->name, c->name) &&
			    s->read(span_of(c->bytes, c->len), &a, &b) ==
				    BANNER_YES)
				fail_msg("%s passes for %s", c->name, s->name);
		}
}

/* nginx and Go answer like this where TLS was meant. */
static void a_tls_port_asked_in_clear_is_no_http(void **state)
{
	static const char said[] =
		"HTTP/1.0 400 Bad Request\r\n\r\n"
		"Client sent an HTTP request to an HTTPS server.\n";
	_arena_ struct arena a = { 0 };
	struct banner b = { 0 };

	assert_int_equal(
		service_http.read(span_of(said, sizeof(said) - 1), &a, &b),
		BANNER_NO);
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
	{ "telnet_negotiates_and_does_not_repeat_itself", 23,
	  BYTES("\xff\xff\xff\xff") },
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

/* A peer that says S may begin any word with it. */
static void one_byte_elsewhere_is_no_postgresql(void **state)
{
	_arena_ struct arena a = { 0 };
	struct banner b = { 0 };
	const struct service *s;

	for (size_t i = 0; (s = service_row(i)); i++)
		if (s->common)
			assert_int_not_equal(s->read(span_of("S", 1), &a, &b),
					     BANNER_YES);
}

/* The lengths inside the questions are those of the questions. */
static void questions_are_well_formed(void **state)
{
	const struct service *mongodb = service_on(27017);
	const struct service *smb = service_on(445), *rdp = service_on(3389);
	const struct service *dns = service_on(53), *ldap = service_on(389);
	const struct service *mssql = service_on(1433);
	const struct service *oracle = service_on(1521);
	size_t first = (unsigned char)mongodb->ask[0];

	assert_int_equal(mongodb->ask[21], first - 21);
	assert_int_equal(mongodb->ask[first], mongodb->ask_len - first);
	assert_int_equal(smb->ask[3], smb->ask_len - 4);
	assert_int_equal(rdp->ask[3], rdp->ask_len);
	assert_int_equal(dns->ask[1], dns->ask_len - 2);
	assert_int_equal(ldap->ask[1], ldap->ask_len - 2);
	assert_int_equal(ldap->ask[6], ldap->ask_len - 7);
	assert_int_equal(mssql->ask[3], mssql->ask_len);
	assert_int_equal(oracle->ask[1], oracle->ask_len);
	assert_int_equal(service_on(111)->ask[3], 40);
	assert_int_equal(service_on(1723)->ask_len, 156);
	assert_int_equal(service_on(135)->ask_len, 72);
	assert_int_equal(service_on(139)->ask_len, 72);
}

static void nothing_is_asked_of_a_printer(void **state)
{
	assert_true(service_must_not_ask(9100));
	assert_false(service_must_not_ask(80));
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
	struct probe_run run = { .probe = probe_list[1],
				 .host = &host,
				 .port = p->port,
				 .deadline = clock_tick() + us,
				 .arena = a,
				 .user_agent = "test",
				 .facts = facts };
	struct err err = { 0 };

	facts->arena = a;
	assert_string_equal(run.probe->name, "services");
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
		cmocka_unit_test(what_one_says_no_other_does),
		cmocka_unit_test(a_tls_port_asked_in_clear_is_no_http),
		cmocka_unit_test(one_byte_elsewhere_is_no_postgresql),
		cmocka_unit_test(questions_are_well_formed),
		cmocka_unit_test(nothing_is_asked_of_a_printer),
		cmocka_unit_test(a_line_for_people_has_no_control_characters),
		cmocka_unit_test(a_service_is_known_on_any_port),
		cmocka_unit_test(a_silent_port_is_asked_for_http),
		cmocka_unit_test(what_is_not_known_is_called_unknown),
		cmocka_unit_test(a_silent_port_keeps_nobody_waiting),
	};
	static struct CMUnitTest tests[COUNT(answers) + COUNT(spoken) +
				       COUNT(refusals) + COUNT(rest)];
	size_t n = 0;

	ADD(answers, is_understood);
	ADD(spoken, is_heard);
	ADD(refusals, is_refused);
	memcpy(tests + n, rest, sizeof(rest));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
