/*
 * nis2 probe: reads a plan (scan/wire.json) on standard input, looks, and
 * writes one message a line on standard output. It is what `nis2 work` and
 * `nis2 scan` start; by hand it is a way to see facts:
 *
 *	echo '{"targets":[{"target":"192.0.2.1","target_type":"ip"}]}' |
 *		nis2 probe
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/command.h"
#include "scan/ct_logs.h"
#include "net/domain.h"
#include "net/resolver.h"
#include "scan/plan.h"
#include "scan/probe.h"
#include "scan/run.h"
#include "scan/sandbox.h"

enum { PLAN_BYTES_MAX = 64 * 1024 * 1024 };

static const char *const kind_words[] = { [FACT_BOOL] = "bool",
					  [FACT_INT] = "int",
					  [FACT_TEXT] = "text",
					  [FACT_LIST] = "list",
					  [FACT_TIME] = "time" };

static void list_probes(void)
{
	for (const struct probe *const *p = probe_list; *p; p++) {
		printf("%s: %s\n", (*p)->name, (*p)->about);
		for (const struct fact_def *f = (*p)->facts; f->name; f++)
			printf("  %-28s %-5s %s\n", f->name,
			       kind_words[f->kind], f->about);
	}
}

static bool read_input(struct arena *a, struct sb *ret, struct err *err)
{
	*ret = sb_new(a, 65536);
	for (;;) {
		ssize_t n = read(STDIN_FILENO, sb_room(ret, 65536), 65536);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, ERR_INVALID,
				       "cannot read the plan");
		if (!n)
			return true;
		ret->len += (size_t)n;
		if (ret->len > PLAN_BYTES_MAX)
			return err_set(err, ERR_TOO_LARGE,
				       "the plan is larger than %d bytes",
				       PLAN_BYTES_MAX);
	}
}

/* Whoever listens is gone when this fails: there is nobody to tell. */
static void write_all(const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, bytes, len);

		if (n < 0 && errno != EINTR)
			_exit(EXIT_ERROR);
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
}

static void send_message(void *ctx, const struct probe_message *message)
{
	_arena_ struct arena a = { 0 };
	struct sb line = sb_new(&a, 1024);

	codec_write(&probe_message_type, message, &line);
	sb_addc(&line, '\n');
	write_all(line.s, line.len);
}

/*
 * The trusted certificates and the list of public suffixes are read before the
 * door closes; from then on, the answers of name servers included, only the
 * sandbox sees strangers' bytes.
 */
static bool enter(const struct scan_plan *plan, struct cert_store **ret_trust,
		  struct sct_logs **ret_logs, struct arena *a, struct err *err)
{
	const char *anchor = plan->trust_anchor && *plan->trust_anchor
				     ? plan->trust_anchor
				     : resolver_system_anchor();
	const char *readable[] = { plan->hosts_file ? plan->hosts_file : "",
				   anchor ? anchor : "", NULL };
	struct probe_message start = { .kind = PROBE_MESSAGE_KIND_START };
	struct probe_message note = { .kind = PROBE_MESSAGE_KIND_NOTE };

	domain_prepare();
	if (!cert_store_open(plan->ca_file, ret_trust, err) ||
	    !ct_logs_read(plan->ct_log_list, ret_logs, err) ||
	    !sandbox_enter(readable, a, &note.text, err))
		return false;
	send_message(NULL, &start);
	send_message(NULL, &note);
	return true;
}

static bool run_probe_process(struct arena *a, struct err *err)
{
	_cleanup_cert_store_ struct cert_store *trust = NULL;
	_cleanup_sct_logs_ struct sct_logs *logs = NULL;
	struct scan_plan plan = { 0 };
	struct run_options options = { .plan = &plan, .send = send_message };
	struct sb text = { 0 };

	if (!sandbox_limits(err) || !read_input(a, &text, err) ||
	    !plan_read(text.s, text.len, a, &plan, err) ||
	    !enter(&plan, &trust, &logs, a, err))
		return false;
	options.trust = trust;
	options.logs = logs;
	options.deadline = clock_tick() + plan.deadline * CLOCK_SECOND;
	return plan_open(&plan, options.deadline, a, &options.walk, err) &&
	       run_plan(&options, err);
}

static int run(struct command_line *line)
{
	struct err err = { 0 };

	if (command_given(line, "list")) {
		list_probes();
		return EXIT_OK;
	}
	return run_probe_process(line->arena, &err) ? EXIT_OK
						    : command_fail(line, &err);
}

const struct command cmd_probe = {
	.name = "probe",
	.about = "Look at the targets of a plan on standard input, sandboxed",
	.usage = "< PLAN.json",
	.options =
		(const struct option_def[]){
			{ "list", NULL, NULL, NULL,
			  "print the probes and the facts they may state" },
			{ 0 } },
	.run = run,
};
