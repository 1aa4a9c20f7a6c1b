#include "http/server.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/token.h"
#include "http/flight.h"
#include "http/listen.h"
#include "http/metrics.h"
#include "http/peers.h"
#include "http/pool.h"
#include "http/reply.h"
#include "http/request.h"
#include "http/trace.h"

/* Seconds. A client that is slower than that is not served. */
enum {
	HEADERS_TIME = 10,
	BODY_TIME = 10, /* and one more for each BODY_RATE bytes */
	BODY_RATE = 64 * 1024,
	BODY_FIRST = 64 * 1024, /* room made before a byte of it is seen */
	DRAIN_MAX = 16 << 20,	/* of a body that is too large anyway */
	IDLE_TIME = 30,
	REPLY_TIME = 600, /* a large report over a slow line */
	LINGER = 5,	  /* for replies under way when the server stops */
};
enum {
	CONNECTIONS = 4096,
	/* Request line and headers fit in it; it is zeroed for each request. */
	CONNECTION_MEMORY = 16 * 1024,
};

struct server {
	struct server_setup setup;
	struct MHD_Daemon *daemon;
	struct router *router;
	struct metrics *metrics;
	struct peers *peers;
	struct pool *pool;
	int listener;
	int port;
	bool embedded;
	struct ios ios;
	_Atomic int flights;
	_Atomic int64_t drain_until; /* 0: not stopping */
};

/* ---- replies ---- */

static struct MHD_Response *response_of(struct reply *reply)
{
	struct MHD_Response *r;

	if (reply->fd < 0)
		r = MHD_create_response_from_buffer(
			reply->len, (void *)(reply->bytes ? reply->bytes : ""),
			MHD_RESPMEM_PERSISTENT);
	else
		r = MHD_create_response_from_fd64(reply->len, reply->fd);
	if (!r)
		return NULL;
	reply->fd = -1; /* the response closes it */
	for (struct reply_header *h = reply->headers; h; h = h->next)
		MHD_add_response_header(r, h->name, h->value);
	return r;
}

static enum MHD_Result send_reply(struct flight *f)
{
	struct MHD_Response *r;
	enum MHD_Result result;

	router_finish(f->server->router, &f->x);
	if (atomic_load_explicit(&f->server->drain_until, memory_order_relaxed))
		exchange_header(&f->x, "Connection", "close");
	peer_deadline(f->peer, f->x.started, REPLY_TIME);
	r = response_of(&f->x.reply);
	if (!r)
		return MHD_NO;
	result = MHD_queue_response(f->connection, (unsigned)f->x.reply.status,
				    r);
	MHD_destroy_response(r);
	return result;
}

static void busy(struct flight *f)
{
	struct err err = { 0 };

	err_set(&err, ERR_BUSY, "The server is busy; try again shortly");
	reply_error(&f->x, &err, NULL);
}

/* ---- handler threads ---- */

static void write_metrics(struct flight *f, struct db *db)
{
	struct server *s = f->server;
	struct sb out = sb_new(&f->x.arena, 8192);
	struct err err = { 0 };

	metrics_write(s->metrics, pool_waiting(s->pool), &out);
	if (s->setup.metrics && !s->setup.metrics(s->setup.arg, db, &out, &err))
		log_error("metrics", f->x.request.id, &err);
	reply_json(&f->x, 200, out.s, out.len);
	f->x.reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
}

static void handle(void *item, struct db *db)
{
	struct flight *f = item;
	struct server *s = f->server;
	int64_t until = atomic_load(&s->drain_until);

	if (until && clock_tick() > until)
		busy(f);
	else if (f->metrics)
		write_metrics(f, db);
	else
		router_run(s->router, &f->x, db);
	/* From here on it is the I/O thread's again. */
	MHD_resume_connection(f->connection);
}

/* ---- I/O threads ---- */

/* True: it was answered on this thread. */
static bool run_inline(struct flight *f)
{
	bool always = f->x.route->inline_when == INLINE_ALWAYS;
	struct server *s = f->server;
	struct db *db = NULL;

	if (!always)
		db = io_db(io_here(&s->ios), s->setup.database_url);
	if (!always && !db)
		return false;
	router_run(s->router, &f->x, db);
	return true;
}

/* Suspended before it is put: the handler may be done before put returns. */
static enum MHD_Result hand_over(struct flight *f)
{
	if (!pool_reserve(f->server->pool)) {
		busy(f);
		return send_reply(f);
	}
	f->stage = STAGE_WAITING;
	peer_deadline(f->peer, 0, 0);
	MHD_suspend_connection(f->connection);
	pool_put(f->server->pool, f);
	return MHD_YES;
}

/* The request is complete. */
static enum MHD_Result proceed(struct flight *f)
{
	struct exchange *x = &f->x;

	x->body = f->body.s ? f->body.s : "";
	x->body_len = f->body.len;
	if (f->too_large && !x->reply.status)
		reply_status(x, 413, "Request body too large");
	if (x->reply.status || (f->next == ROUTER_INLINE && run_inline(f)))
		return send_reply(f);
	return hand_over(f);
}

static bool has_metrics_token(const struct flight *f)
{
	const char *token = f->server->setup.settings->metrics_token;
	const char *sent = f->x.credentials.authorization;

	return *token && sent && !strncasecmp(sent, "Bearer ", 7) &&
	       token_same(sent + 7, token);
}

/*
 * For who runs the server: on this machine and not through a proxy, or with
 * METRICS_TOKEN. Others are told that there is no such page.
 */
static bool begin_metrics(struct flight *f)
{
	struct exchange *x = &f->x;
	const char *method = x->request.method;

	if (strcmp(x->request.path, "/metrics") ||
	    (!request_is_local(x) && !has_metrics_token(f)) ||
	    (strcmp(method, "GET") && strcmp(method, "HEAD")))
		return false;
	f->metrics = true;
	f->next = ROUTER_QUEUE;
	return true;
}

/* `length` 0: it comes in chunks, nobody knows how many. */
static int body_time(const struct flight *f, int64_t length)
{
	int64_t max = (int64_t)router_body_max(&f->x);

	if (!length || length > max)
		length = max;
	return BODY_TIME + (int)(length / BODY_RATE);
}

static enum MHD_Result collect_headers(void *cls, enum MHD_ValueKind kind,
				       const char *name, size_t name_len,
				       const char *value, size_t value_len)
{
	request_header(cls, name, name_len, value ? value : "", value_len);
	return MHD_YES;
}

static enum MHD_Result begin(struct flight *f, const char *method)
{
	struct exchange *x = &f->x;
	int64_t length;

	f->stage = STAGE_BODY;
	MHD_get_connection_values_n(f->connection, MHD_HEADER_KIND,
				    collect_headers, x);
	request_finish(x, method, peer_address(f->peer),
		       f->server->setup.settings);
	length = request_body_length(x);
	if (!x->reply.status && !begin_metrics(f))
		f->next =
			router_begin(f->server->router, x, f->server->embedded);
	f->too_large = length > (int64_t)router_body_max(x);
	/* libmicrohttpd closes the connection: nobody reads that body. */
	if (length > DRAIN_MAX)
		return proceed(f);
	if (length > 0 || request_is_chunked(x)) {
		peer_deadline(f->peer, clock_tick(), body_time(f, length));
		f->body = sb_new(&x->arena, length > BODY_FIRST
						    ? BODY_FIRST
						    : (size_t)length + 1);
	}
	/* Even without a body: a reply here would close the connection. */
	return MHD_YES;
}

/*
 * What is past the maximum is read and dropped: a client that is still sending
 * when the connection closes never sees the reply. There is an end to that.
 */
static enum MHD_Result take_body(struct flight *f, const char *bytes,
				 size_t len)
{
	if (f->body.len + len > DRAIN_MAX)
		return MHD_NO;
	if (f->body.len + len > router_body_max(&f->x))
		f->too_large = true;
	if (f->too_large || f->x.reply.status)
		f->body.len += len;
	else
		sb_addn(&f->body, bytes, len);
	return MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection,
				  const char *url, const char *method,
				  const char *version, const char *upload,
				  size_t *upload_len, void **state)
{
	struct flight *f = *state;
	size_t len = *upload_len;

	if (f->stage == STAGE_HEADERS)
		return begin(f, method);
	if (f->stage == STAGE_WAITING)
		return send_reply(f);
	if (!len)
		return proceed(f);
	*upload_len = 0;
	return take_body(f, upload, len);
}

/* ---- the life of a request ---- */

/* The request line was read: the raw one, before anything is decoded. */
static void *on_line(void *cls, const char *uri,
		     struct MHD_Connection *connection)
{
	struct server *s = cls;
	struct flight *f = flight_new(io_here(&s->ios));

	f->server = s;
	f->connection = connection;
	f->x.started = clock_tick();
	f->x.request.id = trace_id(&f->x.arena);
	f->peer = MHD_get_connection_info(connection,
					  MHD_CONNECTION_INFO_SOCKET_CONTEXT)
			  ->socket_context;
	peer_deadline(f->peer, f->x.started, HEADERS_TIME);
	atomic_fetch_add(&s->flights, 1);
	request_line(&f->x, uri);
	return f;
}

static void on_end(void *cls, struct MHD_Connection *connection, void **state,
		   enum MHD_RequestTerminationCode why)
{
	struct server *s = cls;
	struct flight *f = *state;
	int64_t now = clock_tick();

	if (!f)
		return;
	*state = NULL;
	metrics_count(s->metrics, f->x.route, f->x.reply.status,
		      now - f->x.started);
	trace_log(&f->x, why == MHD_REQUEST_TERMINATED_COMPLETED_OK,
		  now - f->x.started);
	peer_deadline(f->peer, now, IDLE_TIME);
	flight_end(io_here(&s->ios), f);
	atomic_fetch_sub(&s->flights, 1);
}

static enum MHD_Result on_accept(void *cls, const struct sockaddr *from,
				 socklen_t len)
{
	struct server *s = cls;

	if (atomic_load_explicit(&s->drain_until, memory_order_relaxed))
		return MHD_NO;
	return peers_admit(s->peers, from) ? MHD_YES : MHD_NO;
}

static void on_connection(void *cls, struct MHD_Connection *connection,
			  void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	struct server *s = cls;
	const union MHD_ConnectionInfo *fd, *from;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		peer_close(s->peers, *context);
		return;
	}
	fd = MHD_get_connection_info(connection,
				     MHD_CONNECTION_INFO_CONNECTION_FD);
	from = MHD_get_connection_info(connection,
				       MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	*context = peer_open(s->peers, fd->connect_fd, from->client_addr);
	peer_deadline(*context, clock_tick(), HEADERS_TIME);
}

/* ---- start and stop ---- */

static unsigned io_threads(const struct settings *settings)
{
	long n = settings->io_threads;

	if (!n)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 1 ? (unsigned)n : 1;
}

static bool start_daemon(struct server *s, struct err *err)
{
	unsigned threads = io_threads(s->setup.settings);

	s->embedded = pool_is_embedded(s->pool);
	s->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			MHD_USE_TURBO,
		0, on_accept, s, on_request, s, MHD_OPTION_LISTEN_SOCKET,
		s->listener, MHD_OPTION_THREAD_POOL_SIZE,
		threads > 1 ? threads : 0, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)IDLE_TIME, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_URI_LOG_CALLBACK, on_line, s,
		MHD_OPTION_NOTIFY_COMPLETED, on_end, s,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_END);
	if (!s->daemon)
		return err_set(err, ERR_INTERNAL,
			       "the HTTP server cannot start");
	return true;
}

static bool start(struct server *s, struct err *err)
{
	const struct server_setup *setup = &s->setup;

	return listen_open(setup->settings->listen, CONNECTIONS, &s->listener,
			   &s->port, err) &&
	       router_new(
		       &(struct router_setup){
			       .settings = setup->settings,
			       .routes = setup->routes,
			       .route_count = setup->route_count,
			       .wake_worker = setup->wake_worker,
			       .arg = setup->arg,
		       },
		       &s->router, err) &&
	       pool_start(
		       &(struct pool_setup){
			       .settings = setup->settings,
			       .database_url = setup->database_url,
			       .threads = (int)setup->settings->handler_threads,
			       .length = (size_t)setup->settings->queue_length,
			       .work = handle,
		       },
		       &s->pool, err) &&
	       start_daemon(s, err);
}

bool server_start(const struct server_setup *setup, struct server **ret,
		  struct err *err)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		return err_set(err, ERR_INTERNAL, "out of memory");
	s->setup = *setup;
	s->listener = -1;
	ios_init(&s->ios);
	s->metrics = metrics_new(setup->routes, setup->route_count);
	s->peers = peers_new(setup->settings->trusted_proxies);
	if (!start(s, err)) {
		server_stop(s);
		return false;
	}
	log_batch(true);
	*ret = s;
	return true;
}

int server_port(const struct server *server)
{
	return server->port;
}

/* Replies that are on their way get a moment to arrive. */
static void wait_for_replies(const struct server *s)
{
	int64_t until = clock_tick() + LINGER * CLOCK_SECOND;

	while (atomic_load(&s->flights) > 0 && clock_tick() < until)
		usleep(2000);
}

void server_stop(struct server *s)
{
	if (!s)
		return;
	/*
	 * From here on on_accept() refuses. MHD_quiesce_daemon() would say so
	 * to the kernel, but in 0.9.75 it races with the I/O threads over the
	 * listening socket, and now and then aborts the process.
	 */
	atomic_store(&s->drain_until,
		     clock_tick() + SERVER_DRAIN * CLOCK_SECOND);
	if (s->pool)
		pool_drain(s->pool);
	if (s->daemon) {
		wait_for_replies(s);
		MHD_stop_daemon(s->daemon);
	}
	log_batch(false);
	if (s->listener >= 0)
		close(s->listener);
	ios_close(&s->ios);
	router_free(s->router);
	metrics_free(s->metrics);
	peers_free(s->peers);
	pool_stop(s->pool);
	free(s);
}
