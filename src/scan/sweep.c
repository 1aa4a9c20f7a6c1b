#include "scan/sweep.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"

/* Time is looked at in steps of 10 ms; the wheel goes round in 5.12 s. */
enum {
	TICK_US = 10000,
	WHEEL_SLOTS = 512,
	TIMEOUT_MIN_MS = 200,
	TIMEOUT_MAX_MS = 5000,
	IN_FLIGHT_MAX = 8192,
	FD_RESERVE = 512, /* descriptors that the deep probes need */
	FILL_CHUNK = 512, /* connects between two looks at the answers */
	EVENT_CHUNK = 512,
};

enum port_work { WORK_TODO, WORK_FLYING, WORK_DONE };

/* One connect. It stands in the slot of the wheel where its time ends. */
struct flight {
	struct flight *next, *prev;
	struct host *host;
	size_t port;
	int64_t start;
	int fd;
	int slot;
};

struct host {
	struct host *next; /* in `ready`, or in the list of spare ones */
	struct sweep_host what;
	int64_t rtt; /* of the last answer, 0: it never answered */
	size_t todo, undecided;
	bool is_ready;
	enum port_state *states;
	enum port_work *work;
	struct flight **flights;
	char *attempts;
};

struct sweep {
	const struct sweep_options *o;
	struct sweep_stats stats;
	struct arena arena;
	int epoll;
	int64_t now;
	int64_t tick; /* the wheel has been emptied up to this one */
	double tokens;
	int64_t tokens_at;
	double rate;
	int64_t timeout;
	size_t flying, most;
	bool at_end;
	struct flight *wheel[WHEEL_SLOTS];
	struct flight *spare_flights;
	struct host *spare_hosts;
	struct host *ready, **ready_tail; /* hosts with ports to do */
};

/* ---- the wheel ---- */

static void wheel_put(struct sweep *s, struct flight *f, int64_t end)
{
	struct flight **slot;

	f->slot = (int)((end / TICK_US + 1) % WHEEL_SLOTS);
	slot = &s->wheel[f->slot];
	f->prev = NULL;
	f->next = *slot;
	if (f->next)
		f->next->prev = f;
	*slot = f;
}

static void wheel_take(struct sweep *s, struct flight *f)
{
	if (f->next)
		f->next->prev = f->prev;
	if (f->prev)
		f->prev->next = f->next;
	else
		s->wheel[f->slot] = f->next;
}

/*
 * A host that has answered once is given a few of its round trips for the
 * rest; one that never did gets all the time there is.
 */
static int64_t patience(const struct sweep *s, const struct host *h)
{
	int64_t wait = TIMEOUT_MIN_MS * 1000 + 4 * h->rtt;

	return h->rtt && wait < s->timeout ? wait : s->timeout;
}

/* ---- hosts ---- */

static struct host *host_new(struct sweep *s)
{
	size_t n = s->o->port_count;
	struct host *h = s->spare_hosts;

	if (h) {
		s->spare_hosts = h->next;
	} else {
		h = arena_alloc(&s->arena, sizeof(*h));
		h->states = arena_array(&s->arena, n, sizeof(*h->states));
		h->work = arena_array(&s->arena, n, sizeof(*h->work));
		h->flights = arena_array(&s->arena, n, sizeof(*h->flights));
		h->attempts = arena_bytes(&s->arena, n);
	}
	for (size_t i = 0; i < n; i++) {
		h->states[i] = PORT_FILTERED;
		h->work[i] = WORK_TODO;
		h->flights[i] = NULL;
		h->attempts[i] = 0;
	}
	h->todo = h->undecided = n;
	h->rtt = 0;
	h->is_ready = false;
	return h;
}

static void host_ready(struct sweep *s, struct host *h)
{
	if (h->is_ready)
		return;
	h->is_ready = true;
	h->next = NULL;
	*s->ready_tail = h;
	s->ready_tail = &h->next;
}

static void ready_pop(struct sweep *s)
{
	struct host *h = s->ready;

	s->ready = h->next;
	if (!s->ready)
		s->ready_tail = &s->ready;
	h->is_ready = false;
}

static void host_report(struct sweep *s, struct host *h)
{
	struct sweep_result r = { .host = &h->what, .states = h->states };

	for (size_t i = 0; i < s->o->port_count; i++)
		*(h->states[i] == PORT_OPEN	? &r.open
		  : h->states[i] == PORT_CLOSED ? &r.closed
						: &r.filtered) += 1;
	s->stats.hosts++;
	s->o->decided(s->o->ctx, &r);
	h->next = s->spare_hosts;
	s->spare_hosts = h;
}

static void port_decided(struct sweep *s, struct host *h, size_t port,
			 enum port_state state)
{
	h->states[port] = state;
	h->work[port] = WORK_DONE;
	if (!--h->undecided && !h->is_ready)
		host_report(s, h);
}

static void port_again(struct sweep *s, struct host *h, size_t port)
{
	h->work[port] = WORK_TODO;
	h->todo++;
	host_ready(s, h);
}

/* ---- connects ---- */

union any_sockaddr {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t to_sockaddr(const struct addr *a, int port,
			     union any_sockaddr *ret)
{
	*ret = (union any_sockaddr){ 0 };
	if (a->family == 4) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons((uint16_t)port);
		memcpy(&ret->v4.sin_addr, a->bytes, 4);
		return sizeof(ret->v4);
	}
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons((uint16_t)port);
	memcpy(&ret->v6.sin6_addr, a->bytes, 16);
	return sizeof(ret->v6);
}

/* What an errno of connect() says about the port. */
static enum port_state port_of_error(int error)
{
	switch (error) {
	case 0:
		return PORT_OPEN;
	case ECONNREFUSED:
	case ECONNRESET:
		return PORT_CLOSED;
	default:
		return PORT_FILTERED;
	}
}

/* A connection that stands is reset: nobody keeps it in TIME_WAIT. */
static void close_port(int fd, enum port_state state)
{
	struct linger reset = { .l_onoff = 1 };

	if (state == PORT_OPEN)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}

static void flight_end(struct sweep *s, struct flight *f)
{
	wheel_take(s, f);
	f->host->flights[f->port] = NULL;
	f->next = s->spare_flights;
	s->spare_flights = f;
	s->flying--;
}

/* The first answer of a host shortens the wait for its other ports. */
static void host_answered(struct sweep *s, struct host *h, int64_t start)
{
	bool first = !h->rtt;

	h->rtt = s->now > start ? s->now - start : 1;
	if (!first)
		return;
	for (size_t i = 0; i < s->o->port_count; i++) {
		if (!h->flights[i])
			continue;
		wheel_take(s, h->flights[i]);
		wheel_put(s, h->flights[i], s->now + patience(s, h));
	}
}

static struct flight *flight_new(struct sweep *s, struct host *h, size_t port,
				 int fd)
{
	struct flight *f = s->spare_flights;

	if (f)
		s->spare_flights = f->next;
	else
		f = arena_alloc(&s->arena, sizeof(*f));
	f->host = h;
	f->port = port;
	f->start = s->now;
	f->fd = fd;
	h->flights[port] = f;
	h->work[port] = WORK_FLYING;
	wheel_put(s, f, s->now + patience(s, h));
	s->flying++;
	return f;
}

/*
 * Starts one connect. False when the machine has no more sockets just now:
 * then the port stays to do, and the sweep goes on with fewer in flight.
 */
static bool port_connect(struct sweep *s, struct host *h, size_t port)
{
	union any_sockaddr sa;
	socklen_t len = to_sockaddr(&h->what.addr, s->o->ports[port], &sa);
	int fd =
		socket(sa.any.sa_family,
		       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	struct epoll_event ev = { .events = EPOLLOUT };
	int error;

	if (fd < 0 && errno != EAFNOSUPPORT) {
		s->most = s->flying > 16 ? s->flying : 16;
		return false;
	}
	error = fd < 0 || !connect(fd, &sa.any, len) ? 0 : errno;
	if (fd < 0)
		error = EAFNOSUPPORT;
	if (error == EADDRNOTAVAIL && h->what.addr.family == 4 && s->flying) {
		close(fd); /* all local ports are in use: wait for some */
		return false;
	}
	s->stats.connects++;
	s->stats.retries += h->attempts[port] > 0;
	h->attempts[port]++;
	h->todo--;
	s->tokens -= 1;
	if (error == EINPROGRESS) {
		ev.data.ptr = flight_new(s, h, port, fd);
		if (!epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev))
			return true;
		flight_end(s, ev.data.ptr);
		error = ENOMEM;
	}
	if (fd >= 0)
		close_port(fd, port_of_error(error));
	if (port_of_error(error) != PORT_FILTERED)
		host_answered(s, h, s->now);
	port_decided(s, h, port, port_of_error(error));
	return true;
}

static void flight_answered(struct sweep *s, struct flight *f)
{
	struct host *h = f->host;
	size_t port = f->port;
	int64_t start = f->start;
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(f->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	close_port(f->fd, port_of_error(error));
	flight_end(s, f);
	if (port_of_error(error) != PORT_FILTERED)
		host_answered(s, h, start);
	port_decided(s, h, port, port_of_error(error));
}

static void flight_silent(struct sweep *s, struct flight *f)
{
	struct host *h = f->host;
	size_t port = f->port;

	close_port(f->fd, PORT_FILTERED);
	flight_end(s, f);
	if (h->attempts[port] <= s->o->retries && !s->stats.late)
		port_again(s, h, port);
	else
		port_decided(s, h, port, PORT_FILTERED);
}

/* ---- the loop ---- */

/* Makes sure that a host with work stands in `ready`; false if none can. */
static bool have_work(struct sweep *s)
{
	struct sweep_host what = { 0 };
	struct host *h;

	if (s->ready)
		return true;
	if (s->at_end)
		return false;
	switch (s->o->next(s->o->ctx, &what)) {
	case SWEEP_END:
		s->at_end = true;
		return false;
	case SWEEP_WAIT:
		return false;
	case SWEEP_HOST:
		break;
	}
	h = host_new(s);
	h->what = what;
	host_ready(s, h);
	return true;
}

/* Starts what `h` has to do; false when it had to stop on the way. */
static bool host_start(struct sweep *s, struct host *h, int *room)
{
	for (size_t i = 0; i < s->o->port_count && h->todo; i++) {
		if (h->work[i] != WORK_TODO)
			continue;
		if (!*room || s->flying >= s->most || s->tokens < 1)
			return false;
		--*room;
		if (!port_connect(s, h, i))
			return false;
	}
	return true;
}

/* True when there may be more to start at once. */
static bool fill(struct sweep *s)
{
	int room = FILL_CHUNK;

	while (room && have_work(s)) {
		struct host *h = s->ready;

		if (!host_start(s, h, &room))
			return !room;
		ready_pop(s);
		if (!h->undecided)
			host_report(s, h);
	}
	return !room;
}

static void look_at_answers(struct sweep *s, int wait_ms)
{
	struct epoll_event events[EVENT_CHUNK];
	int n = epoll_wait(s->epoll, events, EVENT_CHUNK, wait_ms);

	s->now = clock_tick();
	for (int i = 0; i < n; i++)
		flight_answered(s, events[i].data.ptr);
}

static void expire(struct sweep *s)
{
	int64_t to = s->now / TICK_US;

	/* After a long sleep once round the wheel is enough. */
	if (to - s->tick > WHEEL_SLOTS)
		s->tick = to - WHEEL_SLOTS;
	for (; s->tick < to; s->tick++) {
		int slot = (int)((s->tick + 1) % WHEEL_SLOTS);

		while (s->wheel[slot])
			flight_silent(s, s->wheel[slot]);
	}
}

static void refill_tokens(struct sweep *s)
{
	s->tokens += s->rate * (double)(s->now - s->tokens_at) / CLOCK_SECOND;
	if (s->tokens > SWEEP_BURST)
		s->tokens = SWEEP_BURST;
	s->tokens_at = s->now;
}

/* The deadline came: what is not known is filtered, and nobody is started. */
static void give_up(struct sweep *s)
{
	s->stats.late = !s->at_end || s->ready || s->flying;
	s->at_end = true;
	while (s->ready) {
		struct host *h = s->ready;

		ready_pop(s);
		for (size_t i = 0; i < s->o->port_count && h->todo; i++)
			if (h->work[i] == WORK_TODO) {
				h->todo--;
				port_decided(s, h, i, PORT_FILTERED);
			}
	}
	for (int slot = 0; slot < WHEEL_SLOTS; slot++)
		while (s->wheel[slot])
			flight_silent(s, s->wheel[slot]);
}

static void sweep_loop(struct sweep *s)
{
	for (;;) {
		bool more = fill(s);

		if (s->at_end && !s->ready && !s->flying)
			return;
		look_at_answers(s, more ? 0 : TICK_US / 1000);
		if (s->now >= s->o->deadline)
			give_up(s);
		expire(s);
		refill_tokens(s);
	}
}

/* Below the limit of descriptors, less those that others need. */
static size_t most_in_flight(const struct sweep_options *o)
{
	struct rlimit limit = { 0 };
	size_t most = o->in_flight > 0 && o->in_flight < IN_FLIGHT_MAX
			      ? (size_t)o->in_flight
			      : IN_FLIGHT_MAX;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur < 2 * FD_RESERVE)
		return most < 256 ? most : 256;
	if (most > limit.rlim_cur - FD_RESERVE)
		most = limit.rlim_cur - FD_RESERVE;
	return most;
}

bool sweep_run(const struct sweep_options *options, struct sweep_stats *ret,
	       struct err *err)
{
	struct sweep s = { .o = options, .ready_tail = &s.ready };
	int timeout_ms = options->timeout_ms ? options->timeout_ms : 2000;

	assert(options->port_count && options->port_count <= SWEEP_PORTS_MAX);
	assert(timeout_ms <= TIMEOUT_MAX_MS);
	s.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s.epoll < 0) {
		err_set(err, ERR_INTERNAL, "cannot start the sweep");
		return err_cause(err, "epoll_create1: errno %d", errno);
	}
	s.rate = options->rate ? options->rate : SWEEP_RATE;
	s.tokens = s.rate < SWEEP_BURST ? s.rate : SWEEP_BURST;
	s.timeout = (int64_t)timeout_ms * 1000;
	s.most = most_in_flight(options);
	s.now = s.tokens_at = clock_tick();
	s.tick = s.now / TICK_US;
	sweep_loop(&s);
	close(s.epoll);
	arena_free(&s.arena);
	*ret = s.stats;
	return true;
}
