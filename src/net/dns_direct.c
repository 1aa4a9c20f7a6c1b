#include "net/dns_direct.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rand.h"

/* A datagram is lost now and then: it is sent a second time. */
enum { AGAIN_US = 1000000, GRACE_US = 300000 };

struct exchange {
	struct direct *ask;
	int fd;
	struct span query; /* with its length in front for TCP */
	size_t written;	   /* TCP */
	char *buf;	   /* what came, TCP */
	size_t len;
	int64_t sent_at;
	bool sent_again, open;
};

static socklen_t sockaddr_of(const struct addr *addr, int port,
			     struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (addr->family == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)ret;

		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		memcpy(&in->sin_addr, addr->bytes, 4);
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t)port);
	memcpy(&in6->sin6_addr, addr->bytes, 16);
	return sizeof(*in6);
}

static void end(struct exchange *x, enum direct_state state)
{
	if (x->fd >= 0)
		close(x->fd);
	x->fd = -1;
	x->open = false;
	if (x->ask->state != DIRECT_ANSWERED)
		x->ask->state = state;
}

static bool build(struct exchange *x, struct arena *a)
{
	struct span q;
	uint16_t id;
	char *framed;

	rand_bytes(&id, sizeof(id));
	x->ask->question.id = id;
	if (!dns_wire_query(&x->ask->question, a, &q))
		return false;
	x->query = q;
	if (!x->ask->tcp)
		return true;
	framed = arena_bytes(a, span_len(q) + 2);
	framed[0] = (char)(span_len(q) >> 8);
	framed[1] = (char)span_len(q);
	memcpy(framed + 2, q.p, span_len(q));
	x->query = span_of(framed, span_len(q) + 2);
	return true;
}

static void send_datagram(struct exchange *x)
{
	x->sent_at = clock_tick();
	if (send(x->fd, x->query.p, span_len(x->query), MSG_NOSIGNAL) < 0 &&
	    errno != EAGAIN && errno != ECONNREFUSED)
		end(x, DIRECT_UNTESTED);
}

static void start(struct exchange *x, int port, struct arena *a)
{
	const struct addr *addr = x->ask->addr;
	struct sockaddr_storage to;
	socklen_t len = sockaddr_of(addr, port, &to);
	int kind = x->ask->tcp ? SOCK_STREAM : SOCK_DGRAM;

	x->ask->state = DIRECT_UNTESTED;
	x->fd = -1;
	if (!build(x, a))
		return;
	x->fd = socket(addr->family == 4 ? AF_INET : AF_INET6,
		       kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (x->fd < 0)
		return;
	x->open = true;
	if (connect(x->fd, (struct sockaddr *)&to, len) &&
	    errno != EINPROGRESS) {
		end(x, errno == ECONNREFUSED ? DIRECT_SILENT : DIRECT_UNTESTED);
		return;
	}
	if (!x->ask->tcp)
		send_datagram(x);
}

/* An answer to this question and to no other one. */
static bool parse(struct exchange *x, struct span bytes, struct arena *a,
		  struct dns_message *ret)
{
	return dns_wire_parse(bytes, a, ret) && ret->response &&
	       ret->id == x->ask->question.id;
}

static void read_datagram(struct exchange *x, struct arena *a)
{
	char buf[4096];
	ssize_t n = recv(x->fd, buf, sizeof(buf), 0);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			end(x, DIRECT_SILENT);
		return;
	}
	if (!parse(x, span_of(buf, (size_t)n), a, &x->ask->message))
		return; /* a stranger's: wait on */
	x->ask->state = DIRECT_ANSWERED;
	end(x, DIRECT_ANSWERED);
}

/* Takes whole messages off the buffer; the first is kept. */
static void take_messages(struct exchange *x, struct arena *a)
{
	struct span s = span_of(x->buf, x->len), one;
	uint16_t size;

	if (!span_u16(&s, &size) || !span_take(&s, size, &one))
		return;
	if (x->ask->state != DIRECT_ANSWERED) {
		if (!parse(x, one, a, &x->ask->message)) {
			end(x, DIRECT_SILENT);
			return;
		}
		x->ask->state = DIRECT_ANSWERED;
	}
	if (x->ask->question.type != 252 || x->ask->message.rcode ||
	    x->ask->message.answer_count != 1)
		end(x, DIRECT_ANSWERED);
	else if (span_u16(&s, &size) && size) {
		x->ask->more = true;
		end(x, DIRECT_ANSWERED);
	}
}

static void read_stream(struct exchange *x, struct arena *a)
{
	ssize_t n;

	if (!x->buf)
		x->buf = arena_bytes(a, DIRECT_BYTES_MAX);
	n = recv(x->fd, x->buf + x->len, DIRECT_BYTES_MAX - x->len, 0);
	if (n > 0) {
		x->len += (size_t)n;
		take_messages(x, a);
	}
	if (x->open && (!n || x->len == DIRECT_BYTES_MAX ||
			(n < 0 && errno != EAGAIN && errno != EINTR)))
		end(x, DIRECT_SILENT);
}

static void write_stream(struct exchange *x)
{
	ssize_t n = send(x->fd, x->query.p + x->written,
			 span_len(x->query) - x->written, MSG_NOSIGNAL);

	if (n > 0)
		x->written += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		end(x, errno == ENETUNREACH || errno == EHOSTUNREACH
			       ? DIRECT_UNTESTED
			       : DIRECT_SILENT);
}

static bool wants_write(const struct exchange *x)
{
	return x->ask->tcp && x->written < span_len(x->query);
}

static void step(struct exchange *x, int events, struct arena *a)
{
	if (!events) {
		if (!x->ask->tcp && !x->sent_again &&
		    clock_tick() - x->sent_at >= AGAIN_US) {
			x->sent_again = true;
			send_datagram(x);
		}
		return;
	}
	if (wants_write(x))
		write_stream(x);
	else if (x->ask->tcp)
		read_stream(x, a);
	else
		read_datagram(x, a);
}

static size_t wait_for(struct exchange *xs, size_t count, int64_t deadline,
		       struct pollfd *fds)
{
	int64_t left = (deadline - clock_tick()) / 1000;
	size_t open = 0;

	for (size_t i = 0; i < count; i++) {
		fds[i] = (struct pollfd){ .fd = xs[i].open ? xs[i].fd : -1,
					  .events = wants_write(&xs[i])
							    ? POLLOUT
							    : POLLIN };
		open += xs[i].open;
	}
	if (!open || left < 0)
		return 0;
	if (poll(fds, count, left < 200 ? (int)left + 1 : 200) < 0)
		for (size_t i = 0; i < count; i++)
			fds[i].revents = 0;
	return open;
}

static bool is_worth_waiting(const struct exchange *xs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (xs[i].open && !xs[i].ask->optional)
			return true;
	return false;
}

static void exchange_all(struct exchange *xs, size_t count, int64_t deadline,
			 struct arena *a)
{
	struct pollfd fds[DIRECT_MAX];
	bool grace = false;

	while (clock_tick() < deadline && wait_for(xs, count, deadline, fds)) {
		for (size_t i = 0; i < count; i++)
			if (xs[i].open)
				step(&xs[i], fds[i].revents, a);
		if (grace || is_worth_waiting(xs, count))
			continue;
		grace = true;
		if (deadline > clock_tick() + GRACE_US)
			deadline = clock_tick() + GRACE_US;
	}
}

void direct_ask(struct direct *asks, size_t count, int port, int64_t deadline,
		struct arena *a)
{
	struct exchange *xs;

	if (count > DIRECT_MAX)
		count = DIRECT_MAX;
	xs = arena_array(a, count + 1, sizeof(*xs));
	for (size_t i = 0; i < count; i++) {
		xs[i].ask = &asks[i];
		start(&xs[i], port, a);
	}
	exchange_all(xs, count, deadline, a);
	for (size_t i = 0; i < count; i++)
		if (xs[i].open)
			end(&xs[i], DIRECT_SILENT);
}
