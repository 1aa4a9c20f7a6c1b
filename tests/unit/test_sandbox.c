/*
 * Inside the sandbox: what must go on working, and what must be refused. Each
 * case is a process of its own, which ends with the errno it met.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scan/sandbox.h"
#include "table.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RELAXED true /* for the sanitizer's own needs, see sandbox.h */
#else
#define RELAXED false
#endif

/* Files made before the door closes, one of them named to the sandbox. */
static char folder[] = "/tmp/nis2-sandbox-XXXXXX";
static char readable_file[64], other_file[64], socket_path[64];

static int result(int r)
{
	return r < 0 ? errno : 0;
}

/* ---- what is refused ---- */

static int write_a_file(void)
{
	return result(open(readable_file, O_WRONLY));
}

static int create_a_file(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/new", folder);
	return result(open(path, O_RDONLY | O_CREAT, 0600));
}

static int truncate_a_file(void)
{
	return result(open(readable_file, O_RDONLY | O_TRUNC));
}

static int make_a_nameless_file(void)
{
	return result(open(folder, O_TMPFILE | O_RDWR, 0600));
}

static int remove_a_file(void)
{
	return result(unlink(readable_file));
}

static int make_a_folder(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/sub", folder);
	return result(mkdir(path, 0700));
}

static int make_memory_executable(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		       ? errno
		       : 0;
}

static int make_code_of_data(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int open_a_unix_socket(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int open_a_unix_pair_of_datagrams(void)
{
	int pair[2];

	return result(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
}

/* A pair of streams is allowed, and must not reach anybody else. */
static int connect_a_stream_of_a_pair(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int pair[2];

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", socket_path);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return 0;
	return result(connect(pair[0], (struct sockaddr *)&to, sizeof(to)));
}

static int open_a_netlink_socket(void)
{
	return result(socket(AF_NETLINK, SOCK_RAW, 0));
}

static int listen_on_a_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 1))
		return errno;
	return 0;
}

static int fork_a_process(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return result(pid);
}

static int signal_the_parent(void)
{
	return result(kill(getppid(), SIGTERM));
}

static int raise_a_limit(void)
{
	struct rlimit more = { RLIM_INFINITY, RLIM_INFINITY };

	return result(setrlimit(RLIMIT_AS, &more));
}

/* Only Landlock refuses this one. */
static int read_another_file(void)
{
	return result(open(other_file, O_RDONLY));
}

static int run_a_program(void)
{
	char *const argv[] = { (char[]){ "true" }, NULL };

	execve("/bin/true", argv, NULL);
	return errno;
}

static int trace_the_parent(void)
{
	return result((int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int read_foreign_memory(void)
{
	char c;
	struct iovec here = { &c, 1 }, there = { &folder, 1 };

	return result((int)process_vm_readv(getppid(), &here, 1, &there, 1, 0));
}

/* ---- what works ---- */

static int read_a_file(void)
{
	char c;
	int fd = open(readable_file, O_RDONLY);

	return fd < 0 ? errno : result((int)read(fd, &c, 1));
}

static int read_the_hosts_file(void)
{
	return result(open("/etc/hosts", O_RDONLY));
}

static void *nothing(void *arg)
{
	return arg;
}

static int start_a_thread(void)
{
	pthread_t thread;
	int r = pthread_create(&thread, NULL, nothing, NULL);

	return r ? r : pthread_join(thread, NULL);
}

static int take_memory(void)
{
	char *p = malloc(64 << 20);

	if (!p)
		return ENOMEM;
	memset(p, 1, 64 << 20);
	free(p);
	return 0;
}

static int connect_to_an_address(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return errno;
	/* Nobody need be there; it is enough that we may knock. */
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) &&
	    errno != ECONNREFUSED)
		return errno;
	return 0;
}

static int send_a_datagram(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return result(
		(int)sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)));
}

/* ---- the cases ---- */

enum { DEADLY = -1, REFUSED = -2, FINE = -3 };

static const struct attempt {
	const char *name;
	int (*does)(void);
	int want;
	bool needs_landlock;
	bool not_when_relaxed; /* a sanitizer needs it itself */
} attempts[] = {
	{ "writing_a_file", write_a_file, REFUSED },
	{ "creating_a_file", create_a_file, REFUSED },
	{ "truncating_a_file", truncate_a_file, REFUSED },
	{ "making_a_nameless_file", make_a_nameless_file, REFUSED },
	{ "removing_a_file", remove_a_file, REFUSED },
	{ "making_a_folder", make_a_folder, REFUSED },
	{ "making_memory_executable", make_memory_executable, REFUSED, false,
	  true },
	{ "making_code_of_data", make_code_of_data, REFUSED, false, true },
	{ "opening_a_unix_socket", open_a_unix_socket, REFUSED },
	{ "opening_a_pair_of_datagrams", open_a_unix_pair_of_datagrams,
	  REFUSED },
	{ "connecting_a_stream_of_a_pair", connect_a_stream_of_a_pair,
	  REFUSED },
	{ "opening_a_netlink_socket", open_a_netlink_socket, REFUSED },
	{ "listening", listen_on_a_port, REFUSED },
	{ "forking", fork_a_process, REFUSED, false, true },
	{ "signalling_the_parent", signal_the_parent, REFUSED },
	{ "raising_a_limit", raise_a_limit, REFUSED, false, true },
	{ "reading_another_file", read_another_file, REFUSED, true },
	{ "running_a_program", run_a_program, DEADLY, false, true },
	{ "tracing_the_parent", trace_the_parent, DEADLY, false, true },
	{ "reading_foreign_memory", read_foreign_memory, DEADLY, false, true },
	{ "reading_a_named_file", read_a_file, FINE },
	{ "reading_etc_hosts", read_the_hosts_file, FINE },
	{ "starting_a_thread", start_a_thread, FINE },
	{ "taking_memory", take_memory, FINE },
	{ "connecting", connect_to_an_address, FINE },
	{ "sending_a_datagram", send_a_datagram, FINE },
};

/* In the child: 99 when the sandbox failed, 98 when a layer is missing. */
static _Noreturn void attempt_inside(const struct attempt *c)
{
	const char *readable[] = { readable_file, "", "/no/such/file", NULL };
	struct arena a = { 0 };
	struct err err = { 0 };
	const char *note = NULL;

	if (!sandbox_limits(&err) || !sandbox_enter(readable, &a, &note, &err))
		_exit(99);
	if (strstr(note, "no seccomp") ||
	    (c->needs_landlock && strstr(note, "no Landlock")))
		_exit(98);
	_exit(c->does());
}

static void is_so(void **state)
{
	const struct attempt *c = *state;
	int status = 0;
	pid_t pid;

	if (RELAXED && c->not_when_relaxed)
		skip();
	pid = fork();
	if (!pid)
		attempt_inside(c);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (c->want == DEADLY) {
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
		return;
	}
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 98)
		skip(); /* this kernel does not have the layer */
	assert_int_not_equal(WEXITSTATUS(status), 99);
	if (c->want == FINE)
		assert_int_equal(WEXITSTATUS(status), 0);
	else
		assert_int_not_equal(WEXITSTATUS(status), 0);
}

/* The same attempts outside: else a refusal would prove nothing. */
static void outside_it_the_same_works(void **state)
{
	int (*const does[])(
		void) = { write_a_file,		make_memory_executable,
			  open_a_unix_socket,	listen_on_a_port,
			  read_another_file,	fork_a_process,
			  open_a_netlink_socket };

	for (size_t i = 0; i < COUNT(does); i++) {
		int status = 0;
		pid_t pid = fork();

		if (!pid)
			_exit(does[i]());
		waitpid(pid, &status, 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static void no_memory_is_dumped(void **state)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		struct rlimit core = { 1, 1 };

		if (!sandbox_limits(NULL) || getrlimit(RLIMIT_CORE, &core))
			_exit(1);
		_exit(core.rlim_max != 0 || prctl(PR_GET_DUMPABLE) != 0);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static int make_files(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd;

	if (!mkdtemp(folder))
		return -1;
	snprintf(readable_file, sizeof(readable_file), "%s/readable", folder);
	snprintf(other_file, sizeof(other_file), "%s/other", folder);
	snprintf(socket_path, sizeof(socket_path), "%s/socket", folder);
	close(open(readable_file, O_WRONLY | O_CREAT, 0600));
	close(open(other_file, O_WRONLY | O_CREAT, 0600));
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", socket_path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	return bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 1);
}

static int remove_files(void **state)
{
	unlink(readable_file);
	unlink(other_file);
	unlink(socket_path);
	return rmdir(folder);
}

int main(void)
{
	static const struct CMUnitTest rest[] = {
		cmocka_unit_test(outside_it_the_same_works),
		cmocka_unit_test(no_memory_is_dumped),
	};
	static struct CMUnitTest tests[COUNT(attempts) + COUNT(rest)];
	size_t n = 0;

	ADD(attempts, is_so);
	memcpy(tests + n, rest, sizeof(rest));
	return cmocka_run_group_tests(tests, make_files, remove_files);
}
