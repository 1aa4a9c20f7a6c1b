/*
 * The probe process as its parent sees it. This program plays both: started as
 * "probe", it does what the first target of its plan tells it to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "scan/child.h"
#include "scan/plan.h"
#include "table.h"

#define BEGIN(ip) "{\"kind\":\"begin\",\"target\":\"t\",\"ip\":\"" ip "\"}\n"
#define HOST(ip) "{\"kind\":\"host\",\"target\":\"t\",\"ip\":\"" ip "\"}\n"
#define END "{\"kind\":\"end\",\"complete\":true}\n"

/* ---- the side of the probe ---- */

static void say(const char *text)
{
	for (size_t len = strlen(text), done = 0; done < len;)
		done += (size_t)write(STDOUT_FILENO, text + done, len - done);
}

static void say_for_ever(const char *text)
{
	for (;;)
		say(text);
}

/* What it was given besides the plan: "env=… fds=…" as a note. */
static void tell_belongings(void)
{
	extern char **environ;
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	char line[512];
	int fds = -2; /* the folder itself, and that of the loop's end */
	size_t vars = 0;

	while (environ[vars])
		vars++;
	while ((entry = readdir(dir)))
		fds += entry->d_name[0] != '.';
	closedir(dir);
	snprintf(line, sizeof(line),
		 "{\"kind\":\"note\",\"text\":\"secret=%s fds=%d\"}\n",
		 getenv("NIS2_TEST_SECRET") ? "yes" : "no", fds + 1);
	say(line);
	say(END);
}

static void hang(void)
{
	for (;;)
		pause();
}

static int play_probe(void)
{
	static char plan[1 << 20];
	size_t len = 0;
	ssize_t n;
	const struct act {
		const char *target, *says;
		void (*does)(void);
	} acts[] = {
		{ "good",
		  BEGIN("1.1.1.1") HOST("1.1.1.1") HOST("1.1.1.2") END },
		{ "crash", BEGIN("1.1.1.1") BEGIN("1.1.1.2") HOST("1.1.1.1"),
		  abort },
		{ "quit", BEGIN("1.1.1.1") },
		{ "hang", BEGIN("1.1.1.1"), hang },
		{ "silent", "", hang },
		{ "garbage", "hello\n" },
		{ "unknown_kind", "{\"kind\":\"exec\"}\n" },
		{ "foreign",
		  "{\"kind\":\"host\",\"target\":\"x\",\"ip\":\"1.1.1.1\"}\n" },
		{ "nameless", "{\"kind\":\"host\"}\n" },
		{ "half_a_line", "{\"kind\":\"e" },
		{ "after_the_end", END HOST("1.1.1.1") },
		{ "incomplete", HOST("1.1.1.1") "{\"kind\":\"end\"}\n" },
		{ "belongings", "", tell_belongings },
	};

	while ((n = read(STDIN_FILENO, plan + len, sizeof(plan) - 1 - len)) > 0)
		len += (size_t)n;
	if (strstr(plan, "\"no_line_end\""))
		say_for_ever(
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	if (strstr(plan, "\"notes\""))
		say_for_ever("{\"kind\":\"note\",\"text\":\"x\"}\n");
	if (strstr(plan, "\"begins\""))
		say_for_ever(BEGIN("1.1.1.1"));
	for (size_t i = 0; i < COUNT(acts); i++) {
		char word[64];

		snprintf(word, sizeof(word), "\"%s\"", acts[i].target);
		if (!strstr(plan, word))
			continue;
		say(acts[i].says);
		if (acts[i].does)
			acts[i].does();
		return 0;
	}
	return 7;
}

/* ---- the side of the parent ---- */

static struct child *start(const char *act, int64_t deadline)
{
	struct plan_target targets[2] = {
		{ .target = act, .target_type = PLAN_TARGET_TARGET_TYPE_IP },
		{ .target = "t", .target_type = PLAN_TARGET_TARGET_TYPE_IP },
	};
	struct scan_plan plan = { .targets = { targets, 2 },
				  .deadline = deadline };
	struct child *child = NULL;
	struct err err = { 0 };

	if (!child_start(&plan, &child, &err))
		fail_msg("%s %s", err.msg, err.cause);
	return child;
}

/* Until something else than a message or a pause happens. */
static enum child_event follow(struct child *child, int *hosts, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct probe_message m = { 0 };
	int64_t end = clock_tick() + 20 * CLOCK_SECOND;
	enum child_event event;

	*hosts = 0;
	for (;;) {
		arena_reset(&a);
		event = child_next(child, 100, &a, &m, err);
		if (event != CHILD_MESSAGE && event != CHILD_TIMEOUT)
			return event;
		if (event == CHILD_MESSAGE)
			*hosts += m.kind == PROBE_MESSAGE_KIND_HOST;
		assert_true(clock_tick() < end);
	}
}

static const struct ending {
	const char *act;
	enum child_event event;
	int hosts;
	const char *in_flight; /* addresses, with blanks */
	const char *message;   /* a part of it */
} endings[] = {
	{ "good", CHILD_ENDED, 2, "", "" },
	{ "crash", CHILD_DIED, 1, "1.1.1.2", "signal 6" },
	{ "quit", CHILD_DIED, 0, "1.1.1.1", "status 0" },
	{ "no_such_act", CHILD_DIED, 0, "", "status 7" },
	{ "garbage", CHILD_DIED, 0, "", "may not say" },
	{ "unknown_kind", CHILD_DIED, 0, "", "may not say" },
	{ "foreign", CHILD_DIED, 0, "", "may not say" },
	{ "nameless", CHILD_DIED, 0, "", "may not say" },
	{ "half_a_line", CHILD_DIED, 0, "", "mid-line" },
	{ "no_line_end", CHILD_DIED, 0, "", "does not end its line" },
	{ "notes", CHILD_DIED, 0, "", "may not say" },
	{ "begins", CHILD_DIED, 0, NULL, "may not say" },
	{ "after_the_end", CHILD_DIED, 0, "", "may not say" },
	{ "incomplete", CHILD_LATE, 1, "", "deadline" },
};

static void ends_so(void **state)
{
	const struct ending *c = *state;
	_arena_ struct arena a = { 0 };
	struct sb left = sb_new(&a, 64);
	struct child *child = start(c->act, 60);
	const struct plan_host_list *in_flight;
	struct err err = { 0 };
	int hosts, pid = child_pid(child);

	assert_int_equal(follow(child, &hosts, &err), c->event);
	assert_int_equal(hosts, c->hosts);
	assert_non_null(strstr(err.msg, c->message));
	in_flight = child_in_flight(child);
	for (size_t i = 0; i < in_flight->len; i++)
		sb_addf(&left, "%s%s", i ? " " : "", in_flight->items[i].ip);
	if (c->in_flight)
		assert_string_equal(left.s, c->in_flight);
	child_stop(child);
	/* No zombie is left. */
	assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
}

static void a_pause_is_a_timeout(void **state)
{
	_arena_ struct arena a = { 0 };
	struct probe_message m = { 0 };
	struct child *child = start("silent", 60);
	int64_t begin = clock_tick();

	assert_int_equal(child_next(child, 100, &a, &m, NULL), CHILD_TIMEOUT);
	assert_true(clock_tick() - begin >= 90000);
	child_stop(child);
}

static void stopping_kills_at_once(void **state)
{
	_arena_ struct arena a = { 0 };
	struct probe_message m = { 0 };
	struct child *child = start("hang", 60);
	int64_t begin;
	int pid = child_pid(child);

	assert_int_equal(child_next(child, 5000, &a, &m, NULL), CHILD_MESSAGE);
	begin = clock_tick();
	child_stop(child);
	assert_true(clock_tick() - begin < 1000000);
	assert_int_equal(kill(pid, 0), -1);
}

static void what_was_killed_from_outside_has_died(void **state)
{
	_arena_ struct arena a = { 0 };
	struct probe_message m = { 0 };
	struct child *child = start("hang", 60);
	struct err err = { 0 };
	int hosts;

	assert_int_equal(child_next(child, 5000, &a, &m, NULL), CHILD_MESSAGE);
	kill(child_pid(child), SIGKILL);
	assert_int_equal(follow(child, &hosts, &err), CHILD_DIED);
	assert_non_null(strstr(err.msg, "signal 9"));
	assert_int_equal(child_in_flight(child)->len, 1);
	assert_int_equal(child_next(child, 100, &a, &m, &err), CHILD_DIED);
	child_stop(child);
}

static void it_gets_no_secrets_and_no_descriptors(void **state)
{
	_arena_ struct arena a = { 0 };
	struct probe_message m = { 0 };
	struct child *child;
	int fds[10];

	setenv("NIS2_TEST_SECRET", "hunter2", 1);
	for (int i = 0; i < 10; i++)
		fds[i] = open("/dev/null", O_RDONLY); /* not close-on-exec */
	child = start("belongings", 60);
	assert_int_equal(child_next(child, 5000, &a, &m, NULL), CHILD_MESSAGE);
	assert_string_equal(m.text, "secret=no fds=3");
	child_stop(child);
	for (int i = 0; i < 10; i++)
		close(fds[i]);
}

static void a_long_plan_is_handed_over(void **state)
{
	enum { DONE = 8000 };
	struct plan_target targets[2] = {
		{ .target = "good", .target_type = PLAN_TARGET_TARGET_TYPE_IP },
		{ .target = "t", .target_type = PLAN_TARGET_TARGET_TYPE_IP },
	};
	static struct plan_host done[DONE];
	struct scan_plan plan = { .targets = { targets, 2 },
				  .deadline = 60,
				  .done = { done, DONE } };
	struct child *child = NULL;
	struct err err = { 0 };
	int hosts;

	for (size_t i = 0; i < DONE; i++)
		done[i] =
			(struct plan_host){ "somewhere.example.com",
					    "2001:db8:1111:2222:3333:4444::" };
	assert_true(child_start(&plan, &child, &err));
	assert_int_equal(follow(child, &hosts, &err), CHILD_ENDED);
	child_stop(child);
}

/* The parent is killed: nobody is left to scan for. */
static void it_dies_with_its_parent(void **state)
{
	int pipe_of[2], probe = 0;
	pid_t parent;

	/* Orphans come to us, so that the end of one can be waited for. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe(pipe_of), 0);
	parent = fork();
	if (!parent) {
		int pid = child_pid(start("hang", 60));

		if (write(pipe_of[1], &pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(pipe_of[0], &probe, sizeof(probe)),
			 sizeof(probe));
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	for (int i = 0; i < 300 && waitpid(probe, NULL, WNOHANG) == 0; i++)
		usleep(10000);
	assert_int_equal(kill(probe, 0), -1);
	close(pipe_of[0]);
	close(pipe_of[1]);
}

static void facts_of_a_message_are_read(void **state)
{
	const char *good[] = { "{\"f\":\"a.b\",\"port\":1,\"yes\":true}" };
	const char *bad[] = { good[0], "{\"f\":1}" };
	struct probe_message m = { .ip = "1.1.1.1", .facts = { good, 1 } };
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { 0 };
	struct err err = { 0 };

	assert_true(child_facts(&m, &a, &facts, &err));
	assert_int_equal(facts.len, 1);
	assert_string_equal(facts.items[0].name, "a.b");
	m.facts = (struct str_list){ bad, 2 };
	assert_false(child_facts(&m, &a, &facts, &err));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest rest[] = {
		cmocka_unit_test(a_pause_is_a_timeout),
		cmocka_unit_test(stopping_kills_at_once),
		cmocka_unit_test(what_was_killed_from_outside_has_died),
		cmocka_unit_test(it_gets_no_secrets_and_no_descriptors),
		cmocka_unit_test(a_long_plan_is_handed_over),
		cmocka_unit_test(it_dies_with_its_parent),
		cmocka_unit_test(facts_of_a_message_are_read),
	};
	static struct CMUnitTest tests[COUNT(endings) + COUNT(rest)];
	size_t n = 0;

	if (argc == 2 && !strcmp(argv[1], "probe"))
		return play_probe();
	for (size_t i = 0; i < COUNT(endings); i++)
		tests[n++] = (struct CMUnitTest){ endings[i].act, ends_so, NULL,
						  NULL, (void *)&endings[i] };
	memcpy(tests + n, rest, sizeof(rest));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
