/* nis2 init: asks, and writes the configuration of `nis2 scan`. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/span.h"
#include "cmd/command.h"
#include "cmd/scan_config.h"

enum { ANSWER_MAX = 600, TARGETS_MAX = 1000 };

/* One line of standard input; "" at its end. Lives in the arena. */
static char *ask(struct arena *a, const char *question, const char *otherwise)
{
	char line[ANSWER_MAX] = "";

	printf(*otherwise ? "%s [%s]: " : "%s: ", question, otherwise);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		line[0] = '\0';
	return span_dup(a, span_trim(span_str(line)));
}

static void ask_number(struct arena *a, const char *question, int64_t min,
		       int64_t max, int64_t *value)
{
	while (!feof(stdin)) {
		char *otherwise = arena_printf(a, "%" PRId64, *value);
		char *text = ask(a, question, otherwise), *end;
		long long n;

		if (!*text)
			return;
		errno = 0;
		n = strtoll(text, &end, 10);
		if (!*end && !errno && n >= min && n <= max) {
			*value = n;
			return;
		}
		printf("a number from %" PRId64 " to %" PRId64 ", please\n",
		       min, max);
	}
}

static void ask_yes(struct arena *a, const char *question, bool *value)
{
	while (!feof(stdin)) {
		char *text = ask(a, question, *value ? "yes" : "no");

		if (!*text)
			return;
		if (strchr("yYnN", *text)) {
			*value = strchr("yY", *text) != NULL;
			return;
		}
		puts("yes or no, please");
	}
}

static void ask_targets(struct arena *a, const char *question,
			struct str_list *ret)
{
	ret->items = arena_array(a, TARGETS_MAX, sizeof(char *));
	while (ret->len < TARGETS_MAX) {
		char *text = ask(a, question, "");

		if (!*text)
			return;
		ret->items[ret->len++] = text;
	}
}

static void ask_all(struct arena *a, struct scan_config *c)
{
	char *name = ask(a, "Project name", c->project_name);

	if (*name)
		c->project_name = name;
	ask_number(a, "Seconds for one HTTP request", 1, 120, &c->scan_timeout);
	ask_number(a, "Hosts at the same time", 1, 200, &c->concurrency);
	ask_number(a, "At most so many hosts, 0: all", 0, 100000,
		   &c->max_hosts);
	ask_targets(a, "Address or network, as 192.0.2.0/28; empty: no more",
		    &c->ip_ranges);
	ask_targets(a, "Name, as www.example.com; empty: no more", &c->domains);
	ask_yes(a, "DNS checks", &c->features.dns_checks);
	ask_yes(a, "Web checks", &c->features.web_checks);
	ask_yes(a, "Port scan", &c->features.port_scan);
	ask_yes(a, "Registration of domains", &c->features.whois_checks);
}

static int run_init(struct command_line *line)
{
	const char *path = command_option(line, "output");
	struct sb out = sb_new(line->arena, 4096);
	struct scan_config config, again;
	struct err err = { 0 };

	if (access(path, F_OK) == 0 && !command_given(line, "force")) {
		err_set(&err, ERR_CONFLICT,
			"%.100s is there already; --force replaces it", path);
		return command_fail(line, &err);
	}
	scan_config_defaults(&config);
	config.concurrency = 50;
	config.max_hosts = 100;
	ask_all(line->arena, &config);
	scan_config_write(&config, &out);
	/* An answer that `nis2 scan` would refuse is refused now. */
	scan_config_defaults(&again);
	if (!scan_config_read(path, out.s, out.len, NULL, line->arena, &again,
			      &err) ||
	    !file_write(path, out.s, out.len, 0644, &err))
		return command_fail(line, &err);
	printf("Configuration saved to %s\n", path);
	return EXIT_OK;
}

const struct command cmd_init = {
	.name = "init",
	.about = "Ask a few questions and write a configuration for scan",
	.usage = "",
	.options =
		(const struct option_def[]){ { "output", "FILE", "config.yaml",
					       NULL, "where to write it" },
					     { "force", NULL, NULL, NULL,
					       "replace a file that is there" },
					     { 0 } },
	.run = run_init,
};
