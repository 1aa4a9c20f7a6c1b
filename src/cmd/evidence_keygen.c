/* nis2 evidence keygen: the key that signs evidence, and its public half. */
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "cmd/command.h"
#include "crypto/sign.h"

static int run_keygen(struct command_line *line)
{
	_cleanup_sign_key_ struct sign_key key = { 0 };
	struct arena *a = line->arena;
	const char *path = line->args[0];
	char *public_path = arena_printf(a, "%s.pub", path);
	struct sign_public public;
	struct err err = { 0 };
	char *pem, *public_pem;

	if (access(path, F_OK) == 0 || access(public_path, F_OK) == 0) {
		err_set(&err, ERR_CONFLICT,
			"%.100s is there already; a key is not replaced", path);
		return command_fail(line, &err);
	}
	sign_key_new(&key);
	public = sign_key_public(&key);
	pem = sign_key_pem(&key, a);
	public_pem = sign_public_pem(&public, a);
	if (!file_write(path, pem, strlen(pem), 0600, &err) ||
	    !file_write(public_path, public_pem, strlen(public_pem), 0644,
			&err))
		return command_fail(line, &err);
	printf("%s: keep it to yourself\n%s: give it to whoever checks\n", path,
	       public_path);
	explicit_bzero(pem, strlen(pem));
	return EXIT_OK;
}

const struct command cmd_evidence_keygen = {
	.name = "evidence keygen",
	.about = "Make the Ed25519 key that signs evidence: FILE and FILE.pub",
	.usage = "FILE",
	.min_args = 1,
	.max_args = 1,
	.options = (const struct option_def[]){ { 0 } },
	.run = run_keygen,
};
