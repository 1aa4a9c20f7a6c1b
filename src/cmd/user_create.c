/* nis2 user create: an account and its organisation, without the API. */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "api/account.h"
#include "api/password_rules.h"
#include "base/clock.h"
#include "base/span.h"
#include "cmd/command.h"
#include "cmd/start.h"
#include "codec/format.h"
#include "crypto/password.h"
#include "store/audit.h"
#include "store/db.h"

enum { PASSWORD_MIN = 8, PASSWORD_MAX = 128 };

/* From standard input, so that it is in no process list; hidden if typed. */
static bool read_password(struct arena *a, char **ret, struct err *err)
{
	char line[PASSWORD_MAX * 4 + 2] = "";
	struct termios old, hidden;
	bool terminal = tcgetattr(STDIN_FILENO, &old) == 0;
	size_t len;

	if (terminal) {
		fputs("Password: ", stderr);
		hidden = old;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	if (!fgets(line, sizeof(line), stdin))
		line[0] = '\0';
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		fputc('\n', stderr);
	}
	line[strcspn(line, "\r\n")] = '\0';
	if (!format_utf8(line, strlen(line)))
		return err_set(err, ERR_INVALID, "the password is not UTF-8");
	len = format_length(line);
	if (len < PASSWORD_MIN || len > PASSWORD_MAX)
		return err_set(err, ERR_INVALID,
			       "the password must have %d to %d characters",
			       PASSWORD_MIN, PASSWORD_MAX);
	*ret = arena_strdup(a, line);
	explicit_bzero(line, sizeof(line));
	return true;
}

static bool read_email(struct command_line *line, const char **ret,
		       struct err *err)
{
	const char *why = NULL;

	*ret = format_apply(FORMAT_EMAIL, line->arena, line->args[0], &why);
	return *ret || err_set(err, ERR_INVALID, "%s", why);
}

/* The first row of the new organisation's audit log. */
static bool note(struct command_line *line, struct db *db,
		 const struct settings *settings, const struct account *account,
		 int64_t now, struct err *err)
{
	return audit_append(db, line->arena, settings,
			    &(struct audit_entry){
				    .org_id = account->org_id,
				    .user_id = account->user_id,
				    .action = "user.registered",
				    .resource_type = "user",
				    .resource_id = account->user_id,
				    .user_agent = "nis2 user create",
				    .now = now,
			    },
			    err);
}

static bool create(struct command_line *line, struct db *db,
		   const struct settings *settings, struct account *ret,
		   struct err *err)
{
	struct account_new in = {
		.full_name = command_option(line, "name"),
		.org_name = command_option(line, "organization"),
		.now = clock_now(),
	};
	char *password = NULL, *hash = NULL;

	if (!read_email(line, &in.email, err) ||
	    !read_password(line->arena, &password, err) ||
	    !password_allowed(password, in.email, in.full_name, "password",
			      err) ||
	    !password_hash(password, line->arena, &hash, err) ||
	    !db_begin_write(db, err))
		return false;
	in.password_hash = hash;
	if (!account_create(db, line->arena, &in, ret, err) ||
	    !note(line, db, settings, ret, in.now, err)) {
		db_rollback(db);
		return false;
	}
	return db_commit(db, err);
}

static int run(struct command_line *line)
{
	_cleanup_db_ struct db *db = NULL;
	struct settings settings = { 0 };
	struct account account = { 0 };
	struct err err = { 0 };

	if (!start_settings(line, &settings, &err) ||
	    !start_tables(&settings, &db, &err) ||
	    !create(line, db, &settings, &account, &err))
		return command_fail(line, &err);
	printf("user %s\norganization %s\n", account.user_id, account.org_id);
	return EXIT_OK;
}

static const struct option_def options[] = {
	{ "name", "NAME", "Administrator", NULL, "name of the person" },
	{ "organization", "NAME", "My organization", NULL,
	  "name of the organization, which is made too" },
	{ "data", "DIR", NULL, "DATA_DIR", "folder of the database and files" },
	{ 0 },
};

const struct command cmd_user_create = {
	.name = "user create",
	.about = "make an account; the password is read from standard input",
	.usage = "EMAIL",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.run = run,
};
