/*
 * nis2 work: claims jobs and runs them. `serve` starts one as its child;
 * others may run beside it, on other machines too when the database is shared.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "cmd/command.h"
#include "cmd/start.h"
#include "gen/queries.h"
#include "jobs/cleanup.h"
#include "jobs/job.h"
#include "jobs/schedule.h"
#include "store/guard.h"
#include "store/kv.h"

enum {
	LANES = 4,
	POLL_MS = 1000, /* without a wake-up, a job waits no longer than this */
	ALIVE_SECONDS = 5,
	CLEANUP_SECONDS = 3600,
};

/* Two threads for scans, one for each of the others. */
static const char *const lane_names[LANES] = {
	JOB_LANE_SCAN,
	JOB_LANE_SCAN,
	JOB_LANE_QUICK,
	JOB_LANE_MAIL,
};

static atomic_bool stopping;

/* A thread that runs the jobs of one lane, one after the other. */
struct lane {
	const struct settings *settings;
	const char *lane;
	const char *worker;
	pthread_t thread;
	int wake[2]; /* the main thread writes a byte: look for work */
};

static void drain(int fd)
{
	char bytes[64];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

static void wait_for_work(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, POLL_MS) > 0)
		drain(fd);
}

static bool lane_open(const struct lane *lane, struct db **ret, struct err *err)
{
	_arena_ struct arena a = { 0 };

	return guard_open(start_database_url(lane->settings, &a),
			  lane->settings, ret, err);
}

static void *lane_main(void *arg)
{
	struct lane *lane = arg;
	struct db *db = NULL;

	while (!atomic_load(&stopping)) {
		struct err err = { 0 };
		bool ran = false;

		if (!db && !lane_open(lane, &db, &err))
			log_error("worker", lane->worker, &err);
		else if (!job_run_next(db, lane->settings, lane->lane,
				       lane->worker, &stopping, &ran, &err))
			log_error("worker", lane->worker, &err);
		if (!ran && !atomic_load(&stopping))
			wait_for_work(lane->wake[0]);
	}
	db_close(db);
	return NULL;
}

static bool lane_start(struct lane *lane, struct err *err)
{
	if (pipe2(lane->wake, O_CLOEXEC | O_NONBLOCK) != 0 ||
	    pthread_create(&lane->thread, NULL, lane_main, lane) != 0)
		return err_set(err, ERR_INTERNAL, "cannot start a thread: %s",
			       strerror(errno));
	return true;
}

static void wake_lanes(struct lane *lanes)
{
	for (int i = 0; i < LANES; i++)
		if (write(lanes[i].wake[1], "", 1) < 0 && errno != EAGAIN)
			abort();
}

/* ---- wake-ups from other machines ---- */

/* Hears through Redis that a job was put, wherever; in memory it is silent. */
struct ear {
	pthread_t thread;
	struct lane *lanes;
};

static void heard(void *arg)
{
	wake_lanes(arg);
}

static void *ear_main(void *arg)
{
	struct ear *ear = arg;

	kv_listen(kv_process(), KV_WAKE, heard, ear->lanes, &stopping);
	return NULL;
}

static bool ear_start(struct ear *ear, struct lane *lanes, struct err *err)
{
	ear->lanes = lanes;
	if (pthread_create(&ear->thread, NULL, ear_main, ear) != 0)
		return err_set(err, ERR_INTERNAL, "cannot start a thread: %s",
			       strerror(errno));
	return true;
}

/* What the main thread does meanwhile: signs of life, schedules, the sweep. */
struct upkeep {
	struct db *db;
	const struct settings *settings;
	const char *worker;
	int64_t next_sign, next_cleanup;
};

/* Says whether a scan waits for a lane. */
static bool keep_up(struct upkeep *u)
{
	_arena_ struct arena arena = { 0 };
	struct err err = { 0 };
	int64_t tick = clock_tick();
	int started = 0;

	if (tick >= u->next_sign) {
		u->next_sign = tick + ALIVE_SECONDS * CLOCK_SECOND;
		if (!sql_worker_seen(u->db, &arena, u->worker, clock_now(),
				     &err))
			log_error("worker", u->worker, &err);
	}
	if (tick >= u->next_cleanup) {
		u->next_cleanup = tick + CLEANUP_SECONDS * CLOCK_SECOND;
		if (!cleanup_run(u->db, u->settings, clock_now(), &err))
			log_error("cleanup", u->worker, &err);
	}
	if (!schedule_run_due(u->db, u->settings, clock_now(), &started, &err))
		log_error("schedule", u->worker, &err);
	return started > 0;
}

static void on_stop(int sig)
{
	(void)sig;
	atomic_store(&stopping, true);
}

/* SIGINT goes to the whole terminal group: `serve` tells us when to end. */
static void catch_signals(bool is_child)
{
	struct sigaction stop = { .sa_handler = on_stop };

	sigaction(SIGTERM, &stop, NULL);
	if (is_child)
		stop.sa_handler = SIG_IGN;
	sigaction(SIGINT, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (is_child)
		prctl(PR_SET_PDEATHSIG, SIGTERM);
}

/* The end of serve's pipe; -1 when the worker was started by itself. */
static int wake_fd(void)
{
	const char *text = getenv(START_WAKE_FD);
	int fd = text ? (int)strtol(text, NULL, 10) : -1;

	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void main_loop(struct lane *lanes, struct upkeep *upkeep, int wake)
{
	while (!atomic_load(&stopping)) {
		struct pollfd p = { .fd = wake, .events = POLLIN };
		int ready = poll(&p, wake < 0 ? 0 : 1, POLL_MS);

		if (ready > 0) {
			if (p.revents & (POLLHUP | POLLERR))
				break; /* serve is gone */
			drain(wake);
			wake_lanes(lanes);
		}
		if (keep_up(upkeep))
			wake_lanes(lanes);
	}
}

static bool run_lanes(struct command_line *line, struct settings *settings,
		      struct upkeep *upkeep, int wake, struct err *err)
{
	struct lane lanes[LANES];
	struct ear ear = { 0 };

	for (int i = 0; i < LANES; i++) {
		lanes[i] = (struct lane){
			.settings = settings,
			.lane = lane_names[i],
			.worker = arena_printf(line->arena, "%s/%d",
					       upkeep->worker, i),
		};
		if (!lane_start(&lanes[i], err))
			return false;
	}
	if (!ear_start(&ear, lanes, err))
		return false;
	log_event(LOG_INFO, "worker_started", "worker", upkeep->worker, NULL);
	main_loop(lanes, upkeep, wake);
	atomic_store(&stopping, true);
	wake_lanes(lanes);
	for (int i = 0; i < LANES; i++)
		pthread_join(lanes[i].thread, NULL);
	pthread_join(ear.thread, NULL);
	log_event(LOG_INFO, "worker_stopped", "worker", upkeep->worker, NULL);
	return true;
}

static int run(struct command_line *line)
{
	_cleanup_db_ struct db *db = NULL;
	struct settings settings = { 0 };
	struct err err = { 0 };
	int wake = wake_fd();
	char host[65] = "";

	catch_signals(wake >= 0);
	if (!start_settings(line, &settings, &err) ||
	    !kv_configure(&settings, &err) ||
	    !start_database(&settings, 0, &db, &err) ||
	    !start_guard(&settings, db, &err))
		return command_fail(line, &err);
	gethostname(host, sizeof(host) - 1);
	struct upkeep upkeep = {
		.db = db,
		.settings = &settings,
		.worker =
			arena_printf(line->arena, "%s:%d:%.8s", host,
				     (int)getpid(), rand_token(line->arena, 6)),
	};
	if (!run_lanes(line, &settings, &upkeep, wake, &err))
		return command_fail(line, &err);
	return EXIT_OK;
}

static const struct option_def options[] = {
	{ "data", "DIR", NULL, "DATA_DIR", "folder of the database and files" },
	{ 0 },
};

const struct command cmd_work = {
	.name = "work",
	.about = "run jobs: scans and reports",
	.usage = "",
	.options = options,
	.run = run,
};
