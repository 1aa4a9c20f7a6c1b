/*
 * command: the sub-commands of `nis2`, one file each.
 *
 * A command is a descriptor and a function; src/cmd/commands.def lists them.
 * Its options are a table, from which --help is printed and the command line
 * is read, so that the two cannot disagree.
 */
#ifndef NIS2_CMD_COMMAND_H
#define NIS2_CMD_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/settings.h"

struct option_def {
	const char *name; /* "format", given as --format */
	const char *arg;  /* what follows, as "text|json"; NULL: a flag */
	const char *default_value; /* NULL: none */
	const char *setting;	   /* the setting it overrides, or NULL */
	const char *help;
};

/* The command line, read and checked against the options. */
struct command_line {
	const struct command *command;
	struct arena *arena;
	const char **args; /* what is not an option */
	int arg_count;
	const char **values; /* one an option, in the table's order */
};

struct command {
	const char *name;  /* "scan", or two words as "user create" */
	const char *about; /* one line */
	const char *usage; /* what follows the name: "TARGET…" */
	int min_args, max_args;
	const struct option_def *options; /* ends with name == NULL */
	/* The process's exit code, one of enum exit_code. */
	int (*run)(struct command_line *line);
};

enum exit_code {
	EXIT_OK = 0,
	EXIT_FINDINGS = 1, /* what was asked to be told of */
	EXIT_ERROR = 2,	   /* the command line or the settings are wrong */
	EXIT_FAILED = 3,   /* they are right, and it could not be done */
};

/* The value given, or the default; NULL when there is neither. */
const char *command_option(const struct command_line *line, const char *name);
/* Whether it was given. */
bool command_given(const struct command_line *line, const char *name);
/* A whole number in a range; false with a message that names the option. */
bool command_number(const struct command_line *line, const char *name,
		    int64_t min, int64_t max, int64_t *ret, struct err *err);

/* Settings, with those options applied that name one. */
bool command_settings(const struct command_line *line, struct settings *ret,
		      struct err *err);

/* Prints "nis2 NAME: message" (and the cause) on standard error. EXIT_ERROR. */
int command_fail(const struct command_line *line, const struct err *err);

#endif
