/*
 * nis2 serve: the HTTP server, and beside it a worker in a process of its own,
 * so that a crash in a scan or a report does not take the API down.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cmd/command.h"
#include "cmd/figures.h"
#include "cmd/start.h"
#include "gen/queries.h"
#include "http/route.h"
#include "http/server.h"
#include "store/kv.h"

enum {
	WORKER_STOP_SECONDS = 10, /* then it is killed */
	WORKER_CALM_SECONDS = 60, /* lived that long: restart at once */
	WORKER_BACKOFF_MAX = 30,  /* seconds between restarts */
};

/* The worker child, as the main thread sees it. */
struct worker {
	const struct settings *settings;
	pid_t pid; /* 0: not running */
	int wake[2];
	int64_t started; /* clock_tick() */
	int64_t next_start;
	int backoff; /* seconds */
};

/* ---- the worker ---- */

static void worker_exec(struct worker *w, pid_t parent)
{
	sigset_t none;
	char fd[16];

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(0);
	snprintf(fd, sizeof(fd), "%d", w->wake[0]);
	setenv(START_WAKE_FD, fd, 1);
	setenv("DATA_DIR", w->settings->data_dir, 1);
	setenv("DATABASE_URL", w->settings->database_url, 1);
	setenv("REDIS_URL", w->settings->redis_url, 1);
	fcntl(w->wake[0], F_SETFD, 0);
	execl("/proc/self/exe", "nis2", "work", (char *)NULL);
	fprintf(stderr, "nis2 work: cannot be started: %s\n", strerror(errno));
	_exit(127);
}

static bool worker_start(struct worker *w, struct err *err)
{
	pid_t parent = getpid();

	w->started = clock_tick();
	w->pid = fork();
	if (w->pid < 0) {
		w->pid = 0;
		return err_set(err, ERR_INTERNAL, "cannot start the worker: %s",
			       strerror(errno));
	}
	if (w->pid == 0)
		worker_exec(w, parent);
	return true;
}

static void worker_reap(struct worker *w)
{
	char what[32];
	int status = 0;

	if (!w->pid || waitpid(w->pid, &status, WNOHANG) != w->pid)
		return;
	snprintf(what, sizeof(what), "%s %d",
		 WIFSIGNALED(status) ? "signal" : "exit",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	w->pid = 0;
	if (clock_tick() - w->started > WORKER_CALM_SECONDS * CLOCK_SECOND)
		w->backoff = 0;
	w->next_start = clock_tick() + w->backoff * CLOCK_SECOND;
	w->backoff = w->backoff ? w->backoff * 2 : 1;
	if (w->backoff > WORKER_BACKOFF_MAX)
		w->backoff = WORKER_BACKOFF_MAX;
	log_event(LOG_WARN, "worker_died", "how", what, NULL);
}

static void worker_keep(struct worker *w)
{
	struct err err = { 0 };

	worker_reap(w);
	if (w->pid || clock_tick() < w->next_start)
		return;
	if (!worker_start(w, &err)) {
		w->next_start = clock_tick() + CLOCK_SECOND;
		log_error("serve", NULL, &err);
	}
}

static void worker_stop(struct worker *w)
{
	int64_t until = clock_tick() + WORKER_STOP_SECONDS * CLOCK_SECOND;

	if (!w->pid)
		return;
	kill(w->pid, SIGTERM);
	while (waitpid(w->pid, NULL, WNOHANG) == 0) {
		if (clock_tick() > until)
			kill(w->pid, SIGKILL);
		usleep(10000);
	}
	w->pid = 0;
}

/*
 * From any thread: our own by the pipe, where a full one means that it will
 * look anyway; those of other machines by the store that all share.
 */
static void worker_wake(void *arg)
{
	struct worker *w = arg;

	kv_publish(kv_process(), KV_WAKE);
	if (write(w->wake[1], "", 1) < 0)
		return;
}

/* ---- the life of the process ---- */

static sigset_t block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return set;
}

static void wait_for_end(struct worker *w, const sigset_t *set,
			 bool with_worker)
{
	struct timespec second = { .tv_sec = 1 };

	for (;;) {
		int sig = sigtimedwait(set, NULL, &second);

		if (sig == SIGINT || sig == SIGTERM)
			return;
		if (with_worker)
			worker_keep(w);
	}
}

static void announce(const struct settings *s, int port)
{
	const char *colon = strrchr(s->listen, ':');
	int len = (int)(colon ? colon - s->listen : (long)strlen(s->listen));
	char base[128];

	if (strncmp(s->listen, "127.0.0.1", (size_t)len) == 0 ||
	    strncmp(s->listen, "0.0.0.0", (size_t)len) == 0)
		snprintf(base, sizeof(base), "http://localhost:%d", port);
	else
		snprintf(base, sizeof(base), "http://%.*s:%d", len, s->listen,
			 port);
	printf("NIS2 platform %s\n  API    %s/api/v1\n  docs   %s/docs\n"
	       "  ReDoc  %s/redoc\nCtrl-C stops it.\n",
	       NIS2_VERSION, base, base, base);
	fflush(stdout);
}

static bool prepare(struct command_line *line, struct settings *settings,
		    struct err *err)
{
	_cleanup_db_ struct db *db = NULL;

	return start_settings(line, settings, err) &&
	       kv_configure(settings, err) &&
	       start_tables(settings, &db, err) &&
	       start_guard(settings, db, err);
}

/* Nobody would miss mail before somebody needs it. */
static void warn_of_mail(const struct settings *s)
{
	if (!*s->smtp_host && settings_production(s))
		log_event(LOG_WARN, "no_mail_server", "setting", "SMTP_HOST",
			  "instead", "mail is written to DATA_DIR/mail", NULL);
}

static int run(struct command_line *line)
{
	sigset_t set = block_signals();
	struct settings settings = { 0 };
	struct worker worker = { .settings = &settings };
	struct server *server = NULL;
	struct err err = { 0 };

	if (!prepare(line, &settings, &err))
		return command_fail(line, &err);
	if (pipe2(worker.wake, O_CLOEXEC | O_NONBLOCK) != 0) {
		err_set(&err, ERR_INTERNAL, "no pipe: %s", strerror(errno));
		return command_fail(line, &err);
	}
	if (!server_start(
		    &(struct server_setup){
			    .settings = &settings,
			    .database_url =
				    start_database_url(&settings, line->arena),
			    .routes = api_routes,
			    .route_count = (size_t)api_route_count,
			    .wake_worker = worker_wake,
			    .metrics = figures_write,
			    .arg = &worker,
		    },
		    &server, &err))
		return command_fail(line, &err);
	announce(&settings, server_port(server));
	warn_of_mail(&settings);
	if (settings.with_worker)
		worker_keep(&worker);
	wait_for_end(&worker, &set, settings.with_worker);
	server_stop(server);
	worker_stop(&worker);
	return EXIT_OK;
}

static const struct option_def options[] = {
	{ "listen", "ADDR:PORT", NULL, "LISTEN", "where to listen" },
	{ "data", "DIR", NULL, "DATA_DIR", "folder of the database and files" },
	{ "with-worker", "on|off", NULL, "WITH_WORKER",
	  "run jobs in a child process" },
	{ 0 },
};

const struct command cmd_serve = {
	.name = "serve",
	.about = "answer the API on http://localhost:8000, with a worker",
	.usage = "",
	.options = options,
	.run = run,
};
