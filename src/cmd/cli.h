/* cli: from argv to a command. */
#ifndef NIS2_CMD_CLI_H
#define NIS2_CMD_CLI_H

/* Runs the command that argv names; the process's exit code. */
int cli_main(int argc, char **argv);

#endif
