#include "net/tls_session.h"

#include <openssl/err.h>
#include <string.h>

#include "net/conn_ssl.h"
#include "net/hello_ask.h"

/* For what a server may leave unanswered. */
enum { PATIENCE_US = 1000000 };

struct attempt {
	struct hello_peer *peer;
	int version;	      /* TLS1_2_VERSION at most, or 1.3 alone */
	uint64_t options;     /* of OpenSSL */
	SSL_SESSION *session; /* to be taken up, or NULL */
	struct conn *conn;    /* made by begin() */
	SSL *ssl;
};

/* False: no handshake; there is nothing to end. */
static bool begin(struct attempt *try)
{
	struct hello_peer peer = *try->peer;
	struct err err = { 0 };

	if (!peer.patience || peer.patience > PATIENCE_US)
		peer.patience = PATIENCE_US;
	try->conn = hello_connect(&peer, &err);
	try->peer->connections = peer.connections;
	if (!try->conn)
		return false;
	try->ssl = conn_ssl_new(try->conn, peer.sni);
	if (try->ssl) {
		SSL_set_min_proto_version(try->ssl,
					  try->version == TLS1_3_VERSION
						  ? TLS1_3_VERSION
						  : TLS1_VERSION);
		SSL_set_max_proto_version(try->ssl, try->version);
		SSL_set_options(try->ssl, try->options);
		SSL_clear_mode(try->ssl, SSL_MODE_AUTO_RETRY);
		if ((!try->session ||
		     SSL_set_session(try->ssl, try->session)) &&
		    SSL_connect(try->ssl) == 1)
			return true;
	}
	ERR_clear_error();
	conn_close(try->conn);
	return false;
}

static void end(struct attempt *try)
{
	conn_close(try->conn);
	ERR_clear_error();
}

static bool is_taken_up(struct attempt *try, SSL_SESSION *session)
{
	bool reused;

	if (!session || !SSL_SESSION_is_resumable(session))
		return false;
	try->session = session;
	if (!begin(try))
		return false;
	reused = SSL_session_reused(try->ssl);
	end(try);
	return reused;
}

/* ---- before TLS 1.3 ---- */

/*
 * A server in order says no, or hangs up. One that grants it lets a client
 * make it compute for nothing, over and over in one connection.
 */
static enum hello_finding renegotiate(SSL *ssl)
{
	int rc;

	SSL_set_options(ssl, SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
	if (SSL_renegotiate(ssl) != 1)
		return HELLO_UNKNOWN;
	rc = SSL_do_handshake(ssl);
	return rc == 1 && !SSL_renegotiate_pending(ssl) &&
			       SSL_num_renegotiations(ssl) > 0
		       ? HELLO_VULNERABLE
		       : HELLO_SAFE;
}

static void keep_ticket(SSL_SESSION *session, struct arena *a,
			struct tls_session_old *ret)
{
	const SSL_CIPHER *cipher = SSL_SESSION_get0_cipher(session);
	const unsigned char *ticket = NULL;
	size_t len = 0;
	uint8_t *copy;

	SSL_SESSION_get0_ticket(session, &ticket, &len);
	if (!len || !cipher)
		return;
	copy = (uint8_t *)arena_bytes(a, len);
	memcpy(copy, ticket, len);
	ret->ticket = (struct cert_der){ copy, len };
	ret->version =
		(enum tls_version)SSL_SESSION_get_protocol_version(session);
	ret->suite = SSL_CIPHER_get_protocol_id(cipher);
}

static bool look_by_id(struct hello_peer *peer)
{
	struct attempt try = { .peer = peer,
			       .version = TLS1_2_VERSION,
			       .options = SSL_OP_NO_TICKET };
	SSL_SESSION *session;
	unsigned len = 0;
	bool resumed = false;

	if (!begin(&try))
		return false;
	session = SSL_get1_session(try.ssl);
	end(&try);
	if (session)
		SSL_SESSION_get_id(session, &len);
	if (len)
		resumed = is_taken_up(&try, session);
	SSL_SESSION_free(session);
	return resumed;
}

bool tls_session_before13(struct hello_peer *peer, struct arena *a,
			  struct tls_session_old *ret)
{
	struct attempt try = { .peer = peer, .version = TLS1_2_VERSION };
	SSL_SESSION *session;

	*ret = (struct tls_session_old){ 0 };
	if (!begin(&try))
		return false;
	/* A copy: what a refusal does to the session is not the question. */
	session = SSL_SESSION_dup(SSL_get0_session(try.ssl));
	ret->renegotiation = renegotiate(try.ssl);
	end(&try);
	if (session && SSL_SESSION_has_ticket(session)) {
		keep_ticket(session, a, ret);
		ret->by_ticket = is_taken_up(&try, session);
	}
	SSL_SESSION_free(session);
	ret->by_id = look_by_id(peer);
	return true;
}

/* ---- TLS 1.3 ---- */

bool tls_session_13(struct hello_peer *peer, struct tls_session_new *ret)
{
	struct attempt try = { .peer = peer, .version = TLS1_3_VERSION };
	SSL_SESSION *session;
	char byte;
	size_t got;

	*ret = (struct tls_session_new){ .lifetime = -1 };
	if (!begin(&try))
		return false;
	/* Tickets come behind the handshake; one is enough. */
	SSL_read_ex(try.ssl, &byte, 1, &got);
	session = SSL_get1_session(try.ssl);
	end(&try);
	if (session && SSL_SESSION_has_ticket(session)) {
		ret->lifetime =
			(int64_t)SSL_SESSION_get_ticket_lifetime_hint(session);
		ret->early_data = SSL_SESSION_get_max_early_data(session);
		ret->resumed = is_taken_up(&try, session);
	}
	SSL_SESSION_free(session);
	return true;
}
