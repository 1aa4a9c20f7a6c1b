/* nis2 evidence verify: whether evidence is as it was written. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cmd/command.h"
#include "cmd/evidence.h"

static bool read_key(struct command_line *line, struct sign_public *ret,
		     bool *ret_given, struct err *err)
{
	const char *path = command_option(line, "key");
	char *text = NULL;

	*ret_given = path != NULL;
	return !path ||
	       (file_read(path, SIGN_PEM_MAX, line->arena, &text, NULL, err) &&
		(sign_public_read(text, ret, err) || err_wrap(err, "--key")));
}

/* What the outcome rests on: without a key, files can be made to fit. */
static const char *strength(const char *sha256, bool signature)
{
	if (signature)
		return "the signature is of this key";
	if (sha256)
		return "the SHA-256 is the one given";
	return "compare the SHA-256 with that of a report, or give --key: "
	       "that the files fit together, anybody can arrange";
}

static int run_verify(struct command_line *line)
{
	const char *sha256 = command_option(line, "sha256"), *found = NULL;
	struct sign_public key = { 0 };
	bool has_key = false;
	struct err err = { 0 };

	if (!read_key(line, &key, &has_key, &err))
		return command_fail(line, &err);
	if (!evidence_verify(line->args[0], sha256, has_key ? &key : NULL,
			     line->arena, &found, &err)) {
		command_fail(line, &err);
		return err.kind == ERR_CONFLICT ? EXIT_FINDINGS : EXIT_ERROR;
	}
	printf("unchanged; SHA-256 of metadata.json: %s\n%s\n", found,
	       strength(sha256, has_key));
	return EXIT_OK;
}

const struct command cmd_evidence_verify = {
	.name = "evidence verify",
	.about = "Look whether the evidence of a scan is as it was written",
	.usage = "FOLDER",
	.min_args = 1,
	.max_args = 1,
	.options =
		(const struct option_def[]){
			{ "key", "FILE", NULL, NULL,
			  "the public key it must be signed with" },
			{ "sha256", "HEX", NULL, NULL,
			  "the hash of metadata.json, as a report has it" },
			{ 0 } },
	.run = run_verify,
};
