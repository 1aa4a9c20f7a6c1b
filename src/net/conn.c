#include "net/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/conn_fd.h"
#include "net/conn_ssl.h"

struct conn {
	int fd;
	SSL *ssl;
	int64_t deadline;
	enum conn_state state;
	unsigned char *scts; /* of the TLS extension */
	size_t scts_len;
	size_t start, len; /* what was read and not yet taken */
	char buf[4096];
};

static const char *const state_words[] = {
	[CONN_OPEN] = "open",
	[CONN_REFUSED] = "connection refused",
	[CONN_UNREACHABLE] = "no route to the host",
	[CONN_TIMED_OUT] = "timed out",
	[CONN_RESET] = "connection reset by the peer",
	[CONN_CLOSED] = "closed by the peer",
	[CONN_FAILED] = "connection failed",
};

int conn_fd(const struct conn *conn)
{
	return fcntl(conn->fd, F_DUPFD_CLOEXEC, 0);
}

int64_t conn_deadline(const struct conn *conn)
{
	return conn->deadline;
}

enum conn_state conn_state(const struct conn *conn)
{
	return conn->state;
}

static enum conn_state state_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return CONN_REFUSED;
	case ECONNRESET:
	case ECONNABORTED:
	case EPIPE:
		return CONN_RESET;
	case ETIMEDOUT:
		return CONN_TIMED_OUT;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case EADDRNOTAVAIL:
	case EACCES: /* our own firewall says no */
	case EPERM:
		return CONN_UNREACHABLE;
	default:
		return CONN_FAILED;
	}
}

static bool conn_error(struct conn *conn, int error, struct err *err)
{
	conn->state = state_of(error);
	err_set(err, ERR_UPSTREAM, "%s", state_words[conn->state]);
	return err_cause(err, "%s", strerrordesc_np(error));
}

static bool conn_ended(struct conn *conn, struct err *err)
{
	conn->state = CONN_CLOSED;
	return err_set(err, ERR_UPSTREAM, "%s", state_words[CONN_CLOSED]);
}

/* Waits for `events`, at most until the deadline of the connection. */
static bool conn_wait(struct conn *conn, short events, struct err *err)
{
	struct pollfd fd = { .fd = conn->fd, .events = events };
	int64_t left;
	int n;

	for (;;) {
		left = conn->deadline - clock_tick();
		if (left <= 0)
			return conn_error(conn, ETIMEDOUT, err);
		n = poll(&fd, 1, (int)(left / 1000) + 1);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return conn_error(conn, errno, err);
	}
}

/* ---- the socket ---- */

static socklen_t socket_address(const struct addr *a, int port,
				struct sockaddr_storage *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	if (a->family == 4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		memcpy(&v4->sin_addr, a->bytes, 4);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)port);
	memcpy(&v6->sin6_addr, a->bytes, 16);
	return sizeof(*v6);
}

/*
 * How far the connections to an address are ahead of the rate: a bucket that
 * is full again after a while (GCRA). Addresses that share a bucket share the
 * rate, which only makes us slower.
 */
enum { PACES = 1024 };
static struct pace {
	pthread_mutex_t lock;
	int64_t due[PACES]; /* when the next one would be due, were none early
			     */
	int64_t interval;   /* microseconds between two; 0: no limit */
} pace = { .lock = PTHREAD_MUTEX_INITIALIZER };

void conn_limit(int per_second)
{
	pthread_mutex_lock(&pace.lock);
	pace.interval = per_second > 0 ? CLOCK_SECOND / per_second : 0;
	memset(pace.due, 0, sizeof(pace.due));
	pthread_mutex_unlock(&pace.lock);
}

static size_t pace_of(const struct addr *a)
{
	uint32_t hash = 2166136261; /* FNV-1a */

	for (size_t i = 0; i < sizeof(a->bytes); i++)
		hash = (hash ^ a->bytes[i]) * 16777619;
	return hash % PACES;
}

/* How long to wait before a connection may be started. */
static int64_t pace_take(const struct addr *a)
{
	int64_t now = clock_tick(), wait = 0, *due = &pace.due[pace_of(a)];

	pthread_mutex_lock(&pace.lock);
	if (pace.interval) {
		if (*due < now)
			*due = now;
		wait = *due - now - CONN_BURST * pace.interval;
		*due += pace.interval;
	}
	pthread_mutex_unlock(&pace.lock);
	return wait > 0 ? wait : 0;
}

static bool pace_wait(const struct addr *a, int64_t deadline)
{
	int64_t wait = pace_take(a);

	if (!wait)
		return true;
	if (clock_tick() + wait >= deadline)
		return false;
	usleep((useconds_t)wait);
	return true;
}

/* -1: errno says why. */
static int start_connect(const struct addr *a, int port, int64_t deadline)
{
	struct sockaddr_storage to;
	socklen_t len = socket_address(a, port, &to);
	int one = 1, fd;

	if (!pace_wait(a, deadline)) {
		errno = ETIMEDOUT;
		return -1;
	}
	fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    0);
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (!connect(fd, (struct sockaddr *)&to, len) || errno == EINPROGRESS)
		return fd;
	one = errno;
	close(fd);
	errno = one;
	return -1;
}

bool conn_has_route(const struct addr *a)
{
	struct sockaddr_storage to;
	socklen_t len = socket_address(a, 9, &to);
	int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool has = fd >= 0 && !connect(fd, (struct sockaddr *)&to, len);

	if (fd >= 0)
		close(fd);
	return has;
}

int conn_begin(const struct addr *a, int port, int64_t deadline,
	       struct err *err)
{
	struct conn none = { 0 };
	int fd = start_connect(a, port, deadline);

	if (fd < 0)
		conn_error(&none, errno, err);
	return fd;
}

static bool connect_now(struct conn *conn, const struct addr *a, int port,
			struct err *err)
{
	int error = 0;
	socklen_t size = sizeof(error);

	conn->fd = start_connect(a, port, conn->deadline);
	if (conn->fd < 0)
		return conn_error(conn, errno, err);
	if (!conn_wait(conn, POLLOUT, err))
		return false;
	getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return !error || conn_error(conn, error, err);
}

bool conn_open(const struct addr *a, int port, int64_t deadline,
	       struct conn **ret, enum conn_state *ret_state, struct err *err)
{
	struct conn *conn = calloc(1, sizeof(*conn));
	bool ok;

	if (!conn)
		abort();
	conn->fd = -1;
	conn->deadline = deadline;
	ok = connect_now(conn, a, port, err);
	if (ret_state)
		*ret_state = conn->state;
	if (ok)
		*ret = conn;
	else
		conn_close(conn);
	return ok;
}

void conn_close(struct conn *conn)
{
	if (!conn)
		return;
	if (conn->ssl) {
		if (conn->state == CONN_OPEN && SSL_is_init_finished(conn->ssl))
			SSL_shutdown(conn->ssl);
		SSL_free(conn->ssl);
		ERR_clear_error();
	}
	if (conn->fd >= 0)
		close(conn->fd);
	free(conn->scts);
	free(conn);
}

void conn_close_at_end(struct conn **conn)
{
	conn_close(*conn);
}

static bool raw_read(struct conn *conn, void *buf, size_t max, size_t *ret_len,
		     struct err *err)
{
	ssize_t n;

	/* Checked here too: a peer that always has a byte ready never waits. */
	if (clock_tick() >= conn->deadline)
		return conn_error(conn, ETIMEDOUT, err);
	for (;;) {
		n = recv(conn->fd, buf, max, 0);
		if (n > 0) {
			*ret_len = (size_t)n;
			return true;
		}
		if (!n)
			return conn_ended(conn, err);
		if (errno != EAGAIN && errno != EINTR)
			return conn_error(conn, errno, err);
		if (!conn_wait(conn, POLLIN, err))
			return false;
	}
}

static bool raw_write(struct conn *conn, const void *buf, size_t len,
		      size_t *ret_len, struct err *err)
{
	ssize_t n;

	for (;;) {
		n = send(conn->fd, buf, len, MSG_NOSIGNAL);
		if (n >= 0) {
			*ret_len = (size_t)n;
			return true;
		}
		if (errno != EAGAIN && errno != EINTR)
			return conn_error(conn, errno, err);
		if (!conn_wait(conn, POLLOUT, err))
			return false;
	}
}

/* ---- TLS: OpenSSL over a BIO that keeps our deadline ---- */

static SSL_CTX *tls_context;
static BIO_METHOD *tls_bio;

static int bio_read(BIO *bio, char *buf, size_t max, size_t *ret_len)
{
	return raw_read(BIO_get_data(bio), buf, max, ret_len, NULL);
}

static int bio_write(BIO *bio, const char *buf, size_t len, size_t *ret_len)
{
	return raw_write(BIO_get_data(bio), buf, len, ret_len, NULL);
}

static long bio_ctrl(BIO *bio, int command, long num, void *ptr)
{
	return command == BIO_CTRL_FLUSH;
}

/* RFC 6962 section 3.3.1; with TLS 1.3 each certificate may bring its own. */
static int take_scts(SSL *ssl, unsigned type, unsigned context,
		     const unsigned char *bytes, size_t len, X509 *x,
		     size_t index, int *alert, void *arg)
{
	struct conn *conn = SSL_get_app_data(ssl);

	if (!len || index || conn->scts)
		return 1;
	conn->scts = malloc(len);
	if (!conn->scts)
		abort();
	memcpy(conn->scts, bytes, len);
	conn->scts_len = len;
	return 1;
}

static void tls_setup(void)
{
	tls_bio = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
			       "conn");
	BIO_meth_set_read_ex(tls_bio, bio_read);
	BIO_meth_set_write_ex(tls_bio, bio_write);
	BIO_meth_set_ctrl(tls_bio, bio_ctrl);
	tls_context = SSL_CTX_new(TLS_client_method());
	if (!tls_context)
		abort();
	/* The system's policy is for those who trust a server: we look. */
	SSL_CTX_set_security_level(tls_context, 0);
	SSL_CTX_set_min_proto_version(tls_context, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(tls_context, 0);
	SSL_CTX_set_cipher_list(tls_context, "ALL:!aNULL:!eNULL:@SECLEVEL=0");
	SSL_CTX_set_options(tls_context, SSL_OP_LEGACY_SERVER_CONNECT |
						 SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_verify(tls_context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(tls_context, SSL_SESS_CACHE_OFF);
	SSL_CTX_add_custom_ext(
		tls_context, TLSEXT_TYPE_signed_certificate_timestamp,
		SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_2_SERVER_HELLO |
			SSL_EXT_TLS1_3_CERTIFICATE,
		NULL, NULL, NULL, take_scts, NULL);
	SSL_CTX_set_max_cert_list(tls_context, CERT_FLIGHT_MAX);
}

void conn_prepare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, tls_setup);
}

/* What went wrong below or inside the library, in one sentence. */
static bool tls_error(struct conn *conn, int rc, const char *what,
		      struct err *err)
{
	int kind = SSL_get_error(conn->ssl, rc);
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);

	if (kind == SSL_ERROR_ZERO_RETURN)
		return conn_ended(conn, err);
	if (conn->state != CONN_OPEN)
		reason = state_words[conn->state];
	else
		conn->state = CONN_FAILED;
	err_set(err, ERR_UPSTREAM, "%s%s%s", what, *what ? ": " : "",
		reason ? reason : "protocol error");
	err_cause(err, "OpenSSL %08lx", code);
	ERR_clear_error();
	return false;
}

static bool is_host_name(const char *sni)
{
	struct addr a;

	return sni && *sni && !addr_parse(sni, &a);
}

static bool tls_attach(struct conn *conn, const char *sni, const char *alpn,
		       struct err *err)
{
	BIO *bio;

	conn_prepare();
	ERR_clear_error();
	conn->ssl = SSL_new(tls_context);
	bio = BIO_new(tls_bio);
	if (!conn->ssl || !bio)
		abort();
	BIO_set_data(bio, conn);
	BIO_set_init(bio, 1);
	SSL_set_bio(conn->ssl, bio, bio);
	SSL_set_app_data(conn->ssl, conn);
	SSL_set_tlsext_status_type(conn->ssl, TLSEXT_STATUSTYPE_ocsp);
	if (is_host_name(sni) && !SSL_set_tlsext_host_name(conn->ssl, sni))
		return err_set(err, ERR_INVALID, "the name is too long");
	if (alpn) {
		unsigned char list[64] = { (unsigned char)strlen(alpn) };

		if (list[0] > sizeof(list) - 1)
			return err_set(err, ERR_INTERNAL, "ALPN too long");
		memcpy(list + 1, alpn, list[0]);
		SSL_set_alpn_protos(conn->ssl, list, list[0] + 1u);
	}
	return true;
}

static bool tls_chain(SSL *ssl, struct arena *a, struct cert_chain *ret,
		      struct err *err)
{
	STACK_OF(X509) *sent = SSL_get_peer_cert_chain(ssl);
	struct cert_der ders[CERT_CHAIN_MAX];
	size_t count = 0;

	for (int i = 0; sent && i < sk_X509_num(sent); i++) {
		X509 *x = sk_X509_value(sent, i);
		int len = i2d_X509(x, NULL);
		unsigned char *p;

		if (len <= 0 || count == CERT_CHAIN_MAX)
			break;
		p = arena_alloc(a, (size_t)len);
		ders[count++] = (struct cert_der){ p, (size_t)len };
		i2d_X509(x, &p);
	}
	return cert_parse_chain(ders, count, a, ret, err);
}

static struct cert_der copy_bytes(const void *bytes, size_t len,
				  struct arena *a)
{
	char *copy;

	if (!bytes || !len)
		return (struct cert_der){ 0 };
	copy = arena_bytes(a, len);
	memcpy(copy, bytes, len);
	return (struct cert_der){ (uint8_t *)copy, len };
}

/* What came with the certificates. */
static void tls_receipts(struct conn *conn, struct arena *a,
			 struct conn_tls *ret)
{
	unsigned char *staple = NULL;
	long len = SSL_get_tlsext_status_ocsp_resp(conn->ssl, &staple);

	ret->staple = copy_bytes(staple, len > 0 ? (size_t)len : 0, a);
	ret->scts = copy_bytes(conn->scts, conn->scts_len, a);
}

SSL *conn_ssl_new(struct conn *conn, const char *sni)
{
	struct err err = { 0 };

	return tls_attach(conn, sni, NULL, &err) ? conn->ssl : NULL;
}

bool conn_start_tls(struct conn *conn, const char *sni, const char *alpn,
		    struct arena *a, struct conn_tls *ret, struct err *err)
{
	struct conn_tls tls = { 0 };
	const unsigned char *chosen;
	unsigned chosen_len;
	int rc;

	/* Bytes sent before the handshake would count as if they were in it. */
	if (conn->len || conn->ssl)
		return err_set(err, ERR_UPSTREAM, "data before the handshake");
	if (!tls_attach(conn, sni, alpn, err))
		return false;
	rc = SSL_connect(conn->ssl);
	if (rc != 1)
		return tls_error(conn, rc, "TLS handshake failed", err);
	if (!tls_chain(conn->ssl, a, &tls.chain, err))
		return false;
	tls_receipts(conn, a, &tls);
	tls.version = arena_strdup(a, SSL_get_version(conn->ssl));
	if (!strcmp(tls.version, "TLSv1"))
		tls.version = "TLSv1.0";
	tls.cipher = arena_strdup(a, SSL_get_cipher_name(conn->ssl));
	tls.cipher_bits = SSL_get_cipher_bits(conn->ssl, NULL);
	SSL_get0_alpn_selected(conn->ssl, &chosen, &chosen_len);
	if (chosen)
		tls.alpn = arena_strndup(a, (const char *)chosen, chosen_len);
	*ret = tls;
	return true;
}

/* ---- reading and writing ---- */

static bool stream_read(struct conn *conn, void *buf, size_t max,
			size_t *ret_len, struct err *err)
{
	int rc;

	if (!conn->ssl)
		return raw_read(conn, buf, max, ret_len, err);
	rc = SSL_read_ex(conn->ssl, buf, max, ret_len);
	return rc == 1 || tls_error(conn, rc, "", err);
}

bool conn_read(struct conn *conn, void *buf, size_t max, size_t *ret_len,
	       struct err *err)
{
	size_t n = conn->len < max ? conn->len : max;

	if (!conn->len)
		return stream_read(conn, buf, max, ret_len, err);
	memcpy(buf, conn->buf + conn->start, n);
	conn->start += n;
	conn->len -= n;
	*ret_len = n;
	return true;
}

bool conn_read_all(struct conn *conn, void *buf, size_t len, struct err *err)
{
	char *p = buf;
	size_t n;

	for (; len; p += n, len -= n)
		if (!conn_read(conn, p, len, &n, err))
			return false;
	return true;
}

static bool fill(struct conn *conn, struct err *err)
{
	conn->start = 0;
	return stream_read(conn, conn->buf, sizeof(conn->buf), &conn->len, err);
}

bool conn_read_line(struct conn *conn, struct arena *a, size_t max,
		    const char **ret, struct err *err)
{
	struct sb line = sb_new(a, 128);

	for (;;) {
		const char *p, *end;
		size_t n;

		if (!conn->len && !fill(conn, err))
			return false;
		p = conn->buf + conn->start;
		end = memchr(p, '\n', conn->len);
		n = end ? (size_t)(end - p) : conn->len;
		if (line.len + n > max + 1) /* one for the CR */
			return err_set(err, ERR_UPSTREAM,
				       "a line of more than %zu bytes", max);
		for (size_t i = 0; i < n; i++)
			sb_addc(&line, p[i] ? p[i] : '?');
		n += end != NULL;
		conn->start += n;
		conn->len -= n;
		if (end)
			break;
	}
	if (line.len && line.s[line.len - 1] == '\r')
		line.s[--line.len] = '\0';
	if (line.len > max)
		return err_set(err, ERR_UPSTREAM,
			       "a line of more than %zu bytes", max);
	*ret = line.s;
	return true;
}

bool conn_write_all(struct conn *conn, const void *bytes, size_t len,
		    struct err *err)
{
	const char *p = bytes;
	size_t n;
	int rc;

	for (; len; p += n, len -= n) {
		if (!conn->ssl) {
			if (!raw_write(conn, p, len, &n, err))
				return false;
			continue;
		}
		rc = SSL_write_ex(conn->ssl, p, len, &n);
		if (rc != 1)
			return tls_error(conn, rc, "", err);
	}
	return true;
}
