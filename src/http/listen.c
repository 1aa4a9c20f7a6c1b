#include "http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/span.h"

enum { BACKLOG = 1024, OTHER_FILES = 256 };

/* The usual limit is 1,024, and a connection that finds none left waits. */
static void want_files(int count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    limit.rlim_cur >= (rlim_t)count)
		return;
	limit.rlim_cur =
		limit.rlim_max < (rlim_t)count ? limit.rlim_max : (rlim_t)count;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static bool split(const char *address, char host[256], char port[8],
		  struct err *err)
{
	const char *colon = strrchr(address, ':');
	struct span name, number;

	if (!colon)
		return err_set(err, ERR_INVALID, "LISTEN is ADDRESS:PORT");
	name = span_of(address, (size_t)(colon - address));
	number = span_str(colon + 1);
	if (span_literal(&name, "[") && name.end > name.p)
		name.end--;
	if (span_len(name) > 255 || !span_len(number) || span_len(number) > 5)
		return err_set(err, ERR_INVALID, "LISTEN is ADDRESS:PORT");
	snprintf(host, 256, "%.*s", (int)span_len(name), name.p);
	snprintf(port, 8, "%.*s", (int)span_len(number), number.p);
	return true;
}

static bool bind_to(const struct addrinfo *ai, int *ret)
{
	_cleanup_fd_ int fd = socket(
		ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return false;
	*ret = fd;
	fd = -1;
	return true;
}

static int port_of(int fd)
{
	struct sockaddr_in6 at = { 0 };
	socklen_t len = sizeof(at);

	if (getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		return 0;
	/* The port stands at the same place in both families. */
	return ntohs(at.sin6_port);
}

bool listen_open(const char *address, int connections, int *ret_fd,
		 int *ret_port, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE };
	struct addrinfo *ai = NULL;
	char host[256], port[8];
	int why;
	bool ok;

	if (!split(address, host, port, err))
		return false;
	why = getaddrinfo(*host ? host : NULL, port, &hints, &ai);
	if (why)
		return err_set(err, ERR_INVALID, "cannot listen on %s: %s",
			       address, gai_strerror(why));
	ok = bind_to(ai, ret_fd);
	why = errno;
	freeaddrinfo(ai);
	if (!ok)
		return err_set(err, ERR_CONFLICT, "cannot listen on %s: %s",
			       address, strerror(why));
	want_files(connections + OTHER_FILES);
	*ret_port = port_of(*ret_fd);
	return true;
}
