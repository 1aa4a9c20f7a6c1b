#include "api/password_rules.h"

#include <string.h>

#include "api/account.h"
#include "base/arena.h"
#include "core/embedded.h"

enum {
	NAME_MIN = 4,  /* shorter names are in too many honest passwords */
	EXTRA_MAX = 4, /* what beside a name makes no password of it: "2024" */
	UNIT_MAX = 4,  /* "abcabcabc", "12341234" */
	RUN_MIN = 3,   /* "qwe", "123" */
	RUNS_MAX = 3,  /* so many runs are still no choice: "qwe123asd" */
};

/* ---- what is tried first ---- */

static bool is_common(const char *folded)
{
	const struct embedded_file *list = embedded_find("data/passwords.txt");
	const char *line = (const char *)list->bytes, *end;
	size_t len = strlen(folded);

	for (; *line; line = end + 1) {
		end = strchrnul(line, '\n');
		if ((size_t)(end - line) == len && !memcmp(line, folded, len))
			return true;
		if (!*end)
			break;
	}
	return false;
}

/* Nothing but one short piece, again and again. */
static bool repeats(const char *s)
{
	size_t len = strlen(s);

	for (size_t unit = 1; unit <= UNIT_MAX && unit < len; unit++)
		if (!memcmp(s, s + unit, len - unit))
			return true;
	return false;
}

/* ---- runs ---- */

/* Counting, the alphabet, and rows of keyboards; each also backwards. */
static const char *const tracks[] = {
	"01234567890123456789",
	"abcdefghijklmnopqrstuvwxyz",
	"qwertyuiop",
	"asdfghjkl",
	"zxcvbnm",
	"qwertzuiop",
	"yxcvbnm",
	"azertyuiop",
	"qsdfghjklm",
	"wxcvbn",
	"1q2w3e4r5t6y7u8i9o0p",
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm",
	"qazwsxedcrfvtgbyhnujm",
};

/* How many characters of `s` follow the track from `at` in direction `step`. */
static size_t follow(const char *s, const char *track, size_t at, int step)
{
	size_t len = strlen(track), n = 0;

	for (; s[n] && at < len && s[n] == track[at]; n++)
		at += (size_t)step;
	return n;
}

static size_t longest_run(const char *s)
{
	size_t best = 0;

	for (size_t i = 0; i < sizeof(tracks) / sizeof(*tracks); i++) {
		for (size_t at = 0; tracks[i][at]; at++) {
			size_t up = follow(s, tracks[i], at, 1);
			size_t down = follow(s, tracks[i], at, -1);

			best = up > best ? up : best;
			best = down > best ? down : best;
		}
	}
	return best;
}

static bool is_runs(const char *s)
{
	int runs = 0;

	for (; *s && runs <= RUNS_MAX; runs++) {
		size_t len = longest_run(s);

		if (len < RUN_MIN)
			return false;
		s += len;
	}
	return runs <= RUNS_MAX;
}

/* ---- the account's own ---- */

/* The name, with not much before or behind it. */
static bool is_about(const char *folded, const char *name)
{
	size_t len = strlen(folded), part = strlen(name);

	return part >= NAME_MIN && strstr(folded, name) &&
	       len - part <= EXTRA_MAX;
}

static char *without_blanks(struct arena *a, const char *s)
{
	struct sb b = sb_new(a, strlen(s) + 1);

	for (; *s; s++)
		if (*s != ' ')
			sb_addc(&b, *s);
	return b.s;
}

static bool is_own(struct arena *a, const char *folded, const char *email,
		   const char *name)
{
	const char *at = email ? strrchr(email, '@') : NULL;
	const char *person = name ? account_email_key(a, name) : "";
	const char *local =
		at ? account_email_key(a, arena_strndup(a, email, at - email))
		   : "";

	return is_about(folded, local) || is_about(folded, person) ||
	       is_about(folded, without_blanks(a, person));
}

/* ---- */

/* Capitals, small letters, digits and signs. */
static bool is_mixed(const char *s)
{
	bool capital = false, small = false, digit = false, sign = false;

	for (; *s; s++) {
		if (*s >= 'A' && *s <= 'Z')
			capital = true;
		else if (*s >= 'a' && *s <= 'z')
			small = true;
		else if (*s >= '0' && *s <= '9')
			digit = true;
		else
			sign = true;
	}
	return capital && small && digit && sign;
}

bool password_allowed(const char *password, const char *email, const char *name,
		      const char *field, struct err *err)
{
	_arena_ struct arena a = { 0 };
	const char *folded = account_email_key(&a, password);
	const char *key = email ? account_email_key(&a, email) : NULL;

	if ((key && !strcmp(folded, key)) ||
	    (!is_mixed(password) && is_own(&a, folded, email, name)))
		return err_field(err, field, "value_error",
				 "The password must not be the e-mail address "
				 "or the name of the account");
	if (!is_mixed(password) &&
	    (is_common(folded) || repeats(folded) || is_runs(folded)))
		return err_field(err, field, "value_error",
				 "The password is one of those that are tried "
				 "first, please choose another");
	return true;
}
