#include "cmd/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"

/* Defined by each command's own file. */
#define COMMAND(name) extern const struct command cmd_##name;
#include "cmd/commands.def"
#undef COMMAND

static const struct command *const commands[] = {
#define COMMAND(name) &cmd_##name,
#include "cmd/commands.def"
#undef COMMAND
};
enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void print_overview(FILE *out)
{
	fprintf(out,
		"nis2 %s: the NIS2 Directive (EU 2022/2555), self-hosted\n"
		"\nusage: nis2 COMMAND [OPTION…]\n\n",
		NIS2_VERSION);
	for (int i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-15s %s\n", commands[i]->name,
			commands[i]->about);
	fputs("\n`nis2 COMMAND --help` tells the rest.\n", out);
}

static void print_option(FILE *out, const struct option_def *o)
{
	char head[64];

	snprintf(head, sizeof(head), "--%s%s%s", o->name, o->arg ? " " : "",
		 o->arg ? o->arg : "");
	fprintf(out, "  %-28s %s", head, o->help);
	if (o->default_value)
		fprintf(out, " (%s)", o->default_value);
	if (o->setting)
		fprintf(out, " [%s]", o->setting);
	fputc('\n', out);
}

static void print_help(FILE *out, const struct command *c)
{
	fprintf(out, "usage: nis2 %s%s%s\n\n%s\n\n", c->name,
		c->usage[0] ? " " : "", c->usage, c->about);
	for (const struct option_def *o = c->options; o->name; o++)
		print_option(out, o);
	fprintf(out, "  %-28s %s\n", "--help", "this text");
}

/* How many words of argv the command's name takes; 0 if it is another. */
static int name_matches(const struct command *c, int argc, char **argv)
{
	const char *space = strchr(c->name, ' ');

	if (!space)
		return strcmp(c->name, argv[0]) == 0 ? 1 : 0;
	if (argc < 2 || strlen(argv[0]) != (size_t)(space - c->name) ||
	    strncmp(c->name, argv[0], strlen(argv[0])) != 0 ||
	    strcmp(space + 1, argv[1]) != 0)
		return 0;
	return 2;
}

static int option_index(const struct command *c, const char *name, size_t len)
{
	for (int i = 0; c->options[i].name; i++)
		if (strlen(c->options[i].name) == len &&
		    strncmp(c->options[i].name, name, len) == 0)
			return i;
	return -1;
}

/* Takes one --option, and the word behind it when it needs one. */
static bool read_option(struct command_line *line, int argc, char **argv,
			int *at, struct err *err)
{
	const char *word = argv[*at] + 2;
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	int i = option_index(line->command, word, len);

	if (i < 0)
		return err_set(err, ERR_INVALID, "unknown option --%.*s",
			       (int)len, word);
	if (!line->command->options[i].arg) {
		if (equals)
			return err_set(err, ERR_INVALID,
				       "--%.*s takes no value", (int)len, word);
		line->values[i] = "1";
		return true;
	}
	if (equals) {
		line->values[i] = equals + 1;
		return true;
	}
	if (*at + 1 >= argc)
		return err_set(err, ERR_INVALID, "--%s needs %s", word,
			       line->command->options[i].arg);
	line->values[i] = argv[++*at];
	return true;
}

static bool read_line(struct command_line *line, int argc, char **argv,
		      struct err *err)
{
	const struct command *c = line->command;
	int options = 0;
	bool only_args = false;

	while (c->options[options].name)
		options++;
	line->values =
		arena_array(line->arena, (size_t)options + 1, sizeof(char *));
	line->args = arena_array(line->arena, (size_t)argc + 1, sizeof(char *));
	for (int i = 0; i < argc; i++) {
		if (!only_args && strcmp(argv[i], "--") == 0)
			only_args = true;
		else if (!only_args && strncmp(argv[i], "--", 2) == 0) {
			if (!read_option(line, argc, argv, &i, err))
				return false;
		} else {
			line->args[line->arg_count++] = argv[i];
		}
	}
	if (line->arg_count < c->min_args)
		return err_set(err, ERR_INVALID, "needs %s", c->usage);
	if (line->arg_count > c->max_args)
		return err_set(err, ERR_INVALID, "too many arguments: '%s'",
			       line->args[c->max_args]);
	return true;
}

const char *command_option(const struct command_line *line, const char *name)
{
	int i = option_index(line->command, name, strlen(name));

	if (line->values[i])
		return line->values[i];
	return line->command->options[i].default_value;
}

bool command_given(const struct command_line *line, const char *name)
{
	return line->values[option_index(line->command, name, strlen(name))] !=
	       NULL;
}

bool command_number(const struct command_line *line, const char *name,
		    int64_t min, int64_t max, int64_t *ret, struct err *err)
{
	const char *text = command_option(line, name);
	char *end = NULL;
	long long n;

	errno = 0;
	n = strtoll(text ? text : "", &end, 10);
	if (!text || !*text || *end || errno || n < min || n > max)
		return err_set(err, ERR_INVALID,
			       "--%s must be a number from %lld to %lld", name,
			       (long long)min, (long long)max);
	*ret = n;
	return true;
}

bool command_settings(const struct command_line *line, struct settings *ret,
		      struct err *err)
{
	const struct option_def *o = line->command->options;

	/* DATA_DIR decides which .env is read, so it must be known first. */
	for (int i = 0; o[i].name; i++)
		if (o[i].setting && line->values[i] &&
		    strcmp(o[i].setting, "DATA_DIR") == 0)
			setenv("DATA_DIR", line->values[i], 1);
	if (!settings_load(line->arena, ret, err))
		return false;
	for (int i = 0; o[i].name; i++)
		if (o[i].setting && line->values[i] &&
		    !settings_set(ret, line->arena, o[i].setting,
				  line->values[i], err))
			return err_wrap(err, "--%s", o[i].name);
	return true;
}

int command_fail(const struct command_line *line, const struct err *err)
{
	fprintf(stderr, "nis2 %s: %s", line->command->name, err->msg);
	if (err->cause[0])
		fprintf(stderr, " (%s)", err->cause);
	fputc('\n', stderr);
	return EXIT_ERROR;
}

static int run_command(const struct command *c, int argc, char **argv)
{
	_arena_ struct arena arena = { 0 };
	struct command_line line = { .command = c, .arena = &arena };
	struct err err = { 0 };

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			break;
		if (strcmp(argv[i], "--help") == 0) {
			print_help(stdout, c);
			return EXIT_OK;
		}
	}
	if (!read_line(&line, argc, argv, &err))
		return command_fail(&line, &err);
	return c->run(&line);
}

int cli_main(int argc, char **argv)
{
	if (argc < 2) {
		print_overview(stderr);
		return EXIT_ERROR;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		print_overview(stdout);
		return EXIT_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("nis2 %s\n", NIS2_VERSION);
		return EXIT_OK;
	}
	for (int i = 0; i < COMMAND_COUNT; i++) {
		int words = name_matches(commands[i], argc - 1, argv + 1);

		if (words)
			return run_command(commands[i], argc - 1 - words,
					   argv + 1 + words);
	}
	fprintf(stderr,
		"nis2: unknown command '%s'; `nis2 --help` lists them\n",
		argv[1]);
	return EXIT_ERROR;
}
