#include "scan/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "scan/plan.h"

/* What a probe may say, however it was talked into it. */
enum {
	LINE_MAX_BYTES = 10 * 1024 * 1024,
	READ_BYTES = 64 * 1024,
	IN_FLIGHT_MAX = 256,
	NOTES_MAX = 1000,
	HOSTS_MAX = 2 * PLAN_HOSTS_MAX,
};

/* Beyond the deadline that the probe keeps by itself. */
#define GRACE (10 * CLOCK_SECOND)

struct child {
	pid_t pid; /* 0: reaped */
	int out;
	int64_t deadline;
	struct arena arena;   /* of the plan's targets */
	const char **targets; /* sorted */
	size_t target_count;
	char *buf;
	size_t start, scanned, len, cap; /* lines from `start` on */
	bool ended, complete;		 /* `end` was read */
	int notes, hosts;
	struct plan_host_list in_flight; /* strings by strdup() */
};

/* ---- starting ---- */

/*
 * What a sanitizer or a test wants to tell the new process; nothing else. A
 * sanitizer cannot write its log in the sandbox: it tells us, and ends.
 */
static const struct kept {
	const char *name, *more;
} kept_environment[] = {
	{ "NIS2_CLOCK_OFFSET", "" },
	{ "ASAN_OPTIONS", ":log_path=stderr:halt_on_error=1" },
	{ "UBSAN_OPTIONS", ":log_path=stderr:halt_on_error=1" },
	{ "TSAN_OPTIONS", ":log_path=stderr:halt_on_error=1" },
};

static char **environment(struct arena *a)
{
	size_t n = 0, max = sizeof(kept_environment) / sizeof(struct kept);
	char **env = arena_array(a, max + 2, sizeof(*env));

	env[n++] = arena_strdup(a, "LC_ALL=C.UTF-8");
	for (size_t i = 0; i < max; i++) {
		const char *value = getenv(kept_environment[i].name);

		if (value)
			env[n++] = arena_printf(a, "%s=%s%s",
						kept_environment[i].name, value,
						kept_environment[i].more);
	}
	return env;
}

/*
 * The plan lies in memory that the child reads like a file: nobody waits for
 * the other, however long it is.
 */
static bool plan_file(const struct scan_plan *plan, int *ret, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct sb text = sb_new(&a, 4096);
	size_t done = 0;
	ssize_t n = 1;
	int fd = memfd_create("plan", MFD_CLOEXEC);

	plan_write(plan, &text);
	while (fd >= 0 && done < text.len && n > 0) {
		n = write(fd, text.s + done, text.len - done);
		done += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0 && done == text.len && !lseek(fd, 0, SEEK_SET)) {
		*ret = fd;
		return true;
	}
	file_close_fd(&fd);
	err_set(err, ERR_INTERNAL, "cannot hand over the plan");
	return err_cause(err, "memfd: errno %d", errno);
}

/* Between fork and exec: only what is safe in a program with threads. */
static _Noreturn void become_probe(int in, int out, char **env, pid_t parent)
{
	char *const argv[] = { (char[]){ "nis2" }, (char[]){ "probe" }, NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || dup2(in, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0)
		_exit(126);
	closefrom(STDERR_FILENO + 1);
	execve("/proc/self/exe", argv, env);
	_exit(127);
}

static bool start_process(struct child *c, const struct scan_plan *plan,
			  struct err *err)
{
	_arena_ struct arena a = { 0 };
	_cleanup_fd_ int in = -1;
	int out[2] = { -1, -1 };
	char **env = environment(&a);
	pid_t parent = getpid();

	if (!plan_file(plan, &in, err))
		return false;
	if (pipe2(out, O_CLOEXEC)) {
		err_set(err, ERR_BUSY, "cannot start the probe");
		return err_cause(err, "pipe: errno %d", errno);
	}
	c->out = out[0];
	fcntl(c->out, F_SETFL, O_NONBLOCK);
	c->pid = fork();
	if (!c->pid)
		become_probe(in, out[1], env, parent);
	close(out[1]);
	if (c->pid > 0)
		return true;
	c->pid = 0;
	err_set(err, ERR_BUSY, "cannot start the probe");
	return err_cause(err, "fork: errno %d", errno);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void keep_targets(struct child *c, const struct scan_plan *plan)
{
	c->target_count = plan->targets.len;
	c->targets = arena_array(&c->arena, c->target_count, sizeof(char *));
	for (size_t i = 0; i < c->target_count; i++)
		c->targets[i] =
			arena_strdup(&c->arena, plan->targets.items[i].target);
	qsort(c->targets, c->target_count, sizeof(char *), by_text);
}

bool child_start(const struct scan_plan *plan, struct child **ret,
		 struct err *err)
{
	struct child *c = calloc(1, sizeof(*c));
	int64_t seconds = plan->deadline ? plan->deadline : 3600;

	if (!c)
		abort();
	c->out = -1;
	c->deadline = clock_tick() + seconds * CLOCK_SECOND + GRACE;
	keep_targets(c, plan);
	if (!start_process(c, plan, err)) {
		child_stop(c);
		return false;
	}
	*ret = c;
	return true;
}

/* ---- what is in flight ---- */

static size_t find_in_flight(const struct child *c, const char *target,
			     const char *ip)
{
	size_t i = 0;

	while (i < c->in_flight.len &&
	       (strcmp(c->in_flight.items[i].ip, ip) != 0 ||
		strcmp(c->in_flight.items[i].target, target) != 0))
		i++;
	return i;
}

static char *xstrdup(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	return copy;
}

static bool add_in_flight(struct child *c, const struct probe_message *m)
{
	struct plan_host_list *list = &c->in_flight;

	if (list->len == IN_FLIGHT_MAX)
		return false;
	if (!list->items)
		list->items = calloc(IN_FLIGHT_MAX, sizeof(*list->items));
	if (!list->items)
		abort();
	list->items[list->len++] =
		(struct plan_host){ .target = xstrdup(m->target),
				    .ip = xstrdup(m->ip) };
	return true;
}

static void drop_in_flight(struct child *c, size_t i)
{
	struct plan_host *host = &c->in_flight.items[i];

	free((char *)host->target);
	free((char *)host->ip);
	*host = c->in_flight.items[--c->in_flight.len];
}

const struct plan_host_list *child_in_flight(const struct child *c)
{
	return &c->in_flight;
}

/* ---- reading what it says ---- */

static bool says_host(const struct child *c, const struct probe_message *m)
{
	return m->target && m->ip &&
	       bsearch(&m->target, c->targets, c->target_count, sizeof(char *),
		       by_text);
}

/* Whether a message is one that this probe may send now. */
static bool accept(struct child *c, const struct probe_message *m)
{
	size_t at;

	switch (m->kind) {
	case PROBE_MESSAGE_KIND_START:
	case PROBE_MESSAGE_KIND_NOTE:
		return ++c->notes <= NOTES_MAX;
	case PROBE_MESSAGE_KIND_TOTAL:
		return m->has_total && ++c->notes <= NOTES_MAX;
	case PROBE_MESSAGE_KIND_BEGIN:
		return says_host(c, m) && add_in_flight(c, m);
	case PROBE_MESSAGE_KIND_HOST:
		if (!says_host(c, m) || ++c->hosts > HOSTS_MAX)
			return false;
		at = find_in_flight(c, m->target, m->ip);
		if (at < c->in_flight.len)
			drop_in_flight(c, at);
		return true;
	case PROBE_MESSAGE_KIND_END:
		c->ended = true;
		c->complete = m->complete;
		return true;
	}
	return false;
}

static void stop_process(struct child *c)
{
	if (c->pid <= 0)
		return;
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
}

static enum child_event died(struct child *c, struct err *err, const char *why)
{
	stop_process(c);
	err_set(err, ERR_INTERNAL, "the probe %s", why);
	return CHILD_DIED;
}

static enum child_event take_line(struct child *c, const char *line, size_t len,
				  struct arena *a, struct probe_message *ret,
				  struct err *err)
{
	struct probe_message *m = arena_alloc(a, sizeof(*m));

	if (!codec_read(&probe_message_type, line, len, "message", a, m, NULL,
			err) ||
	    c->ended || !accept(c, m))
		return died(c, err, "said something that it may not say");
	*ret = *m;
	return CHILD_MESSAGE;
}

/* A whole line that was read before, if there is one. */
static bool next_line(struct child *c, const char **ret, size_t *ret_len)
{
	char *lf = c->len > c->scanned ? memchr(c->buf + c->scanned, '\n',
						c->len - c->scanned)
				       : NULL;

	c->scanned = c->len;
	if (!lf)
		return false;
	*ret = c->buf + c->start;
	*ret_len = (size_t)(lf - *ret);
	c->start = c->scanned = (size_t)(lf + 1 - c->buf);
	return true;
}

/* False at the end of the stream. */
static bool read_some(struct child *c)
{
	ssize_t n;

	if (c->start) {
		memmove(c->buf, c->buf + c->start, c->len - c->start);
		c->len -= c->start;
		c->scanned -= c->start;
		c->start = 0;
	}
	if (c->cap - c->len < READ_BYTES) {
		c->cap = c->cap ? 2 * c->cap : 2 * READ_BYTES;
		c->buf = realloc(c->buf, c->cap);
		if (!c->buf)
			abort();
	}
	n = read(c->out, c->buf + c->len, READ_BYTES);
	if (n > 0)
		c->len += (size_t)n;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* It has closed its output: how did it go? */
static enum child_event reap(struct child *c, struct err *err)
{
	const char *how = "did not end after its last word";
	int status = 0;
	char text[64];
	pid_t pid = 0;

	for (int i = 0; i < 200 && !pid; i++) {
		pid = waitpid(c->pid, &status, WNOHANG);
		if (!pid)
			usleep(10000);
	}
	if (pid == c->pid) {
		c->pid = 0;
		snprintf(text, sizeof(text),
			 WIFSIGNALED(status) ? "was ended by signal %d"
					     : "ended with status %d",
			 WIFSIGNALED(status) ? WTERMSIG(status)
					     : WEXITSTATUS(status));
		how = text;
	}
	if (pid <= 0 || status || !c->ended)
		return died(c, err, how);
	if (c->complete)
		return CHILD_ENDED;
	err_set(err, ERR_INTERNAL, "the deadline of the scan came first");
	return CHILD_LATE;
}

static enum child_event too_late(struct child *c, struct err *err)
{
	stop_process(c);
	err_set(err, ERR_INTERNAL, "the deadline of the scan is over");
	return CHILD_LATE;
}

/* Waits for a line, for `timeout_ms`; CHILD_MESSAGE: there is one. */
static enum child_event wait_for_line(struct child *c, int timeout_ms,
				      const char **line, size_t *len,
				      struct err *err)
{
	int64_t end = clock_tick() + timeout_ms * INT64_C(1000);
	struct pollfd fd = { .fd = c->out, .events = POLLIN };

	while (!next_line(c, line, len)) {
		int64_t now = clock_tick();
		int wait = now < end ? (int)((end - now) / 1000) + 1 : 0;

		if (now >= c->deadline)
			return too_late(c, err);
		if (c->len > LINE_MAX_BYTES)
			return died(c, err, "does not end its line");
		if (poll(&fd, 1, wait) <= 0)
			return CHILD_TIMEOUT;
		if (read_some(c))
			continue;
		return c->len ? died(c, err, "stopped in mid-line")
			      : reap(c, err);
	}
	return CHILD_MESSAGE;
}

enum child_event child_next(struct child *c, int timeout_ms, struct arena *a,
			    struct probe_message *ret, struct err *err)
{
	enum child_event event;
	const char *line = NULL;
	size_t len = 0;

	if (c->pid <= 0)
		return died(c, err, "is gone");
	event = wait_for_line(c, timeout_ms, &line, &len, err);
	return event == CHILD_MESSAGE ? take_line(c, line, len, a, ret, err)
				      : event;
}

bool child_facts(const struct probe_message *message, struct arena *a,
		 struct fact_list *ret, struct err *err)
{
	struct fact_list facts = { .arena = a };

	facts.len = facts.cap = message->facts.len;
	facts.items = arena_array(a, facts.cap + 1, sizeof(*facts.items));
	for (size_t i = 0; i < facts.len; i++) {
		const char *text = message->facts.items[i];

		if (!fact_read(text, strlen(text), a, &facts.items[i], err))
			return err_wrap(err, "fact %zu of %s", i, message->ip);
	}
	*ret = facts;
	return true;
}

int child_pid(const struct child *c)
{
	return (int)c->pid;
}

void child_stop(struct child *c)
{
	if (!c)
		return;
	stop_process(c);
	while (c->in_flight.len)
		drop_in_flight(c, 0);
	free(c->in_flight.items);
	free(c->buf);
	file_close_fd(&c->out);
	arena_free(&c->arena);
	free(c);
}

void child_stop_at_end(struct child **child)
{
	child_stop(*child);
}
