/* The server on a socket: what is answered by which thread, a full queue, and
 * stopping while requests are under way. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/socket.h>

#include "base/log.h"
#include "exchange.h"
#include "http/server.h"
#include "thing.h"

/* Handlers of /slow wait for `let_go`, having said so in `arrived`. */
static sem_t arrived, let_go;

struct thing_in {
	char unused;
};

static bool quick(struct call *call, const void *in, void *out, struct err *err)
{
	(void)call;
	(void)in;
	(void)err;
	((struct thing *)out)->name = "quick";
	return true;
}

static bool slow(struct call *call, const void *in, void *out, struct err *err)
{
	(void)call;
	(void)in;
	(void)err;
	sem_post(&arrived);
	sem_wait(&let_go);
	((struct thing *)out)->name = "slow";
	return true;
}

#define THING                                                       \
	.in_size = sizeof(struct thing_in), .out_kind = OUT_STRUCT, \
	.out_type = &thing_type, .out_size = sizeof(struct thing)

static const struct route routes[] = {
	{ "GET", "/inline", "inline", "t", quick, 200, NEED_PUBLIC, THING,
	  .inline_when = INLINE_ALWAYS },
	{ "GET", "/queued", "queued", "t", quick, 200, NEED_PUBLIC, THING },
	{ "GET", "/slow", "slow", "t", slow, 200, NEED_PUBLIC, THING },
};

struct fixture {
	struct settings settings;
	struct server *server;
	struct db *db;
	char path[64], url[80];
};

static int start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = { 0 };

	log_setup(LOG_ERROR, LOG_LOGFMT);
	f->settings = test_settings();
	f->settings.listen = "127.0.0.1:0";
	f->settings.io_threads = 2;
	f->settings.handler_threads = 1;
	f->settings.queue_length = 1;
	snprintf(f->path, sizeof(f->path), "/tmp/nis2-server-XXXXXX");
	close(mkstemp(f->path));
	snprintf(f->url, sizeof(f->url), "sqlite:%s", f->path);
	sem_init(&arrived, 0, 0);
	sem_init(&let_go, 0, 0);
	*state = f;
	if (db_open(f->url, DB_CREATE, &f->db, &err) &&
	    server_start(
		    &(struct server_setup){ .settings = &f->settings,
					    .database_url = f->url,
					    .routes = routes,
					    .route_count = sizeof(routes) /
							   sizeof(*routes) },
		    &f->server, &err))
		return 0;
	fprintf(stderr, "%s (%s)\n", err.msg, err.cause);
	return -1;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	server_stop(f->server);
	db_close(f->db);
	unlink(f->path);
	free(f);
	return 0;
}

static int dial(struct fixture *f)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(
					  (uint16_t)server_port(f->server)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_sec = 20 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void send_get(int fd, const char *path)
{
	char text[256];
	int len = snprintf(text, sizeof(text),
			   "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);

	assert_int_equal(write(fd, text, (size_t)len), len);
}

/* One reply, which our small ones are in one piece or two. */
static void read_reply(int fd, char buf[4096])
{
	size_t len = 0;

	do {
		ssize_t n = read(fd, buf + len, 4095 - len);

		assert_true(n > 0);
		len += (size_t)n;
		buf[len] = '\0';
	} while (buf[len - 1] != '}');
}

static void expect(int fd, const char *status, const char *part)
{
	char buf[4096];

	read_reply(fd, buf);
	if (strncmp(buf + 9, status, 3) || !strstr(buf, part))
		fail_msg("not %s %s: %s", status, part, buf);
}

static void one_connection_carries_many_requests(void **state)
{
	int fd = dial(*state);

	for (int i = 0; i < 50; i++) {
		send_get(fd, i % 2 ? "/inline" : "/queued");
		expect(fd, "200", "{\"name\":\"quick\"}");
	}
	send_get(fd, "/nothing");
	expect(fd, "404", "Not Found");
	close(fd);
}

/* One handler, one place: the third is told to come again, at once. */
static void a_full_queue_is_an_answer(void **state)
{
	int first = dial(*state), second = dial(*state), third = dial(*state);

	send_get(first, "/slow");
	sem_wait(&arrived);
	send_get(second, "/slow");
	usleep(200000); /* until it has its place */
	send_get(third, "/queued");
	expect(third, "503", "Retry-After: 1");
	send_get(third, "/inline");
	expect(third, "200", "quick");
	sem_post(&let_go);
	sem_post(&let_go);
	expect(first, "200", "slow");
	expect(second, "200", "slow");
	sem_wait(&arrived);
	close(first);
	close(second);
	close(third);
}

static void *stop_it(void *arg)
{
	struct fixture *f = arg;

	server_stop(f->server);
	f->server = NULL;
	return NULL;
}

static void what_was_accepted_is_answered_before_it_stops(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f), idle = dial(f);
	pthread_t stopper;

	send_get(fd, "/slow");
	sem_wait(&arrived);
	assert_int_equal(pthread_create(&stopper, NULL, stop_it, f), 0);
	usleep(50000);
	sem_post(&let_go);
	expect(fd, "200", "Connection: close");
	pthread_join(stopper, NULL);
	close(fd);
	close(idle);
}

static void a_client_that_left_does_no_harm(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	send_get(fd, "/slow");
	sem_wait(&arrived);
	close(fd);
	sem_post(&let_go);
	fd = dial(f);
	send_get(fd, "/queued");
	expect(fd, "200", "quick");
	close(fd);
}

static void an_address_that_is_taken_is_said_so(void **state)
{
	struct fixture *f = *state;
	struct settings settings = f->settings;
	const struct server_setup setup = { .settings = &settings,
					    .database_url = f->url,
					    .routes = routes,
					    .route_count = 1 };
	struct server *other = NULL;
	struct err err = { 0 };
	char listen[32];

	snprintf(listen, sizeof(listen), "127.0.0.1:%d",
		 server_port(f->server));
	settings.listen = listen;
	assert_false(server_start(&setup, &other, &err));
	assert_non_null(strstr(err.msg, "Address already in use"));
	settings.listen = "127.0.0.1";
	assert_false(server_start(&setup, &other, &err));
	assert_string_equal(err.msg, "LISTEN is ADDRESS:PORT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_connection_carries_many_requests),
		cmocka_unit_test(a_full_queue_is_an_answer),
		cmocka_unit_test(a_client_that_left_does_no_harm),
		cmocka_unit_test(an_address_that_is_taken_is_said_so),
		cmocka_unit_test(what_was_accepted_is_answered_before_it_stops),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
