/*
 * The sweep tells open, closed and filtered ports apart, in time, whatever the
 * peers do. A full backlog drops connection attempts without a word: that is
 * what a filtered port looks like.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "peer.h"
#include "scan/sweep.h"

enum { PORTS = 3, HOSTS_MAX = 4096 };

struct bed {
	struct peer open, closed;
	int full;	/* a listener that takes nobody */
	int clients[8]; /* they fill its backlog */
	int ports[PORTS];
	/* what the sweep is given and says */
	struct addr addr;
	size_t hosts, given, waits;
	size_t results, open_ports, closed_ports, filtered_ports;
	enum port_state last[PORTS];
	char tags[HOSTS_MAX]; /* how often a host was reported */
};

static int bind_loopback(int *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static void fill_backlog(struct bed *b, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	for (size_t i = 0; i < 8; i++) {
		b->clients[i] = socket(
			AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(b->clients[i], (struct sockaddr *)&to, sizeof(to));
	}
	usleep(20000);
}

static int bed_make(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));

	b->addr = peer_addr();
	b->open.serve = peer_be_silent;
	peer_start(&b->open);
	peer_start(&b->closed);
	b->ports[0] = b->open.port;
	b->ports[1] = b->closed.port;
	b->full = bind_loopback(&b->ports[2]);
	listen(b->full, 0);
	fill_backlog(b, b->ports[2]);
	*state = b;
	return 0;
}

static int bed_end(void **state)
{
	struct bed *b = *state;

	for (size_t i = 0; i < 8; i++)
		close(b->clients[i]);
	close(b->full);
	peer_stop(&b->open);
	peer_stop(&b->closed);
	free(b);
	return 0;
}

static enum sweep_next next(void *ctx, struct sweep_host *ret)
{
	struct bed *b = ctx;

	if (b->waits) {
		b->waits--;
		return SWEEP_WAIT;
	}
	if (b->given == b->hosts)
		return SWEEP_END;
	ret->addr = b->addr;
	ret->tag = &b->tags[b->given++];
	return SWEEP_HOST;
}

static void decided(void *ctx, const struct sweep_result *r)
{
	struct bed *b = ctx;

	b->results++;
	b->open_ports += r->open;
	b->closed_ports += r->closed;
	b->filtered_ports += r->filtered;
	++*(char *)r->host->tag;
	for (size_t i = 0; i < PORTS && i < r->open + r->closed + r->filtered;
	     i++)
		b->last[i] = r->states[i];
}

static struct sweep_stats sweep(struct bed *b, struct sweep_options o)
{
	struct sweep_stats stats = { 0 };
	struct err err = { 0 };

	if (!o.ports) {
		o.ports = b->ports;
		o.port_count = PORTS;
	}
	if (!o.deadline)
		o.deadline = clock_tick() + 10 * CLOCK_SECOND;
	o.ctx = b;
	o.next = next;
	o.decided = decided;
	assert_true(sweep_run(&o, &stats, &err));
	return stats;
}

static void open_closed_and_filtered_are_told_apart(void **state)
{
	struct bed *b = *state;
	struct sweep_stats stats;

	b->hosts = 1;
	stats = sweep(b, (struct sweep_options){ .timeout_ms = 300 });
	assert_int_equal(b->results, 1);
	assert_int_equal(b->last[0], PORT_OPEN);
	assert_int_equal(b->last[1], PORT_CLOSED);
	assert_int_equal(b->last[2], PORT_FILTERED);
	assert_int_equal(stats.connects, 3);
	assert_false(stats.late);
}

static void silence_is_tried_again(void **state)
{
	struct bed *b = *state;
	struct sweep_stats stats;

	b->hosts = 1;
	stats = sweep(
		b, (struct sweep_options){ .timeout_ms = 100, .retries = 2 });
	assert_int_equal(stats.connects, 5);
	assert_int_equal(stats.retries, 2);
	assert_int_equal(b->last[2], PORT_FILTERED);
}

/* Two seconds are for hosts that never answered; this one answers at once. */
static void a_host_that_answers_is_not_waited_for_in_vain(void **state)
{
	struct bed *b = *state;
	int64_t start = clock_tick();

	b->hosts = 1;
	sweep(b, (struct sweep_options){ .timeout_ms = 2000 });
	assert_int_equal(b->filtered_ports, 1);
	assert_true(clock_tick() - start < 1200000);
}

/* W26: ports are waited for together, not one after the other. */
static void a_silent_host_costs_its_time_and_no_more(void **state)
{
	struct bed *b = *state;
	int64_t start = clock_tick(), took;

	b->hosts = 20;
	sweep(b, (struct sweep_options){ .ports = &b->ports[2],
					 .port_count = 1,
					 .timeout_ms = 200,
					 .retries = 1 });
	took = clock_tick() - start;
	assert_int_equal(b->filtered_ports, 20);
	assert_true(took >= 400000);
	assert_true(took < 1500000);
}

static void each_host_is_reported_once(void **state)
{
	struct bed *b = *state;
	struct sweep_stats stats;

	b->hosts = HOSTS_MAX;
	stats = sweep(b, (struct sweep_options){ .ports = b->ports,
						 .port_count = 2,
						 .rate = 1000000 });
	assert_int_equal(stats.hosts, HOSTS_MAX);
	assert_int_equal(b->results, HOSTS_MAX);
	assert_int_equal(b->closed_ports, HOSTS_MAX);
	for (size_t i = 0; i < HOSTS_MAX; i++)
		assert_int_equal(b->tags[i], 1);
}

static void few_sockets_are_enough(void **state)
{
	struct bed *b = *state;

	b->hosts = 200;
	sweep(b, (struct sweep_options){ .ports = &b->ports[1],
					 .port_count = 1,
					 .in_flight = 3 });
	assert_int_equal(b->closed_ports, 200);
}

static void the_caller_may_ask_for_a_pause(void **state)
{
	struct bed *b = *state;

	b->hosts = 2;
	b->waits = 5;
	sweep(b, (struct sweep_options){ .ports = b->ports, .port_count = 2 });
	assert_int_equal(b->results, 2);
}

/* 1000 at once, then 1000 a second: 700 more take 0.7 seconds. */
static void the_rate_is_kept(void **state)
{
	struct bed *b = *state;
	int64_t start = clock_tick(), took;

	b->hosts = 1700;
	sweep(b, (struct sweep_options){ .ports = &b->ports[1],
					 .port_count = 1,
					 .rate = 1000 });
	took = clock_tick() - start;
	assert_int_equal(b->closed_ports, 1700);
	assert_true(took >= 650000);
	assert_true(took < 3000000);
}

static void the_deadline_ends_it(void **state)
{
	struct bed *b = *state;
	int64_t start = clock_tick();
	struct sweep_stats stats;

	b->hosts = HOSTS_MAX;
	stats = sweep(b, (struct sweep_options){ .deadline = start + 300000,
						 .rate = 1000,
						 .retries = 1 });
	assert_true(clock_tick() - start < 2000000);
	assert_true(stats.late);
	assert_true(b->given < HOSTS_MAX);
	assert_int_equal(b->results, b->given);
	assert_int_equal(b->open_ports + b->closed_ports + b->filtered_ports,
			 b->results * PORTS);
}

static void ipv6_is_swept_too(void **state)
{
	struct bed *b = *state;
	struct sockaddr_in6 at = { .sin6_family = AF_INET6,
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		close(fd);
		skip(); /* a machine without ::1 */
	}
	listen(fd, 8);
	getsockname(fd, (struct sockaddr *)&at, &len);
	b->ports[0] = ntohs(at.sin6_port);
	b->addr = (struct addr){ .family = 6, .bytes = { [15] = 1 } };
	b->hosts = 1;
	sweep(b, (struct sweep_options){ .ports = b->ports, .port_count = 2 });
	close(fd);
	assert_int_equal(b->last[0], PORT_OPEN);
	assert_int_equal(b->last[1], PORT_CLOSED);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, bed_make, bed_end)
	const struct CMUnitTest tests[] = {
		CASE(open_closed_and_filtered_are_told_apart),
		CASE(silence_is_tried_again),
		CASE(a_host_that_answers_is_not_waited_for_in_vain),
		CASE(a_silent_host_costs_its_time_and_no_more),
		CASE(each_host_is_reported_once),
		CASE(few_sockets_are_enough),
		CASE(the_caller_may_ask_for_a_pause),
		CASE(the_rate_is_kept),
		CASE(the_deadline_ends_it),
		CASE(ipv6_is_swept_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
