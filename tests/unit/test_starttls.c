/* What services say before TLS, as recorded and as nobody should say it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "net/starttls.h"
#include "peer.h"

#define LEN(bytes) bytes, sizeof(bytes) - 1

/* Of one step: the answer, and what is known after it. */
static const struct {
	enum starttls_kind kind;
	int step;
	const char *bytes;
	size_t len;
	enum starttls_answer answer;
	bool offers, knows_login, login;
} cases[] = {
	{ STARTTLS_SMTP, 0, LEN("220 mail ESMTP\r\n"), STARTTLS_YES },
	{ STARTTLS_SMTP, 0, LEN("220-wait\r\n"), STARTTLS_MORE },
	{ STARTTLS_SMTP, 0, LEN("220-wait\r\n220 go\r\n"), STARTTLS_YES },
	{ STARTTLS_SMTP, 0, LEN("554 no\r\n"), STARTTLS_OTHER },
	{ STARTTLS_SMTP, 0, LEN("SSH-2.0-x\r\n"), STARTTLS_OTHER },
	{ STARTTLS_SMTP, 1, LEN("250-m\r\n250-STARTTLS\r\n250 SIZE\r\n"),
	  STARTTLS_YES, true, true, false },
	{ STARTTLS_SMTP, 1,
	  LEN("250-m\r\n250-AUTH CRAM-MD5 PLAIN\r\n250 STARTTLS\r\n"),
	  STARTTLS_YES, true, true, true },
	{ STARTTLS_SMTP, 1, LEN("250-m\r\n250 AUTH CRAM-MD5\r\n"), STARTTLS_YES,
	  false, true, false },
	/* Another word that begins so is not the offer. */
	{ STARTTLS_SMTP, 1, LEN("250-m\r\n250 XSTARTTLSX\r\n"), STARTTLS_YES,
	  false, true, false },
	{ STARTTLS_SMTP, 2, LEN("220 go\r\n"), STARTTLS_YES },
	{ STARTTLS_SMTP, 2, LEN("454 later\r\n"), STARTTLS_NO },
	{ STARTTLS_IMAP, 0, LEN("* OK Dovecot ready.\r\n"), STARTTLS_YES },
	{ STARTTLS_IMAP, 0, LEN("* BYE\r\n"), STARTTLS_OTHER },
	{ STARTTLS_IMAP, 1,
	  LEN("* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\nn OK\r\n"),
	  STARTTLS_YES, true, true, false },
	{ STARTTLS_IMAP, 1,
	  LEN("* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\nn OK\r\n"),
	  STARTTLS_YES, true, true, true },
	{ STARTTLS_IMAP, 1, LEN("* CAPABILITY IMAP4rev1\r\nn OK\r\n"),
	  STARTTLS_YES, false, true, true },
	{ STARTTLS_IMAP, 2, LEN("n OK begin\r\n"), STARTTLS_YES },
	{ STARTTLS_IMAP, 2, LEN("n BAD\r\n"), STARTTLS_NO },
	{ STARTTLS_POP3, 0, LEN("+OK ready\r\n"), STARTTLS_YES },
	{ STARTTLS_POP3, 1, LEN("+OK\r\nSTLS\r\nUSER\r\n.\r\n"), STARTTLS_YES,
	  true, true, true },
	{ STARTTLS_POP3, 1, LEN("+OK\r\nSTLS\r\nSASL\r\n.\r\n"), STARTTLS_YES,
	  true, true, false },
	{ STARTTLS_POP3, 1, LEN("+OK\r\nSTLS\r\n"), STARTTLS_MORE, true },
	{ STARTTLS_POP3, 2, LEN("-ERR\r\n"), STARTTLS_NO },
	{ STARTTLS_FTP, 1, LEN("211-Features:\r\n AUTH TLS\r\n211 End\r\n"),
	  STARTTLS_YES, true },
	{ STARTTLS_FTP, 1, LEN("211-Features:\r\n UTF8\r\n211 End\r\n"),
	  STARTTLS_YES },
	{ STARTTLS_FTP, 1, LEN("500 what?\r\n"), STARTTLS_YES },
	{ STARTTLS_FTP, 2, LEN("234 go\r\n"), STARTTLS_YES },
	{ STARTTLS_FTP, 3, LEN("331 password\r\n"), STARTTLS_YES, false, true,
	  true },
	{ STARTTLS_FTP, 3, LEN("550 TLS first\r\n"), STARTTLS_YES, false, true,
	  false },
	{ STARTTLS_LDAP, 0,
	  LEN("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0"),
	  STARTTLS_YES, true },
	{ STARTTLS_LDAP, 0,
	  LEN("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\0\x04\0"),
	  STARTTLS_NO },
	{ STARTTLS_LDAP, 0, LEN("\x30\x84\0\0\0\x0c\x02\x01\x01\x78"),
	  STARTTLS_MORE },
	{ STARTTLS_LDAP, 0, LEN("\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff"),
	  STARTTLS_OTHER },
	{ STARTTLS_LDAP, 0, LEN("HTTP"), STARTTLS_OTHER },
	{ STARTTLS_POSTGRESQL, 0, LEN("S"), STARTTLS_YES, true },
	{ STARTTLS_POSTGRESQL, 0, LEN("N"), STARTTLS_NO },
	{ STARTTLS_POSTGRESQL, 0, LEN("E"), STARTTLS_OTHER },
	{ STARTTLS_MYSQL, 0,
	  LEN("\x15\0\0\0\x0a"
	      "8\0abcdSALTSALT\0\xff\xff"
	      "\0\0\0"),
	  STARTTLS_YES, true },
	{ STARTTLS_MYSQL, 0,
	  LEN("\x15\0\0\0\x0a"
	      "8\0abcdSALTSALT\0\xff\xf7"
	      "\0\0\0"),
	  STARTTLS_NO },
	{ STARTTLS_MYSQL, 0, LEN("\x05\0\0\0\xff\x15\x04no"), STARTTLS_OTHER },
	{ STARTTLS_MYSQL, 0, LEN("HTTP/1.1 400"), STARTTLS_OTHER },
	{ STARTTLS_XMPP_CLIENT, 0,
	  LEN("<?xml?><stream:stream><stream:features><starttls/>"
	      "</stream:features>"),
	  STARTTLS_YES, true, true, false },
	{ STARTTLS_XMPP_CLIENT, 0,
	  LEN("<?xml?><stream:stream><stream:features><mechanisms>"
	      "<mechanism>PLAIN</mechanism></mechanisms></stream:features>"),
	  STARTTLS_NO, false, true, true },
	{ STARTTLS_XMPP_CLIENT, 0, LEN("<?xml?><stream:stream>"),
	  STARTTLS_MORE },
	{ STARTTLS_XMPP_CLIENT, 1, LEN("<proceed/>"), STARTTLS_YES },
	{ STARTTLS_XMPP_CLIENT, 1, LEN("<failure/>"), STARTTLS_NO },
	{ STARTTLS_NONE, 0, LEN("x"), STARTTLS_OTHER },
	{ STARTTLS_LDAP, STARTTLS_STEPS_MAX, LEN("x"), STARTTLS_OTHER },
};

static void answers_are_read(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct starttls_said said = { 0 };
		struct span s = span_of(cases[i].bytes, cases[i].len);
		enum starttls_answer r =
			starttls_read(cases[i].kind, cases[i].step, &s, &said);

		if (r != cases[i].answer || said.offers != cases[i].offers ||
		    said.knows_login != cases[i].knows_login ||
		    said.login_in_clear != cases[i].login)
			fail_msg("case %zu: %d, offers %d, login %d %d", i, r,
				 said.offers, said.knows_login,
				 said.login_in_clear);
		if (r == STARTTLS_YES)
			assert_int_equal(span_len(s), 0);
	}
}

static void ports_have_their_service(void **state)
{
	static const struct {
		int port;
		const char *name;
	} ports[] = { { 21, "ftp" },	       { 25, "smtp" },
		      { 110, "pop3" },	       { 143, "imap" },
		      { 389, "ldap" },	       { 587, "smtp" },
		      { 443, NULL },	       { 3306, "mysql" },
		      { 993, NULL },	       { 5222, "xmpp" },
		      { 5269, "xmpp-server" }, { 5432, "postgresql" } };

	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
		const char *name = starttls_name(starttls_on(ports[i].port));

		assert_int_equal(!name, !ports[i].name);
		if (name)
			assert_string_equal(name, ports[i].name);
	}
}

static struct conn *connected(struct peer *p)
{
	const struct addr loopback = peer_addr();
	struct conn *conn = NULL;

	peer_start(p);
	assert_true(conn_open(&loopback, p->port, clock_tick() + 5000000, &conn,
			      NULL, NULL));
	return conn;
}

/* A server that goes on talking could put words before the first encrypted. */
static void bytes_before_the_handshake_end_it(void **state)
{
	struct peer p = { peer_say, LEN("S\x16\3\3") };
	struct conn *conn = connected(&p);
	struct err err = { 0 };

	assert_false(starttls_begin(conn, STARTTLS_POSTGRESQL, NULL, &err));
	assert_string_equal(err.msg, "data before the handshake");
	conn_close(conn);
	peer_stop(&p);
}

static void refusing_and_being_another_service_differ(void **state)
{
	static const struct {
		const char *says;
		enum err_kind kind;
	} servers[] = { { "N", ERR_REFUSED }, { "HTTP", ERR_UPSTREAM } };

	for (size_t i = 0; i < 2; i++) {
		struct peer p = { peer_say, servers[i].says,
				  strlen(servers[i].says) };
		struct conn *conn = connected(&p);
		struct starttls_said said;
		struct err err = { 0 };

		assert_false(
			starttls_begin(conn, STARTTLS_POSTGRESQL, NULL, &err));
		assert_int_equal(err.kind, servers[i].kind);
		conn_close(conn);
		peer_stop(&p);

		p = (struct peer){ peer_say, servers[i].says,
				   strlen(servers[i].says) };
		conn = connected(&p);
		assert_int_equal(starttls_look(conn, STARTTLS_POSTGRESQL, NULL,
					       &said, NULL),
				 i == 0);
		assert_false(said.offers);
		conn_close(conn);
		peer_stop(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_read),
		cmocka_unit_test(ports_have_their_service),
		cmocka_unit_test(bytes_before_the_handshake_end_it),
		cmocka_unit_test(refusing_and_being_another_service_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
