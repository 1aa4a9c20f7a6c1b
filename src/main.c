/* nis2: one program, several roles; src/cmd/commands.def lists them. */
#include "cmd/cli.h"

int main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
