/* nis2 check: the effective settings, and what is wrong with them. */
#include <stdio.h>

#include "cmd/command.h"
#include "cmd/start.h"

static int run(struct command_line *line)
{
	struct settings settings = { 0 };
	struct sb problems = sb_new(line->arena, 256);
	struct err err = { 0 };
	int count;

	if (!command_settings(line, &settings, &err))
		return command_fail(line, &err);
	settings_print(&settings, stdout);
	count = settings_problems(&settings, &problems);
	fputs(problems.s, stdout);
	if (!count)
		puts("nothing is wrong with these settings");
	return count ? EXIT_FINDINGS : EXIT_OK;
}

static const struct option_def options[] = {
	{ "data", "DIR", NULL, "DATA_DIR", "folder of the database and files" },
	{ 0 },
};

const struct command cmd_check = {
	.name = "check",
	.about = "print the effective settings and what is wrong with them",
	.usage = "",
	.options = options,
	.run = run,
};
